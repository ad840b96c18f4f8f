//! Bits out of bytes, the lowest first (RFC 1951 section 3.1.1).

use crate::deflate::inflate::Stop;

/// Whether words have 64 bits: enough for a length and a distance with one look at the input.
pub(super) const IS_WIDE: bool = usize::BITS >= 64;

/// The input, and the bits that were taken from it and not yet used.
pub(super) struct Bits<'a> {
    /// Bits that wait, the next one lowest. Those past `len` are zeros.
    pub(super) word: usize,
    /// How many wait: less than a word has.
    pub(super) len: u32,
    /// What is not yet in the word.
    pub(super) input: &'a [u8],
}

impl Bits<'_> {
    /// Takes input while a whole byte has room: then at least 24 bits wait, or all there are.
    #[inline]
    pub(super) fn fill(&mut self) {
        if IS_WIDE && let Some(bytes) = self.input.first_chunk::<{ size_of::<usize>() }>() {
            // All that has room at once, though no bit past the last whole byte.
            let taken = (usize::BITS - 1).wrapping_sub(self.len) / 8;
            self.word |= usize::from_le_bytes(*bytes).wrapping_shl(self.len);
            self.len = self.len.wrapping_add(8 * taken);
            self.cut();
            self.input = self.input.get(taken as usize..).unwrap_or_default();
            return;
        }
        self.fill_by_bytes();
    }

    /// The same, byte by byte.
    pub(super) fn fill_by_bytes(&mut self) {
        while self.len < usize::BITS - 8
            && let Some((byte, rest)) = self.input.split_first()
        {
            self.word |= usize::from(*byte).wrapping_shl(self.len);
            self.len = self.len.wrapping_add(8);
            self.input = rest;
        }
    }

    /// Makes the bits past the length zeros.
    pub(super) const fn cut(&mut self) {
        self.word &= !usize::MAX.wrapping_shl(self.len);
    }

    /// Drops bits that wait, if so many do; else all input is used up.
    #[inline]
    pub(super) const fn consume(&mut self, count: u32) -> Result<(), Stop> {
        if count > self.len {
            return Err(Stop::Input);
        }
        self.word = self.word.wrapping_shr(count);
        self.len = self.len.wrapping_sub(count);
        Ok(())
    }

    /// Takes a number of at most 16 bits.
    pub(super) fn take(&mut self, count: u32) -> Result<u16, Stop> {
        self.fill();
        let value = self.word & !usize::MAX.wrapping_shl(count);
        self.consume(count)?;
        Ok(value as u16)
    }

    /// Drops what is left of a byte.
    pub(super) const fn align(&mut self) {
        self.word = self.word.wrapping_shr(self.len & 7);
        self.len &= !7;
    }
}
