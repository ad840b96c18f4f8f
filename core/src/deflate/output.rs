//! Where inflated bytes go, and where matches are copied from.

use crate::deflate::{InflateError, bits::Bits, inflate::Stop};

/// The caller's buffer.
pub(super) struct Output<'a> {
    /// History, what was written, room.
    pub(super) buffer: &'a mut [u8],
    /// Where the next byte goes.
    pub(super) at: usize,
    /// Where the history begins.
    pub(super) oldest: usize,
    /// How far back a match may reach.
    pub(super) window_len: usize,
}

impl Output<'_> {
    /// Writes a byte.
    pub(super) fn push(&mut self, byte: u8) -> Result<(), Stop> {
        *self.buffer.get_mut(self.at).ok_or(Stop::Room)? = byte;
        self.at = self.at.wrapping_add(1);
        Ok(())
    }

    /// Writes bytes of the input as they are, `length` of them; what does not come or has no room
    /// stays in it.
    pub(super) fn store(&mut self, bits: &mut Bits<'_>, length: &mut u16) -> Result<(), Stop> {
        while *length != 0 {
            bits.fill();
            // Whole bytes wait: bits were dropped up to one.
            if bits.len == 0 {
                return Err(Stop::Input);
            }
            self.push(bits.word as u8)?;
            bits.consume(8)?;
            *length = length.wrapping_sub(1);
        }
        Ok(())
    }

    /// Copies a match; what has no room stays in `length`.
    pub(super) fn copy(&mut self, length: &mut u16, distance: u16) -> Result<(), Stop> {
        let mut from = self.source(usize::from(distance))?;
        while *length != 0 {
            let byte = self.buffer.get(from).copied().unwrap_or_default();
            self.push(byte)?;
            from = from.wrapping_add(1);
            *length = length.wrapping_sub(1);
        }
        Ok(())
    }

    /// Where a match begins.
    #[inline]
    pub(super) fn source(&self, distance: usize) -> Result<usize, Stop> {
        // The history begins at or before the next byte.
        if distance > self.window_len || distance > self.at.wrapping_sub(self.oldest) {
            return Err(Stop::Error(InflateError::Distance));
        }
        Ok(self.at.wrapping_sub(distance))
    }
}
