//! Bytes into tokens: of all ways through the next bytes, the one that is likely to cost least.
//!
//! Costs are those of the block before. From each byte that can be reached, a literal and the
//! matches found there reach others; the token by which a byte is reached at least cost lies where
//! tokens will be, so that this takes no memory. A long match is taken at once, which ends the
//! search so far; so does a byte that no match leaps over.

use super::{
    block::COST_UNIT,
    get,
    matcher::{Finder, Search},
    set,
    symbols::{self, MIN_MATCH, SYMBOLS, fixed_len},
    tokens::{List, Token},
};

/// Bytes ahead whose costs are known.
const AHEAD: usize = 64;
/// A length that is taken without asking for costs.
const NICE: usize = 48;
/// Most bytes to search before a path is taken.
const STRETCH: usize = 256;
/// With less room for tokens, the block is full.
pub(super) const MIN_ROOM: usize = 16;

/// Finds tokens for the bytes from `at` on, none beginning at `to` or after. Stops earlier if
/// there is no more room for tokens. Returns where.
pub(super) fn parse(
    search: Search<'_>,
    finder: &mut Finder<'_>,
    tokens: &mut List<'_>,
    costs: &[u8; SYMBOLS],
    mut at: usize,
    to: usize,
) -> usize {
    while at < to && tokens.room() >= MIN_ROOM {
        let (passed, long) = stretch(search, finder, tokens, costs, at, to);
        tokens.commit(passed);
        at = at.wrapping_add(passed);
        if let Some((len, distance)) = long {
            tokens.push(matching(len, distance));
            at = at.wrapping_add(len);
        }
    }
    at
}

/// Whether another token may come.
pub(super) fn is_full(tokens: &List<'_>) -> bool {
    tokens.room() < MIN_ROOM
}

/// Searches a way as far as one is certain: returns its length, and the long match that follows.
fn stretch(
    search: Search<'_>,
    finder: &mut Finder<'_>,
    tokens: &mut List<'_>,
    costs: &[u8; SYMBOLS],
    start: usize,
    to: usize,
) -> (usize, Option<(usize, usize)>) {
    let most = tokens.room().wrapping_sub(1).min(STRETCH).min(to.wrapping_sub(start));
    let base = tokens.len().wrapping_sub(1);
    let mut least = [u16::MAX; AHEAD];
    set(&mut least, 0, 0);
    let mut reached = 0_usize;
    let mut passed = 0_usize;
    while passed < most {
        if passed == reached && passed >= 8 {
            return (passed, None);
        }
        let at = start.wrapping_add(passed);
        let here = get(&least, passed & (AHEAD - 1));
        set(&mut least, passed & (AHEAD - 1), u16::MAX);
        // By a literal.
        let byte = get(search.bytes, at);
        let total = here.wrapping_add(symbol_cost(costs, usize::from(byte)));
        let next = passed.wrapping_add(1);
        if total < get(&least, next & (AHEAD - 1)) {
            set(&mut least, next & (AHEAD - 1), total);
            tokens.set(base.wrapping_add(next), Token::literal(byte));
        }
        reached = reached.max(next);
        // By matches.
        finder.insert_before(search, at);
        let mut len = MIN_MATCH;
        let mut long = None;
        finder.find(search, at, |to, distance| {
            if to >= search.nice {
                long = Some((to, distance));
                return;
            }
            let symbol = symbols::distance(distance as u16);
            let total = here
                .wrapping_add(symbol_cost(costs, symbol.index))
                .wrapping_add(u16::from(symbol.extra_len).wrapping_mul(COST_UNIT));
            while len <= to {
                let symbol = symbols::length(len.wrapping_sub(MIN_MATCH) as u8);
                let total = total
                    .wrapping_add(symbol_cost(costs, symbol.index))
                    .wrapping_add(u16::from(symbol.extra_len).wrapping_mul(COST_UNIT));
                let next = passed.wrapping_add(len);
                if total < get(&least, next & (AHEAD - 1)) {
                    set(&mut least, next & (AHEAD - 1), total);
                    tokens.set(base.wrapping_add(next), matching(len, distance));
                }
                len = len.wrapping_add(1);
            }
            reached = reached.max(passed.wrapping_add(to));
        });
        if long.is_some() {
            return (passed, long);
        }
        passed = next;
    }
    (passed, None)
}

#[inline(always)]
fn symbol_cost(costs: &[u8; SYMBOLS], symbol: usize) -> u16 {
    match get(costs, symbol) {
        0 => u16::from(fixed_len(symbol)).wrapping_mul(COST_UNIT),
        cost => u16::from(cost),
    }
}

fn matching(len: usize, distance: usize) -> Token {
    Token { distance: distance as u16, value: len.wrapping_sub(MIN_MATCH) as u8 }
}

/// A length that is taken without asking for costs.
pub(super) const fn nice() -> usize {
    NICE
}
const _: () = assert!(NICE <= AHEAD);
