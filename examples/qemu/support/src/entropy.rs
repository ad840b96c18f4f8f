//! Randomness: ChaCha with 8 rounds, seeded by the host's kernel.
//!
//! A real board has a generator in hardware; its driver takes the place of this.

use core::convert::Infallible;

use chacha20::ChaCha8Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};

use crate::semihosting::File;

/// A generator for keys and masks.
#[derive(Debug)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// Seeds a generator; `None` on a host without `/dev/urandom`.
    pub fn from_host() -> Option<Self> {
        let mut seed = [0; 32];
        let len = File::open("/dev/urandom")?.read(&mut seed);
        (len == seed.len()).then(|| Self(ChaCha8Rng::from_seed(seed)))
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
