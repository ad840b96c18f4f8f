//! Codes of whole tokens, so that one look finds all bits of a literal or a length.

use super::{
    get,
    symbols::{self, LITERALS, SYMBOLS, Symbol},
    tokens::{List, Token},
};

/// In a code: the symbol has none.
pub(super) const MISSING: u32 = 1 << 31;

/// Codes for whole tokens: their bits, and from bit 24 on how many they are.
pub(super) struct Codes {
    /// Of literals; of lengths, with the bits that follow.
    values: [u32; 512],
    /// Of distances, without the bits that follow. The last is for none.
    distances: [u32; 32],
    /// Of the end of a block.
    pub(super) end: u32,
}

impl Codes {
    pub(super) const NEW: Self = Self { values: [0; 512], distances: [0; 32], end: 0 };

    pub(super) fn fill(&mut self, codes: &[u16; SYMBOLS], lens: &[u8; SYMBOLS]) {
        let entry = |symbol: Symbol| {
            let len = u32::from(get(lens, symbol.index));
            let bits = u32::from(get(codes, symbol.index));
            let bits = bits | u32::from(symbol.extra).wrapping_shl(len);
            let all = len.wrapping_add(u32::from(symbol.extra_len));
            if len == 0 { MISSING } else { bits | all << 24 }
        };
        let (literals, lengths) = self.values.split_at_mut(256);
        for (byte, to) in (0..=255).zip(literals) {
            *to = entry(symbols::literal(byte));
        }
        for (value, to) in (0..=255).zip(lengths) {
            *to = entry(symbols::length(value));
        }
        for (index, to) in (LITERALS..).zip(&mut self.distances) {
            *to = entry(Symbol { index, extra: 0, extra_len: 0 });
        }
        if let Some(none) = self.distances.last_mut() {
            *none = 0;
        }
        self.end = entry(symbols::END);
    }

    /// The code of a literal.
    #[inline(always)]
    pub(super) fn literal(&self, byte: u8) -> u32 {
        get(&self.values, usize::from(byte))
    }

    /// The code of a length, and of the bits that follow.
    #[inline(always)]
    pub(super) fn length(&self, value: u8) -> u32 {
        get(&self.values, usize::from(value) | 256)
    }

    /// The code of a distance's symbol.
    #[inline(always)]
    pub(super) fn distance(&self, symbol: Symbol) -> u32 {
        get(&self.distances, symbol.index & 31)
    }

    /// The bits of a token and their number: without a branch, since whether a
    /// literal or a match comes next is hard to guess.
    #[inline(always)]
    pub(super) fn code(&self, token: Token) -> (u64, u32) {
        let matches = usize::from(token.distance != 0);
        let value = get(&self.values, usize::from(token.value) | matches << 8);
        // No distance looks like 65536, for which the last entry says that there is nothing.
        let symbol = symbols::distance(token.distance);
        let distance = self.distance(symbol);
        let keep = 0_u16.wrapping_sub(matches as u16);
        let extra_len = symbol.extra_len & keep as u8;
        pair(value, distance, Symbol { extra: symbol.extra & keep, extra_len, ..symbol })
    }

    /// Bits of these tokens, if all have codes.
    pub(super) fn cost(&self, tokens: &List<'_>) -> Option<u32> {
        let (mut sum, mut all) = (self.end >> 24, self.end);
        for token in tokens.iter() {
            if token.distance == 0 {
                let entry = self.literal(token.value);
                sum = sum.wrapping_add(entry >> 24);
                all |= entry;
            } else {
                let symbol = symbols::distance(token.distance);
                let (length, distance) = (self.length(token.value), self.distance(symbol));
                sum = sum.wrapping_add(length >> 24).wrapping_add(distance >> 24);
                sum = sum.wrapping_add(u32::from(symbol.extra_len));
                all |= length | distance;
            }
        }
        (all & MISSING == 0).then_some(sum)
    }
}

/// The bits of a code.
#[inline(always)]
pub(super) fn bits(code: u32) -> u64 {
    u64::from(code & 0xFF_FFFF)
}

/// How many they are.
#[inline(always)]
pub(super) fn len(code: u32) -> u32 {
    code >> 24
}

/// The bits of a length's code, of a distance's code and those that follow, and their number.
#[inline(always)]
pub(super) fn pair(length: u32, distance: u32, symbol: Symbol) -> (u64, u32) {
    let extra = u64::from(symbol.extra).wrapping_shl(len(distance));
    let all = bits(length) | (bits(distance) | extra).wrapping_shl(len(length));
    let all_len = len(length).wrapping_add(len(distance));
    (all, all_len.wrapping_add(u32::from(symbol.extra_len)))
}
