//! JSON (RFC 8259) read value by value, as far as an HTTP archive needs it.
//!
//! Nothing is kept: each value is told of where it stands, by its path, and decoded when it is asked
//! for. So an archive of many megabytes takes no more memory than itself.

use alloc::{string::String, vec::Vec};

use super::{DamageKind, Failure};
use crate::text::{hex_value, run_len};

/// What is told of each value: its path, as in `.log.entries[].time`, and what it is; of an object
/// only that it begins.
pub(super) type Visit<'a, 'v> = dyn FnMut(&str, Option<Value<'a>>) -> Result<(), Failure> + 'v;

/// Deepest nesting that is followed.
const MAX_DEPTH: u32 = 128;

/// Where in the text the reader is.
pub(super) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    path: String,
}

/// A string, a number or a word, as it is written.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    written: &'a [u8],
    /// Where it is in the text.
    at: usize,
}

fn fail(at: usize) -> Failure {
    super::fail(DamageKind::Json, at)
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, path: String::new() }
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at).copied() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                other => return other,
            }
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), Failure> {
        if self.peek() != Some(byte) {
            return Err(fail(self.at));
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a value and all that is in it.
    pub(super) fn value(&mut self, depth: u32, visit: &mut Visit<'a, '_>) -> Result<(), Failure> {
        let close = match self.peek() {
            Some(b'{') => b'}',
            Some(b'[') => b']',
            _ => {
                let value = self.scalar()?;
                return visit(&self.path, Some(value));
            }
        };
        if depth == MAX_DEPTH {
            return Err(fail(self.at));
        }
        let is_object = close == b'}';
        if is_object {
            visit(&self.path, None)?;
        }
        self.at += 1;
        let len = self.path.len();
        let mut is_last = self.peek() == Some(close);
        while !is_last {
            if is_object {
                self.peek();
                let name = self.scalar()?.text()?;
                self.path.push('.');
                self.path.push_str(&name);
                self.take(b':')?;
            } else {
                self.path.push_str("[]");
            }
            self.value(depth + 1, visit)?;
            self.path.truncate(len);
            is_last = self.peek() != Some(b',');
            if !is_last {
                self.at += 1;
            }
        }
        self.take(close)
    }

    fn scalar(&mut self) -> Result<Value<'a>, Failure> {
        let at = self.at;
        let rest = self.text.get(at..).unwrap_or_default();
        let mut len = 0;
        if rest.starts_with(b"\"") {
            len = 1;
            while let Some(byte) = rest.get(len).filter(|byte| **byte != b'"') {
                len += if *byte == b'\\' { 2 } else { 1 };
            }
            len += 1;
        } else {
            let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
            len += run_len(rest, is_part);
        }
        let written = rest.get(..len).ok_or_else(|| fail(self.text.len()))?;
        let is_number = |b: &u8| !b.is_ascii_alphabetic() || matches!(b, b'e' | b'E');
        match written {
            [b'"', ..] | b"true" | b"false" | b"null" => {}
            [_, ..] if run_len(written, is_number) == len => {}
            _ => return Err(fail(at)),
        }
        self.at += len;
        Ok(Value { written, at })
    }
}

impl<'a> Value<'a> {
    /// Where the characters of a string begin in the text.
    pub(super) const fn start(&self) -> usize {
        self.at + 1
    }

    /// A number as it is written.
    pub(super) const fn number(&self) -> &'a [u8] {
        self.written
    }

    /// The characters of a string. A surrogate without the other is replaced.
    pub(super) fn text(&self) -> Result<String, Failure> {
        let [b'"', rest @ .., b'"'] = self.written else { return Err(fail(self.at)) };
        let mut rest = rest;
        let mut text = Vec::with_capacity(rest.len());
        while let [byte, behind @ ..] = rest {
            rest = behind;
            if *byte != b'\\' {
                text.push(*byte);
                continue;
            }
            let char = escaped(&mut rest);
            let char = char.ok_or_else(|| fail(self.start() + self.written.len() - rest.len()))?;
            text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
        String::from_utf8(text).map_err(|_| fail(self.at))
    }
}

/// Decodes what stands behind a backslash.
fn escaped(rest: &mut &[u8]) -> Option<char> {
    let (escape, behind) = rest.split_first()?;
    *rest = behind;
    Some(match escape {
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'"' | b'\\' | b'/' => char::from(*escape),
        b'u' => {
            let mut code = code_unit(rest)?;
            let mut behind = *rest;
            if let (0xd800..=0xdbff, [b'\\', b'u', after @ ..]) = (code, behind) {
                behind = after;
                let low = code_unit(&mut behind)?;
                if let 0xdc00..=0xdfff = low {
                    code = 0x10000 + ((code & 0x3ff) << 10 | low & 0x3ff);
                    *rest = behind;
                }
            }
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => return None,
    })
}

fn code_unit(rest: &mut &[u8]) -> Option<u32> {
    let (digits, behind) = rest.split_first_chunk::<4>()?;
    *rest = behind;
    let mut unit = 0;
    for digit in digits {
        unit = unit << 4 | u32::from(hex_value(*digit)?);
    }
    Some(unit)
}
