//! JSON (RFC 8259) read value by value, as far as an HTTP archive needs it.
//!
//! Nothing is kept: what is asked for is read where it stands, all else is passed over. So an
//! archive of many megabytes takes no more memory than itself.

use alloc::{string::String, vec::Vec};

use super::{Damage, DamageKind, InputError};
use crate::text::hex_value;

/// What reads a member of an object; false: it is to be passed over.
pub(super) type Member<'a, 'm> = dyn FnMut(&mut Reader<'a>, &str) -> Result<bool, InputError> + 'm;

/// What reads an element of an array.
pub(super) type Element<'a, 'm> = dyn FnMut(&mut Reader<'a>) -> Result<(), InputError> + 'm;

/// Deepest nesting that is followed.
const MAX_DEPTH: u32 = 128;

/// Where in the text the reader is.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    const fn fail(&self) -> InputError {
        Damage { kind: DamageKind::Json, offset: self.at as u64 }
    }

    /// Where the reader is, in bytes from the start.
    pub(super) const fn offset(&self) -> usize {
        self.at
    }

    /// The next byte that is no white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..)?;
        let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.at = self.at.saturating_add(blank);
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Result<(), InputError> {
        if self.peek() != Some(byte) {
            return Err(self.fail());
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// Reads an object: `member` gets each name, and reads the value or leaves it to be passed over
    /// by returning false.
    pub(super) fn object(&mut self, member: &mut Member<'a, '_>) -> Result<(), InputError> {
        self.list(b'{', b'}', &mut |reader| {
            let name = reader.string()?;
            reader.take(b':')?;
            if !member(reader, &name)? {
                reader.skip(0)?;
            }
            Ok(())
        })
    }

    /// Reads an array: `element` reads each element.
    pub(super) fn array(&mut self, element: &mut Element<'a, '_>) -> Result<(), InputError> {
        self.list(b'[', b']', element)
    }

    fn list(
        &mut self,
        open: u8,
        close: u8,
        element: &mut Element<'a, '_>,
    ) -> Result<(), InputError> {
        self.take(open)?;
        if self.peek() == Some(close) {
            return self.take(close);
        }
        loop {
            element(self)?;
            match self.peek() {
                Some(b',') => self.take(b',')?,
                _ => return self.take(close),
            }
        }
    }

    /// Reads a string. A surrogate without the other is replaced.
    pub(super) fn string(&mut self) -> Result<String, InputError> {
        self.take(b'"')?;
        let mut string = Vec::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\')).count();
            string.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.at = self.at.saturating_add(plain).saturating_add(1);
            match rest.get(plain) {
                Some(b'"') => break,
                Some(_) => self.escape(&mut string)?,
                None => return Err(self.fail()),
            }
        }
        String::from_utf8(string).map_err(|_| self.fail())
    }

    fn escape(&mut self, string: &mut Vec<u8>) -> Result<(), InputError> {
        let escape = self.text.get(self.at).copied().ok_or_else(|| self.fail())?;
        self.at = self.at.saturating_add(1);
        string.push(match escape {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'"' | b'\\' | b'/' => escape,
            b'u' => {
                let char = self.code_point()?;
                string.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.fail()),
        });
        Ok(())
    }

    fn code_point(&mut self) -> Result<char, InputError> {
        let first = self.code_unit()?;
        if !matches!(first, 0xd800..=0xdbff) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(b"\\u") {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let before = self.at;
        self.at = self.at.saturating_add(2);
        let second = self.code_unit()?;
        if !matches!(second, 0xdc00..=0xdfff) {
            self.at = before;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let code = 0x10000_u32.wrapping_add((first & 0x3ff) << 10).wrapping_add(second & 0x3ff);
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn code_unit(&mut self) -> Result<u32, InputError> {
        let digits = self.text.get(self.at..).and_then(<[u8]>::first_chunk::<4>);
        let digits = digits.ok_or_else(|| self.fail())?;
        let mut unit = 0;
        for digit in digits {
            unit = unit << 4 | u32::from(hex_value(*digit).ok_or_else(|| self.fail())?);
        }
        self.at = self.at.saturating_add(4);
        Ok(unit)
    }

    /// Reads a number as it is written.
    pub(super) fn number(&mut self) -> Result<&'a str, InputError> {
        self.peek();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part = |b: &&u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
        let len = rest.iter().take_while(is_part).count();
        let number = rest.get(..len).filter(|number| !number.is_empty());
        let number = number.ok_or_else(|| self.fail())?;
        self.at = self.at.saturating_add(len);
        core::str::from_utf8(number).map_err(|_| self.fail())
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self, depth: u32) -> Result<(), InputError> {
        if depth == MAX_DEPTH {
            return Err(self.fail());
        }
        let deeper = depth.saturating_add(1);
        match self.peek() {
            Some(b'{') => self.list(b'{', b'}', &mut |reader| {
                reader.skip_string()?;
                reader.take(b':')?;
                reader.skip(deeper)
            }),
            Some(b'[') => self.list(b'[', b']', &mut |reader| reader.skip(deeper)),
            Some(b'"') => self.skip_string(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => self.number().map(|_| ()),
        }
    }

    fn skip_string(&mut self) -> Result<(), InputError> {
        self.take(b'"')?;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.at = self.at.saturating_add(2),
                Some(_) => self.at = self.at.saturating_add(1),
                None => return Err(self.fail()),
            }
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), InputError> {
        if !self.text.get(self.at..).unwrap_or_default().starts_with(word) {
            return Err(self.fail());
        }
        self.at = self.at.saturating_add(word.len());
        Ok(())
    }
}
