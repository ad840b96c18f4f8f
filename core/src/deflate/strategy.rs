//! What a compressor spends on its work: [`Thorough`] looks for the way that costs least,
//! [`Fast`](super::fast::Fast) takes the first that is good.

use super::{
    block::{Kind, Tables},
    matcher::{Finder, Search},
    parse,
    symbols::{self, Symbol},
    tokens::List,
    writer::{Bits, Output},
};

/// How a compressor finds tokens and codes.
pub trait Strategy: Steps {}

impl<S: Steps> Strategy for S {}

/// The steps from bytes to bits.
pub trait Steps {
    /// At the start of a stream.
    const NEW: Self;

    /// Drops the tokens of a block.
    fn drop_block(&mut self) {}

    /// Forgets the blocks before.
    fn forget(&mut self);

    /// Finds tokens for the bytes from `at` on, none beginning at `to` or after. Stops earlier if
    /// there is no more room for tokens. Returns where.
    fn parse(
        &mut self,
        search: Search<'_>,
        finder: &mut Finder<'_>,
        tokens: &mut List<'_>,
        at: usize,
        to: usize,
    ) -> usize;

    /// Finds the best kind of block and its codes.
    ///
    /// `raw_len` is the number of bytes that the tokens stand for, `odd` that of bits before the
    /// block in its first byte.
    fn plan(&mut self, tokens: &List<'_>, raw_len: usize, odd: u32) -> Kind;

    /// A piece of a dynamic block's header, its length in bits, and what to ask for next.
    fn header(&self, at: usize) -> Option<(u64, u32, usize)>;

    /// Writes tokens from `at` on until none is left, then the end of the block, and says so; or
    /// until `out` is full.
    fn emit_tokens(
        &self,
        tokens: &List<'_>,
        at: &mut usize,
        bits: &mut Bits,
        out: &mut Output<'_>,
    ) -> bool;
}

/// Little memory, and the best compression that it allows.
pub struct Thorough {
    tables: Tables,
}

impl Steps for Thorough {
    const NEW: Self = Self { tables: Tables::new() };

    fn forget(&mut self) {
        self.tables.forget();
    }

    fn parse(
        &mut self,
        search: Search<'_>,
        finder: &mut Finder<'_>,
        tokens: &mut List<'_>,
        at: usize,
        to: usize,
    ) -> usize {
        parse::parse(search, finder, tokens, self.tables.costs(), at, to)
    }

    fn plan(&mut self, tokens: &List<'_>, raw_len: usize, odd: u32) -> Kind {
        self.tables.plan(tokens, raw_len, odd)
    }

    fn header(&self, at: usize) -> Option<(u64, u32, usize)> {
        self.tables.header.piece(&self.tables.lens, at)
    }

    fn emit_tokens(
        &self,
        tokens: &List<'_>,
        at: &mut usize,
        bits: &mut Bits,
        out: &mut Output<'_>,
    ) -> bool {
        while *at < tokens.len() {
            let token = tokens.get(*at);
            *at = at.wrapping_add(1);
            if token.distance == 0 {
                self.put(symbols::literal(token.value), bits);
            } else {
                self.put(symbols::length(token.value), bits);
                self.put(symbols::distance(token.distance), bits);
            }
            if !bits.drain(out) {
                return false;
            }
        }
        self.put(symbols::END, bits);
        true
    }
}

impl Thorough {
    #[inline(always)]
    fn put(&self, symbol: Symbol, bits: &mut Bits) {
        let (code, len) = self.tables.code(symbol.index);
        bits.put(code, len);
        bits.put(u64::from(symbol.extra), u32::from(symbol.extra_len));
    }
}
