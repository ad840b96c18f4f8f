//! The compressor `Balanced` alone: compresses a text.
#![no_std]
#![no_main]

use core::cell::UnsafeCell;
use core::hint::black_box;

use socklet_core::deflate::{Balanced, Compressor};
use socklet_size::{Buffer, consume, report_state, touch_transport};

static OUTPUT: Buffer<256> = Buffer::new();

/// The compressor in `.bss`.
struct Codec(UnsafeCell<Balanced>);

// SAFETY: there is one core, one thread and no interrupt.
unsafe impl Sync for Codec {}

static CODEC: Codec = Codec(UnsafeCell::new(Balanced::new()));

#[unsafe(no_mangle)]
fn app() -> bool {
    // SAFETY: this runs once.
    let (output, compressor) = unsafe { (OUTPUT.take(), &mut *CODEC.0.get()) };
    report_state(size_of::<Balanced>());
    compressor.reset(9);
    let input = black_box(&b"hello, hello, hello, hello, hello"[..]);
    let compressed = compressor.compress(input, &mut output[..], true);
    consume(&output[..]);
    compressed.done && compressed.written < input.len() && touch_transport()
}
