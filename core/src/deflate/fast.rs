//! Speed: the first match that is good is taken, and a code that was good for the blocks before is
//! used again, its header ready to be copied. A new one is made when a symbol has no code, and now
//! and then.

use super::code_lengths::codes;
use super::{
    block::{Kind, Tables},
    matcher::{Finder, Search},
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
/// Longest draft of a block in bytes, and 8.
const DRAFT: usize = 16384;
/// A block of fewer tokens is not worth a new code.
const MIN_DYNAMIC: usize = 64;
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

/// A block written with the code that is likely the best, before it is known whether it is.
struct Draft {
    bytes: [u8; DRAFT],
    pen: Pen,
}

/// Where a draft ends. Apart from the bytes, so that a loop keeps it in registers.
#[derive(Clone, Copy)]
struct Pen {
    /// Whole bytes, the bits after them, and their number.
    len: usize,
    bits: u64,
    odd: u32,
    /// Has the bit [`MISSING`] if a token has no code.
    all: u32,
}

impl Pen {
    const NEW: Self = Self { len: 0, bits: 0, odd: 0, all: 0 };

    /// Appends bits. What is beyond the end is lost, which the length tells.
    #[inline(always)]
    fn put(&mut self, bytes: &mut [u8; DRAFT], bits: u64, len: u32) {
        self.bits |= bits.wrapping_shl(self.odd);
        self.odd = self.odd.wrapping_add(len);
        if let Some(room) = bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            *room = self.bits.to_le_bytes();
        }
        self.len = self.len.wrapping_add((self.odd >> 3) as usize);
        self.bits = self.bits.wrapping_shr(self.odd & !7);
        self.odd &= 7;
    }
}

impl Draft {
    const NEW: Self = Self { bytes: [0; DRAFT], pen: Pen::NEW };

    fn clear(&mut self) {
        self.pen = Pen::NEW;
    }

    fn is_empty(&self) -> bool {
        self.bit_len() == 0
    }

    fn put(&mut self, bits: u64, len: u32) {
        self.pen.put(&mut self.bytes, bits, len);
    }

    fn bit_len(&self) -> u32 {
        (self.pen.len as u32).wrapping_mul(8).wrapping_add(self.pen.odd)
    }

    /// The n-th 32 bits, or fewer at the end, and n + 1.
    fn word(&self, at: usize) -> Option<(u64, u32, usize)> {
        let start = at.wrapping_mul(4);
        let bytes = self.bytes.get(start..)?.first_chunk()?;
        let left = self.bit_len().checked_sub((start as u32).wrapping_mul(8))?;
        let len = left.min(32);
        let mask = (1_u64 << (len & 63)).wrapping_sub(1);
        let bits = u64::from(u32::from_le_bytes(*bytes)) & mask;
        (len != 0).then_some((bits, len, at.wrapping_add(1)))
    }

    fn is_whole(&self) -> bool {
        self.pen.all & MISSING == 0 && self.pen.len.saturating_add(8) <= DRAFT
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
    /// The block as it is with the dynamic code.
    draft: Draft,
    /// Whether the draft is what is written.
    is_draft: bool,
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
        draft: Draft::NEW,
        is_draft: false,
    };

    fn drop_block(&mut self) {
        self.draft.clear();
    }

    fn forget(&mut self) {
        (self.header_len, self.age, self.is_fixed) = (0, 0, false);
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
        if self.draft.is_empty() {
            if self.fixed.end == 0 {
                self.make_fixed();
            }
            self.begin_draft();
        }
        let codes = if self.is_fixed { &self.fixed } else { &self.dynamic };
        let Draft { bytes: draft, pen: saved } = &mut self.draft;
        let mut pen = *saved;
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
                    let (length, other) = (codes.length(value), codes.distance(symbol));
                    pen.all |= length | other;
                    let extra = u64::from(symbol.extra).wrapping_shl(other >> 24);
                    let bits = (u64::from(other & 0xFF_FFFF) | extra).wrapping_shl(length >> 24);
                    let bits = u64::from(length & 0xFF_FFFF) | bits;
                    let bits_len = (length >> 24).wrapping_add(other >> 24);
                    pen.put(draft, bits, bits_len.wrapping_add(u32::from(symbol.extra_len)));
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
                    pen.all |= entry;
                    pen.put(draft, u64::from(entry & 0xFF_FFFF), entry >> 24);
                    slot.put(Token::literal(byte));
                    at = at.wrapping_add(1);
                }
            }
        }
        tokens.add(used);
        *saved = pen;
        at
    }

    fn plan(&mut self, tokens: &List<'_>, raw_len: usize, odd: u32) -> Kind {
        let stored = super::block::stored_cost(raw_len, odd);
        let end = if self.is_fixed { self.fixed.end } else { self.dynamic.end };
        self.draft.put(u64::from(end & 0xFF_FFFF), end >> 24);
        let is_whole = self.draft.is_whole() && (self.is_fixed || self.header_len != 0);
        let drafted = if is_whole { self.draft.bit_len() } else { u32::MAX };
        let (mut fixed, mut dynamic) = (u32::MAX, u32::MAX);
        if self.is_fixed {
            fixed = drafted;
            if self.header_len != 0 && tokens.len() >= MIN_DYNAMIC {
                dynamic = self.dynamic_cost(tokens);
            }
        } else {
            dynamic = drafted;
            if !is_whole || raw_len < 512 {
                fixed = self.fixed.cost(tokens).unwrap_or(u32::MAX);
            }
        }
        self.age = self.age.wrapping_add(1);
        let due = dynamic == u32::MAX || self.age >= MAX_AGE;
        let anew = due && tokens.len() >= MIN_DYNAMIC;
        if anew {
            self.make_dynamic(tokens);
            dynamic = self.dynamic_cost(tokens);
        }
        let was_fixed = self.is_fixed;
        self.is_fixed = fixed <= dynamic;
        self.is_draft = is_whole && was_fixed == self.is_fixed && (was_fixed || !anew);
        if stored <= fixed.min(dynamic) {
            Kind::Stored
        } else if self.is_fixed {
            Kind::Fixed
        } else {
            Kind::Dynamic
        }
    }

    fn header(&self, at: usize) -> Option<(u64, u32, usize)> {
        if self.is_draft {
            return self.draft.word(at);
        }
        let word = self.header.get(at)?;
        let left = self.header_len.checked_sub((at as u32).wrapping_mul(32))?;
        (left != 0).then_some((u64::from(*word), left.min(32), at.wrapping_add(1)))
    }

    fn emit_tokens(
        &self,
        tokens: &List<'_>,
        at: &mut usize,
        bits: &mut Bits,
        out: &mut Output<'_>,
    ) -> bool {
        if self.is_draft {
            // A dynamic block has it for a header.
            while self.is_fixed
                && let Some((word, len, next)) = self.draft.word(*at)
            {
                bits.put(word, len);
                *at = next;
                if !bits.drain(out) {
                    return false;
                }
            }
            return true;
        }
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
    /// Begins a draft, with the kind of code that the block before had.
    fn begin_draft(&mut self) {
        if self.is_fixed {
            return;
        }
        let mut left = self.header_len;
        for word in &self.header {
            let len = left.min(32);
            if len == 0 {
                return;
            }
            self.draft.put(u64::from(*word), len);
            left = left.wrapping_sub(len);
        }
    }

    #[cold]
    fn make_fixed(&mut self) {
        let (mut values, mut lens) = ([0; SYMBOLS], [0; SYMBOLS]);
        for (at, len) in (0..SYMBOLS).zip(&mut lens) {
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
    fn make_dynamic(&mut self, tokens: &List<'_>) {
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
    }

    fn dynamic_cost(&self, tokens: &List<'_>) -> u32 {
        let cost = self.dynamic.cost(tokens).unwrap_or(u32::MAX);
        cost.saturating_add(self.header_len)
    }
}

const _: () = assert!(END_OF_BLOCK == 256);
