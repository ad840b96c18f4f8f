//! Logs of firmware with the feature `trace` of `socklet-embassy`: a line for each frame.
//!
//! ```text
//! 12.034 TRACE ws > fin=1 rsv1=0 opcode=1 len=5 masked=1 wire=81851f2e3d4c774b51202a
//! 12.101 TRACE ws < fin=1 rsv1=0 opcode=2 len=3000 masked=0 wire=827e0bb8010203..+
//! ```
//! Anything may stand before the mark and behind the digits. Of a frame that ends in `+` the rest is
//! missing: a gap. A number of seconds at the start of a line is its time.

use socklet_core::trace::Frame;

use super::{Capture, Failure, beginning, find, hex, lines, run_len};
use crate::stream::{Conversation, Moment, Stream};

const SENT: &[u8] = b"ws > ";
const RECEIVED: &[u8] = b"ws < ";
const WIRE: &[u8] = b" wire=";

pub(super) fn is_log(bytes: &[u8]) -> bool {
    lines(beginning(bytes)).any(|(_, line)| trace(line).is_some())
}

/// Finds the trace in a line: whether it was received, and where its digits are.
fn trace(line: &[u8]) -> Option<(bool, usize)> {
    let mark = line.windows(SENT.len()).position(|mark| mark == SENT || mark == RECEIVED)?;
    let rest = line.get(mark..)?;
    let wire = find(rest, 0, WIRE)?;
    let digits = wire + WIRE.len();
    rest.get(digits)?.is_ascii_hexdigit().then_some(())?;
    Some((rest.starts_with(RECEIVED), mark + digits))
}

pub(super) fn read(bytes: &[u8], capture: &mut Capture) -> Result<(), Failure> {
    let mut conversation = Conversation::new();
    let mut order = 0;
    for (at, line) in lines(bytes) {
        let Some((is_received, start)) = trace(line) else { continue };
        let rest = line.get(start..).unwrap_or_default();
        let len = run_len(rest, u8::is_ascii_hexdigit);
        let (digits, rest) = rest.split_at_checked(len).unwrap_or_default();
        let wire = hex::decode(digits, at + start)?;
        let stream: &mut Stream =
            if is_received { &mut conversation.second } else { &mut conversation.first };
        stream.push(&wire, Moment { order, time_ns: time_ns(line) }, None);
        if rest.starts_with(b"+") {
            stream.push_gap(missing_len(&wire));
        }
        order += 1;
    }
    capture.conversations.push(conversation);
    Ok(())
}

/// How many bytes of the frame that begins so are not shown.
fn missing_len(wire: &[u8]) -> u64 {
    let Some(frame) = Frame::decode(wire) else { return 0 };
    let len = frame.header.payload_len.saturating_add(frame.header_len as u64);
    len.saturating_sub(wire.len() as u64)
}

/// The seconds at the start of a line, perhaps in brackets: `12.034`, `[ 12.034]`.
fn time_ns(line: &[u8]) -> Option<u64> {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"[").unwrap_or(line).trim_ascii_start();
    let number = line.get(..run_len(line, |byte| byte.is_ascii_digit() || *byte == b'.'))?;
    find(number, 0, b".")?;
    super::given::seconds(number)
}
