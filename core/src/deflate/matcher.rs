//! Earlier places of the same bytes: a hash table of the newest, and links to those before.
//!
//! Tables hold the low 16 bits of positions, and may hold anything: each candidate is judged by its
//! distance and by its bytes. So nothing is ever cleared or rebased.

use super::{get, set, symbols::MAX_MATCH};

/// The newest position of each hash, and for each position the one before of the same hash.
pub(super) struct Matcher<const HEADS: usize, const CHAIN: usize> {
    heads: [u16; HEADS],
    chain: [u16; CHAIN],
    /// The position whose bytes are not in the table yet.
    next: u16,
}

impl<const HEADS: usize, const CHAIN: usize> Matcher<HEADS, CHAIN> {
    pub(super) const fn new() -> Self {
        Self { heads: [0; HEADS], chain: [0; CHAIN], next: 0 }
    }

    #[inline(always)]
    pub(super) fn view(&mut self) -> Finder<'_> {
        Finder { heads: &mut self.heads, chain: &mut self.chain, next: &mut self.next }
    }
}

/// A matcher of any size.
pub struct Finder<'a> {
    heads: &'a mut [u16],
    chain: &'a mut [u16],
    next: &'a mut u16,
}

/// What to look for, and where.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    /// History and lookahead.
    pub(super) bytes: &'a [u8],
    /// These and what bytes lie beyond, so that more of them can be read than there are.
    pub(super) padded: &'a [u8],
    /// The position of the first of these.
    pub(super) base: u16,
    /// Greatest distance.
    pub(super) window: usize,
    /// How many candidates to try.
    pub(super) depth: u32,
    /// A length that ends the search.
    pub(super) nice: usize,
}

impl Search<'_> {
    /// How many bytes are the same at `before` and at `at`.
    pub(super) fn len_of_match(&self, before: usize, at: usize) -> usize {
        let ahead = self.bytes.get(at..).unwrap_or_default();
        let ahead = ahead.get(..MAX_MATCH).unwrap_or(ahead);
        common_len(self.bytes.get(before..).unwrap_or_default(), ahead)
    }
}

impl Finder<'_> {
    /// Enters all positions before the byte `at`.
    #[inline(always)]
    pub(super) fn insert_before(&mut self, search: Search<'_>, at: usize) {
        let to = search.base.wrapping_add(at as u16);
        // After a gap nothing is known of the positions in between.
        let behind = usize::from(to.wrapping_sub(*self.next)).min(at).min(MAX_MATCH);
        for at in at.wrapping_sub(behind)..at {
            let Some(bytes) = search.bytes.get(at..) else { return };
            let Some(bytes) = bytes.first_chunk::<3>() else { return };
            let position = search.base.wrapping_add(at as u16);
            if let Some(head) = self.heads.get_mut(hash(bytes, self.heads.len())) {
                let mask = self.chain.len().wrapping_sub(1);
                set(self.chain, usize::from(position) & mask, *head);
                *head = position;
            }
            *self.next = position.wrapping_add(1);
        }
    }

    /// The table of the newest positions.
    #[inline(always)]
    pub(super) fn heads_mut(&mut self) -> &mut [u16] {
        self.heads
    }

    /// Calls `found` for each longer match of the bytes from `at` on, nearest first.
    #[inline(always)]
    pub(super) fn find(&self, search: Search<'_>, at: usize, mut found: impl FnMut(usize, usize)) {
        let Some((before, ahead)) = search.bytes.split_at_checked(at) else { return };
        let Some(start) = ahead.first_chunk::<3>() else { return };
        let ahead = ahead.get(..MAX_MATCH).unwrap_or(ahead);
        let position = search.base.wrapping_add(at as u16);
        let farthest = search.window.min(before.len());
        let mask = self.chain.len().wrapping_sub(1);
        let mut candidate = get(self.heads, hash(start, self.heads.len()));
        let (mut nearest, mut longest) = (0, 2);
        for _ in 0..search.depth {
            let distance = usize::from(position.wrapping_sub(candidate));
            if distance <= nearest || distance > farthest {
                return;
            }
            nearest = distance;
            let earlier = search.bytes.get(at.wrapping_sub(distance)..).unwrap_or_default();
            if get(earlier, longest) == get(ahead, longest) {
                let len = common_len(earlier, ahead);
                if len > longest {
                    longest = len;
                    found(len, distance);
                    if len >= search.nice || len >= ahead.len() {
                        return;
                    }
                }
            }
            let Some(link) = self.chain.get(usize::from(candidate) & mask) else { return };
            candidate = *link;
        }
    }
}

/// A hash below `heads`, which is a power of two.
#[inline(always)]
fn hash([a, b, c]: &[u8; 3], heads: usize) -> usize {
    let word = u32::from_le_bytes([*a, *b, *c, 0]);
    let hash = word.wrapping_mul(0x9E37_79B1) >> 16;
    hash as usize & heads.wrapping_sub(1)
}

/// How many bytes are the same at the start of both.
#[inline(always)]
pub(super) fn common_len(one: &[u8], other: &[u8]) -> usize {
    let mut len = 0_usize;
    if size_of::<usize>() == 8 {
        let (ones, _) = one.as_chunks::<8>();
        let (others, _) = other.as_chunks::<8>();
        for (one, other) in ones.iter().zip(others) {
            let differ = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
            if differ != 0 {
                return len.wrapping_add((differ.trailing_zeros() >> 3) as usize);
            }
            len = len.wrapping_add(8);
        }
    }
    let one = one.get(len..).unwrap_or_default();
    let other = other.get(len..).unwrap_or_default();
    for (one, other) in one.iter().zip(other) {
        if one != other {
            break;
        }
        len = len.wrapping_add(1);
    }
    len
}
