//! Moves bytes within a buffer.
//!
//! On small machines byte by byte, for nothing lies on words: `copy_within` would link a `memmove` for
//! all directions, and panics that are never reached.

use core::cell::Cell;
use core::ops::Range;

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
    let Some(region) = bytes.get_mut(to..from.end) else { return };
    if cfg!(target_pointer_width = "64") {
        // A machine of that size has a `memmove` anyway, and a fast one.
        if gap < region.len() {
            region.copy_within(gap.., 0);
        }
    } else {
        close_gap(region, gap);
    }
}

/// Moves what lies behind a gap to the start of the region, byte by byte, the first one first.
#[inline]
fn close_gap(region: &mut [u8], gap: usize) {
    let places = Cell::from_mut(region).as_slice_of_cells();
    let Some(bytes) = places.get(gap..) else { return };
    let (first, blocks) = bytes.as_rchunks();
    for (place, byte) in places.iter().zip(first) {
        place.set(byte.get());
    }
    let Some(places) = places.get(first.len()..) else { return };
    put_blocks(places.as_chunks().0, blocks);
}

/// Puts blocks of bytes into their places, the first one first.
///
/// Out of line: with other values to keep there would not be registers for four bytes at a time.
#[inline(never)]
fn put_blocks(places: &[[Cell<u8>; 8]], blocks: &[[Cell<u8>; 8]]) {
    for (place, block) in places.iter().zip(blocks) {
        let [a, b, c, d, e, f, g, h] = block;
        let [i, j, k, l, m, n, o, p] = place;
        let (w, x, y, z) = (a.get(), b.get(), c.get(), d.get());
        i.set(w);
        j.set(x);
        k.set(y);
        l.set(z);
        let (w, x, y, z) = (e.get(), f.get(), g.get(), h.get());
        m.set(w);
        n.set(x);
        o.set(y);
        p.set(z);
    }
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

#[cfg(test)]
mod tests {
    use super::close_gap;

    #[test]
    fn what_lies_behind_a_gap_moves_and_nothing_else() {
        let bytes: [u8; 40] = core::array::from_fn(|at| at as u8);
        for len in 0..=bytes.len() {
            for gap in 1..=len {
                let mut moved = bytes;
                close_gap(moved.get_mut(..len).unwrap_or_default(), gap);
                let kept = bytes.iter().skip(len - gap);
                let expected = bytes.iter().take(len).skip(gap).chain(kept);
                assert!(moved.iter().eq(expected), "{len} bytes, {gap} of them a gap");
            }
        }
    }
}
