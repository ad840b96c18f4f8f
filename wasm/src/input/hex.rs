//! Hexadecimal digits, with white space and separators between them.

use alloc::vec::Vec;

use super::{Capture, DamageKind, Failure, beginning, fail, raw};
use crate::text::hex_value;

/// What may stand between two bytes.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b':' | b'-' | b',' | b';' | b'_')
}

pub(super) fn is_hex(bytes: &[u8]) -> bool {
    let mut digits = 0_usize;
    for byte in beginning(bytes) {
        if byte.is_ascii_hexdigit() {
            digits += 1;
        } else if !is_separator(*byte) {
            return false;
        }
    }
    digits >= 4 && (digits.is_multiple_of(2) || bytes.len() > beginning(bytes).len())
}

pub(super) fn read(bytes: &[u8], capture: &mut Capture) -> Result<(), Failure> {
    raw::add(&decode(bytes, 0)?, None, capture);
    Ok(())
}

/// Decodes digits in pairs; `offset` is where they are in the input.
pub(super) fn decode(bytes: &[u8], offset: usize) -> Result<Vec<u8>, Failure> {
    let mut decoded = Vec::with_capacity(bytes.len() / 2);
    // The first digit of a pair, and where it is.
    let mut first = None;
    for (at, byte) in (offset..).zip(bytes) {
        match (first, hex_value(*byte)) {
            (None, Some(high)) => first = Some((high, at)),
            (Some((high, _)), Some(low)) => {
                decoded.push(high << 4 | low);
                first = None;
            }
            (None, None) if is_separator(*byte) => {}
            _ => return Err(fail(DamageKind::Digit, at)),
        }
    }
    match first {
        None => Ok(decoded),
        Some((_, at)) => Err(fail(DamageKind::Digit, at)),
    }
}
