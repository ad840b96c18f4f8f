//! Inspects WebSocket traffic: captures, dumps and logs, judged by the decoders of `socklet-core`,
//! so that the verdict is the verdict of a device that runs them.
//!
//! ```
//! use socklet_wasm::{Options, inspect};
//!
//! // A client's frame, as text of hexadecimal digits: it is recognised.
//! let report = inspect(b"81 85 37 fa 21 3d 7f 9f 4d 51 58", &Options::default())?;
//! let connection = &report.connections[0];
//! assert_eq!(connection.messages[0].len, 5);
//! assert!(connection.violations.is_empty());
//! # Ok::<(), socklet_wasm::input::InputError>(())
//! ```
//!
//! # The way of the bytes
//! | module | job |
//! |---|---|
//! | [`input`] | recognises what the input is, and makes conversations of it |
//! | [`stream`] | a conversation: two streams of bytes, with when and where each was found |
//! | [`judge`](mod@judge) | handshake, frames, messages, ending |
//! | [`report`] | what is found |
//! | [`violation`] | the table of everything that can be wrong |
//! | [`xray`] | what compressed data are made of |
//! | [`json`], [`table`] | a report for programs, and for a terminal |
//! | [`build`](mod@build) | the other way: fields to a frame |
//!
//! # Memory
//! A few times that of the input, and about 120 bytes for each frame. Nothing is allocated because
//! the input declares a length; what compressed messages inflate to is bounded by
//! [`Options::inflate_limit`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod build;
pub mod input;
pub mod json;
pub mod judge;
mod pieces;
pub mod report;
pub mod stream;
pub mod table;
mod text;
pub mod violation;
pub mod xray;

use alloc::vec::Vec;

use input::{Capture, Format, InputError};
use report::Report;
use stream::Sender;

/// What is known of an input that it does not say itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What the input is; `None`: to be recognised.
    pub format: Option<Format>,
    /// Who has sent the input, or what comes first in it; `None`: to be concluded.
    pub first_sender: Option<Sender>,
    /// Whether there is compression; `None`: as the handshake says, or RSV1.
    pub compression: Option<bool>,
    /// Most bytes to which the messages of a direction inflate.
    pub inflate_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { format: None, first_sender: None, compression: None, inflate_limit: 64 << 20 }
    }
}

/// Inspects an input.
///
/// # Errors
/// [`InputError`] if nothing of it can be read. What can be read before a damage is reported, with
/// the [damage](Report::damage).
///
/// # Memory
/// See the [crate](self#memory).
pub fn inspect(bytes: &[u8], options: &Options) -> Result<Report, InputError> {
    let (format, is_guess) = match options.format {
        Some(format) => (format, false),
        None => (input::recognise(bytes)?, true),
    };
    let mut capture = Capture::default();
    input::read(bytes, format, &mut capture)?;
    Ok(judge(capture, format, is_guess, options))
}

/// Judges what was read of an input of this format, which was recognised, or was not.
#[must_use]
pub fn judge(capture: Capture, format: Format, is_guess: bool, options: &Options) -> Report {
    let Capture { conversations, given, notes, damage } = capture;
    let mut connections = Vec::new();
    for conversation in conversations {
        connections.push(judge::judge(conversation, options));
    }
    for connection in given {
        connections.push(connection.judge(options));
    }
    Report { format, is_guess, damage, notes, connections }
}
