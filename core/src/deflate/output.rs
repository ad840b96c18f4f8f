//! Where inflated bytes go, and where matches are copied from.

use crate::deflate::{
    InflateError,
    bits::{Bits, IS_WIDE},
    inflate::Stop,
};

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
            // Whole bytes wait, if any: bits were dropped up to the first.
            if bits.len == 0 {
                if IS_WIDE {
                    self.store_run(bits, length);
                    if *length == 0 {
                        break;
                    }
                }
                bits.fill();
            }
            if bits.len == 0 {
                return Err(Stop::Input);
            }
            self.push(bits.word as u8)?;
            bits.consume(8)?;
            *length = length.wrapping_sub(1);
        }
        Ok(())
    }

    /// The same with all bytes at once that are there and have room. No bits wait.
    fn store_run(&mut self, bits: &mut Bits<'_>, length: &mut u16) {
        let room = self.buffer.get_mut(self.at..).unwrap_or_default();
        let len = bits.input.len().min(room.len()).min((*length).into());
        if let Some((from, rest)) = bits.input.split_at_checked(len)
            && let Some(to) = room.get_mut(..len)
        {
            super::copy(from, to);
            self.at = self.at.wrapping_add(len);
            bits.input = rest;
            *length = length.wrapping_sub(len as u16);
        }
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
