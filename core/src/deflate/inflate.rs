//! The decoder: a state machine that stops at any byte of input or output and goes on from there.

use core::{convert::Infallible, fmt};

use crate::deflate::{
    InflateError,
    bits::{Bits, IS_WIDE},
    huffman::{Alphabet, Code, END, LITERALS, SPECIAL, USED, VALUE},
    output::Output,
};

/// Where the lengths of the codes for code lengths are kept.
const LENGTHS_AT: usize = 320;
/// How many there are, and in which order they come (RFC 1951 section 3.2.7).
const LENGTHS_ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// An inflating decoder: all its memory but the output, which is its window as well.
///
/// # Memory
/// Little more than 2 KiB, all zeros at first, so that a static lies in `.bss`. Its two tables
/// know codes of up to 9 and 7 bits; longer ones are searched.
#[derive(Clone)]
pub struct Inflate {
    /// Literals and lengths. While a header is read, the lengths of all codes are kept in its
    /// table.
    pub(super) literals: Code<512, 288>,
    /// Distances. While a header is read, the code of the code lengths.
    pub(super) distances: Code<128, 32>,
    /// Bits that were taken from the input and not yet used.
    word: usize,
    /// How many.
    len: u8,
    pub(super) state: State,
    /// Whether this block is final, or the last one was.
    is_final: bool,
    /// Whether the codes are those of section 3.2.6.
    is_fixed: bool,
    /// What is left of a match or of a stored block.
    pub(super) length: u16,
    /// The distance of a match; until its extra bits are read, the entry of its code.
    pub(super) distance: u16,
    /// How many lengths of codes a header has for literals and lengths, for all, and for codes of
    /// lengths; and how many were read.
    counts: Counts,
}

#[derive(Debug, Clone, Copy)]
struct Counts {
    literals: u16,
    all: u16,
    lengths: u8,
    read: u16,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The three bits that begin a block.
    Block,
    /// The length of a stored block.
    StoredLength,
    /// Its complement.
    StoredCheck,
    /// The bytes of a stored block.
    Stored,
    /// How many lengths there are.
    Counts,
    /// The lengths of the codes of lengths.
    LengthLengths,
    /// The lengths of the other codes.
    Lengths,
    /// A literal, a length, or the end of the block.
    Symbol,
    /// The code of a distance.
    Distance,
    /// The extra bits of a distance.
    DistanceBits,
    /// A match to be copied.
    Match,
}

/// Why the decoder stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Input,
    Room,
    Error(InflateError),
}

impl From<InflateError> for Stop {
    fn from(error: InflateError) -> Self {
        Self::Error(error)
    }
}

/// How far [`Inflate::inflate`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Inflated {
    /// Bytes of input that were used. Some of their bits may wait in the decoder.
    pub read: usize,
    /// Bytes that were written.
    pub written: usize,
    /// Why it went no farther.
    pub status: InflateStatus,
}

/// Why [`Inflate::inflate`] went no farther.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum InflateStatus {
    /// All input is used up.
    NeedsInput,
    /// At least one more byte is to be written, and there is no room for it.
    NeedsRoom,
}

impl Inflate {
    /// The decoder at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            literals: Code::new(),
            distances: Code::new(),
            word: 0,
            len: 0,
            state: State::Block,
            is_final: false,
            is_fixed: false,
            length: 0,
            distance: 0,
            counts: Counts { literals: 0, all: 0, lengths: 0, read: 0 },
        }
    }

    /// Forgets a stream that was begun: a new one begins. The history is the caller's.
    pub const fn reset(&mut self) {
        self.word = 0;
        self.len = 0;
        self.state = State::Block;
        self.is_final = false;
    }

    /// Inflates `input` to `buffer[at..]`, until one of both is used up.
    ///
    /// Matches may refer to the `history` bytes before `at` and to what this call writes, though
    /// no farther back than `window_len`. It stops and goes on at any byte of input and output:
    /// the next call gets the rest of the input, or more, and a buffer in which the bytes before
    /// `at` are those that were inflated before. Bytes behind those that were written may have
    /// been changed.
    ///
    /// After a final block the rest of its last byte is skipped, and the next byte begins another
    /// stream with the same history, as RFC 7692 section 7.2.3.4 asks for.
    ///
    /// # Errors
    /// Anything that RFC 1951 does not allow. What was written before is unspecified; the decoder
    /// is of no use before a [`reset`](Self::reset).
    pub fn inflate(
        &mut self,
        input: &[u8],
        buffer: &mut [u8],
        at: usize,
        history: usize,
        window_len: usize,
    ) -> Result<Inflated, InflateError> {
        let mut bits = Bits { word: self.word, len: u32::from(self.len), input };
        let oldest = at.saturating_sub(history);
        let mut output = Output { buffer, at, oldest, window_len };
        let Err(stop) = self.run(&mut bits, &mut output);
        self.word = bits.word;
        self.len = bits.len as u8;
        let status = match stop {
            Stop::Input => InflateStatus::NeedsInput,
            Stop::Room => InflateStatus::NeedsRoom,
            Stop::Error(error) => return Err(error),
        };
        Ok(Inflated {
            read: input.len().wrapping_sub(bits.input.len()),
            written: output.at.wrapping_sub(at),
            status,
        })
    }

    /// Whether the decoder stands at the start of a block, with no bit of it read.
    ///
    /// After a stored block and after a final one the bits that fill up the last byte do not
    /// count.
    #[must_use]
    pub fn is_at_block_start(&self) -> bool {
        self.state == State::Block && self.len == 0
    }

    /// Whether the last block that ended was a final one and nothing has come since.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.is_final && self.is_at_block_start()
    }

    /// Runs until something stops it. What a step has not finished is done again from the same
    /// bits: a step uses them only when it has all of them, and room for what it writes.
    fn run(&mut self, bits: &mut Bits<'_>, output: &mut Output<'_>) -> Result<Infallible, Stop> {
        loop {
            match self.state {
                State::Block => self.begin(bits)?,
                State::StoredLength => {
                    self.length = bits.take(16)?;
                    self.state = State::StoredCheck;
                }
                State::StoredCheck => {
                    if bits.take(16)? != !self.length {
                        return Err(InflateError::StoredLength.into());
                    }
                    self.state = State::Stored;
                }
                State::Stored => {
                    output.store(bits, &mut self.length)?;
                    self.end(bits);
                }
                State::Counts => self.read_counts(bits)?,
                State::LengthLengths => self.read_length_lengths(bits)?,
                State::Lengths => self.read_lengths(bits)?,
                State::Symbol => {
                    if IS_WIDE {
                        self.run_fast(bits, output)?;
                    }
                    if self.state == State::Symbol {
                        self.read_symbol(bits, output)?;
                    }
                }
                State::Distance => {
                    bits.fill();
                    let entry = self.distances.entry(Alphabet::Distances, bits.word);
                    let is_special = entry >= SPECIAL;
                    let extra = if is_special { 0 } else { entry >> 12 };
                    bits.consume(u32::from((entry & USED).wrapping_sub(extra)))?;
                    if is_special {
                        return Err(InflateError::Symbol.into());
                    }
                    self.distance = entry;
                    self.state = State::DistanceBits;
                }
                State::DistanceBits => {
                    let (extra, high) = (self.distance >> 12, self.distance >> VALUE & 3);
                    let low = bits.take(u32::from(extra))?;
                    self.distance =
                        high.wrapping_shl(u32::from(extra)).wrapping_add(low).wrapping_add(1);
                    self.state = State::Match;
                }
                State::Match => {
                    output.copy(&mut self.length, self.distance)?;
                    self.state = State::Symbol;
                }
            }
        }
    }

    /// Begins a block (RFC 1951 section 3.2.3).
    fn begin(&mut self, bits: &mut Bits<'_>) -> Result<(), Stop> {
        let header = bits.take(3)?;
        self.is_final = header & 1 != 0;
        self.state = match header >> 1 {
            0 => {
                bits.align();
                State::StoredLength
            }
            1 => {
                self.take_fixed_codes()?;
                State::Symbol
            }
            2 => State::Counts,
            _ => return Err(InflateError::BlockType.into()),
        };
        Ok(())
    }

    /// Ends a block.
    pub(super) fn end(&mut self, bits: &mut Bits<'_>) {
        if self.is_final {
            bits.align();
        }
        self.state = State::Block;
    }

    /// The codes of section 3.2.6. They stay for the next block that has them.
    fn take_fixed_codes(&mut self) -> Result<(), InflateError> {
        if !self.is_fixed {
            for (symbol, len) in self.literals.table.iter_mut().take(288).enumerate() {
                *len = match symbol {
                    0..144 => 8,
                    144..256 => 9,
                    256..280 => 7,
                    _ => 8,
                };
            }
            self.literals.sort_own(Alphabet::Literals, 288)?;
            self.distances.sort(Alphabet::Distances, &[5; 32])?;
            self.literals.fill(Alphabet::Literals);
            self.distances.fill(Alphabet::Distances);
            self.is_fixed = true;
        }
        Ok(())
    }

    /// Begins the header of a block with codes of its own (section 3.2.7).
    fn read_counts(&mut self, bits: &mut Bits<'_>) -> Result<(), Stop> {
        let counts = bits.take(14)?;
        let literals = (counts & 31).wrapping_add(257);
        let distances = (counts >> 5 & 31).wrapping_add(1);
        if literals > 286 || distances > 30 {
            return Err(InflateError::CodeLengths.into());
        }
        self.counts = Counts {
            literals,
            all: literals.wrapping_add(distances),
            lengths: (counts >> 10).wrapping_add(4) as u8,
            read: 0,
        };
        self.is_fixed = false;
        if let Some(lens) = self.literals.table.get_mut(LENGTHS_AT..) {
            lens.fill(0);
        }
        self.state = State::LengthLengths;
        Ok(())
    }

    /// Reads the lengths of the codes of lengths.
    fn read_length_lengths(&mut self, bits: &mut Bits<'_>) -> Result<(), Stop> {
        let Counts { lengths, read, .. } = &mut self.counts;
        let lens = self.literals.table.get_mut(LENGTHS_AT..).unwrap_or_default();
        for symbol in LENGTHS_ORDER.iter().take(usize::from(*lengths)).skip(usize::from(*read)) {
            let len = bits.take(3)?;
            if let Some(to) = lens.get_mut(usize::from(*symbol)) {
                *to = len;
            }
            *read = read.wrapping_add(1);
        }
        *read = 0;
        let lens = lens.get(..LENGTHS_ORDER.len()).unwrap_or_default();
        self.distances.sort(Alphabet::Lengths, lens)?;
        self.distances.fill(Alphabet::Lengths);
        self.state = State::Lengths;
        Ok(())
    }

    /// Reads the lengths of the other codes, and makes these.
    fn read_lengths(&mut self, bits: &mut Bits<'_>) -> Result<(), Stop> {
        let Counts { literals, all, read, .. } = &mut self.counts;
        let lens = self.literals.table.get_mut(..usize::from(*all)).unwrap_or_default();
        while read < all {
            bits.fill();
            let word = bits.word;
            let entry = self.distances.short(word);
            bits.consume(u32::from(entry & USED))?;
            let symbol = entry >> VALUE;
            let at = usize::from(*read);
            if symbol < 16 {
                if let Some(to) = lens.get_mut(at) {
                    *to = symbol;
                }
                *read = read.wrapping_add(1);
                continue;
            }
            // Extra bits, and the least number of repetitions.
            let (extra, least) = match symbol {
                16 => (2, 3),
                17 => (3, 3),
                _ => (7, 11),
            };
            let len = if symbol == 16 {
                let last = at.checked_sub(1).and_then(|at| lens.get(at));
                last.copied().ok_or(InflateError::CodeLengths)?
            } else {
                0
            };
            let code_len = u32::from(entry & USED).wrapping_sub(extra);
            let count = word.wrapping_shr(code_len) & !usize::MAX.wrapping_shl(extra);
            let count = count.wrapping_add(least);
            let to = lens.get_mut(at..at.wrapping_add(count)).ok_or(InflateError::CodeLengths)?;
            to.fill(len);
            *read = read.wrapping_add(count as u16);
        }
        let literals = usize::from(*literals);
        // Without an end of the block there would be none.
        if lens.get(256).is_none_or(|len| *len == 0) {
            return Err(InflateError::CodeLengths.into());
        }
        self.distances.sort(Alphabet::Distances, lens.get(literals..).unwrap_or_default())?;
        self.literals.sort_own(Alphabet::Literals, literals)?;
        self.literals.fill(Alphabet::Literals);
        self.distances.fill(Alphabet::Distances);
        self.state = State::Symbol;
        Ok(())
    }

    /// Reads a symbol.
    fn read_symbol(&mut self, bits: &mut Bits<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
        bits.fill();
        let word = bits.word;
        let entry = self.literals.entry(Alphabet::Literals, word);
        let used = entry & USED;
        if u32::from(used) > bits.len {
            return Err(Stop::Input);
        }
        let value = entry >> VALUE;
        if entry < LITERALS {
            output.push(value as u8)?;
        } else if entry < SPECIAL {
            self.length = length(entry, word);
            self.state = State::Distance;
        }
        bits.consume(u32::from(used))?;
        if entry >= SPECIAL {
            if entry & !USED != END {
                return Err(InflateError::Symbol.into());
            }
            self.end(bits);
        }
        Ok(())
    }
}

/// The length of a match, of its entry and the bits of its code with all extra bits.
#[inline]
pub(super) fn length(entry: u16, word: usize) -> u16 {
    let extra = u32::from(entry >> 13).wrapping_sub(1);
    let high = usize::from(entry >> VALUE & 0xFF);
    let low = word.wrapping_shr(u32::from(entry & USED).wrapping_sub(extra));
    let low = low & !usize::MAX.wrapping_shl(extra);
    high.wrapping_shl(extra).wrapping_add(low).wrapping_add(3) as u16
}

impl Default for Inflate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Inflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate").field("state", &self.state).finish_non_exhaustive()
    }
}
