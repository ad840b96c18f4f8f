//! Canonical codes (RFC 1951 section 3.2.2), decoded by a table of their first bits.
//!
//! The table has an entry for each value of the next few bits. It tells all of a code that is no
//! longer, and how to use the extra bits behind it:
//!
//! ```text
//!   15        13 12                    5 4         0
//!  +------------+-----------------------+-----------+
//!  |     0      |         byte          |  length   |  literal: `length` bits are used
//!  | extra + 1  |  high bits of length  |  length   |  match: code and extra bits together
//!  |     7      |  end, invalid, long   |  length   |
//!  +------------+-----------------------+-----------+
//!  | extra   |  high bits of distance   |  length   |  4 bits for `extra`: distances have 13
//!  +---------+--------------------------+-----------+
//!   15     12 11                       5 4         0
//! ```
//! A longer code is searched among the symbols sorted by their codes.

use crate::deflate::InflateError;

/// What has no value begins here; neither a length nor a distance has so many extra bits.
pub(super) const SPECIAL: u16 = 0xE000;
/// The code is longer than the table knows.
const LONG: u16 = SPECIAL;
/// The end of the block.
pub(super) const END: u16 = SPECIAL | 1 << VALUE;
/// Nothing.
const INVALID: u16 = SPECIAL | 2 << VALUE;
/// Literals are less.
pub(super) const LITERALS: u16 = 1 << 13;
/// Where the value of an entry begins.
pub(super) const VALUE: u32 = 5;
/// The bits that an entry uses.
pub(super) const USED: u16 = (1 << VALUE) - 1;

/// The longest code has 15 bits.
const LENGTHS: usize = 16;

/// What the symbols of a code mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Code lengths.
    Lengths,
    /// Literals and lengths.
    Literals,
    /// Distances.
    Distances,
}

impl Alphabet {
    /// The entry of a symbol, less the length of its code.
    #[inline]
    const fn entry(self, symbol: u16) -> u16 {
        match self {
            // Below 16 a length; then repetitions with extra bits.
            Self::Lengths => {
                let extra = match symbol {
                    0..16 => 0,
                    16 => 2,
                    17 => 3,
                    _ => 7,
                };
                symbol << VALUE | extra
            }
            Self::Literals => match symbol {
                0..256 => symbol << VALUE,
                256 => END,
                // From here on each four have one extra bit more.
                257..265 => LITERALS | symbol.wrapping_sub(257) << VALUE,
                265..285 => {
                    let extra = symbol.wrapping_sub(261) / 4;
                    let high = 4 | symbol.wrapping_sub(1) & 3;
                    extra.wrapping_add(1) << 13 | high << VALUE | extra
                }
                285 => LITERALS | 255 << VALUE,
                _ => INVALID,
            },
            Self::Distances => match symbol {
                0..4 => symbol << VALUE,
                // Each two.
                4..30 => {
                    let extra = (symbol / 2).wrapping_sub(1);
                    extra << 12 | (2 | symbol & 1) << VALUE | extra
                }
                _ => INVALID,
            },
        }
    }
}

/// A code: a table for its first bits, and what longer codes need.
#[derive(Clone)]
pub(super) struct Code<const SLOTS: usize, const SYMBOLS: usize> {
    pub(super) table: [u16; SLOTS],
    /// The symbols in the order of their codes.
    sorted: [u16; SYMBOLS],
    /// How many codes there are of each length.
    counts: [u16; LENGTHS],
    /// The first code that is one bit longer than the table knows.
    first: u16,
    /// Where its symbol stands.
    first_at: u16,
    /// What the table says of codes that it does not know.
    other: u16,
}

impl<const SLOTS: usize, const SYMBOLS: usize> Code<SLOTS, SYMBOLS> {
    /// No code.
    pub(super) const fn new() -> Self {
        Self {
            table: [0; SLOTS],
            sorted: [0; SYMBOLS],
            counts: [0; LENGTHS],
            first: 0,
            first_at: 0,
            other: 0,
        }
    }

    /// Takes the lengths of the codes of all symbols. The table is not touched.
    pub(super) fn sort(&mut self, alphabet: Alphabet, lens: &[u16]) -> Result<(), InflateError> {
        self.other = sort(alphabet, lens, &mut self.sorted, &mut self.counts)?;
        Ok(())
    }

    /// Takes the lengths of the codes of the first symbols from the table itself.
    pub(super) fn sort_own(
        &mut self,
        alphabet: Alphabet,
        count: usize,
    ) -> Result<(), InflateError> {
        let lens = self.table.get(..count).unwrap_or_default();
        self.other = sort(alphabet, lens, &mut self.sorted, &mut self.counts)?;
        Ok(())
    }

    /// Fills the table.
    pub(super) fn fill(&mut self, alphabet: Alphabet) {
        (self.first, self.first_at) =
            fill(alphabet, &mut self.table, self.other, &self.sorted, &self.counts);
    }

    /// The entry of the code at the start of `word`.
    #[inline]
    pub(super) fn entry(&self, alphabet: Alphabet, word: usize) -> u16 {
        match self.short(word) {
            LONG => self.long(alphabet, word),
            entry => entry,
        }
    }

    /// The same, or [`SPECIAL`] and no more for a code that is longer than the table knows.
    #[inline]
    pub(super) fn short(&self, word: usize) -> u16 {
        const { assert!(SLOTS.is_power_of_two()) };
        self.table.get(word & (SLOTS - 1)).copied().unwrap_or_default()
    }

    /// The same for a code that is longer.
    #[cold]
    #[inline(never)]
    pub(super) fn long(&self, alphabet: Alphabet, word: usize) -> u16 {
        long(alphabet, word, SLOTS, self.first, self.first_at, &self.sorted, &self.counts)
    }
}

/// Sorts symbols by the length of their codes and judges those as zlib does: every sequence of
/// bits must be a code, unless there is only one, of one bit, or none. Returns the entry of what
/// is no code or, if there is nothing such, of what the table does not know.
fn sort(
    alphabet: Alphabet,
    lens: &[u16],
    sorted: &mut [u16],
    counts: &mut [u16; LENGTHS],
) -> Result<u16, InflateError> {
    *counts = [0; LENGTHS];
    for len in lens {
        if let Some(count) = counts.get_mut(usize::from(*len) & (LENGTHS - 1)) {
            *count = count.wrapping_add(1);
        }
    }
    let [unused, counts @ ..] = counts;
    *unused = 0;
    // How many codes are left of each length, and where the symbols of that length begin.
    let (mut left, mut at) = (1_i32, 0_u16);
    let mut starts = [0_u16; LENGTHS];
    let [_, after @ ..] = &mut starts;
    for (start, count) in after.iter_mut().zip(counts.iter()) {
        left = left.wrapping_mul(2).wrapping_sub(i32::from(*count));
        if left < 0 {
            return Err(InflateError::CodeLengths);
        }
        *start = at;
        at = at.wrapping_add(*count);
    }
    for (symbol, len) in (0..).zip(lens) {
        if *len != 0
            && let Some(start) = starts.get_mut(usize::from(*len) & (LENGTHS - 1))
            && let Some(to) = sorted.get_mut(usize::from(*start))
        {
            *to = symbol;
            *start = start.wrapping_add(1);
        }
    }
    let [ones, ..] = counts;
    if left == 0 {
        Ok(LONG)
    } else if at == 0 && alphabet == Alphabet::Lengths {
        // zlib reads lengths of zero, and then misses the end of the block.
        Ok(1)
    } else if at == *ones && alphabet != Alphabet::Lengths {
        Ok(INVALID | 1)
    } else {
        Err(InflateError::CodeLengths)
    }
}

/// Fills a table; returns the first code that is longer than it knows, and its place.
#[inline]
fn fill(
    alphabet: Alphabet,
    table: &mut [u16],
    other: u16,
    sorted: &[u16],
    counts: &[u16; LENGTHS],
) -> (u16, u16) {
    let [_, counts @ ..] = counts;
    let (mut code, mut at) = (0_u16, 0_u16);
    let mut symbols = sorted.iter();
    if let Some(first) = table.first_mut() {
        *first = other;
    }
    // Codes of `len` bits fill the first `2^len` slots; one bit more, and these stand twice.
    let mut known = 1_usize;
    for (len, count) in (1_u16..).zip(counts) {
        let Some((low, high)) = table.split_at_mut_checked(known) else { break };
        if high.is_empty() {
            break;
        }
        for (to, from) in high.iter_mut().zip(low) {
            *to = *from;
        }
        known = known.wrapping_mul(2);
        for symbol in symbols.by_ref().take(usize::from(*count)) {
            if let Some(slot) = table.get_mut(reversed(code, len)) {
                *slot = alphabet.entry(*symbol).wrapping_add(len);
            }
            code = code.wrapping_add(1);
        }
        at = at.wrapping_add(*count);
        code = code.wrapping_mul(2);
    }
    (code, at)
}

/// Searches a code that is longer than the table knows.
fn long(
    alphabet: Alphabet,
    word: usize,
    slots: usize,
    mut first: u16,
    mut at: u16,
    sorted: &[u16],
    counts: &[u16; LENGTHS],
) -> u16 {
    let known = slots.trailing_zeros();
    let mut code = reversed(word as u16, known as u16) as u16;
    let mut word = word.wrapping_shr(known);
    for (len, count) in (0_u16..).zip(counts).skip(known as usize + 1) {
        code = code.wrapping_mul(2) | word as u16 & 1;
        word >>= 1;
        // Codes of one length follow each other, and a longer one is greater than all of them.
        let ahead = code.wrapping_sub(first);
        if ahead < *count {
            let symbol = sorted.get(usize::from(at.wrapping_add(ahead)));
            return alphabet.entry(symbol.copied().unwrap_or_default()).wrapping_add(len);
        }
        at = at.wrapping_add(*count);
        first = first.wrapping_add(*count).wrapping_mul(2);
    }
    // All codes were searched, and one is missing: not so in a code that was sorted.
    INVALID | 1
}

/// The first bits of a code with the first one lowest, as they come.
#[inline]
const fn reversed(code: u16, len: u16) -> usize {
    code.reverse_bits().wrapping_shr(16_u32.wrapping_sub(len as u32)) as usize
}
