//! Logs of firmware, in which each frame is traced in a line.
//!
//! ```text
//! 12.034 DEBUG ws> 81 85 37 fa 21 3d 7f 9f 4d 51 58     sent
//! 12.101 DEBUG ws< 81054865 6c6c6f                        received
//! ```
//! Anything may stand before the mark; behind it are hexadecimal digits of whole frames, or of parts
//! of them, to the first thing that is none. A number of seconds at the start of a line is its time.

use super::{Capture, InputError, beginning, hex, lines};
use crate::stream::{Conversation, Moment, Stream};

const SENT: &[u8] = b"ws> ";
const RECEIVED: &[u8] = b"ws< ";

pub(super) fn is_log(bytes: &[u8]) -> bool {
    lines(beginning(bytes)).any(|(_, line)| trace(line).is_some())
}

/// Finds the trace in a line: whether it was received, and where its bytes are.
fn trace(line: &[u8]) -> Option<(bool, usize)> {
    let at = line.windows(SENT.len()).position(|mark| mark == SENT || mark == RECEIVED)?;
    let start = at.checked_add(SENT.len())?;
    let digits = line.get(start..)?.trim_ascii_start();
    digits.first().is_some_and(u8::is_ascii_hexdigit).then_some(())?;
    Some((line.get(at..)?.starts_with(RECEIVED), start))
}

pub(super) fn read(bytes: &[u8]) -> Result<Capture, InputError> {
    let mut conversation = Conversation::default();
    let mut order = 0;
    for (at, line) in lines(bytes) {
        let Some((is_received, start)) = trace(line) else { continue };
        let rest = line.get(start..).unwrap_or_default();
        let is_digit = |byte: &&u8| byte.is_ascii_hexdigit() || matches!(byte, b' ' | b'\t');
        let len = rest.iter().take_while(is_digit).count();
        let frame = hex::decode(
            rest.get(..len).unwrap_or_default().trim_ascii_end(),
            at.saturating_add(start),
        )?;
        let stream: &mut Stream =
            if is_received { &mut conversation.second } else { &mut conversation.first };
        stream.push(&frame, Moment { order, time_ns: time_ns(line) }, None);
        order = order.saturating_add(1);
    }
    Ok(Capture::of(conversation))
}

/// The seconds at the start of a line, perhaps in brackets: `12.034`, `[ 12.034]`.
fn time_ns(line: &[u8]) -> Option<u64> {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"[").unwrap_or(line).trim_ascii_start();
    let len = line.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let number = core::str::from_utf8(line.get(..len)?).ok()?;
    if number.bytes().any(|byte| byte == b'.') { super::har::seconds(number) } else { None }
}
