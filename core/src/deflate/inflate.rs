//! The decoder: a state machine that stops at any byte of input or output and goes on from there.

#[cfg(feature = "trace")]
pub(crate) mod trace;

use core::{convert::Infallible, fmt};

use crate::deflate::{
    InflateError,
    bits::{Bits, IS_WIDE},
    huffman::{Alphabet, Codes, END, LITERALS, SPECIAL, USED, VALUE},
    output::Output,
};

/// An inflating decoder: all its memory but the output, which is its window as well.
///
/// # Memory
/// 1,412 bytes on a microcontroller, about 2 KiB in WebAssembly, 3,040 on a 64-bit machine; all zeros
/// at first, so that a static lies in `.bss`. The latter two have tables, which know codes of up to
/// 9 or 10 bits, and 7 for distances; longer ones are searched, as all are without.
#[derive(Clone)]
#[repr(C)] // The small fields first: a microcontroller reaches them by short offsets.
pub struct Inflate {
    pub(super) progress: Progress,
    pub(super) codes: Codes,
}

/// All but the codes.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    /// Bits that were taken from the input and not yet used.
    word: usize,
    /// How many.
    len: u32,
    pub(super) state: State,
    /// Whether this block is final, or the last one was.
    is_final: bool,
    /// Whether the codes are those of section 3.2.6.
    pub(super) is_fixed: bool,
    /// What is left of a match or of a stored block.
    pub(super) length: u16,
    /// The distance of a match; until its extra bits are read, the entry of its code.
    pub(super) distance: u16,
    /// How many lengths of codes a header has for literals and lengths, for all, and for lengths
    /// of codes; and how many were read.
    pub(super) literals: u16,
    pub(super) all: u16,
    pub(super) lengths: u16,
    pub(super) read: u16,
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
    /// A literal, the code of a length, or the end of the block.
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
        Self { progress: Progress::BEGIN, codes: Codes::new() }
    }

    /// Forgets a stream that was begun: a new one begins. The history is the caller's.
    pub const fn reset(&mut self) {
        let is_fixed = self.progress.is_fixed;
        self.progress = Progress::BEGIN;
        self.progress.is_fixed = is_fixed;
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
        let oldest = at.saturating_sub(history);
        let output = Output { buffer, at, oldest, window_len };
        self.inflate_by(input, output, |decoder, bits, output| {
            let Err(stop) = decoder.run(bits, output);
            stop
        })
    }

    /// Inflates by whatever takes the steps.
    #[inline(always)]
    fn inflate_by<'i>(
        &mut self,
        input: &'i [u8],
        mut output: Output<'_>,
        run: impl FnOnce(&mut Self, &mut Bits<'i>, &mut Output<'_>) -> Stop,
    ) -> Result<Inflated, InflateError> {
        let at = output.at;
        let mut bits = Bits { word: self.progress.word, len: self.progress.len, input };
        let stop = run(self, &mut bits, &mut output);
        self.progress.word = bits.word;
        self.progress.len = bits.len;
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
        self.progress.state == State::Block && self.progress.len == 0
    }

    /// Whether the last block that ended was a final one and nothing has come since.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.progress.is_final && self.is_at_block_start()
    }

    /// Runs until something stops it. What a step has not finished is done again from the same
    /// bits: a step uses them only when it has all of them, and room for what it writes.
    fn run(&mut self, bits: &mut Bits<'_>, output: &mut Output<'_>) -> Result<Infallible, Stop> {
        loop {
            let next = self.step(bits, output)?;
            self.progress.enter(next, bits);
        }
    }

    /// Takes a step, and says what comes next. With two callers it stands alone.
    #[cfg_attr(not(feature = "trace"), inline(always))]
    fn step(&mut self, bits: &mut Bits<'_>, output: &mut Output<'_>) -> Result<State, Stop> {
        let progress = &mut self.progress;
        Ok(match progress.state {
            State::Block => self.begin(bits)?,
            State::StoredLength => {
                progress.length = bits.take(16)?;
                State::StoredCheck
            }
            State::StoredCheck => {
                if bits.take(16)? != !progress.length {
                    return Err(InflateError::StoredLength.into());
                }
                State::Stored
            }
            State::Stored => {
                output.store(bits, &mut progress.length)?;
                State::Block
            }
            State::Counts => self.read_counts(bits)?,
            State::LengthLengths => self.read_length_lengths(bits)?,
            State::Lengths => self.read_lengths(bits)?,
            State::Symbol => {
                if IS_WIDE {
                    self.run_fast(bits, output)?;
                }
                match self.progress.state {
                    State::Symbol => self.read_symbol(bits, output)?,
                    state => state,
                }
            }
            State::Distance => {
                bits.fill();
                let entry = self.codes.entry(Alphabet::Distances, bits.word);
                if entry >= SPECIAL {
                    bits.consume((entry & USED).into())?;
                    return Err(InflateError::Symbol.into());
                }
                // With its extra bits it may be more than a small word has.
                bits.consume(code_len(Alphabet::Distances, entry))?;
                progress.distance = entry;
                State::DistanceBits
            }
            State::DistanceBits => {
                let extra_len = extra_len(Alphabet::Distances, progress.distance);
                let low = bits.take(extra_len)?;
                let high = high(Alphabet::Distances, progress.distance).wrapping_shl(extra_len);
                progress.distance = high.wrapping_add(low).wrapping_add(1);
                State::Match
            }
            State::Match => {
                output.copy(&mut progress.length, progress.distance)?;
                State::Symbol
            }
        })
    }

    /// Begins a block (RFC 1951 section 3.2.3).
    fn begin(&mut self, bits: &mut Bits<'_>) -> Result<State, Stop> {
        let header = bits.take(3)?;
        self.progress.is_final = header & 1 != 0;
        Ok(match header >> 1 {
            0 => {
                bits.align();
                State::StoredLength
            }
            1 => {
                if !self.progress.is_fixed {
                    self.make_fixed_codes()?;
                    // They stay for the next block that has them.
                    self.progress.is_fixed = true;
                }
                State::Symbol
            }
            2 => State::Counts,
            _ => return Err(InflateError::BlockType.into()),
        })
    }

    /// Reads a symbol.
    fn read_symbol(&mut self, bits: &mut Bits<'_>, output: &mut Output<'_>) -> Result<State, Stop> {
        bits.fill();
        let entry = self.codes.entry(Alphabet::Literals, bits.word);
        let used = u32::from(entry & USED);
        if used > bits.len {
            return Err(Stop::Input);
        }
        let next = if entry < LITERALS {
            output.push((entry >> VALUE) as u8)?;
            State::Symbol
        } else if entry < SPECIAL {
            let extra = bits.word.wrapping_shr(code_len(Alphabet::Literals, entry));
            self.progress.length = number(Alphabet::Literals, entry, extra).wrapping_add(3);
            State::Distance
        } else if entry & !USED == END {
            State::Block
        } else {
            return Err(InflateError::Symbol.into());
        };
        bits.consume(used)?;
        Ok(next)
    }
}

impl Progress {
    /// The start of a stream.
    const BEGIN: Self = Self {
        word: 0,
        len: 0,
        state: State::Block,
        is_final: false,
        is_fixed: false,
        length: 0,
        distance: 0,
        literals: 0,
        all: 0,
        lengths: 0,
        read: 0,
    };

    /// Goes on to another state. Behind a final block the rest of a byte is skipped.
    pub(super) const fn enter(&mut self, next: State, bits: &mut Bits<'_>) {
        if self.is_final && matches!(next, State::Block) {
            bits.align();
        }
        self.state = next;
    }
}

/// How many extra bits follow the code of an entry that has a number.
const fn extra_len(alphabet: Alphabet, entry: u16) -> u32 {
    (entry >> alphabet.extra_at()).wrapping_sub(1) as u32
}

/// How many bits the code of an entry has, without the extra ones.
const fn code_len(alphabet: Alphabet, entry: u16) -> u32 {
    ((entry & USED) as u32).wrapping_sub(extra_len(alphabet, entry))
}

/// The number of an entry counted from 0, with the extra bits at the start of `word`.
const fn number(alphabet: Alphabet, entry: u16, word: usize) -> u16 {
    let extra_len = extra_len(alphabet, entry);
    let low = word & !usize::MAX.wrapping_shl(extra_len);
    high(alphabet, entry).wrapping_shl(extra_len).wrapping_add(low as u16)
}

/// The high bits of the number of an entry.
#[inline]
pub(super) const fn high(alphabet: Alphabet, entry: u16) -> u16 {
    (entry & !u16::MAX.wrapping_shl(alphabet.extra_at())) >> VALUE
}

impl Default for Inflate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Inflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate").field("state", &self.progress.state).finish_non_exhaustive()
    }
}
