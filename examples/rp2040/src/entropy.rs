//! Randomness for keys and masks: ChaCha20, seeded by the ring oscillator.

use chacha20::ChaCha20Rng;
use embassy_rp::clocks::RoscRng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// Samples of the oscillator for one seed, in bytes.
const SAMPLES_LEN: usize = 2048;

/// Makes a generator with a seed that nobody can guess.
///
/// The oscillator's bits are neither even nor independent (RP2040 datasheet, section 2.17.5), so
/// 64 of them go into each bit of the seed, through SHA-256.
#[must_use]
pub fn generator() -> ChaCha20Rng {
    let mut hash = Sha256::new();
    for _ in 0..SAMPLES_LEN {
        hash.update([RoscRng::next_u8()]);
    }
    ChaCha20Rng::from_seed(hash.finalize().into())
}
