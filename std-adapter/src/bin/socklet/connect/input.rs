//! What is to be sent: first what the arguments say, then the lines of standard input.

use std::{
    fs,
    io::{self, BufRead, IsTerminal, Read, stdin},
    thread,
};

use socklet_std::Message;
use tokio::sync::mpsc;

use crate::{Failure, args};

/// Lines that are read ahead of those that have been sent.
const READ_AHEAD: usize = 64;

/// Longest line: without a bound, input that has no lines would fill the memory.
const LINE_LEN: u64 = 64 << 20;

/// One thing to be sent.
#[derive(Debug)]
pub(super) enum Send {
    Message(Message),
    Ping,
}

/// What the arguments say, and whether standard input is read behind it.
#[derive(Debug)]
pub(super) struct Sends {
    pub(super) first: Vec<Send>,
    pub(super) reads_input: bool,
}

impl Sends {
    /// Reads the files among the arguments.
    pub(super) fn load(args: Vec<args::Send>) -> Result<Self, Failure> {
        let reads_input = args.is_empty() || !stdin().is_terminal();
        let load = |send| match send {
            args::Send::Text(text) => Ok(Send::Message(Message::from(text))),
            args::Send::Ping => Ok(Send::Ping),
            args::Send::Binary(path) => fs::read(&path)
                .map(|bytes| Send::Message(Message::from(bytes)))
                .map_err(|error| format!("cannot read {}: {error}", path.display()).into()),
        };
        let first = args.into_iter().map(load).collect::<Result<_, Failure>>()?;
        Ok(Self { first, reads_input })
    }
}

/// The lines of standard input, each as a message; what keeps it from being read comes last.
///
/// They are read by a thread of its own, which is left behind when the program ends: nothing else
/// can interrupt a read from a terminal.
pub(super) fn lines() -> mpsc::Receiver<io::Result<Message>> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    thread::spawn(move || {
        let mut input = stdin().lock();
        while let Some(line) = line(&mut input).transpose() {
            let failed = line.is_err();
            if sender.blocking_send(line.map(message)).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

/// The next line with its end; `None` at the end of the input.
fn line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    input.take(LINE_LEN + 1).read_until(b'\n', &mut line)?;
    if line.len() as u64 > LINE_LEN {
        let reason = "a line of more than 64 MiB (send a file with --binary)";
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok((!line.is_empty()).then_some(line))
}

/// A line without its end as text, or as bytes if it is none.
fn message(mut line: Vec<u8>) -> Message {
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    match String::from_utf8(line) {
        Ok(text) => Message::from(text),
        Err(error) => Message::from(error.into_bytes()),
    }
}
