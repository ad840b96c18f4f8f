//! What is to be sent: first what the arguments say, then the lines of standard input.

use std::{
    fs,
    io::{self, BufRead, IsTerminal, Read, stdin},
    thread,
};

use socklet_std::Message;
use tokio::sync::mpsc;

#[cfg(all(unix, feature = "line-editor"))]
use super::editor;
use crate::{Failure, args, lines};

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
    /// Whether lines that are typed are kept in a file.
    pub(super) keeps_history: bool,
}

impl Sends {
    /// Reads the files among the arguments.
    pub(super) fn load(args: Vec<args::Send>, keeps_history: bool) -> Result<Self, Failure> {
        let reads_input = args.is_empty() || !stdin().is_terminal();
        let load = |send| match send {
            args::Send::Text(text) => Ok(Send::Message(text.into())),
            args::Send::Ping => Ok(Send::Ping),
            args::Send::Binary(path) => fs::read(&path)
                .map(|bytes| Send::Message(bytes.into()))
                .map_err(|error| format!("cannot read {}: {error}", path.display()).into()),
        };
        let first = args.into_iter().map(load).collect::<Result<_, Failure>>()?;
        Ok(Self { first, reads_input, keeps_history })
    }
}

/// The lines of standard input, each as a message; what keeps it from being read comes last.
pub(super) struct Lines {
    receiver: mpsc::Receiver<io::Result<Message>>,
    #[cfg(all(unix, feature = "line-editor"))]
    _editing: Option<editor::Editing>,
}

impl Lines {
    /// Begins to read them, from a terminal with an editor.
    ///
    /// They are read by a thread of its own, which is left behind when the program ends: nothing
    /// else can interrupt a read from a terminal.
    pub(super) fn read(keeps_history: bool) -> Self {
        let (sender, receiver) = mpsc::channel(READ_AHEAD);
        #[cfg(all(unix, feature = "line-editor"))]
        let _editing = {
            let editing = editor::start(keeps_history, &sender);
            if editing.is_some() {
                return Self { receiver, _editing: editing };
            }
            editing
        };
        // What the terminal itself does has to do.
        #[cfg(not(all(unix, feature = "line-editor")))]
        let _ = keeps_history;
        thread::spawn(move || {
            let mut input = stdin().lock();
            while let Some(line) = line(&mut input).transpose() {
                let failed = line.is_err();
                if sender.blocking_send(line).is_err() || failed {
                    return;
                }
            }
        });
        Self {
            receiver,
            #[cfg(all(unix, feature = "line-editor"))]
            _editing,
        }
    }

    /// The next one; none at the end of the input.
    pub(super) async fn next(&mut self) -> Option<io::Result<Message>> {
        self.receiver.recv().await
    }

    /// Whether there is none at the moment.
    pub(super) fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }
}

/// The next line; `None` at the end of the input.
fn line(input: &mut impl BufRead) -> io::Result<Option<Message>> {
    let mut line = Vec::new();
    input.take(lines::READ_LEN).read_until(b'\n', &mut line)?;
    lines::message(line)
}
