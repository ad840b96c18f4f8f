//! Masking by blocks, for machines with wide registers and no need for aligned words.
//!
//! A block is taken as a value and put back as one: so a compiler keeps it in the widest registers
//! that it may use, and what masks in place and what masks on the way are the same. What is left
//! behind the long blocks is taken by halves, without a loop.
//!
//! All is inlined always: into a function that may use wider registers than the rest of the program,
//! for one.

/// Bytes of a block of a long payload: enough for the loop around it to count for little.
const LONG_LEN: usize = 256;

/// Masks bytes in place, and returns the key turned on to the byte after the last.
#[inline(always)]
pub(super) fn apply(key: u32, bytes: &mut [u8]) -> u32 {
    let wide = widened(key);
    let (blocks, mut rest) = bytes.as_chunks_mut::<LONG_LEN>();
    for block in blocks {
        *block = masked(*block, wide);
    }
    rest = apply_block::<128>(rest, wide);
    apply_few(key, rest)
}

/// Masks less than 128 bytes in place.
#[inline(always)]
pub(super) fn apply_few(key: u32, mut bytes: &mut [u8]) -> u32 {
    let wide = widened(key);
    bytes = apply_block::<64>(bytes, wide);
    bytes = apply_block::<32>(bytes, wide);
    bytes = apply_block::<16>(bytes, wide);
    bytes = apply_block::<8>(bytes, wide);
    let mut key = key;
    for byte in bytes {
        *byte ^= key as u8;
        key = key.rotate_right(8);
    }
    key
}

#[inline(always)]
fn apply_block<const N: usize>(bytes: &mut [u8], key: u64) -> &mut [u8] {
    if bytes.len() < N {
        return bytes;
    }
    let Some((block, rest)) = bytes.split_first_chunk_mut::<N>() else { return &mut [] };
    *block = masked(*block, key);
    rest
}

/// Masks bytes on their way from `from` to `to`, which are of one length, and returns the key
/// turned on to the byte after the last.
#[inline(always)]
pub(super) fn copy(key: u32, from: &[u8], to: &mut [u8]) -> u32 {
    let wide = widened(key);
    let (sources, from) = from.as_chunks::<LONG_LEN>();
    let (blocks, to) = to.as_chunks_mut::<LONG_LEN>();
    for (block, source) in blocks.iter_mut().zip(sources) {
        *block = masked(*source, wide);
    }
    let (from, to) = copy_block::<128>((from, to), wide);
    copy_few(key, from, to)
}

/// Masks less than 128 bytes on their way.
#[inline(always)]
pub(super) fn copy_few(key: u32, from: &[u8], to: &mut [u8]) -> u32 {
    let wide = widened(key);
    let mut rest = copy_block::<64>((from, to), wide);
    rest = copy_block::<32>(rest, wide);
    rest = copy_block::<16>(rest, wide);
    let (from, to) = copy_block::<8>(rest, wide);
    let mut key = key;
    for (byte, source) in to.iter_mut().zip(from) {
        *byte = source ^ key as u8;
        key = key.rotate_right(8);
    }
    key
}

#[inline(always)]
fn copy_block<'f, 't, const N: usize>(
    (from, to): (&'f [u8], &'t mut [u8]),
    key: u64,
) -> (&'f [u8], &'t mut [u8]) {
    if to.len() < N {
        return (from, to);
    }
    match (from.split_first_chunk::<N>(), to.split_first_chunk_mut::<N>()) {
        (Some((source, from)), Some((block, to))) => {
            *block = masked(*source, key);
            (from, to)
        }
        _ => (&[], &mut []),
    }
}

/// The key twice: as it meets the next eight bytes.
#[inline(always)]
fn widened(key: u32) -> u64 {
    u64::from(key) << 32 | u64::from(key)
}

/// A block, masked; its length is a multiple of that of a word.
#[inline(always)]
fn masked<const N: usize>(mut block: [u8; N], key: u64) -> [u8; N] {
    let (words, _) = block.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_le_bytes(*word) ^ key).to_le_bytes();
    }
    block
}
