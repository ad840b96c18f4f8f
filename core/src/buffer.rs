//! The memory of a connection: owned by the caller, of a fixed length or growing within bounds.

use core::{ops::Range, str};

use crate::wire::mask::Mask;

/// Memory for received or staged bytes.
///
/// On a microcontroller this is an array or a slice, whose length never changes. A host may
/// [`grow`](Self::grow): it is asked for one byte more than there is when all is in use, never
/// for a length that a peer declared.
pub trait Buffer {
    /// All bytes.
    fn bytes(&self) -> &[u8];

    /// All bytes, to be written.
    fn bytes_mut(&mut self) -> &mut [u8];

    /// Grows towards `len` bytes in all, keeping what is there, and says whether it got there.
    fn grow(&mut self, len: usize) -> bool {
        len <= self.bytes().len()
    }

    /// The longest that it can become, in bytes.
    fn max_len(&self) -> usize {
        self.bytes().len()
    }

    /// How long a staging buffer becomes for what comes behind something that waits to be written, in
    /// bytes: a single frame may make it longer, a queue of them not.
    fn queue_len(&self) -> usize {
        usize::MAX
    }

    /// Tells that a read has filled it to its end: there may be more to read than it holds.
    fn filled(&mut self) {}

    /// Tells that no byte from `used_len` on is in use any more, and up to which byte there was
    /// something: so memory beyond the usual may be given back, if it is not needed each time.
    fn release(&mut self, used_len: usize, peak_len: usize) {
        let _ = (used_len, peak_len);
    }

    /// Tells that no byte is in use, and that none is expected soon: all memory may be given back.
    fn rest(&mut self) {}

    /// Masks bytes of it: [`Mask::apply`], unless the owner of the memory knows a faster way on its
    /// machine.
    #[inline]
    fn mask(mask: &mut Mask, bytes: &mut [u8]) {
        mask.apply(bytes);
    }

    /// Masks bytes on their way into it: [`Mask::copy`], or a faster way.
    #[inline]
    fn mask_copy(mask: &mut Mask, from: &[u8], to: &mut [u8]) {
        mask.copy(from, to);
    }

    /// Bytes of it as a text, if they are UTF-8: [`core::str::from_utf8`], or a faster way.
    #[inline]
    fn text(bytes: &[u8]) -> Option<&str> {
        str::from_utf8(bytes).ok()
    }
}

/// The bytes of a range that is known to lie within.
///
/// Out of line on small machines: in small builds each copy of such a check counts.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(crate) fn range(bytes: &[u8], range: Range<usize>) -> &[u8] {
    match bytes.get(range) {
        Some(bytes) => bytes,
        None if cfg!(target_pointer_width = "64") => nothing(),
        None => &[],
    }
}

/// No bytes, where there are always some: a branch that is foreseen costs less than a choice.
#[cold]
#[inline(never)]
const fn nothing<'a>() -> &'a [u8] {
    &[]
}

impl<const N: usize> Buffer for [u8; N] {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl Buffer for [u8] {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl<B: Buffer + ?Sized> Buffer for &mut B {
    fn bytes(&self) -> &[u8] {
        (**self).bytes()
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        (**self).bytes_mut()
    }

    fn grow(&mut self, len: usize) -> bool {
        (**self).grow(len)
    }

    fn max_len(&self) -> usize {
        (**self).max_len()
    }

    fn filled(&mut self) {
        (**self).filled();
    }

    fn release(&mut self, used_len: usize, peak_len: usize) {
        (**self).release(used_len, peak_len);
    }

    fn rest(&mut self) {
        (**self).rest();
    }

    #[inline]
    fn mask(mask: &mut Mask, bytes: &mut [u8]) {
        B::mask(mask, bytes);
    }

    #[inline]
    fn mask_copy(mask: &mut Mask, from: &[u8], to: &mut [u8]) {
        B::mask_copy(mask, from, to);
    }

    #[inline]
    fn text(bytes: &[u8]) -> Option<&str> {
        B::text(bytes)
    }
}
