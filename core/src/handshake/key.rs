//! The challenge and its answer: `Sec-WebSocket-Key` and `Sec-WebSocket-Accept`
//! ([RFC 6455 section 1.3](https://www.rfc-editor.org/rfc/rfc6455#section-1.3)).
//!
//! SHA-1 here is no protection, only proof that the peer has understood; and its input is always
//! 60 bytes. So there is a SHA-1 for two blocks and a base64 for 16 and 20 bytes below instead of
//! the crates `sha1` and `base64`, with which the tests compare them. Flash for both on
//! thumbv6m-none-eabi (opt-level z, fat LTO, panic abort; more than the same program without):
//!
//! | | bytes | panics reachable |
//! |---|---|---|
//! | this module | 512 | none, with overflow checks too |
//! | `sha1` 0.11 alone | 3,044 | none |
//! | `sha1` 0.11 and `base64` 0.23, no default features | 3,828 | an index out of bounds |

use core::array;

/// The key of a request: 16 random bytes in base64.
pub type Key = [u8; 24];

/// Writes a nonce as the key of a request (RFC 6455 section 4.1, item 7).
#[must_use]
pub fn encode_key(nonce: &[u8; 16]) -> Key {
    array::from_fn(|at| base64_digit(nonce, at))
}

/// Computes the value of `Sec-WebSocket-Accept`, by which a server proves that it has read the key:
/// the SHA-1 digest of the key and a GUID, in base64 (RFC 6455 section 4.2.2, item 5).
#[must_use]
#[inline(never)] // Its arrays would stay on the stack of the whole handshake.
pub fn accept_for(key: &Key) -> [u8; 28] {
    let digest = digest_words(key).map(u32::to_be_bytes);
    array::from_fn(|at| base64_digit(digest.as_flattened(), at))
}

/// Whether this is base64 of exactly 16 bytes.
///
/// The last digit has four bits too many. They may have any value, as in RFC 4648 section 3.5 and
/// in most servers.
pub(super) fn is_key(key: &Key) -> bool {
    matches!(key, [digits @ .., b'=', b'=']
        if digits.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')))
}

/// SHA-1 (FIPS 180-4) of the key and the GUID: 60 bytes, so always two blocks of the same shape.
fn digest_words(key: &Key) -> [u32; 5] {
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    // Room for the key, the GUID, and the bit that ends the text.
    let mut block = TEXT;
    let (key, _) = key.as_chunks::<4>();
    for (to, word) in block.iter_mut().zip(key) {
        *to = u32::from_be_bytes(*word);
    }
    compress(&mut state, &mut block);
    // Nothing but the length in bits.
    block = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60 * 8];
    compress(&mut state, &mut block);
    state
}

/// The first block of the text but for the key.
const TEXT: [u32; 16] = {
    let bytes = *b"........................258EAFA5-E914-47DA-95CA-C5AB0DC85B11\x80\0\0\0";
    let (mut words, mut rest) = ([0; 16], bytes.as_slice());
    let mut to: &mut [u32] = &mut words;
    while let ([word, others @ ..], Some((bytes, tail))) = (to, rest.split_first_chunk::<4>()) {
        *word = u32::from_be_bytes(*bytes);
        (to, rest) = (others, tail);
    }
    words
};

/// One block of SHA-1, small rather than fast: it runs twice in the life of a connection.
fn compress(state: &mut [u32; 5], block: &mut [u32; 16]) {
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for t in 0..80_usize {
        // The block is a ring of the last 16 words of the schedule.
        let ring = |at: usize| block.get(at & 15).copied().unwrap_or_default();
        let word = ring(t);
        let next = (ring(t + 13) ^ ring(t + 8) ^ ring(t + 2) ^ word).rotate_left(1);
        if let Some(to) = block.get_mut(t & 15) {
            *to = next;
        }
        let (f, k) = match t {
            0..20 => ((b & (c ^ d)) ^ d, 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => ((b & (c | d)) | (c & d), 0x8f1b_bcdc_u32),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let first =
            a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(word);
        (a, b, c, d, e) = (first, a, b.rotate_left(30), c, d);
    }
    for (word, add) in state.iter_mut().zip(&[a, b, c, d, e]) {
        *word = word.wrapping_add(*add);
    }
}

/// The digit number `at` of the base64 of some bytes (RFC 4648 section 4): there are 4 for each 3 bytes
/// or part of them, and `=` stands where none is left.
#[must_use]
pub fn base64_digit(bytes: &[u8], at: usize) -> u8 {
    let bit = at.wrapping_mul(6);
    let Some(first) = bytes.get(bit / 8) else { return b'=' };
    // Six bits of two neighbours; zeros follow the last.
    let second = bytes.get((bit / 8).wrapping_add(1)).copied().unwrap_or_default();
    let pair = u32::from(*first) << 8 | u32::from(second);
    let value = (pair.wrapping_shr(10_u32.wrapping_sub(bit as u32 % 8)) & 63) as u8;
    // The gaps between the ranges of the alphabet: A-Z, a-z, 0-9, + and /.
    let mut letter = value + b'A';
    if value >= 26 {
        letter = letter.wrapping_add(b'a' - b'Z' - 1);
    }
    if value >= 52 {
        letter = letter.wrapping_sub(b'z' + 1 - b'0');
    }
    if value >= 62 {
        letter = letter.wrapping_sub(b'9' + 1 - b'+');
    }
    if value == 63 {
        letter = letter.wrapping_add(b'/' - b'+' - 1);
    }
    letter
}
