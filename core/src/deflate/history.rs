//! The bytes that can be referred to, and those that wait to be compressed, in one line.

use crate::moving::move_down;

/// A line of bytes that moves forward when it is full.
///
/// ```text
/// 0         block               at            end          BUFFER
/// | history | tokens of a block | lookahead   | free       |
/// ```
#[repr(C)] // The small fields first: a microcontroller reaches them by short offsets.
pub(super) struct History<const BUFFER: usize> {
    /// End of the bytes.
    pub(super) end: usize,
    /// The next byte to find a token for.
    pub(super) at: usize,
    /// The first byte of the block.
    pub(super) block: usize,
    /// The number of the first byte here, counted over all that was ever compressed. It may wrap.
    base: usize,
    bytes: [u8; BUFFER],
}

impl<const BUFFER: usize> History<BUFFER> {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; BUFFER], end: 0, at: 0, block: 0, base: 0 }
    }

    /// All the bytes.
    #[inline(always)]
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.end).unwrap_or_default()
    }

    /// All the bytes, and what there is behind them.
    #[inline(always)]
    pub(super) fn padded(&self) -> &[u8] {
        &self.bytes
    }

    /// The low bits of the number of the first byte.
    #[inline(always)]
    pub(super) fn base(&self) -> u16 {
        self.base as u16
    }

    /// Takes as many bytes as there is room for, and says how many.
    pub(super) fn take(&mut self, input: &[u8]) -> usize {
        let free = self.bytes.get_mut(self.end..).unwrap_or_default();
        let len = super::copy(input, free);
        self.end = self.end.wrapping_add(len);
        len
    }

    pub(super) fn is_full(&self) -> bool {
        self.end >= BUFFER
    }

    /// Goes on behind so many bytes, which no block is to begin with any more.
    pub(super) fn pass(&mut self, len: usize) {
        self.at = self.at.wrapping_add(len);
        self.block = self.at;
    }

    /// Number of bytes that are of no more use with this window.
    pub(super) fn stale(&self, window: usize) -> usize {
        self.at.saturating_sub(window)
    }

    /// Lets go of so many bytes at the start.
    pub(super) fn slide(&mut self, by: usize) {
        if by <= self.block {
            move_down(&mut self.bytes, by..self.end, 0);
            self.end = self.end.wrapping_sub(by);
            self.at = self.at.wrapping_sub(by);
            self.block = self.block.wrapping_sub(by);
            self.base = self.base.wrapping_add(by);
        }
    }

    /// Lets go of all bytes. Numbers go on, so that none means two bytes.
    pub(super) fn forget(&mut self) {
        self.base = self.base.wrapping_add(self.end);
        (self.end, self.at, self.block) = (0, 0, 0);
    }

    /// The number of the next byte that comes.
    pub(super) fn position(&self) -> usize {
        self.base.wrapping_add(self.end)
    }

    /// Takes back all bytes from this number on. If those before it have gone, all bytes go.
    pub(super) fn truncate(&mut self, position: usize) {
        match position.wrapping_sub(self.base) {
            end if end <= self.end => (self.end, self.at, self.block) = (end, end, end),
            _ => self.forget(),
        }
    }
}
