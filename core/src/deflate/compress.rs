//! Compression: messages of one stream, each of which may refer to those before.

use core::fmt;

use super::{
    emit::Emission,
    history::History,
    matcher::{Matcher, Search},
    parse,
    strategy::{Strategy, Thorough},
    symbols::MAX_MATCH,
    tokens::Tokens,
    writer::Output,
};

/// A compressor of DEFLATE streams, with all the memory that it ever uses.
///
/// The [presets](super) are sizes that fit well together; any others may be chosen:
///
/// | parameter | bytes for each | what |
/// |---|---|---|
/// | `BUFFER` | 1 | the window, and what is looked at next: a window of 2^n bytes needs a quarter more, and 320 bytes are the least |
/// | `HEADS` | 2 | where to begin to look for a match; a power of two |
/// | `CHAIN` | 2 | where to look next; a power of two, or 0 to look at one place only |
/// | `TOKENS` | 3 | symbols in a block at most, 80 or more |
/// | `S` | | [`Thorough`] for ratio, [`Fast`](super::Fast) for speed |
///
/// Positions that are remembered need not be right: every match is compared byte by byte. So
/// [`reset`](Compressor::reset) and [`rewind`](Compressor::rewind) clear nothing.
pub struct Compress<
    const BUFFER: usize,
    const HEADS: usize,
    const CHAIN: usize,
    const TOKENS: usize,
    S: Strategy = Thorough,
> {
    history: History<BUFFER>,
    matcher: Matcher<HEADS, CHAIN>,
    tokens: Tokens<TOKENS>,
    strategy: S,
    emission: Emission,
    window_bits: u8,
}

/// What a call of [`Compressor::compress`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compressed {
    /// Bytes taken from the input.
    pub read: usize,
    /// Bytes written to the output.
    pub written: usize,
    /// Whether all is done that was asked for.
    pub done: bool,
}

/// A place in a stream, between two messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub(super) u64);

/// What every [`Compress`] and [`Direct`](super::Direct) does. Sealed.
pub trait Compressor: sealed::Sealed + core::fmt::Debug {
    /// The largest window in bits, 8 to 15, that there is memory for.
    const MAX_WINDOW_BITS: u8;

    /// Begins a stream, without history, in which no match goes back farther than 2^`window_bits`
    /// bytes: 8 bits at least, [`MAX_WINDOW_BITS`](Self::MAX_WINDOW_BITS) at most.
    fn reset(&mut self, window_bits: u8);

    /// Compresses `input` to the front of `out`, which may be of any length.
    ///
    /// With `flush` the message ends with `input`: its last block is written, and the three bits
    /// that begin an empty stored block, filled up to a byte. The four bytes 00 00 FF FF that
    /// complete that block are not written: RFC 7692 section 7.2.1 wants them left off. While
    /// the result is not [`done`](Compressed::done), `out` is full: call it again with the rest of
    /// the input, and the same `flush`.
    ///
    /// Without `flush` bytes may be held back, as many as there is memory for.
    fn compress(&mut self, input: &[u8], out: &mut [u8], flush: bool) -> Compressed;

    /// The most bytes that a message of `len` bytes can become, flushed, if nothing is held back
    /// from before: all of it in stored blocks.
    fn max_compressed_len(len: usize) -> usize;

    /// Where the stream is. To be called between two messages.
    fn mark(&self) -> Mark;

    /// Takes back what has been compressed since `mark`, for a message that is not sent after all:
    /// the history is what it was. If that has been pushed out of the buffer there is none, which
    /// is always right: nothing obliges a compressor to refer to it.
    fn rewind(&mut self, mark: Mark);
}

impl<const BUFFER: usize, const HEADS: usize, const CHAIN: usize, const TOKENS: usize, S: Strategy>
    Compress<BUFFER, HEADS, CHAIN, TOKENS, S>
{
    /// Bytes ahead that a match may need, unless the input ends.
    const LOOKAHEAD: usize = {
        let half = (BUFFER - (1 << Self::MAX_WINDOW_BITS)) / 2;
        if half < 258 { half } else { 258 }
    };

    const DEPTH: u32 = if CHAIN <= 1 { 1 } else { 64 };

    /// A compressor at the start of a stream with the largest window.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            history: History::new(),
            matcher: Matcher::new(),
            tokens: Tokens::new(),
            strategy: S::NEW,
            emission: Emission::new(),
            window_bits: 0,
        }
    }

    /// Most bytes that a message of `len` bytes becomes, the flush included: five for each stored
    /// block, and one.
    #[must_use]
    pub const fn longest(len: usize) -> usize {
        let least = TOKENS.saturating_sub(parse::MIN_ROOM);
        let least = if least < 256 { least } else { 256 };
        // Never by zero: there are 64 at least.
        let blocks = match len.checked_div(least) {
            Some(blocks) => blocks.saturating_add(1),
            None => len,
        };
        len.saturating_add(blocks.saturating_mul(5)).saturating_add(1)
    }

    fn window(&self) -> usize {
        match self.window_bits {
            0 => 1 << Self::MAX_WINDOW_BITS,
            bits => 1_usize << (bits & 15),
        }
    }

    /// Writes what is left of a block or flush. Says whether all found room.
    fn emit(&mut self, out: &mut Output<'_>) -> bool {
        let Self { history, tokens, strategy, emission, .. } = self;
        if emission.is_done() {
            return true;
        }
        let raw = history.bytes().get(history.block..history.at).unwrap_or_default();
        if !emission.emit(strategy, &tokens.view(), raw, out) {
            return false;
        }
        tokens.clear();
        strategy.drop_block();
        history.block = history.at;
        true
    }

    /// Finds tokens for what is in the buffer. Begins a block if one must end, begins the end of
    /// the flush if there is nothing before it, or makes room in the buffer.
    fn advance(&mut self, last: bool) {
        let window = self.window();
        let Self { history, matcher, tokens, strategy, emission, .. } = self;
        let lookahead = if last { 0 } else { Self::LOOKAHEAD };
        let end_of_block = history.block.wrapping_add(MAX_RAW);
        let to = history.end.saturating_sub(lookahead).min(end_of_block);
        let search = Search {
            bytes: history.bytes(),
            padded: history.padded(),
            base: history.base(),
            window,
            depth: Self::DEPTH,
            nice: parse::nice(),
        };
        let list = &mut tokens.view();
        let at = strategy.parse(search, &mut matcher.view(), list, history.at, to);
        history.at = at;
        let all = last && at >= history.end;
        if all && list.len() == 0 {
            emission.begin_flush();
            return;
        }
        let stale = history.stale(window);
        if all || parse::is_full(list) || at >= end_of_block || stale > history.block {
            let raw_len = at.wrapping_sub(history.block);
            let kind = strategy.plan(list, raw_len, emission.bits.odd());
            emission.begin(kind);
        } else {
            history.slide(stale);
        }
    }
}

/// The largest window that a buffer has room for.
pub(super) const fn max_window_bits(buffer: usize) -> u8 {
    assert!(buffer >= 320);
    let bits = (buffer / 5 * 4).ilog2();
    if bits < 15 { bits as u8 } else { 15 }
}

/// Most bytes of a block, less the last match: a stored block has no more than 2^16.
const MAX_RAW: usize = u16::MAX as usize - MAX_MATCH;

impl<const BUFFER: usize, const HEADS: usize, const CHAIN: usize, const TOKENS: usize, S: Strategy>
    Compressor for Compress<BUFFER, HEADS, CHAIN, TOKENS, S>
{
    const MAX_WINDOW_BITS: u8 = {
        assert!(HEADS.is_power_of_two() && (CHAIN == 0 || CHAIN.is_power_of_two()));
        assert!(TOKENS >= 80);
        max_window_bits(BUFFER)
    };

    fn reset(&mut self, window_bits: u8) {
        self.window_bits = window_bits.clamp(8, Self::MAX_WINDOW_BITS);
        self.history.forget();
        self.strategy.forget();
        self.tokens.clear();
        self.strategy.drop_block();
        self.emission.clear();
    }

    fn compress(&mut self, input: &[u8], out: &mut [u8], flush: bool) -> Compressed {
        let mut out = Output { bytes: out, written: 0 };
        let mut read = 0_usize;
        let done = loop {
            let was_flush = self.emission.is_flush();
            if !self.emit(&mut out) {
                break false;
            }
            let rest = input.get(read..).unwrap_or_default();
            if was_flush && rest.is_empty() {
                break true;
            }
            let taken = self.history.take(rest);
            read = read.wrapping_add(taken);
            let last = flush && taken == rest.len();
            if !last && !self.history.is_full() {
                break !flush;
            }
            self.advance(last);
        };
        Compressed { read, written: out.written, done }
    }

    fn max_compressed_len(len: usize) -> usize {
        Self::longest(len)
    }

    fn mark(&self) -> Mark {
        Mark(self.history.position())
    }

    fn rewind(&mut self, mark: Mark) {
        self.history.truncate(mark.0);
        self.tokens.clear();
        self.strategy.drop_block();
        self.emission.clear();
    }
}

impl<const BUFFER: usize, const HEADS: usize, const CHAIN: usize, const TOKENS: usize, S: Strategy>
    Default for Compress<BUFFER, HEADS, CHAIN, TOKENS, S>
{
    fn default() -> Self {
        Self::new()
    }
}

/// Shows nothing of what was compressed.
impl<const BUFFER: usize, const HEADS: usize, const CHAIN: usize, const TOKENS: usize, S: Strategy>
    fmt::Debug for Compress<BUFFER, HEADS, CHAIN, TOKENS, S>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compress").finish_non_exhaustive()
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
    impl<
        const BUFFER: usize,
        const HEADS: usize,
        const CHAIN: usize,
        const TOKENS: usize,
        S: super::Strategy,
    > Sealed for super::Compress<BUFFER, HEADS, CHAIN, TOKENS, S>
    {
    }
}
