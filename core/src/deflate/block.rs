//! A block: its tables, and which of three kinds takes least (RFC 1951 section 3.2.3).

use super::{
    code_lengths::{MAX_LEN, code_lengths, codes, cost, len_in},
    get,
    run_lengths::Header,
    symbols::{self, END_OF_BLOCK, LITERALS, SYMBOLS, fixed_len},
    tokens::List,
};

/// Of how many parts of a bit costs are counted.
pub(super) const COST_UNIT: u16 = 16;

/// The kinds of blocks, by their bits in the header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Stored,
    Fixed,
    Dynamic,
}

/// The codes of a block, and what they are likely to be in the next.
pub(super) struct Tables {
    /// How often symbols occur in a block; then their codes.
    pub(super) values: [u16; SYMBOLS],
    /// The lengths of the codes.
    pub(super) lens: [u8; SYMBOLS],
    /// What a symbol is likely to cost in [`COST_UNIT`]s; 0 if nothing is known.
    costs: [u8; SYMBOLS],
    pub(super) header: Header,
}

impl Tables {
    pub(super) const fn new() -> Self {
        Self {
            values: [0; SYMBOLS],
            lens: [0; SYMBOLS],
            costs: [0; SYMBOLS],
            header: Header::new(),
        }
    }

    /// Forgets the blocks before.
    pub(super) fn forget(&mut self) {
        self.costs = [0; SYMBOLS];
    }

    /// What is likely in the next block.
    pub(super) fn costs(&self) -> &[u8; SYMBOLS] {
        &self.costs
    }

    /// Finds the best kind of block and its codes.
    ///
    /// `raw_len` is the number of bytes that the tokens stand for, `odd` that of bits before the
    /// block in its first byte.
    pub(super) fn plan(&mut self, tokens: &List<'_>, raw_len: usize, odd: u32) -> Kind {
        let extra = self.count(tokens);
        let (literals, distances) = self.values.split_at(LITERALS);
        let (literal_lens, distance_lens) = self.lens.split_at_mut(LITERALS);
        code_lengths(literals, literal_lens, MAX_LEN);
        code_lengths(distances, distance_lens, MAX_LEN);
        let fixed = cost(&self.values, fixed_len).wrapping_add(extra).wrapping_add(3);
        let dynamic = cost(&self.values, len_in(&self.lens)).wrapping_add(extra);
        let dynamic = dynamic.wrapping_add(self.header.plan(&self.lens)).wrapping_add(3);
        let stored = stored_cost(raw_len, odd);
        let kind = if stored <= fixed.min(dynamic) {
            Kind::Stored
        } else if fixed <= dynamic {
            Kind::Fixed
        } else {
            Kind::Dynamic
        };
        if kind == Kind::Fixed {
            for (at, len) in (0..SYMBOLS).zip(&mut self.lens) {
                *len = fixed_len(at);
            }
        }
        if kind != Kind::Stored {
            let (literals, distances) = self.values.split_at_mut(LITERALS);
            let (literal_lens, distance_lens) = self.lens.split_at(LITERALS);
            codes(literal_lens, literals);
            codes(distance_lens, distances);
            self.learn();
        }
        kind
    }

    /// Finds a dynamic code for these tokens and for what the code so far is for, and says how
    /// many bits its header takes.
    pub(super) fn plan_for_more(&mut self, tokens: &List<'_>, go_on: bool) -> u32 {
        self.count(tokens);
        for (count, len) in self.values.iter_mut().zip(&self.lens) {
            *count = count.wrapping_mul(2);
            if go_on && matches!(len, 1..=11) {
                let before = (tokens.len() as u32).wrapping_shr(u32::from(*len)) as u16;
                *count = count.wrapping_add(before.max(1));
            }
        }
        let (literals, distances) = self.values.split_at_mut(LITERALS);
        let (literal_lens, distance_lens) = self.lens.split_at_mut(LITERALS);
        code_lengths(literals, literal_lens, MAX_LEN);
        code_lengths(distances, distance_lens, MAX_LEN);
        codes(literal_lens, literals);
        codes(distance_lens, distances);
        self.header.plan(&self.lens)
    }

    /// Counts the symbols, and says how many bits follow their codes.
    fn count(&mut self, tokens: &List<'_>) -> u32 {
        self.values = [0; SYMBOLS];
        let mut extra = 0_u32;
        self.count_one(END_OF_BLOCK);
        for token in tokens.iter() {
            if token.distance == 0 {
                self.count_one(usize::from(token.value));
            } else {
                let (length, distance) =
                    (symbols::length(token.value), symbols::distance(token.distance));
                self.count_one(length.index);
                self.count_one(distance.index);
                let bits = length.extra_len.wrapping_add(distance.extra_len);
                extra = extra.wrapping_add(u32::from(bits));
            }
        }
        extra
    }

    #[inline(always)]
    fn count_one(&mut self, symbol: usize) {
        if let Some(count) = self.values.get_mut(symbol) {
            *count = count.wrapping_add(1);
        }
    }

    /// Takes the codes of a block for those of the next.
    fn learn(&mut self) {
        for (at, (cost, len)) in (0..SYMBOLS).zip(self.costs.iter_mut().zip(&self.lens)) {
            let len = if *len == 0 { if at < LITERALS { 12 } else { 9 } } else { *len };
            let now = u16::from(len).wrapping_mul(COST_UNIT);
            let before = if *cost == 0 { now } else { u16::from(*cost) };
            *cost = (before.wrapping_mul(3).wrapping_add(now) / 4) as u8;
        }
    }

    /// Code and length of a symbol.
    #[inline(always)]
    pub(super) fn code(&self, symbol: usize) -> (u64, u32) {
        (u64::from(get(&self.values, symbol)), u32::from(get(&self.lens, symbol)))
    }
}

/// Bits of a stored block: three, zeros up to a byte, two lengths, the bytes.
pub(super) fn stored_cost(raw_len: usize, odd: u32) -> u32 {
    let head = (odd.wrapping_add(3 + 7) & !7).wrapping_sub(odd);
    head.wrapping_add(32).wrapping_add((raw_len as u32).wrapping_mul(8))
}
