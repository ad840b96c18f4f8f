//! Masking by aligned words, on machines of 32 bits.

use core::sync::atomic::{Ordering, compiler_fence};

/// Masks words with the key as it lies in memory.
pub(super) fn apply(words: &mut [u32], key: u32) {
    let rest = if cfg!(target_arch = "arm") { by_fours(words, key) } else { by_eights(words, key) };
    for word in rest {
        *word ^= key;
    }
}

/// Masks four words at a time and returns the rest: ARM reads that many into registers by one
/// instruction, and writes them by one.
fn by_fours(words: &mut [u32], key: u32) -> &mut [u32] {
    let (blocks, rest) = words.as_chunks_mut();
    apply_fours(blocks, key);
    rest
}

/// Out of line: with other values to keep there would not be four registers in a row.
#[inline(never)]
fn apply_fours(blocks: &mut [[u32; 4]], key: u32) {
    let mut blocks = blocks.iter_mut();
    let Some(mut block) = blocks.next() else { return };
    // A loop that asks at its end whether it goes on takes a jump less than a `for`.
    loop {
        let [a, b, c, d] = *block;
        // Takes no instruction, and keeps the compiler from reading and writing word by word.
        compiler_fence(Ordering::SeqCst);
        *block = [a ^ key, b ^ key, c ^ key, d ^ key];
        match blocks.next() {
            Some(next) => block = next,
            None => return,
        }
    }
}

/// Masks eight words at a time and returns the rest.
fn by_eights(words: &mut [u32], key: u32) -> &mut [u32] {
    let (blocks, rest) = words.as_chunks_mut();
    // Written out, for a compiler that is told to make it small would leave it a loop.
    for [a, b, c, d, e, f, g, h] in blocks {
        (*a, *b, *c, *d) = (*a ^ key, *b ^ key, *c ^ key, *d ^ key);
        (*e, *f, *g, *h) = (*e ^ key, *f ^ key, *g ^ key, *h ^ key);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::{by_eights, by_fours};

    #[test]
    fn all_but_the_rest_is_masked() {
        let plain: [u32; 23] = core::array::from_fn(|at| at as u32);
        for (apply, block) in [(by_fours as fn(&mut [u32], u32) -> &mut [u32], 4), (by_eights, 8)] {
            for len in 0..=plain.len() {
                let mut words = plain;
                let rest_len = apply(words.get_mut(..len).unwrap_or_default(), 0x0403_0201).len();
                assert_eq!(rest_len, len % block);
                for (at, (word, plain)) in words.iter().zip(plain).enumerate() {
                    let key = if at < len - rest_len { 0x0403_0201 } else { 0 };
                    assert_eq!(*word, plain ^ key);
                }
            }
        }
    }
}
