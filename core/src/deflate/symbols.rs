//! The alphabets (RFC 1951 section 3.2.5): literals, lengths and the end of a block in one,
//! distances in the other.

/// Symbols for literals, the end of a block and lengths. The last two never occur, but they take
/// their part of the fixed code.
pub(super) const LITERALS: usize = 288;
/// Symbols for distances. The last two never occur.
pub(super) const DISTANCES: usize = 32;
/// Both alphabets, one after the other in one table.
pub(super) const SYMBOLS: usize = LITERALS + DISTANCES;

/// Ends a block.
pub(super) const END_OF_BLOCK: usize = 256;

/// Shortest length of a match.
pub(super) const MIN_MATCH: usize = 3;
/// Longest length of a match.
pub(super) const MAX_MATCH: usize = 258;

/// A symbol and the bits that follow its code.
#[derive(Clone, Copy)]
pub(super) struct Symbol {
    /// Index in a table of both alphabets.
    pub(super) index: usize,
    /// How many bits follow.
    pub(super) extra_len: u8,
    /// What they say.
    pub(super) extra: u16,
}

/// The end of a block.
pub(super) const END: Symbol = Symbol { index: END_OF_BLOCK, extra_len: 0, extra: 0 };

/// The symbol of a literal.
#[inline(always)]
pub(super) const fn literal(byte: u8) -> Symbol {
    Symbol { index: byte as usize, extra_len: 0, extra: 0 }
}

/// The symbol of a match's length less [`MIN_MATCH`].
#[inline(always)]
pub(super) fn length(beyond_min: u8) -> Symbol {
    if beyond_min == 255 {
        return Symbol { index: 285, extra_len: 0, extra: 0 };
    }
    // Eight lengths without extra bits, then four symbols for each number of them.
    number(257, 2, beyond_min.into())
}

/// The symbol of a distance, 1 to 32768.
#[inline(always)]
pub(super) fn distance(distance: u16) -> Symbol {
    // Four distances without extra bits, then two symbols for each number of them.
    number(LITERALS, 1, distance.wrapping_sub(1).into())
}

/// The symbol of a number: of the first `2^(group + 1)` each has one, which begin at `first`; then
/// each `2^group` symbols have one extra bit more than those before.
#[inline(always)]
fn number(first: usize, group: u32, value: usize) -> Symbol {
    let extra_len = log2(value | 1_usize.wrapping_shl(group)).wrapping_sub(group);
    let index = first
        .wrapping_add(value.wrapping_shr(extra_len))
        .wrapping_add((extra_len as usize).wrapping_shl(group));
    Symbol { index, extra_len: extra_len as u8, extra: low_bits(value, extra_len) }
}

/// The logarithm of a value that is not zero. Where there may be no instruction for it a loop takes
/// the place of a function that is large.
#[inline(always)]
fn log2(mut value: usize) -> u32 {
    if usize::BITS >= 64 {
        return value.ilog2();
    }
    let mut log = 0_u32;
    while value > 1 {
        value >>= 1;
        log = log.wrapping_add(1);
    }
    log
}

#[inline(always)]
const fn low_bits(value: usize, len: u32) -> u16 {
    (value & (1_usize << (len & 15)).wrapping_sub(1)) as u16
}

/// Length of a symbol's code in the fixed codes (RFC 1951 section 3.2.6), and what is to be added to
/// its index for a number that ends with that code.
const fn fixed(index: usize) -> (u8, usize) {
    match index {
        0..144 => (8, 0x30),
        144..256 => (9, 0x100),
        256..280 => (7, 0),
        280..LITERALS => (8, 0xA8),
        _ => (5, 0),
    }
}

/// Length of a symbol's code in the fixed codes.
pub(super) const fn fixed_len(index: usize) -> u8 {
    let (len, _) = fixed(index);
    len
}

/// A symbol's code in the fixed codes, first bit lowest, and its length.
pub(super) fn fixed_code(index: usize) -> (u32, u32) {
    let (len, add) = fixed(index);
    let mut rest = index.wrapping_add(add);
    let mut code = 0;
    for _ in 0..len {
        code = code << 1 | (rest & 1) as u32;
        rest >>= 1;
    }
    (code, len.into())
}
