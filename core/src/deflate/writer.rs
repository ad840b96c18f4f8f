//! Bits into bytes, least significant first (RFC 1951 section 3.1.1).

use core::ops::{BitOrAssign, ShrAssign};

use super::tokens::Token;

/// A word for the bits that wait: 64 of them, or 32 where no more than these are ever needed.
pub trait Word: Copy + Default + From<u32> + Into<u64> + BitOrAssign + ShrAssign<u32> {}

impl Word for u64 {}
impl Word for u32 {}

/// The bits that do not make a whole byte of output yet, or find no room.
#[derive(Clone, Copy)]
pub struct Bits<W = u64> {
    pending: W,
    len: u32,
}

impl<W: Word> Bits<W> {
    /// Drops what is pending.
    pub(super) fn clear(&mut self) {
        *self = Self { pending: W::default(), len: 0 };
    }

    /// Moves whole bytes to `out`. Says whether all of them found room: then less than 8 bits are
    /// pending, and a token's 48 more may come, or 24 if the word has 32.
    #[inline(always)]
    pub(super) fn drain(&mut self, out: &mut Output<'_>) -> bool {
        if size_of::<usize>() == 8
            && size_of::<W>() == 8
            && let Some(room) = out.rest_mut().first_chunk_mut::<8>()
        {
            *room = self.pending.into().to_le_bytes();
            out.written = out.written.wrapping_add((self.len >> 3) as usize);
            self.pending >>= self.len & 56;
            self.len &= 7;
            return true;
        }
        self.drain_bytes(out)
    }

    #[inline(never)]
    fn drain_bytes(&mut self, out: &mut Output<'_>) -> bool {
        while self.len >= 8 {
            let Some(room) = out.rest_mut().first_mut() else { return false };
            *room = self.pending.into() as u8;
            out.written = out.written.wrapping_add(1);
            self.pending >>= 8;
            self.len = self.len.wrapping_sub(8);
        }
        true
    }

    /// Appends the low `len` bits of `bits`, of which no others are set, for no more bits than make
    /// 32 with those that are pending.
    #[inline(always)]
    pub(super) fn put_few(&mut self, bits: u32, len: u32) {
        self.pending |= bits.wrapping_shl(self.len).into();
        self.len = self.len.wrapping_add(len);
    }

    /// Fills up the last byte with zeros.
    pub(super) fn align(&mut self) {
        self.len = self.len.wrapping_add(7) & !7;
    }
}

impl Bits<u32> {
    pub(super) const fn few() -> Self {
        Self { pending: 0, len: 0 }
    }
}

impl Bits {
    pub(super) const fn new() -> Self {
        Self { pending: 0, len: 0 }
    }

    /// Bits in the last byte that is not whole.
    pub(super) fn odd(&self) -> u32 {
        self.len & 7
    }

    /// Writes the codes of tokens, as long as there is room for eight bytes. Says how many
    /// tokens.
    #[inline(always)]
    pub(super) fn put_all(
        &mut self,
        tokens: impl Iterator<Item = Token>,
        out: &mut Output<'_>,
        code: impl Fn(Token) -> (u64, u32),
    ) -> usize {
        // In registers.
        let (mut pending, mut len, mut written) = (self.pending, self.len, 0_usize);
        let mut count = 0_usize;
        let room = out.rest_mut();
        for token in tokens {
            let Some(room) = room.get_mut(written..).and_then(<[u8]>::first_chunk_mut::<8>) else {
                break;
            };
            let (bits, bits_len) = code(token);
            pending |= bits.wrapping_shl(len);
            len = len.wrapping_add(bits_len);
            *room = pending.to_le_bytes();
            written = written.wrapping_add((len >> 3) as usize);
            pending = pending.wrapping_shr(len & !7);
            len &= 7;
            count = count.wrapping_add(1);
        }
        (self.pending, self.len) = (pending, len);
        out.written = out.written.wrapping_add(written);
        count
    }

    /// Appends the low `len` bits of `bits`, of which no others are set.
    #[inline(always)]
    pub(super) fn put(&mut self, bits: u64, len: u32) {
        self.pending |= bits.wrapping_shl(self.len);
        self.len = self.len.wrapping_add(len);
    }
}

/// Where the caller wants the compressed bytes.
pub struct Output<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) written: usize,
}

impl Output<'_> {
    #[inline(always)]
    pub(super) fn rest_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.written..).unwrap_or_default()
    }
}
