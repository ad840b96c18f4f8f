//! Hexadecimal digits, with white space and separators between them.

use alloc::vec::Vec;

use super::{Capture, Damage, DamageKind, InputError, beginning, raw};
use crate::text::hex_pair;

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

pub(super) fn read(bytes: &[u8]) -> Result<Capture, InputError> {
    Ok(Capture::of(raw::of(&decode(bytes, 0)?, None)))
}

/// Decodes digits in pairs; `offset` is where they are in the input.
pub(super) fn decode(bytes: &[u8], offset: usize) -> Result<Vec<u8>, InputError> {
    let mut decoded = Vec::with_capacity(bytes.len() / 2);
    let mut high = None;
    for (at, byte) in bytes.iter().enumerate() {
        let damage = Damage { kind: DamageKind::Digit, offset: (offset + at) as u64 };
        match high {
            None if is_separator(*byte) => {}
            None if byte.is_ascii_hexdigit() => high = Some((*byte, damage)),
            Some((first, _)) if byte.is_ascii_hexdigit() => {
                decoded.push(hex_pair(first, *byte).ok_or(damage)?);
                high = None;
            }
            _ => return Err(damage),
        }
    }
    match high {
        None => Ok(decoded),
        Some((_, damage)) => Err(damage),
    }
}
