//! Speed: the first match that is good is taken, and a code that was good for the blocks before is
//! used again, its header ready to be copied. A new one is made when a symbol has no code, and now
//! and then.

use super::code_lengths::codes;
use super::{
    block::{Kind, Tables},
    matcher::{Finder, Search},
    parse::MIN_ROOM,
    strategy::Steps,
    symbols::{self, END_OF_BLOCK, LITERALS, MIN_MATCH, SYMBOLS, Symbol, fixed_len},
    tokens::{List, Token},
    writer::{Bits, Output},
};
use super::{get, set};

/// Most words of a header: 14 bits, 19 lengths of 3, 316 lengths of 7 at most.
const HEADER: usize = 72;
/// In an entry of [`Codes`]: the symbol has no code.
const MISSING: u32 = 1 << 31;
/// Blocks after which a code is made anew.
const MAX_AGE: u32 = 128;

/// Codes for whole tokens: their bits, and from bit 24 on how many they are.
struct Codes {
    /// Of literals; of lengths, with the bits that follow.
    values: [u32; 512],
    /// Of distances, without the bits that follow. The last is for none.
    distances: [u32; 32],
    end: u32,
}

impl Codes {
    const NEW: Self = Self { values: [0; 512], distances: [0; 32], end: 0 };

    fn fill(&mut self, codes: &[u16; SYMBOLS], lens: &[u8; SYMBOLS]) {
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
    fn literal(&self, byte: u8) -> u32 {
        get(&self.values, usize::from(byte))
    }

    /// The code of a length, and of the bits that follow.
    #[inline(always)]
    fn length(&self, value: u8) -> u32 {
        get(&self.values, usize::from(value) | 256)
    }

    /// The code of a distance's symbol.
    #[inline(always)]
    fn distance(&self, symbol: Symbol) -> u32 {
        get(&self.distances, symbol.index & 31)
    }

    /// The bits of a token and their number: without a branch, since whether a
    /// literal or a match comes next is hard to guess.
    #[inline(always)]
    fn code(&self, token: Token) -> (u64, u32) {
        let matches = usize::from(token.distance != 0);
        let value = get(&self.values, usize::from(token.value) | matches << 8);
        // No distance looks like 65536, for which the last entry says that there is nothing.
        let symbol = symbols::distance(token.distance);
        let distance = self.distance(symbol);
        let keep = 0_u16.wrapping_sub(matches as u16);
        let extra = u64::from(symbol.extra & keep).wrapping_shl(distance >> 24);
        let extra_len = u32::from(u16::from(symbol.extra_len) & keep);
        let bits = u64::from(distance & 0xFF_FFFF) | extra;
        let bits = u64::from(value & 0xFF_FFFF) | bits.wrapping_shl(value >> 24);
        (bits, (value >> 24).wrapping_add(distance >> 24).wrapping_add(extra_len))
    }

    /// Bits of these tokens, if all have codes.
    fn cost(&self, tokens: &List<'_>) -> Option<u32> {
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

/// The 16 bytes at `at`.
#[inline(always)]
fn load(bytes: &[u8], at: usize) -> Option<u128> {
    bytes.get(at..)?.first_chunk().map(|chunk| u128::from_le_bytes(*chunk))
}

/// A hash of the first six of these bytes.
#[inline(always)]
fn hash(bytes: u128) -> usize {
    ((bytes as u64) << 16).wrapping_mul(0x9E37_79B1_85EB_CA87).wrapping_shr(48) as usize
}

/// High speed, for hosts.
pub struct Fast {
    tables: Tables,
    fixed: Codes,
    dynamic: Codes,
    header: [u32; HEADER],
    /// Length of the header in bits; 0 if there is no dynamic code.
    header_len: u32,
    /// Whether the block has the fixed code.
    is_fixed: bool,
    /// Blocks since a dynamic code was made.
    age: u32,
    /// Bits of the tokens of this block with the dynamic code.
    cost: u32,
    /// Has the bit [`MISSING`] if one of them has no code.
    all: u32,
}

impl Steps for Fast {
    const NEW: Self = Self {
        tables: Tables::new(),
        fixed: Codes::NEW,
        dynamic: Codes::NEW,
        header: [0; HEADER],
        header_len: 0,
        is_fixed: false,
        age: 0,
        cost: 0,
        all: 0,
    };

    fn forget(&mut self) {
        (self.header_len, self.age, self.cost, self.all) = (0, 0, 0, 0);
        self.tables.forget();
    }

    #[inline(never)]
    fn parse(
        &mut self,
        search: Search<'_>,
        finder: &mut Finder<'_>,
        tokens: &mut List<'_>,
        mut at: usize,
        to: usize,
    ) -> usize {
        let (mut cost, mut all) = (self.cost, self.all);
        let codes = &self.dynamic;
        let heads = finder.heads_mut();
        let mask = heads.len().wrapping_sub(1);
        let mut used = 0_usize;
        for slot in tokens.spare() {
            if at >= to {
                break;
            }
            used = used.wrapping_add(1);
            let position = search.base.wrapping_add(at as u16);
            let found = 'found: {
                let Some(word) = load(search.padded, at) else { break 'found None };
                let Some(head) = heads.get_mut(hash(word) & mask) else { break 'found None };
                let distance = position.wrapping_sub(*head);
                *head = position;
                let behind = usize::from(distance);
                if behind.wrapping_sub(1) >= search.window.min(at) {
                    break 'found None;
                }
                let before = at.wrapping_sub(behind);
                let Some(earlier) = load(search.padded, before) else { break 'found None };
                let differ = word ^ earlier;
                if differ as u32 != 0 {
                    break 'found None;
                }
                let mut len = (differ.trailing_zeros() >> 3) as usize;
                if differ == 0 {
                    len = search.len_of_match(before, at);
                } else if len < 6 && distance > 256 && (len == 4 || distance > 4096) {
                    break 'found None;
                }
                Some((len.min(search.bytes.len().wrapping_sub(at)), distance))
            };
            match found {
                Some((len, distance)) if len >= 4 => {
                    let value = len.wrapping_sub(MIN_MATCH) as u8;
                    let symbol = symbols::distance(distance);
                    let entry = codes.length(value);
                    let other = codes.distance(symbol);
                    cost = cost.wrapping_add(entry >> 24).wrapping_add(other >> 24);
                    cost = cost.wrapping_add(u32::from(symbol.extra_len));
                    all |= entry | other;
                    slot.put(Token { distance, value });
                    for within in [1, len.wrapping_sub(1)] {
                        if let Some(word) = load(search.padded, at.wrapping_add(within)) {
                            let position = position.wrapping_add(within as u16);
                            set(heads, hash(word) & mask, position);
                        }
                    }
                    at = at.wrapping_add(len);
                }
                _ => {
                    let byte = get(search.padded, at);
                    let entry = codes.literal(byte);
                    cost = cost.wrapping_add(entry >> 24);
                    all |= entry;
                    slot.put(Token::literal(byte));
                    at = at.wrapping_add(1);
                }
            }
        }
        tokens.add(used);
        (self.cost, self.all) = (cost, all);
        at
    }

    fn plan(&mut self, tokens: &List<'_>, raw_len: usize, odd: u32) -> Kind {
        if self.fixed.end == 0 {
            self.make_fixed();
        }
        let stored = super::block::stored_cost(raw_len, odd);
        let mut dynamic = u32::MAX;
        let known = self.header_len != 0 && self.all & MISSING == 0;
        if known {
            dynamic = self.header_len.wrapping_add(self.cost).wrapping_add(self.dynamic.end >> 24);
        }
        (self.cost, self.all) = (0, 0);
        let mut fixed = u32::MAX;
        if !known || raw_len < 512 {
            fixed = self.fixed.cost(tokens).unwrap_or(u32::MAX);
        }
        self.age = self.age.wrapping_add(1);
        if (!known || self.age >= MAX_AGE) && tokens.len() >= 64 {
            dynamic = self.make_dynamic(tokens);
        }
        if stored <= fixed.min(dynamic) {
            return Kind::Stored;
        }
        self.is_fixed = fixed <= dynamic;
        if self.is_fixed { Kind::Fixed } else { Kind::Dynamic }
    }

    fn header(&self, at: usize) -> Option<(u64, u32, usize)> {
        let word = self.header.get(at)?;
        let len = self.header_len.wrapping_sub((at as u32).wrapping_mul(32));
        if len == 0 || len > self.header_len {
            return None;
        }
        Some((u64::from(*word), len.min(32), at.wrapping_add(1)))
    }

    #[inline(never)]
    fn emit_tokens(
        &self,
        tokens: &List<'_>,
        at: &mut usize,
        bits: &mut Bits,
        out: &mut Output<'_>,
    ) -> bool {
        let codes = if self.is_fixed { &self.fixed } else { &self.dynamic };
        while *at < tokens.len() {
            *at = at
                .wrapping_add(bits.put_all(tokens.iter_from(*at), out, |token| codes.code(token)));
            // With little room left, one after the other.
            if *at < tokens.len() {
                let (code, len) = codes.code(tokens.get(*at));
                *at = at.wrapping_add(1);
                bits.put(code, len);
                if !bits.drain(out) {
                    return false;
                }
            }
        }
        bits.put_entry(codes.end);
        true
    }
}

impl Fast {
    #[cold]
    fn make_fixed(&mut self) {
        let (mut values, mut lens) = ([0; SYMBOLS], [0; SYMBOLS]);
        for (at, len) in lens.iter_mut().enumerate() {
            *len = fixed_len(at);
        }
        let (literals, distances) = values.split_at_mut(LITERALS);
        let (literal_lens, distance_lens) = lens.split_at(LITERALS);
        codes(literal_lens, literals);
        codes(distance_lens, distances);
        self.fixed.fill(&values, &lens);
    }

    /// Makes a code for these tokens and for what was likely before, and says what they cost.
    #[inline(never)]
    fn make_dynamic(&mut self, tokens: &List<'_>) -> u32 {
        self.age = 0;
        self.header_len = self.tables.plan_for_more(tokens, self.header_len != 0);
        self.dynamic.fill(&self.tables.values, &self.tables.lens);
        self.header = [0; HEADER];
        let (mut bits, mut len) = (0_u64, 0_u32);
        let (mut at, mut words) = (0, self.header.iter_mut());
        while let Some((piece, piece_len, next)) = self.tables.header.piece(&self.tables.lens, at) {
            bits |= piece.wrapping_shl(len);
            len = len.wrapping_add(piece_len);
            if len >= 32 {
                if let Some(word) = words.next() {
                    *word = bits as u32;
                }
                bits >>= 32;
                len = len.wrapping_sub(32);
            }
            at = next;
        }
        if let Some(word) = words.next() {
            *word = bits as u32;
        }
        let cost = self.dynamic.cost(tokens).unwrap_or(u32::MAX);
        cost.saturating_add(self.header_len)
    }
}

const _: () = assert!(END_OF_BLOCK == 256);
