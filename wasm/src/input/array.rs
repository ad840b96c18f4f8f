//! Arrays and string literals of programming languages.
//!
//! ```text
//! unsigned char frame[] = { 0x81, 0x05, 'H', 101 };       C, C++, Java, Go
//! let frame: [u8; 4] = [0x81, 0x05, b'H', 101u8];          Rust, JavaScript, JSON, Python
//! "\x81\x05" "Hello"      b'\x81\x05Hello'      \x81\x05   literals, and what is in them
//! char peer0_0[] = { ... }; char peer1_0[] = { ... };      both directions, from Wireshark
//! ```

use alloc::vec::Vec;

use super::{Capture, DamageKind, Failure, beginning, fail, find, raw};
use crate::{
    stream::{Conversation, Moment},
    text::{hex_pair, hex_value, run_len},
};

pub(super) fn is_array(bytes: &[u8]) -> bool {
    let bytes = beginning(bytes);
    let has = |what: &[u8]| find(bytes, 0, what).is_some();
    has(b"0x") || has(b"\\x") || has(b",") && (has(b"{") || has(b"[") && has(b"]"))
}

pub(super) fn read(bytes: &[u8], capture: &mut Capture) -> Result<(), Failure> {
    let mut conversation = Conversation::new();
    if peers(bytes, &mut conversation)? {
        capture.conversations.push(conversation);
        return Ok(());
    }
    let is_literal = find(bytes, 0, b"\\x").is_some();
    let decoded = if is_literal { literals(bytes) } else { numbers(bytes, 0) };
    raw::add(&decoded?, None, capture);
    Ok(())
}

/// Reads arrays that are named for the two ends of a connection, as Wireshark does; false if there
/// are none.
fn peers(bytes: &[u8], conversation: &mut Conversation) -> Result<bool, Failure> {
    const NAME: &[u8] = b"peer";
    let mut rest = 0;
    let mut order = 0;
    while let Some(at) = find(bytes, rest, NAME) {
        rest = at + NAME.len();
        let stream = match bytes.get(rest..rest + 2) {
            Some(b"0_") => &mut conversation.first,
            Some(b"1_") => &mut conversation.second,
            _ => continue,
        };
        let Some(end) = find(bytes, rest, b"}") else { break };
        let array = bytes.get(rest..end).unwrap_or_default();
        stream.push(&numbers(array, rest)?, Moment { order, time_ns: None }, None);
        order += 1;
        rest = end;
    }
    Ok(order != 0)
}

/// Reads the numbers of an array: between braces, or else between the brackets behind an equals
/// sign, or else all there are.
fn numbers(bytes: &[u8], offset: usize) -> Result<Vec<u8>, Failure> {
    let behind = |mark: &[u8], from| find(bytes, from, mark).map(|at| at + 1);
    let equals = behind(b"=", 0).unwrap_or(0);
    let start = behind(b"{", 0).or_else(|| behind(b"[", equals)).unwrap_or(equals);
    let list = bytes.get(start..).unwrap_or_default();
    let end = run_len(list, |byte| !matches!(byte, b'}' | b']'));
    let list = list.get(..end).unwrap_or_default();
    let mut decoded = Vec::new();
    let mut at = 0;
    while let Some(rest) = list.get(at..).filter(|rest| !rest.is_empty()) {
        let len = match rest {
            [b'/', b'*', ..] => match find(rest, 2, b"*/") {
                Some(end) => end + 2,
                None => rest.len(),
            },
            [b'/', b'/', ..] | [b'#', ..] => run_len(rest, |byte| *byte != b'\n'),
            [byte, ..] if byte.is_ascii_whitespace() || matches!(byte, b',' | b';') => 1,
            [b'\'', char, b'\'', ..] => {
                decoded.push(*char);
                3
            }
            [b'b', b'\'', char, b'\'', ..] => {
                decoded.push(*char);
                4
            }
            _ => {
                let len = run_len(rest, |byte| byte.is_ascii_alphanumeric() || *byte == b'_');
                let Some(byte) = rest.get(..len).and_then(number) else {
                    return Err(fail(DamageKind::Number, offset + start + at));
                };
                decoded.push(byte);
                len
            }
        };
        at += len.max(1);
    }
    Ok(decoded)
}

/// Reads `0x81`, `0b101`, `0o7`, `129`, `129u8`.
fn number(word: &[u8]) -> Option<u8> {
    let (digits, radix) = match word {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'0', b'b' | b'B', digits @ ..] => (digits, 2),
        [b'0', b'o' | b'O', digits @ ..] => (digits, 8),
        digits => (digits, 10),
    };
    let digits = digits.strip_suffix(b"u8").unwrap_or(digits);
    let mut number = 0_u16;
    for digit in digits.iter().filter(|digit| **digit != b'_') {
        let value = hex_value(*digit).map(u16::from).filter(|value| *value < radix)?;
        number = number.checked_mul(radix)?.checked_add(value)?;
    }
    if digits.is_empty() { None } else { u8::try_from(number).ok() }
}

/// Reads string literals, joined; without quotation marks, all is one.
fn literals(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let quote = bytes.get(run_len(bytes, |byte| !matches!(byte, b'"' | b'\''))).copied();
    let mut decoded = Vec::new();
    let mut is_inside = quote.is_none();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let len = match rest {
            [byte, ..] if Some(*byte) == quote => {
                is_inside = !is_inside;
                1
            }
            _ if !is_inside => 1,
            [b'\\', escape, behind @ ..] => {
                let len = escaped(*escape, behind, &mut decoded);
                len.ok_or_else(|| fail(DamageKind::Digit, at))?
            }
            [byte, ..] if quote.is_none() && byte.is_ascii_whitespace() => 1,
            [byte, ..] => {
                decoded.push(*byte);
                1
            }
            [] => break,
        };
        at += len;
    }
    Ok(decoded)
}

/// Decodes an escape sequence, and returns its length.
fn escaped(escape: u8, behind: &[u8], decoded: &mut Vec<u8>) -> Option<usize> {
    let byte = match escape {
        b'x' => {
            let [high, low, ..] = behind else { return None };
            decoded.push(hex_pair(*high, *low)?);
            return Some(4);
        }
        b'0'..=b'7' => {
            let more = behind.iter().take(2).take_while(|byte| matches!(byte, b'0'..=b'7'));
            let (mut value, mut len) = (u16::from(escape.wrapping_sub(b'0')), 2_usize);
            for digit in more {
                value = value.wrapping_mul(8).wrapping_add(u16::from(digit.wrapping_sub(b'0')));
                len += 1;
            }
            decoded.push(u8::try_from(value).ok()?);
            return Some(len);
        }
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        b'v' => 11,
        b'f' => 12,
        // A line that goes on.
        b'\n' => return Some(2),
        other => other,
    };
    decoded.push(byte);
    Some(2)
}
