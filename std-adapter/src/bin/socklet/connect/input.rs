//! What is to be sent: first what the arguments say, then the lines of standard input.

use std::{
    fs,
    io::{BufRead, IsTerminal, stdin},
    thread,
};

use socklet_std::Message;
use tokio::sync::mpsc;

use crate::{Failure, args};

/// Lines that are read ahead of those that have been sent.
const READ_AHEAD: usize = 64;

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
            args::Send::Text(text) => Ok(Send::Message(Message::Text(text))),
            args::Send::Ping => Ok(Send::Ping),
            args::Send::Binary(path) => fs::read(&path)
                .map(|bytes| Send::Message(Message::Binary(bytes)))
                .map_err(|error| format!("cannot read {}: {error}", path.display()).into()),
        };
        let first = args.into_iter().map(load).collect::<Result<_, Failure>>()?;
        Ok(Self { first, reads_input })
    }
}

/// The lines of standard input, each as a message.
///
/// They are read by a thread of its own, which is left behind when the program ends: nothing else
/// can interrupt a read from a terminal.
pub(super) fn lines() -> mpsc::Receiver<Message> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    thread::spawn(move || {
        let mut input = stdin().lock();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).is_ok_and(|len| len != 0) {
            if sender.blocking_send(message(std::mem::take(&mut line))).is_err() {
                return;
            }
        }
    });
    receiver
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
        Ok(text) => Message::Text(text),
        Err(error) => Message::Binary(error.into_bytes()),
    }
}
