//! A block that is written while its tokens are found.

use super::whole_codes::{self, MISSING};

/// Longest draft in bytes, and 8.
pub(super) const DRAFT: usize = 16384;

/// A block written with the code that is likely the best, before it is known whether it is.
pub(super) struct Draft {
    pub(super) bytes: [u8; DRAFT],
    pub(super) pen: Pen,
}

/// Where a draft ends. Apart from the bytes, so that a loop keeps it in registers.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    /// Whole bytes, the bits after them, and their number.
    len: usize,
    bits: u64,
    odd: u32,
    /// Has the bit [`MISSING`] if a token has no code.
    pub(super) all: u32,
}

impl Pen {
    pub(super) const NEW: Self = Self { len: 0, bits: 0, odd: 0, all: 0 };

    /// Appends bits. What is beyond the end is lost, which the length tells.
    #[inline(always)]
    pub(super) fn put(&mut self, bytes: &mut [u8; DRAFT], bits: u64, len: u32) {
        self.bits |= bits.wrapping_shl(self.odd);
        self.odd = self.odd.wrapping_add(len);
        if let Some(room) = bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            *room = self.bits.to_le_bytes();
        }
        self.len = self.len.wrapping_add((self.odd >> 3) as usize);
        self.bits = self.bits.wrapping_shr(self.odd & !7);
        self.odd &= 7;
    }
}

impl Pen {
    /// Appends a code.
    #[inline(always)]
    pub(super) fn put_code(&mut self, bytes: &mut [u8; DRAFT], code: u32) {
        self.all |= code;
        self.put(bytes, whole_codes::bits(code), whole_codes::len(code));
    }
}

impl Draft {
    pub(super) const NEW: Self = Self { bytes: [0; DRAFT], pen: Pen::NEW };

    pub(super) fn clear(&mut self) {
        self.pen = Pen::NEW;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bit_len() == 0
    }

    pub(super) fn put(&mut self, bits: u64, len: u32) {
        self.pen.put(&mut self.bytes, bits, len);
    }

    pub(super) fn bit_len(&self) -> u32 {
        (self.pen.len as u32).wrapping_mul(8).wrapping_add(self.pen.odd)
    }

    /// The n-th 32 bits, or fewer at the end, and n + 1.
    pub(super) fn word(&self, at: usize) -> Option<(u64, u32, usize)> {
        let start = at.wrapping_mul(4);
        let bytes = self.bytes.get(start..)?.first_chunk()?;
        let left = self.bit_len().checked_sub((start as u32).wrapping_mul(8))?;
        let len = left.min(32);
        let mask = (1_u64 << (len & 63)).wrapping_sub(1);
        let bits = u64::from(u32::from_le_bytes(*bytes)) & mask;
        (len != 0).then_some((bits, len, at.wrapping_add(1)))
    }

    pub(super) fn is_whole(&self) -> bool {
        self.pen.all & MISSING == 0 && self.pen.len.saturating_add(8) <= DRAFT
    }
}
