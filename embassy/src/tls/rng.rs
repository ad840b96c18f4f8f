//! The caller's generator, as embedded-tls wants it.

use rand_core::CryptoRng;
use rand_core_06::Error;

/// A generator of the traits of today behind those of `rand_core` 0.6.
pub(super) struct Adapted<'r, R>(pub(super) &'r mut R);

impl<R: CryptoRng> rand_core_06::RngCore for Adapted<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl<R: CryptoRng> rand_core_06::CryptoRng for Adapted<'_, R> {}
