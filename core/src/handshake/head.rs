//! The head of an HTTP message (RFC 9112 section 2.1): found, checked once, read in place, written.
//!
//! ```text
//! GET /chat HTTP/1.1 CR LF          start line
//! Host: server.example.com CR LF    field line: a token, a colon, a value between white space
//! CR LF                             blank line
//! ```

use core::{fmt, str};

use crate::error::{Error, HandshakeError, ResourceError};
use crate::grammar::{is_token, position, split, trim};

/// Tells the length in bytes of the head at the front of `bytes`, its blank line included, or
/// `None` as long as that has not arrived.
///
/// Looks for CR LF CR LF only. A head in which another recipient could see an earlier end, at a bare
/// LF, is found malformed when it is parsed. Whoever reads in small steps can begin the next search
/// three bytes before the end of the last one.
#[must_use]
pub fn head_len(bytes: &[u8]) -> Option<usize> {
    let mut tail = 0_u32;
    for (at, byte) in (0..bytes.len()).zip(bytes) {
        tail = tail << 8 | u32::from(*byte);
        if tail == u32::from_be_bytes(*b"\r\n\r\n") {
            return at.checked_add(1);
        }
    }
    None
}

/// A head whose every byte has been looked at: what is left to do on it cannot fail.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    /// The first line, without its CR LF.
    pub(super) start: &'a [u8],
    pub(super) fields: Lines<'a>,
}

impl<'a> Head<'a> {
    /// Takes the bytes that [`head_len`] counts.
    ///
    /// Refuses control bytes (a bare CR or LF and NUL among them), folded lines, white space
    /// before a colon, names that are not tokens, and anything after the blank line.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, HandshakeError> {
        let mut lines = Lines { rest: bytes };
        let start = lines.line().ok_or(HandshakeError::MalformedHead)?;
        let fields = lines;
        loop {
            match lines.line() {
                Some([]) if lines.rest.is_empty() => return Ok(Self { start, fields }),
                Some(line) if field(line).is_some_and(|(name, _)| is_token(name)) => {}
                _ => return Err(HandshakeError::MalformedHead),
            }
        }
    }
}

/// The field lines of a head, as names and trimmed values.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    /// Takes a line off, without its CR LF; `None` if there is none or a control byte is in it.
    fn line(&mut self) -> Option<&'a [u8]> {
        let end = position(self.rest, is_control)?;
        let (line, rest) = self.rest.split_at_checked(end)?;
        // A pattern, for `strip_prefix` has a panic that is not always optimised out.
        let [b'\r', b'\n', rest @ ..] = rest else { return None };
        self.rest = rest;
        Some(line)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        field(self.line()?)
    }
}

/// Splits a field line at its colon.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = split(line, b':');
    Some((name, trim(value?)))
}

/// Whether no line may hold this byte: all controls but the tab (RFC 9110 section 5.5).
pub(super) const fn is_control(byte: u8) -> bool {
    byte < b' ' && byte != b'\t' || byte == 0x7f
}

/// The `HTTP/1.1` of a start line. True for that or a later minor version, which RFC 9110
/// section 2.5 has us read as 1.1; `None` if it is not a version at all.
pub(super) fn is_http_1_1(version: &[u8]) -> Option<bool> {
    match version {
        [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => {
            Some(*major == b'1' && *minor > b'0')
        }
        _ => None,
    }
}

/// A field line of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The name, a token; compare it without regard to case.
    pub name: &'a str,
    /// The value without the white space around it; it may hold bytes that are not UTF-8.
    pub value: &'a [u8],
}

/// The field lines of a head in their order; an iterator.
#[derive(Clone)]
pub struct Headers<'a>(pub(super) Source<'a>);

/// Where field lines come from.
#[derive(Clone)]
pub(super) enum Source<'a> {
    /// From a head in bytes.
    Lines(Lines<'a>),
    /// From what something else has parsed.
    Parts(core::slice::Iter<'a, (&'a str, &'a [u8])>),
}

impl<'a> Iterator for Source<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Lines(lines) => lines.next(),
            Self::Parts(parts) => parts.next().map(|(name, value)| (name.as_bytes(), trim(value))),
        }
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.0.next()?;
        // A token is ASCII; this cannot end the iteration early.
        Some(Header { name: str::from_utf8(name).ok()?, value })
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// Writes a head into a slice, and goes on counting when that is full.
pub(super) struct HeadWriter<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl<'a> HeadWriter<'a> {
    pub(super) const fn new(out: &'a mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        if let Some(room) = self.out.get_mut(self.len..) {
            for (to, byte) in room.iter_mut().zip(bytes) {
                *to = *byte;
            }
        }
        self.len = self.len.saturating_add(bytes.len());
    }

    /// Writes the end of the line before, and the field line up to its value.
    pub(super) fn field(&mut self, name: &[u8]) {
        self.put(b"\r\n");
        self.put(name);
        self.put(b": ");
    }

    /// The bytes written so far, those that found no room included.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Takes back what was written after the first `len` bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// The length of the whole.
    ///
    /// # Errors
    /// [`ResourceError::StagingBuffer`] if it did not fit.
    pub(super) fn finish<E>(self) -> Result<usize, Error<E>> {
        let (needed, available) = (self.len, self.out.len());
        if needed > available {
            return Err(Error::Resource(ResourceError::StagingBuffer { needed, available }));
        }
        Ok(needed)
    }
}

impl fmt::Write for HeadWriter<'_> {
    /// Never fails: what finds no room is counted.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}
