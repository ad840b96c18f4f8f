//! Bits into bytes, least significant first (RFC 1951 section 3.1.1).

/// The bits that do not make a whole byte of output yet, or find no room.
#[derive(Clone, Copy)]
pub struct Bits {
    pending: u64,
    len: u32,
}

impl Bits {
    pub(super) const fn new() -> Self {
        Self { pending: 0, len: 0 }
    }

    /// Drops what is pending.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// Bits in the last byte that is not whole.
    pub(super) fn odd(&self) -> u32 {
        self.len & 7
    }

    /// Moves whole bytes to `out`. Says whether all of them found room: then less than 8 bits are
    /// pending, and a token's 48 more may come.
    #[inline(always)]
    pub(super) fn drain(&mut self, out: &mut Output<'_>) -> bool {
        if size_of::<usize>() == 8
            && let Some(room) = out.rest_mut().first_chunk_mut::<8>()
        {
            *room = self.pending.to_le_bytes();
            out.written = out.written.wrapping_add((self.len >> 3) as usize);
            self.pending = self.pending.wrapping_shr(self.len & !7);
            self.len &= 7;
            return true;
        }
        self.drain_bytes(out)
    }

    #[inline(never)]
    fn drain_bytes(&mut self, out: &mut Output<'_>) -> bool {
        while self.len >= 8 {
            let Some(room) = out.rest_mut().first_mut() else { return false };
            *room = self.pending as u8;
            out.written = out.written.wrapping_add(1);
            self.pending >>= 8;
            self.len = self.len.wrapping_sub(8);
        }
        true
    }

    /// Appends the low `len` bits of `bits`, of which no others are set.
    #[inline(always)]
    pub(super) fn put(&mut self, bits: u64, len: u32) {
        self.pending |= bits.wrapping_shl(self.len);
        self.len = self.len.wrapping_add(len);
    }

    /// Appends bits whose number stands from bit 24 on.
    #[inline(always)]
    pub(super) fn put_entry(&mut self, entry: u32) {
        self.put(u64::from(entry & 0xFF_FFFF), entry >> 24);
    }

    /// Fills up the last byte with zeros.
    pub(super) fn align(&mut self) {
        self.len = self.len.wrapping_add(7) & !7;
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
