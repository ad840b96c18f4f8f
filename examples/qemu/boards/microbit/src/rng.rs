//! Randomness: the generator of the nRF51, whose noise is a diode's.

use core::convert::Infallible;
use core::ptr;

use rand_core::{TryCryptoRng, TryRng};

const BASE: usize = 0x4000_D000;

// Offsets of registers.
const START: usize = 0x000;
const VALUE_READY: usize = 0x100;
/// Corrects that ones and zeros are not alike in number.
const CONFIG: usize = 0x504;
const VALUE: usize = 0x508;

/// The generator.
#[derive(Debug)]
pub(crate) struct Rng(());

fn read(register: usize) -> u32 {
    // SAFETY: it is a register of the generator, which has one user.
    unsafe { ptr::read_volatile((BASE + register) as *const u32) }
}

fn write(register: usize, value: u32) {
    // SAFETY: it is a register of the generator, which has one user.
    unsafe { ptr::write_volatile((BASE + register) as *mut u32, value) };
}

impl Rng {
    /// Starts the generator: to be done once.
    pub(crate) fn start() -> Self {
        write(CONFIG, 1);
        write(START, 1);
        Self(())
    }

    /// Waits for a byte, less than a millisecond.
    fn byte(&mut self) -> u8 {
        while read(VALUE_READY) == 0 {}
        write(VALUE_READY, 0);
        read(VALUE) as u8
    }
}

impl TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(self.try_next_u32()?))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.fill_with(|| self.byte());
        Ok(())
    }
}

impl TryCryptoRng for Rng {}
