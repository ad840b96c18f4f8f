//! UTF-8 in pieces (RFC 6455 section 8.1, RFC 3629).

use core::str;

use crate::error::ProtocolError;

/// Longest start of a code point that can wait for its end: one byte less than the longest.
const MAX_CARRY: usize = 3;

/// Validates UTF-8 that arrives in pieces cut anywhere, within a code point too.
///
/// Fails at the first byte that no continuation could make valid, not at the end of the code
/// point or of the text. Each piece is validated by [`core::str::from_utf8`], so a program has
/// one validator, the fast one; only a code point cut by the end of a piece is carried over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Utf8 {
    carry: [u8; MAX_CARRY],
    carry_len: u8,
}

impl Utf8 {
    /// The validator at the start of a text.
    #[must_use]
    pub const fn new() -> Self {
        Self { carry: [0; MAX_CARRY], carry_len: 0 }
    }

    /// Validates the next piece.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidUtf8`]; the validator is of no use after it.
    pub fn push(&mut self, mut piece: &[u8]) -> Result<(), ProtocolError> {
        while self.carry_len != 0 {
            let Some((byte, rest)) = piece.split_first() else { return Ok(()) };
            piece = rest;
            let [a, b, c] = self.carry;
            let mut point = [a, b, c, 0];
            let at = usize::from(self.carry_len);
            if let Some(slot) = point.get_mut(at) {
                *slot = *byte;
            }
            // At most three bytes are carried, so there are always `at + 1` of four.
            self.carry_start(point.get(..at.wrapping_add(1)).unwrap_or(&point))?;
        }
        self.carry_start(piece)
    }

    /// Ends the text.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidUtf8`] if it ends within a code point.
    pub const fn finish(self) -> Result<(), ProtocolError> {
        if self.carry_len == 0 { Ok(()) } else { Err(ProtocolError::InvalidUtf8) }
    }

    /// Validates `bytes` from the start of a code point, and carries the one cut by their end.
    fn carry_start(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        self.carry_len = 0;
        let Err(error) = str::from_utf8(bytes) else { return Ok(()) };
        if error.error_len().is_some() {
            return Err(ProtocolError::InvalidUtf8);
        }
        let cut = bytes.get(error.valid_up_to()..).unwrap_or_default();
        for (slot, byte) in self.carry.iter_mut().zip(cut) {
            *slot = *byte;
            self.carry_len = self.carry_len.wrapping_add(1);
        }
        Ok(())
    }
}
