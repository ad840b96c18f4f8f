//! Masking keys and nonces that nobody can foresee.

use std::convert::Infallible;
use std::io;

use chacha20::ChaCha12Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};

/// A generator of masking keys for one connection: ChaCha with 12 rounds, seeded by the operating
/// system (RFC 6455 section 10.3).
///
/// The system is asked once for each connection, not for each frame.
pub struct Rng(ChaCha12Rng);

impl Rng {
    /// Seeds a generator.
    ///
    /// # Errors
    /// The system's, if it has no randomness to give.
    pub fn from_system() -> io::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self(ChaCha12Rng::from_seed(seed)))
    }
}

impl TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(out)
    }
}

impl TryCryptoRng for Rng {}

impl std::fmt::Debug for Rng {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rng")
    }
}
