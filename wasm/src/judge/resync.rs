//! Finds where frames begin when that is not known: where a chain of headers fits.

use core::ops::Range;

use socklet_core::{
    trace,
    wire::header::{RSV2, RSV3},
};

use crate::stream::{Sender, Stream};

/// Frames in a row that convince.
const CHAIN_LEN: usize = 4;

/// Bytes that are tried one after the other, when no piece begins with a frame.
const SEARCH_LEN: usize = 16 << 10;

/// Finds the first index in a range at which frames seem to begin: where a piece does, for choice.
pub(super) fn find(stream: &Stream, range: Range<usize>, from: Sender) -> Option<usize> {
    // Of no bytes at all this is false.
    let fits = |at: &usize| {
        let rest = stream.bytes().get(*at..range.end).unwrap_or_default();
        is_chain(rest, Some(from == Sender::Client))
    };
    let mut first = core::iter::once(range.start);
    let mut starts = stream.starts(range.start).take_while(|at| *at < range.end).take(SEARCH_LEN);
    let mut each = range.clone().take(SEARCH_LEN);
    let candidates: [&mut dyn Iterator<Item = usize>; 3] = [&mut first, &mut starts, &mut each];
    candidates.into_iter().flatten().find(fits)
}

/// Whether these bytes look like frames: [`CHAIN_LEN`] of them, or frames that end where the bytes
/// do, or one that goes on past them behind another.
pub(crate) fn is_chain(mut bytes: &[u8], masked: Option<bool>) -> bool {
    for count in 0..CHAIN_LEN {
        if bytes.is_empty() {
            return count != 0;
        }
        // Cut within a header.
        let Some(frame) = trace::Frame::decode(bytes) else { return count != 0 };
        let header = &frame.header;
        let is_masked = header.masking_key.is_some();
        if frame.errors().next().is_some()
            || header.reserved & (RSV2 | RSV3) != 0
            || masked.is_some_and(|masked| masked != is_masked)
        {
            return false;
        }
        let len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
        let len = len.saturating_add(frame.header_len);
        let Some(rest) = bytes.get(len..) else { return count != 0 };
        bytes = rest;
    }
    true
}
