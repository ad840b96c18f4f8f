//! Lengths of prefix codes from counts, and the codes from their lengths (RFC 1951 section 3.2.2).
//!
//! No tree and no sorting: a code is as long as `count << len` needs to reach a threshold, which
//! is the least with which all codes fit; what room is left goes to those that gain most. It costs
//! no memory, and hardly a bit more than Huffman's tree.

use super::get;

/// Longest code of a literal, length or distance.
pub(super) const MAX_LEN: u32 = 15;

/// Writes the lengths of a code for symbols that occur `counts` times. The sum of counts is less
/// than 2^16. At least one symbol gets a code, and from two on the code is complete.
pub(super) fn code_lengths(counts: &[u16], lens: &mut [u8], max_len: u32) {
    // Iterators that sum and count check for overflow where that is checked at all.
    let (mut total, mut used) = (0_u32, 0_u32);
    for (len, count) in lens.iter_mut().zip(counts) {
        let is_used = *count != 0;
        *len = is_used as u8;
        used = used.wrapping_add(is_used.into());
        total = total.wrapping_add(u32::from(*count));
    }
    if used < 2 {
        // One code takes one bit, and must not be left out (section 3.2.7).
        if used == 0
            && let Some(len) = lens.first_mut()
        {
            *len = 1;
        }
        return;
    }
    // The codes fit with `high`, and do not with `low`.
    let (mut low, mut high) = (total / 2, u32::from(u16::MAX) << 6);
    if room_left(counts, total, max_len).is_some() {
        high = total;
    }
    while high.wrapping_sub(low) > 1 {
        let middle = low.wrapping_add(high) >> 1;
        match room_left(counts, middle, max_len) {
            Some(_) => high = middle,
            None => low = middle,
        }
    }
    let mut room = room_left(counts, high, max_len).unwrap_or(0);
    for (len, count) in lens.iter_mut().zip(counts) {
        if *count != 0 {
            *len = len_for(*count, high, max_len) as u8;
        }
    }
    // What is left is a multiple of the longest code's share, so this ends with nothing left.
    while room > 0 {
        let (mut best, mut best_gain) = (None, 0);
        for (len, count) in lens.iter_mut().zip(counts) {
            let gain = u32::from(*count) << (*len & 15);
            if gain > best_gain && share(u32::from(*len)) <= room {
                (best, best_gain) = (Some(len), gain);
            }
        }
        let Some(len) = best else { return };
        room = room.wrapping_sub(share(u32::from(*len)));
        *len = len.wrapping_sub(1);
    }
}

/// The part that a code takes of all that there is room for, which is `share(0)`.
fn share(len: u32) -> u32 {
    (1_u32 << MAX_LEN).wrapping_shr(len)
}

fn len_for(count: u16, threshold: u32, max_len: u32) -> u32 {
    let count = u32::from(count);
    let mut len = 1;
    while len < max_len && count.wrapping_shl(len) < threshold {
        len = len.wrapping_add(1);
    }
    len
}

/// What is left when all codes have the length for a threshold; none, if they do not fit.
fn room_left(counts: &[u16], threshold: u32, max_len: u32) -> Option<u32> {
    let mut room = share(0);
    for count in counts {
        if *count != 0 {
            room = room.checked_sub(share(len_for(*count, threshold, max_len)))?;
        }
    }
    Some(room)
}

/// Writes the canonical codes of these lengths, first bit lowest.
pub(super) fn codes(lens: &[u8], codes: &mut [u16]) {
    let mut next = [0_u16; 16];
    for len in lens {
        if let Some(count) = next.get_mut(usize::from(*len)) {
            *count = count.wrapping_add(1);
        }
    }
    let (mut code, mut shorter) = (0_u16, 0_u16);
    for slot in next.iter_mut().skip(1) {
        code = code.wrapping_add(shorter) << 1;
        shorter = *slot;
        *slot = code;
    }
    for (len, to) in lens.iter().zip(codes) {
        if *len != 0
            && let Some(code) = next.get_mut(usize::from(*len))
        {
            *to = code.reverse_bits().wrapping_shr(16_u32.wrapping_sub(u32::from(*len)));
            *code = code.wrapping_add(1);
        }
    }
}

/// The sum of the lengths of all symbols' codes.
pub(super) fn cost(counts: &[u16], len_of: impl Fn(usize) -> u8) -> u32 {
    let (mut sum, mut at) = (0_u32, 0_usize);
    for count in counts {
        sum = sum.wrapping_add(u32::from(*count).wrapping_mul(u32::from(len_of(at))));
        at = at.wrapping_add(1);
    }
    sum
}

/// Index of the last code that there is, and one more.
pub(super) fn used(lens: &[u8]) -> usize {
    lens.iter().rposition(|len| *len != 0).map_or(0, |at| at.wrapping_add(1))
}

/// The length of a code, for [`cost`].
pub(super) fn len_in(lens: &[u8]) -> impl Fn(usize) -> u8 {
    |at| get(lens, at)
}
