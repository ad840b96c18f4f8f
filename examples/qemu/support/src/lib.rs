//! What emulated boards have in common: [words with the host](semihosting), the
//! [painted stack](memory), a [network driver over frames](frames), randomness from the host
//! ([`entropy`]), [markers] for what is counted, and a clock for each kind of core.
//!
//! A board adds the registers of its network card, its memory map and `main`.
#![no_std]

#[cfg(feature = "clint")]
pub mod clint;
pub mod entropy;
mod fatal;
pub mod frames;
#[path = "../../../../tests/size/src/markers.rs"]
pub mod markers;
pub mod memory;
pub mod semihosting;
#[cfg(feature = "systick")]
pub mod systick;
#[cfg(feature = "clint")]
mod trap;

use portable_atomic as _;
