//! Masking and UTF-8 in the widest registers that the processor has.
//!
//! Programs are compiled for any processor of their kind, and the core, which has no `unsafe`,
//! cannot ask which one it is on. What is here is the same code, compiled once more for a processor
//! with AVX2: no instruction of it is written by hand.

use socklet_core::wire::mask::Mask;

/// Bytes from which on it pays to ask.
const WIDE_LEN: usize = 128;

/// Masks bytes in place, as [`Mask::apply`] does.
#[inline]
pub(crate) fn mask(mask: &mut Mask, bytes: &mut [u8]) {
    if bytes.len() < WIDE_LEN || !avx2::mask(mask, bytes) {
        mask.apply(bytes);
    }
}

/// Masks bytes on their way, as [`Mask::copy`] does.
#[inline]
pub(crate) fn mask_copy(mask: &mut Mask, from: &[u8], to: &mut [u8]) {
    if to.len() < WIDE_LEN || !avx2::mask_copy(mask, from, to) {
        mask.copy(from, to);
    }
}

/// Bytes as a text, if they are UTF-8.
///
/// Most texts are ASCII, and to see that takes a third of what it takes to see that they are UTF-8.
#[inline]
#[allow(unsafe_code, reason = "the library looks at each byte again")]
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    let is_ascii = if bytes.len() < WIDE_LEN { is_ascii(bytes) } else { avx2::is_ascii(bytes) };
    if is_ascii {
        // SAFETY: ASCII is UTF-8.
        Some(unsafe { std::str::from_utf8_unchecked(bytes) })
    } else {
        simdutf8::basic::from_utf8(bytes).ok()
    }
}

/// Whether few bytes are ASCII.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else { return bytes.iter().all(u8::is_ascii) };
    let (words, _) = bytes.as_chunks();
    let union = |union, word: &[u8; 8]| union | u64::from_ne_bytes(*word);
    words.iter().fold(u64::from_ne_bytes(*last), union) & 0x8080_8080_8080_8080 == 0
}

/// With AVX2. Each function that masks says whether there is such a thing; if not it has done
/// nothing.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the processor is asked before it gets what not every one has")]
mod avx2 {
    use std::arch::is_x86_feature_detected;

    use super::Mask;

    #[inline]
    pub(super) fn mask(mask: &mut Mask, bytes: &mut [u8]) -> bool {
        #[target_feature(enable = "avx2")]
        fn apply(mask: &mut Mask, bytes: &mut [u8]) {
            mask.apply(bytes);
        }
        let is_there = is_x86_feature_detected!("avx2");
        if is_there {
            // SAFETY: the processor has what the function is compiled for.
            unsafe { apply(mask, bytes) };
        }
        is_there
    }

    /// Whether the bytes are ASCII; false without AVX2, too.
    #[inline]
    pub(super) fn is_ascii(bytes: &[u8]) -> bool {
        #[target_feature(enable = "avx2")]
        fn is_ascii(bytes: &[u8]) -> bool {
            let union = |bytes: &[u8]| bytes.iter().fold(0, |union, byte| union | byte);
            let (blocks, rest) = bytes.as_chunks::<512>();
            blocks.iter().all(|block| union(block).is_ascii()) && union(rest).is_ascii()
        }
        // SAFETY: the processor has what the function is compiled for.
        is_x86_feature_detected!("avx2") && unsafe { is_ascii(bytes) }
    }

    #[inline]
    pub(super) fn mask_copy(mask: &mut Mask, from: &[u8], to: &mut [u8]) -> bool {
        #[target_feature(enable = "avx2")]
        fn copy(mask: &mut Mask, from: &[u8], to: &mut [u8]) {
            mask.copy(from, to);
        }
        let is_there = is_x86_feature_detected!("avx2");
        if is_there {
            // SAFETY: the processor has what the function is compiled for.
            unsafe { copy(mask, from, to) };
        }
        is_there
    }
}

/// On other machines the core's blocks are as wide as their registers.
#[cfg(not(target_arch = "x86_64"))]
mod avx2 {
    use super::Mask;

    #[inline]
    pub(super) fn mask(_: &mut Mask, _: &mut [u8]) -> bool {
        false
    }

    #[inline]
    pub(super) fn mask_copy(_: &mut Mask, _: &[u8], _: &mut [u8]) -> bool {
        false
    }

    #[inline]
    pub(super) fn is_ascii(_: &[u8]) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths around those of registers, blocks and what is short.
    const LENS: [usize; 14] = [0, 1, 15, 16, 33, 127, 128, 129, 255, 256, 300, 511, 1024, 5001];

    #[test]
    fn bytes_are_masked_as_the_core_does_it_from_any_place_and_in_pieces() {
        for len in LENS {
            for start in 0..5 {
                let plain: Vec<u8> = (0..start + len).map(|i| (i * 7) as u8).collect();
                let key = [0xa1, 0x22, 0x0f, 0xf4];
                let (mut known, mut expected) = (Mask::new(key), plain.clone());
                known.apply(&mut expected);

                let (mut in_place, mut bytes) = (Mask::new(key), plain.clone());
                let (head, tail) = bytes.split_at_mut(start);
                mask(&mut in_place, head);
                mask(&mut in_place, tail);
                assert_eq!((bytes, in_place), (expected.clone(), known), "{start} {len}");

                let (mut on_the_way, mut bytes) = (Mask::new(key), vec![0; start + len]);
                let (head, tail) = bytes.split_at_mut(start);
                let (from, rest) = plain.split_at(start);
                mask_copy(&mut on_the_way, from, head);
                mask_copy(&mut on_the_way, rest, tail);
                assert_eq!((bytes, on_the_way), (expected, known), "{start} {len}");
            }
        }
    }

    #[test]
    fn texts_are_those_of_the_standard_library_with_a_byte_wrong_anywhere() {
        for len in LENS {
            let valid: String = "aé€😀".chars().cycle().take(len / 2).collect();
            assert_eq!(text(valid.as_bytes()), Some(valid.as_str()));
            let plain = "plain ".repeat(len / 5);
            assert_eq!(text(plain.as_bytes()), Some(plain.as_str()));
            for at in (0..valid.len()).step_by(valid.len() / 97 + 1) {
                let mut bytes = valid.clone().into_bytes();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 0x80;
                }
                assert_eq!(text(&bytes), std::str::from_utf8(&bytes).ok(), "{len} {at}");
            }
        }
    }
}
