//! Canonical codes (RFC 1951 section 3.2.2), decoded by a table of their first bits where there is
//! one, else bit by bit.
//!
//! The table has an entry for each value of the next few bits. It tells all of a code that is no
//! longer, and how to use the extra bits behind it:
//!
//! ```text
//!   15       13 12                    5 4         0
//!  +-----------+-----------------------+-----------+
//!  |     0     |        literal        |   bits    |  bits of the code
//!  | extra + 1 |  high bits of length  |   bits    |  bits of the code and extra ones
//!  +-----------+--+--------------------+-----------+
//!  |  extra + 1   |  .. of distance    |   bits    |  a distance has up to 13 extra bits
//!  +--------------+--------------------+-----------+
//!  |     15       |  end or nothing    |   bits    |  bits of the code
//!  |     15       |          0         |     0     |  a longer code
//!  +--------------+--------------------+-----------+
//!   15          12 11                 5 4         0
//! ```
//! A longer code is searched among the symbols sorted by their codes.

use core::ops::Range;

use crate::deflate::{InflateError, bits::IS_WIDE};

/// What has no value begins here.
pub(super) const SPECIAL: u16 = 0xF000;
/// The code is longer than the table knows.
pub(super) const LONG: u16 = SPECIAL;
/// The end of the block, less the bits of its code.
pub(super) const END: u16 = SPECIAL | 1 << VALUE;
/// No symbol.
const INVALID: u16 = SPECIAL | 2 << VALUE;
/// Literals are less.
pub(super) const LITERALS: u16 = 1 << 13;
/// Where the value of an entry begins.
pub(super) const VALUE: u32 = 5;
/// The bits that an entry uses.
pub(super) const USED: u16 = (1 << VALUE) - 1;

/// Bits of a code for literals and lengths that the table knows. One more is a third faster where
/// codes are long, as for programs, and a kilobyte more.
pub(super) const LITERAL_BITS: u32 = if IS_WIDE { 10 } else { 9 };
/// Bits of a code for distances, and of any for lengths of codes, whose longest has 7.
const DISTANCE_BITS: u32 = 7;
/// Slots of the first table.
const LITERAL_SLOTS: usize = 1 << LITERAL_BITS;
/// Whether there are tables at all. To fill them takes longer than they save in a message of a few
/// hundred bytes, and they take memory and flash: microcontrollers go without.
const HAS_TABLES: bool = IS_WIDE || cfg!(target_family = "wasm");
/// Slots of both, or as many as there are lengths of codes while a header is read.
const SLOTS: usize =
    if HAS_TABLES { LITERAL_SLOTS + (1 << DISTANCE_BITS) } else { SYMBOLS + LENGTHS_SYMBOLS };
/// Symbols for literals and lengths.
pub(super) const LITERAL_SYMBOLS: usize = 288;
/// All symbols.
pub(super) const SYMBOLS: usize = LITERAL_SYMBOLS + 32;
/// Symbols for lengths of codes.
pub(super) const LENGTHS_SYMBOLS: usize = 19;
/// How many lengths codes have: 0 to 15.
const LENGTHS: usize = 16;

/// What the symbols of a code mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Literals and lengths.
    Literals,
    /// Distances.
    Distances,
    /// Lengths of codes. They are read with the memory of distances.
    Lengths,
}

impl Alphabet {
    /// Where the extra bits of an entry begin.
    #[inline]
    pub(super) const fn extra_at(self) -> u32 {
        if matches!(self, Self::Literals) { 13 } else { 12 }
    }

    /// The entry of a symbol, less the length of its code.
    #[inline]
    const fn entry(self, symbol: u16) -> u16 {
        let is_literals = matches!(self, Self::Literals);
        if matches!(self, Self::Lengths) || is_literals && symbol < 256 {
            return symbol << VALUE;
        }
        // Each four lengths, or two distances, have one extra bit more than those before.
        let (number, group, numbers) =
            if is_literals { (symbol.wrapping_sub(257), 2, 28) } else { (symbol, 1, 30) };
        if number >= numbers {
            return match symbol {
                256 => END,
                285 => LITERALS | 255 << VALUE,
                _ => INVALID,
            };
        }
        let (mut extra, mut high) = (number >> group, number);
        if extra > 0 {
            extra = extra.wrapping_sub(1);
            high = high.wrapping_sub(extra << group);
        }
        extra.wrapping_add(1) << self.extra_at() | high << VALUE | extra
    }
}

/// The two codes of a block.
#[derive(Clone)]
pub(super) struct Codes {
    literals: Code,
    distances: Code,
    /// The symbols in the order of their codes: literals and lengths, distances.
    sorted: [u16; SYMBOLS],
    /// Their tables. While a header is read, the lengths of codes are kept in the first.
    pub(super) table: [u16; SLOTS],
}

/// One of them.
#[derive(Clone)]
struct Code {
    /// Where the symbols end whose codes have each length; at 0 they begin.
    ends: [u16; LENGTHS],
    /// The entry of bits that are no code, or of which the table does not know which.
    other: u16,
}

impl Code {
    const NONE: Self = Self { ends: [0; LENGTHS], other: 0 };
}

impl Codes {
    /// No codes.
    pub(super) const fn new() -> Self {
        let (literals, distances) = (Code::NONE, Code::NONE);
        Self { literals, distances, sorted: [0; SYMBOLS], table: [0; SLOTS] }
    }

    const fn code(&self, alphabet: Alphabet) -> &Code {
        if matches!(alphabet, Alphabet::Literals) { &self.literals } else { &self.distances }
    }

    /// Sorts symbols by the lengths of their codes, which are kept in a range of the table, and
    /// judges those as zlib does: every sequence of bits must be a code, unless there is only
    /// one, of one bit, or none.
    pub(super) fn sort(
        &mut self,
        alphabet: Alphabet,
        range: Range<usize>,
    ) -> Result<(), InflateError> {
        let Self { literals, distances, sorted, table } = self;
        let code = if alphabet == Alphabet::Literals { literals } else { distances };
        let lens = table.get(range.start..).unwrap_or_default();
        let symbols = range.len() as u16;
        let ends = &mut code.ends;
        // How many codes there are of each length,
        *ends = [0; LENGTHS];
        for (len, _) in lens.iter().zip(0..symbols) {
            if let Some(count) = ends.get_mut(usize::from(*len) % LENGTHS) {
                *count = count.wrapping_add(1);
            }
        }
        // where the first of them goes, how many there could still be,
        let [unused, used @ ..] = ends;
        let [ones, ..] = *used;
        let first = if alphabet == Alphabet::Literals { 0 } else { LITERAL_SYMBOLS as u16 };
        *unused = first;
        let (mut at, mut left) = (first, 1_i32);
        for end in used {
            let count = *end;
            *end = at;
            at = at.wrapping_add(count);
            left = left.wrapping_mul(2).wrapping_sub(count.into());
        }
        let count = at.wrapping_sub(first);
        // Once there are too many there always are.
        code.other = match alphabet {
            _ if left == 0 => LONG,
            // zlib reads lengths of zero, and then misses the end of the block.
            Alphabet::Lengths if count == 0 => 1,
            Alphabet::Literals | Alphabet::Distances if count == ones && left > 0 => INVALID | 1,
            _ => return Err(InflateError::CodeLengths),
        };
        // and behind the last of them.
        for (len, symbol) in lens.iter().zip(0..symbols) {
            if *len != 0
                && let Some(end) = ends.get_mut(usize::from(*len) % LENGTHS)
                && let Some(to) = sorted.get_mut(usize::from(*end))
            {
                *to = symbol;
                *end = end.wrapping_add(1);
            }
        }
        Ok(())
    }

    /// Fills a table, if there are any.
    pub(super) fn fill(&mut self, alphabet: Alphabet) {
        if !HAS_TABLES {
            return;
        }
        let (literals, distances) =
            self.table.split_at_mut_checked(LITERAL_SLOTS).unwrap_or_default();
        let (table, code) = if alphabet == Alphabet::Literals {
            (literals, &self.literals)
        } else {
            (distances, &self.distances)
        };
        if let Some(slot) = table.first_mut() {
            *slot = code.other;
        }
        // Codes of `len` bits fill the first `2^len` slots; with one bit more, these stand twice.
        let (mut len, mut known, mut next) = (0_u16, 1_usize, 0_usize);
        let [unused, ends @ ..] = &code.ends;
        let mut at = usize::from(*unused);
        for end in ends {
            let Some((low, high)) = table.split_at_mut_checked(known) else { break };
            if high.is_empty() {
                break;
            }
            for (to, from) in high.iter_mut().zip(low) {
                *to = *from;
            }
            len = len.wrapping_add(1);
            while at < usize::from(*end) {
                let symbol = self.sorted.get(at).copied().unwrap_or_default();
                if let Some(slot) = table.get_mut(next) {
                    *slot = alphabet.entry(symbol).wrapping_add(len);
                }
                next = following(next, known);
                at = at.wrapping_add(1);
            }
            known = known.wrapping_mul(2);
        }
    }

    /// The entry of the code at the start of `word`.
    #[inline]
    pub(super) fn entry(&self, alphabet: Alphabet, word: usize) -> u16 {
        if HAS_TABLES {
            let entry = self.short(alphabet, word);
            if entry != LONG {
                return entry;
            }
        }
        self.long(alphabet, word)
    }

    /// The same, or [`LONG`] for a code that is longer than the table knows.
    #[inline]
    pub(super) fn short(&self, alphabet: Alphabet, word: usize) -> u16 {
        let slot = if alphabet == Alphabet::Literals {
            word & (LITERAL_SLOTS - 1)
        } else {
            LITERAL_SLOTS | word & ((1 << DISTANCE_BITS) - 1)
        };
        self.table.get(slot).copied().unwrap_or_default()
    }

    /// The same for any code, bit by bit. Few codes are longer than a table knows.
    #[cold]
    #[inline(never)]
    pub(super) fn long(&self, alphabet: Alphabet, mut word: usize) -> u16 {
        let code = self.code(alphabet);
        // Codes of one length follow each other, and a longer one is greater than all of them.
        let [unused, ends @ ..] = &code.ends;
        let (mut at, mut ahead, mut len) = (usize::from(*unused), 0_usize, 0_u16);
        for end in ends {
            len = len.wrapping_add(1);
            ahead |= word & 1;
            word >>= 1;
            let count = usize::from(*end).wrapping_sub(at);
            if ahead < count {
                let symbol = self.sorted.get(at.wrapping_add(ahead));
                return alphabet.entry(symbol.copied().unwrap_or_default()).wrapping_add(len);
            }
            at = (*end).into();
            ahead = ahead.wrapping_sub(count).wrapping_mul(2);
        }
        code.other
    }
}

/// The code after `code`, with its first bit lowest and its last bit `last`.
#[inline]
const fn following(code: usize, last: usize) -> usize {
    let (mut code, mut bit) = (code, last);
    while code & bit != 0 {
        code ^= bit;
        bit >>= 1;
    }
    code | bit
}
