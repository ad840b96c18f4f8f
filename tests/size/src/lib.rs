//! What the measuring programs share, so that the difference of two of them is what one uses
//! and the other does not: the start-up code of the board, a transport that plays a script, a
//! generator that is not random, and a loop that runs a future.
//!
//! `cargo xtask size` builds each program in `src/bin`, subtracts `empty`, runs them in QEMU and
//! reads what they report. A program defines `app`:
//!
//! ```ignore
//! #[unsafe(no_mangle)]
//! fn app() -> bool { /* whether all went as expected */ }
//! ```
#![no_std]

mod board;
mod count;
mod deflating;
mod markers;
mod peers;
mod transport;

use core::cell::UnsafeCell;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

pub use board::report_state;
pub use count::count;
pub use deflating::{Codecs, talk_deflating};
pub use peers::{Generator, Plain};
pub use transport::{
    CLIENT, Constant, DEFLATING_CLIENT, Kept, Played, SERVER, Stub, consume, touch_transport,
};

/// Runs a future to its end. The transport is always ready, so polling at once is no waste.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// A buffer in `.bss`, as firmware has it: it counts neither as flash nor as stack.
pub struct Buffer<const N: usize>(UnsafeCell<[u8; N]>);

// SAFETY: there is one core, one thread and no interrupt.
unsafe impl<const N: usize> Sync for Buffer<N> {}

impl<const N: usize> Buffer<N> {
    /// Creates a buffer of zeros.
    pub const fn new() -> Self {
        Self(UnsafeCell::new([0; N]))
    }

    /// Hands out the buffer.
    ///
    /// # Safety
    ///
    /// To be called once for each buffer.
    #[allow(clippy::mut_from_ref, reason = "a second call is what the contract forbids")]
    pub unsafe fn take(&self) -> &mut [u8; N] {
        // SAFETY: no other reference exists, by the contract.
        unsafe { &mut *self.0.get() }
    }
}

impl<const N: usize> Default for Buffer<N> {
    fn default() -> Self {
        Self::new()
    }
}
