//! Moves bytes within a buffer.
//!
//! On small machines in blocks that are held as values: `copy_within` would link a `memmove` for all
//! directions, and panics that are never reached.

use core::ops::Range;

/// Bytes of a block.
const BLOCK_LEN: usize = 64;

/// Moves `bytes[from]` to begin at `to`, whichever way that is.
pub(crate) fn shift(bytes: &mut [u8], from: Range<usize>, to: usize) {
    if to <= from.start {
        move_down(bytes, from, to);
    } else {
        move_up(bytes, from, to);
    }
}

/// Moves `bytes[from]` down to begin at `to`; nothing moves if that is where it is.
pub(crate) fn move_down(bytes: &mut [u8], from: Range<usize>, to: usize) {
    let gap = from.start.wrapping_sub(to);
    if gap == 0 {
        return;
    }
    let mut region = bytes.get_mut(to..from.end).unwrap_or_default();
    if cfg!(target_pointer_width = "64") {
        // A machine of that size has a `memmove` anyway, and a fast one.
        if gap < region.len() {
            region.copy_within(gap.., 0);
        }
        return;
    }
    while let Some(block) = region.get(gap..).and_then(<[u8]>::first_chunk).copied() {
        region = put_block(region, block);
    }
    while let Some(byte) = region.get(gap).copied()
        && let Some((place, rest)) = region.split_first_mut()
    {
        *place = byte;
        region = rest;
    }
}

/// Puts a block at the start, and returns the rest.
///
/// Kept out of line: inlined, the two copies would become one `memmove`.
#[inline(never)]
fn put_block(region: &mut [u8], block: [u8; BLOCK_LEN]) -> &mut [u8] {
    let Some((place, rest)) = region.split_first_chunk_mut() else { return &mut [] };
    *place = block;
    rest
}

/// Moves `bytes[from]` up to begin at `to`, its end first. There are few: what has been read and not
/// decoded.
fn move_up(bytes: &mut [u8], from: Range<usize>, to: usize) {
    let gap = to.wrapping_sub(from.start);
    let mut region = bytes.get_mut(from.start..from.end.saturating_add(gap)).unwrap_or_default();
    while let Some((place, before)) = region.split_last_mut()
        && let Some(byte) = before.get(before.len().wrapping_sub(gap))
    {
        *place = *byte;
        region = before;
    }
}
