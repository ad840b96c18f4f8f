//! The decoder alone: inflates a compressed "Hello".
#![no_std]
#![no_main]

use core::cell::UnsafeCell;
use core::hint::black_box;

use socklet_core::deflate::Inflate;
use socklet_size::{Buffer, consume, report_state, touch_transport};

static OUTPUT: Buffer<256> = Buffer::new();

/// The decoder in `.bss`.
struct Codec(UnsafeCell<Inflate>);

// SAFETY: there is one core, one thread and no interrupt.
unsafe impl Sync for Codec {}

static CODEC: Codec = Codec(UnsafeCell::new(Inflate::new()));

#[unsafe(no_mangle)]
fn app() -> bool {
    // SAFETY: this runs once.
    let (output, inflate) = unsafe { (OUTPUT.take(), &mut *CODEC.0.get()) };
    report_state(size_of::<Inflate>());
    let input = black_box(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..]);
    let (at, history, window_len) = black_box((0, 0, 256));
    match inflate.inflate(input, &mut output[..], at, history, window_len) {
        Ok(inflated) => {
            consume(&output[..]);
            inflated.written == 5 && touch_transport()
        }
        Err(_) => false,
    }
}
