//! The codes of a block: the fixed ones, and those that its header describes.

use crate::deflate::{
    Inflate, InflateError,
    bits::Bits,
    huffman::{Alphabet, LENGTHS_SYMBOLS, LITERAL_SYMBOLS, SYMBOLS, USED, VALUE},
    inflate::{Progress, State, Stop},
};

/// The longest code; greater numbers repeat lengths.
const MAX_LENGTH: u16 = 15;
/// Where the lengths of the codes of lengths are kept, behind all others.
const LENGTHS_AT: usize = SYMBOLS;
/// How many there are, and in which order they come (RFC 1951 section 3.2.7).
const LENGTHS_ORDER: [u8; LENGTHS_SYMBOLS] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

impl Inflate {
    /// Begins the header of a block with codes of its own (section 3.2.7).
    pub(super) fn read_counts(&mut self, bits: &mut Bits<'_>) -> Result<State, Stop> {
        let counts = bits.take(14)?;
        let distances = (counts >> 5 & 31).wrapping_add(1);
        self.progress.literals = (counts & 31).wrapping_add(257);
        self.progress.all = self.progress.literals.wrapping_add(distances);
        self.progress.lengths = (counts >> 10).wrapping_add(4);
        self.progress.read = 0;
        self.progress.is_fixed = false;
        if self.progress.literals > 286 || distances > 30 {
            return Err(InflateError::CodeLengths.into());
        }
        Ok(State::LengthLengths)
    }

    /// Reads the lengths of the codes of lengths.
    pub(super) fn read_length_lengths(&mut self, bits: &mut Bits<'_>) -> Result<State, Stop> {
        let Progress { lengths, read, .. } = &mut self.progress;
        while let Some(symbol) = LENGTHS_ORDER.get(usize::from(*read)) {
            let len = if read < lengths { bits.take(3)? } else { 0 };
            if let Some(to) = self.codes.table.get_mut(LENGTHS_AT.wrapping_add((*symbol).into())) {
                *to = len;
            }
            *read = read.wrapping_add(1);
        }
        *read = 0;
        let range = LENGTHS_AT..LENGTHS_AT + LENGTHS_ORDER.len();
        self.codes.sort(Alphabet::Lengths, range)?;
        self.codes.fill(Alphabet::Lengths);
        Ok(State::Lengths)
    }

    /// Reads the lengths of the other codes, and makes these.
    pub(super) fn read_lengths(&mut self, bits: &mut Bits<'_>) -> Result<State, Stop> {
        let (literals, all) = (usize::from(self.progress.literals), self.progress.all);
        while self.progress.read < all {
            bits.fill();
            let word = bits.word;
            let entry = self.codes.entry(Alphabet::Lengths, word);
            let used = u32::from(entry & USED);
            let mut len = entry >> VALUE;
            // Extra bits, and the least number of repetitions.
            let (mut extra, mut least) = (0, 1);
            if len > MAX_LENGTH {
                (extra, least) = match len {
                    16 => (2, 3),
                    17 => (3, 3),
                    _ => (7, 11),
                };
                if len == 16 {
                    // Before the first there is none, and the error waits for the extra bits.
                    let last = usize::from(self.progress.read).wrapping_sub(1);
                    len = self.codes.table.get(last).copied().unwrap_or(len);
                } else {
                    len = 0;
                }
            }
            bits.consume(used.wrapping_add(extra))?;
            let count = (word.wrapping_shr(used) & !usize::MAX.wrapping_shl(extra)) as u16;
            let end = self.progress.read.wrapping_add(count).wrapping_add(least);
            if end > all || len > MAX_LENGTH {
                return Err(InflateError::CodeLengths.into());
            }
            while self.progress.read < end {
                if let Some(to) = self.codes.table.get_mut(usize::from(self.progress.read)) {
                    *to = len;
                }
                self.progress.read = self.progress.read.wrapping_add(1);
            }
        }
        // Without a code for it there would be no end of the block.
        if self.codes.table.get(256).is_none_or(|len| *len == 0) {
            return Err(InflateError::CodeLengths.into());
        }
        self.make_codes(literals, all.into())?;
        Ok(State::Symbol)
    }

    /// The codes of section 3.2.6.
    pub(super) fn make_fixed_codes(&mut self) -> Result<(), InflateError> {
        let mut symbol = 0_usize;
        for len in self.codes.table.iter_mut().take(SYMBOLS) {
            *len = match symbol {
                0..144 => 8,
                144..256 => 9,
                256..280 => 7,
                280..LITERAL_SYMBOLS => 8,
                _ => 5,
            };
            symbol = symbol.wrapping_add(1);
        }
        self.make_codes(LITERAL_SYMBOLS, SYMBOLS)
    }

    /// Makes codes of the lengths in the table: first those for literals, then up to `all`.
    fn make_codes(&mut self, literals: usize, all: usize) -> Result<(), InflateError> {
        // The table of literals takes the place of all lengths.
        self.codes.sort(Alphabet::Distances, literals..all)?;
        self.codes.sort(Alphabet::Literals, 0..literals)?;
        self.codes.fill(Alphabet::Literals);
        self.codes.fill(Alphabet::Distances);
        Ok(())
    }
}
