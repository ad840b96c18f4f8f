//! Masking by blocks, for machines with wide registers and no need for aligned words.
//!
//! A block is taken as a value and put back as one: so a compiler keeps it in the widest registers
//! that it may use, and what masks in place and what masks on the way are the same.
//!
//! All is inlined always: into a function that may use wider registers than the rest of the program,
//! for one.

/// Bytes of a block of a long payload: enough for the loop around it to count for little.
const LONG_LEN: usize = 256;
/// Bytes of a block of what is left.
const SHORT_LEN: usize = 16;

/// Masks bytes in place, and returns the key turned on to the byte after the last.
#[inline(always)]
pub(super) fn apply(key: u32, bytes: &mut [u8]) -> u32 {
    let wide = widened(key);
    let (blocks, rest) = bytes.as_chunks_mut::<LONG_LEN>();
    for block in blocks {
        *block = masked(*block, wide);
    }
    let (blocks, rest) = rest.as_chunks_mut::<SHORT_LEN>();
    for block in blocks {
        *block = masked(*block, wide);
    }
    let (words, rest) = rest.as_chunks_mut::<8>();
    if let Some(word) = words.first_mut() {
        *word = masked(*word, wide);
    }
    let mut key = key;
    for byte in rest {
        *byte ^= key as u8;
        key = key.rotate_right(8);
    }
    key
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
    let (sources, from) = from.as_chunks::<SHORT_LEN>();
    let (blocks, to) = to.as_chunks_mut::<SHORT_LEN>();
    for (block, source) in blocks.iter_mut().zip(sources) {
        *block = masked(*source, wide);
    }
    let (sources, from) = from.as_chunks::<8>();
    let (words, to) = to.as_chunks_mut::<8>();
    if let (Some(word), Some(source)) = (words.first_mut(), sources.first()) {
        *word = masked(*source, wide);
    }
    let mut key = key;
    for (byte, source) in to.iter_mut().zip(from) {
        *byte = source ^ key as u8;
        key = key.rotate_right(8);
    }
    key
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
