//! Base64 (RFC 4648): both alphabets, with padding or without, with line breaks.

use alloc::vec::Vec;

use super::{Capture, DamageKind, Failure, beginning, fail, raw};

pub(super) fn is_base64(bytes: &[u8]) -> bool {
    let mut digits = 0_usize;
    let valid = beginning(bytes).iter().all(|byte| {
        digits += usize::from(value(*byte).is_some());
        value(*byte).is_some() || *byte == b'=' || byte.is_ascii_whitespace()
    });
    valid && digits >= 3 && digits % 4 != 1
}

pub(super) fn read(bytes: &[u8], capture: &mut Capture) -> Result<(), Failure> {
    raw::add(&decode(bytes, 0)?, None, capture);
    Ok(())
}

/// Decodes; `offset` is where the digits are in the input.
///
/// Takes both alphabets, padding or none, and line breaks at once, which the crate `base64` has four
/// engines and a copy for; the tests compare with those.
pub(super) fn decode(bytes: &[u8], offset: usize) -> Result<Vec<u8>, Failure> {
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3);
    let (mut bits, mut len, mut is_padded) = (0_u32, 0_u32, false);
    for (at, byte) in (offset..).zip(bytes) {
        match value(*byte) {
            Some(value) if !is_padded => {
                bits = bits << 6 | u32::from(value);
                len += 6;
                if len >= 8 {
                    len -= 8;
                    decoded.push(bits.wrapping_shr(len) as u8);
                }
            }
            _ if *byte == b'=' => is_padded = true,
            _ if byte.is_ascii_whitespace() => {}
            _ => return Err(fail(DamageKind::Digit, at)),
        }
    }
    if len == 6 {
        return Err(fail(DamageKind::Truncated, offset + bytes.len()));
    }
    Ok(decoded)
}

const fn value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}
