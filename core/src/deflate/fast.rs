//! Speed: the first match that is good is taken, and a code that was good for the blocks before is
//! used again. So the block can be written while its tokens are found; only if that turns out not
//! to be the best, it is written anew from its tokens. A new code is made when a symbol has none,
//! and now and then.

use super::{
    block::{Kind, Tables, stored_cost},
    code_lengths::codes,
    draft::Draft,
    get,
    matcher::{Finder, Search},
    set,
    strategy::Steps,
    symbols::{self, LITERALS, MIN_MATCH, SYMBOLS, fixed_len},
    tokens::{List, Token},
    whole_codes::{self, Codes},
    writer::{Bits, Output},
};

/// Most words of a header: 14 bits, 19 lengths of 3, 316 lengths of 7 at most.
const HEADER: usize = 72;
/// A block of fewer tokens is not worth a new code.
const MIN_DYNAMIC: usize = 64;
/// Blocks after which a code is made anew.
const MAX_AGE: u32 = 128;

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
        let mut slots = tokens.spare();
        while at < to {
            let Some(slot) = slots.next() else { break };
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
                    let (bits, len_in_bits) = whole_codes::pair(length, other, symbol);
                    pen.put(draft, bits, len_in_bits);
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
                    pen.put_code(draft, codes.literal(byte));
                    slot.put(Token::literal(byte));
                    at = at.wrapping_add(1);
                    // After a miss the next byte is entered, but not looked for.
                    if at < to
                        && let Some(slot) = slots.next()
                    {
                        used = used.wrapping_add(1);
                        if let Some(word) = load(search.padded, at) {
                            set(heads, hash(word) & mask, position.wrapping_add(1));
                        }
                        let byte = get(search.padded, at);
                        pen.put_code(draft, codes.literal(byte));
                        slot.put(Token::literal(byte));
                        at = at.wrapping_add(1);
                    }
                }
            }
        }
        drop(slots);
        tokens.add(used);
        *saved = pen;
        at
    }

    fn plan(&mut self, tokens: &List<'_>, raw_len: usize, odd: u32) -> Kind {
        let stored = stored_cost(raw_len, odd);
        let end = if self.is_fixed { self.fixed.end } else { self.dynamic.end };
        self.draft.put(whole_codes::bits(end), whole_codes::len(end));
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
        if stored <= fixed.min(dynamic).saturating_add(3) {
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
        bits.put(whole_codes::bits(codes.end), whole_codes::len(codes.end));
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
