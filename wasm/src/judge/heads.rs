//! Finds the heads of the opening handshake among those that stand before it.

use core::ops::Range;

use socklet_core::handshake::{self, client, server};

use crate::{stream::Stream, text::find};

/// Heads that are looked at before the one that asks for an upgrade.
const MAX_HEADS: usize = 100;

/// Finds the request that asks for a WebSocket; if none does, the first.
pub(super) fn find_request(stream: &Stream) -> Option<Range<usize>> {
    let bytes = up_to_gap(stream);
    let mut at = 0;
    let mut first = None;
    for _ in 0..MAX_HEADS {
        let rest = bytes.get(at..).unwrap_or_default();
        if !is_request(rest) {
            break;
        }
        let Some(len) = handshake::head_len(rest) else { break };
        let range = at..at + len;
        let head = rest.get(..len).unwrap_or_default();
        let request = server::Request::parse(head);
        let asks = request.as_ref().is_ok_and(|request| {
            request.is_upgrade() || request.header("Sec-WebSocket-Key").is_some()
        });
        if asks {
            return Some(range);
        }
        first = first.or(Some(range));
        at = at.saturating_add(len).saturating_add(request.map_or(0, |request| body_len(&request)));
    }
    first
}

/// Finds the response that opens the connection; if none does, the first.
pub(super) fn find_response(stream: &Stream) -> Option<Range<usize>> {
    const STATUS_LINE: &[u8] = b"HTTP/1.1 101";
    let bytes = up_to_gap(stream);
    if !bytes.starts_with(b"HTTP/") {
        return None;
    }
    let mut first = None;
    let mut at = 0;
    for _ in 0..MAX_HEADS {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(len) = handshake::head_len(rest) else { break };
        let range = at..at + len;
        if rest.starts_with(STATUS_LINE) || first.is_none() && is_open(rest.get(..len)) {
            return Some(range);
        }
        first = first.or(Some(range.clone()));
        let rest = bytes.get(range.end..).unwrap_or_default();
        let found = find(rest, 0, STATUS_LINE);
        let Some(found) = found else { break };
        at = range.end + found;
    }
    first
}

fn is_open(head: Option<&[u8]>) -> bool {
    head.and_then(|head| client::Response::parse(head).ok())
        .is_some_and(|response| response.status() == 101)
}

/// The bytes before anything is missing.
fn up_to_gap(stream: &Stream) -> &[u8] {
    let end = stream.next_gap(0).map_or(stream.bytes().len(), |gap| gap.at);
    stream.bytes().get(..end).unwrap_or_default()
}

/// Whether these bytes begin like an HTTP request: a method in capitals and a space.
pub(crate) fn is_request(bytes: &[u8]) -> bool {
    let len = bytes.iter().take(8).take_while(|byte| byte.is_ascii_uppercase()).count();
    let target = bytes.get(len + 1);
    len >= 3 && bytes.get(len) == Some(&b' ') && target.is_none_or(|byte| byte.is_ascii_graphic())
}

fn body_len(request: &server::Request<'_>) -> usize {
    let digits = request.header("Content-Length").unwrap_or_default();
    let number = digits.iter().try_fold(0_usize, |number, digit| {
        let value = digit.is_ascii_digit().then_some(digit & 0xf)?;
        number.checked_mul(10)?.checked_add(value.into())
    });
    number.unwrap_or(0)
}
