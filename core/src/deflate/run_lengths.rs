//! How code lengths are written in the header of a block: runs of them, coded once more
//! (RFC 1951 section 3.2.7).

use super::{
    code_lengths::{code_lengths, codes, cost, len_in, used},
    get,
    symbols::{DISTANCES, LITERALS, SYMBOLS},
};

/// Symbols for code lengths and runs of them.
pub(super) const RUNS: usize = 19;

/// The order in which the lengths of their codes are written.
const ORDER: [u8; RUNS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The code of code lengths.
pub(super) struct Header {
    lens: [u8; RUNS],
    codes: [u16; RUNS],
    /// Codes of literals and lengths that are written.
    literals: u16,
    /// Codes of distances that are written.
    distances: u16,
    /// Lengths of codes of code lengths that are written.
    runs: u16,
}

/// A run of equal code lengths, or one of them.
struct Run {
    symbol: usize,
    extra: usize,
    extra_len: u32,
    next: usize,
}

impl Header {
    pub(super) const fn new() -> Self {
        Self { lens: [0; RUNS], codes: [0; RUNS], literals: 0, distances: 0, runs: 0 }
    }

    /// Finds the best code for these code lengths and says how many bits the header takes, after
    /// the three that say the kind of block.
    pub(super) fn plan(&mut self, lens: &[u8; SYMBOLS]) -> u32 {
        let (literals, distances) = lens.split_at(LITERALS);
        self.literals = used(literals) as u16;
        self.distances = used(distances) as u16;
        let mut counts = [0_u16; RUNS];
        let (mut at, mut extra) = (0, 0_u32);
        while let Some(run) = self.run(lens, at) {
            if let Some(count) = counts.get_mut(run.symbol) {
                *count = count.wrapping_add(1);
            }
            extra = extra.wrapping_add(run.extra_len);
            at = run.next;
        }
        code_lengths(&counts, &mut self.lens, 7);
        codes(&self.lens, &mut self.codes);
        let last = ORDER.iter().rposition(|at| get(&self.lens, usize::from(*at)) != 0);
        self.runs = last.unwrap_or(0).max(3).wrapping_add(1) as u16;
        14_u32
            .wrapping_add(u32::from(self.runs).wrapping_mul(3))
            .wrapping_add(cost(&counts, len_in(&self.lens)))
            .wrapping_add(extra)
    }

    /// A piece of the header, its length in bits, and what to ask for next.
    pub(super) fn piece(&self, lens: &[u8; SYMBOLS], at: usize) -> Option<(u64, u32, usize)> {
        if at == 0 {
            let literals = u64::from(self.literals.wrapping_sub(257));
            let distances = u64::from(self.distances.wrapping_sub(1));
            let runs = u64::from(self.runs.wrapping_sub(4));
            return Some((literals | distances << 5 | runs << 10, 14, 1));
        }
        if at <= usize::from(self.runs) {
            let symbol = get(&ORDER, at.wrapping_sub(1));
            return Some((u64::from(get(&self.lens, usize::from(symbol))), 3, at.wrapping_add(1)));
        }
        let before = usize::from(self.runs).wrapping_add(1);
        let run = self.run(lens, at.wrapping_sub(before))?;
        let len = u32::from(get(&self.lens, run.symbol));
        let code = usize::from(get(&self.codes, run.symbol)) | run.extra.wrapping_shl(len);
        Some((code as u64, len.wrapping_add(run.extra_len), run.next.wrapping_add(before)))
    }

    fn run(&self, lens: &[u8; SYMBOLS], at: usize) -> Option<Run> {
        let len = self.len_at(lens, at)?;
        let mut end = at.wrapping_add(1);
        let max = if len == 0 { 138 } else { 7 };
        while end.wrapping_sub(at) < max && self.len_at(lens, end) == Some(len) {
            end = end.wrapping_add(1);
        }
        let count = end.wrapping_sub(at);
        Some(if len == 0 && count >= 11 {
            Run { symbol: 18, extra: count.wrapping_sub(11), extra_len: 7, next: end }
        } else if len == 0 && count >= 3 {
            Run { symbol: 17, extra: count.wrapping_sub(3), extra_len: 3, next: end }
        } else if at > 0 && count >= 3 && self.len_at(lens, at.wrapping_sub(1)) == Some(len) {
            let count = count.min(6);
            Run {
                symbol: 16,
                extra: count.wrapping_sub(3),
                extra_len: 2,
                next: at.wrapping_add(count),
            }
        } else {
            Run { symbol: usize::from(len), extra: 0, extra_len: 0, next: at.wrapping_add(1) }
        })
    }

    /// The n-th code length that is written.
    #[inline(always)]
    fn len_at(&self, lens: &[u8; SYMBOLS], at: usize) -> Option<u8> {
        let literals = usize::from(self.literals);
        let at = if at < literals {
            at
        } else {
            let distance = at.wrapping_sub(literals);
            if distance >= usize::from(self.distances) {
                return None;
            }
            LITERALS.wrapping_add(distance)
        };
        lens.get(at).copied()
    }
}

const _: () = assert!(LITERALS + DISTANCES == SYMBOLS);
