//! Bytes of one direction as they are, or a text with the heads of both.

use alloc::vec::Vec;

use super::{Capture, Failure, Note, find};
use crate::{
    judge::is_request,
    stream::{Conversation, Moment, Stream},
    text::{lines, run_len},
};

/// Whether the bytes begin with an HTTP head.
pub(super) fn is_head(bytes: &[u8]) -> bool {
    bytes.starts_with(b"HTTP/1.") || is_request(bytes) && has_version(bytes)
}

fn has_version(bytes: &[u8]) -> bool {
    let (_, line) = lines(bytes).next().unwrap_or_default();
    line.windows(8).next_back().is_some_and(|version| version.starts_with(b"HTTP/"))
}

pub(super) fn read(bytes: &[u8], capture: &mut Capture) -> Result<(), Failure> {
    if is_head(bytes)
        && let Some(restored) = restore_line_ends(bytes)
    {
        capture.notes.push(Note::LineEnds);
        add(&restored, None, capture);
    } else {
        add(bytes, Some(0), capture);
    }
    Ok(())
}

/// Adds the conversation that these bytes are: all of one direction, or two heads one after the
/// other. `source` is where they are in the input, if they stand there as they are.
pub(super) fn add(bytes: &[u8], source: Option<u64>, capture: &mut Capture) {
    let mut conversation = Conversation::new();
    let second = if is_request(bytes) { response_at(bytes) } else { None };
    let (first, second) = bytes.split_at_checked(second.unwrap_or(bytes.len())).unwrap_or_default();
    let push = |stream: &mut Stream, bytes: &[u8], order, offset: usize| {
        let moment = Moment { order, time_ns: None };
        stream.push(bytes, moment, source.map(|source| source + offset as u64));
    };
    push(&mut conversation.first, first, 0, 0);
    push(&mut conversation.second, second, 1, first.len());
    capture.conversations.push(conversation);
}

/// Where a response begins right behind the request: both are of one text.
fn response_at(bytes: &[u8]) -> Option<usize> {
    let len = socklet_core::handshake::head_len(bytes)?;
    let rest = bytes.get(len..)?;
    let blank = run_len(rest, u8::is_ascii_whitespace);
    let at = len + blank;
    bytes.get(at..)?.starts_with(b"HTTP/1.").then_some(at)
}

/// Writes CR LF for each LF of the heads at the start of a text that has no CR.
fn restore_line_ends(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes;
    let mut restored = Vec::with_capacity(bytes.len());
    while is_head(rest) {
        let len = find(rest, 0, b"\n\n").map(|at| at + 2);
        let (head, behind) = rest.split_at_checked(len.unwrap_or(rest.len()))?;
        if find(head, 0, b"\r").is_some() {
            return None;
        }
        for byte in head {
            if *byte == b'\n' {
                restored.push(b'\r');
            }
            restored.push(*byte);
        }
        if !head.ends_with(b"\n") {
            restored.extend_from_slice(b"\r\n");
        }
        if len.is_none() {
            // The blank line is often left off what was copied.
            restored.extend_from_slice(b"\r\n");
        }
        rest = behind;
    }
    restored.extend_from_slice(rest);
    (!restored.is_empty()).then_some(restored)
}
