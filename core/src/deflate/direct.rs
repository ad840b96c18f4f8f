//! Compression in the least code: each symbol is written as soon as it is found, with the fixed
//! codes. So there are no tokens to be kept, no codes to be made, and no kinds of blocks to be
//! compared; a message is one block. Nor is there a table of earlier places: all of the window is
//! searched, which finds the longest match there is.

use core::fmt;

use super::{
    Compressor, Mark, Steps,
    compress::max_window_bits,
    get,
    history::History,
    matcher::common_len,
    symbols::{self, MAX_MATCH, MIN_MATCH, Symbol, fixed_code},
    writer::{Bits, Output},
};

/// The block of a message: not the final one, and with fixed codes.
const FIXED_BLOCK: u32 = 0b010;

/// A compressor of DEFLATE streams that writes nothing but fixed codes, with all the memory that
/// it ever uses.
///
/// It takes a fourth of the flash of a [`Compress`](super::Compress), and less memory. `BUFFER`, 320
/// to 1279 bytes, is the window and what is looked at next: a window of 2^n bytes, of no more than 9
/// bits, needs a quarter more. What cannot be compressed grows by an eighth, since nothing is stored:
/// a connection sends a message as it is if it grows.
#[repr(C)] // The small fields first: a microcontroller reaches them by short offsets.
pub struct Direct<const BUFFER: usize> {
    bits: Bits<u32>,
    state: State,
    /// By how many bits the window is less than there is memory for.
    spared_bits: u8,
    history: History<BUFFER>,
}

/// What has been begun of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Nothing,
    Block,
    /// The end of the flush.
    Flush,
}

impl<const BUFFER: usize> Direct<BUFFER> {
    /// Bytes ahead that a match may need, unless the input ends.
    const LOOKAHEAD: usize = {
        let half = (BUFFER - (1 << Self::MAX_WINDOW_BITS)) / 2;
        if half < MAX_MATCH { half } else { MAX_MATCH }
    };

    /// A compressor at the start of a stream with the largest window.
    #[must_use]
    pub const fn new() -> Self {
        Self { history: History::new(), bits: Bits::few(), spared_bits: 0, state: State::Nothing }
    }

    fn window(&self) -> usize {
        (1_usize << Self::MAX_WINDOW_BITS).wrapping_shr(self.spared_bits.into())
    }

    /// Writes a literal or a match, whichever the next bytes are.
    #[inline(never)] // Or its registers are taken from the loop of all steps.
    fn symbol(&mut self) {
        let at = self.history.at;
        let (len, distance) = self.longest(at);
        let passed = if distance == 0 || self.longest(at.wrapping_add(1)).0 > len {
            self.put(symbols::literal(get(self.history.padded(), at)));
            1
        } else {
            self.put(symbols::length(len.wrapping_sub(MIN_MATCH) as u8));
            self.put(symbols::distance(distance as u16));
            len
        };
        self.history.pass(passed);
    }

    /// The length and the distance of the longest match at a place; the distance is 0 without one.
    fn longest(&self, at: usize) -> (usize, usize) {
        let bytes = self.history.bytes();
        let ahead = bytes.get(at..).unwrap_or_default();
        let len = ahead.len();
        let (mut longest, mut distance) = (MIN_MATCH, 0);
        let mut earlier = bytes.get(at.saturating_sub(self.window())..).unwrap_or_default();
        while let [first, rest @ ..] = earlier
            && earlier.len() > len
        {
            // Most places are passed over here; of those that are as good the nearest is the best.
            if ahead.first() == Some(first) {
                let len_here = common_len(earlier, ahead).min(MAX_MATCH);
                if len_here >= longest {
                    (longest, distance) = (len_here, earlier.len().wrapping_sub(len));
                }
            }
            earlier = rest;
        }
        (longest, distance)
    }

    fn put(&mut self, symbol: Symbol) {
        let (code, len) = fixed_code(symbol.index);
        self.bits.put_few(code, len);
        self.bits.put_few(symbol.extra.into(), symbol.extra_len.into());
    }
}

impl<const BUFFER: usize> Steps for Direct<BUFFER> {
    fn emit(&mut self, out: &mut Output<'_>) -> Option<bool> {
        if !self.bits.drain(out) {
            return None;
        }
        let is_flushed = self.state == State::Flush;
        if is_flushed {
            self.state = State::Nothing;
        }
        Some(is_flushed)
    }

    fn take(&mut self, input: &[u8]) -> usize {
        self.history.take(input)
    }

    fn is_full(&self) -> bool {
        self.history.is_full()
    }

    /// Takes the next step of a message: a symbol, its end if this is the last of it, or room in
    /// the buffer for more of it.
    fn advance(&mut self, last: bool) {
        let left = self.history.end.wrapping_sub(self.history.at);
        if left > if last { 0 } else { Self::LOOKAHEAD } {
            if self.state == State::Nothing {
                self.state = State::Block;
                self.bits.put_few(FIXED_BLOCK, 3);
            }
            self.symbol();
        } else if last {
            // After the end of the block, if there is one, the header of an empty stored one.
            if self.state == State::Block {
                self.put(symbols::END);
            }
            self.bits.put_few(0, 3);
            self.bits.align();
            self.state = State::Flush;
        } else {
            self.history.slide(self.history.stale(self.window()));
        }
    }
}

impl<const BUFFER: usize> Compressor for Direct<BUFFER> {
    const MAX_WINDOW_BITS: u8 = {
        let bits = max_window_bits(BUFFER);
        // A match and what waits before it make 32 bits: 7, 13 of a length, 12 of a distance. Before
        // the bits that begin a block nothing waits.
        assert!(bits <= 9);
        bits
    };

    fn reset(&mut self, window_bits: u8) {
        self.spared_bits = Self::MAX_WINDOW_BITS.saturating_sub(window_bits.max(8));
        self.history.forget();
        self.bits.clear();
        self.state = State::Nothing;
    }

    fn max_compressed_len(len: usize) -> usize {
        // Nine bits for each byte, three that begin the block, seven that end it, three of the
        // flush.
        len.saturating_add(len.saturating_add(20) / 8)
    }

    fn mark(&self) -> Mark {
        Mark(self.history.position())
    }

    fn rewind(&mut self, mark: Mark) {
        self.history.truncate(mark.0);
        self.bits.clear();
        self.state = State::Nothing;
    }
}

impl<const BUFFER: usize> Default for Direct<BUFFER> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows nothing of what was compressed.
impl<const BUFFER: usize> fmt::Debug for Direct<BUFFER> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct").finish_non_exhaustive()
    }
}
