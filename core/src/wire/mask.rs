//! Masking (RFC 6455 section 5.3): byte `i` of a payload is XORed with byte `i mod 4` of the key.

mod wide;
mod words;

/// Whether to mask by blocks, wherever they lie: on a small machine they would be more code than
/// aligned words, and no faster.
const BY_BLOCKS: bool = cfg!(target_pointer_width = "64");

/// The masking key, turned so that its first byte belongs to the next byte of the payload.
///
/// A payload may be masked in pieces of any length: the phase is kept from one to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mask(u32);

impl Mask {
    /// The mask at the first byte of a payload.
    #[must_use]
    pub const fn new(key: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(key))
    }

    /// Masks or unmasks (it is the same) the next bytes of the payload in place.
    ///
    /// Works in the machine's aligned words, or, if it is one of 64 bits, in blocks that a compiler
    /// keeps in wider registers: in those of the function that this is inlined into.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline)]
    pub fn apply(&mut self, bytes: &mut [u8]) {
        if BY_BLOCKS {
            self.0 = wide::apply(self.0, bytes);
            return;
        }
        let (head, words, tail) = bytemuck::pod_align_to_mut::<u8, u32>(bytes);
        self.apply_bytes(head);
        words::apply(words, self.0.to_le());
        self.apply_bytes(tail);
    }

    /// Masks less than 128 bytes, as [`apply`](Self::apply) does: shorter where it is inlined.
    #[inline(always)]
    pub(crate) fn apply_few(&mut self, bytes: &mut [u8]) {
        self.0 = wide::apply_few(self.0, bytes);
    }

    /// Masks less than 128 bytes on their way, as [`copy`](Self::copy) does: shorter where it is
    /// inlined. `to` is to be as long as `from`.
    #[inline(always)]
    pub(crate) fn copy_few(&mut self, from: &[u8], to: &mut [u8]) {
        self.0 = wide::copy_few(self.0, from, to);
    }

    /// Masks the next bytes of the payload on their way from `from` to `to`: as many as both hold.
    #[inline(always)]
    pub fn copy(&mut self, from: &[u8], to: &mut [u8]) {
        let len = from.len().min(to.len());
        let (Some(from), Some(to)) = (from.get(..len), to.get_mut(..len)) else { return };
        if BY_BLOCKS {
            self.0 = wide::copy(self.0, from, to);
            return;
        }
        to.copy_from_slice(from);
        self.apply(to);
    }

    fn apply_bytes(&mut self, bytes: &mut [u8]) {
        let mut bytes = bytes.iter_mut();
        let Some(mut byte) = bytes.next() else { return };
        let mut key = self.0;
        loop {
            *byte ^= key as u8;
            key = key.rotate_right(8);
            match bytes.next() {
                Some(next) => byte = next,
                None => break,
            }
        }
        self.0 = key;
    }
}
