//! Randomness: ChaCha with 8 rounds, seeded by the host's kernel.
//!
//! A real board has a generator in hardware; its driver takes the place of this.

use chacha20::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::semihosting::File;

/// Seeds a generator for keys and masks; `None` on a host without `/dev/urandom`.
pub fn from_host() -> Option<ChaCha8Rng> {
    let mut seed = [0; 32];
    let len = File::open("/dev/urandom")?.read(&mut seed);
    (len == seed.len()).then(|| ChaCha8Rng::from_seed(seed))
}
