//! Compression: messages of one stream, each of which may refer to those before.

use core::fmt;

use super::{
    Compressor, Mark, Steps,
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
    Steps for Compress<BUFFER, HEADS, CHAIN, TOKENS, S>
{
    fn emit(&mut self, out: &mut Output<'_>) -> Option<bool> {
        let Self { history, tokens, strategy, emission, .. } = self;
        if emission.is_done() {
            return Some(false);
        }
        let was_flush = emission.is_flush();
        let raw = history.bytes().get(history.block..history.at).unwrap_or_default();
        if !emission.emit(strategy, &tokens.view(), raw, out) {
            return None;
        }
        tokens.clear();
        strategy.drop_block();
        history.block = history.at;
        Some(was_flush)
    }

    fn take(&mut self, input: &[u8]) -> usize {
        self.history.take(input)
    }

    fn is_full(&self) -> bool {
        self.history.is_full()
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
