//! Touches what all programs share and nothing more: what the others are compared with.
#![no_std]
#![no_main]

use embedded_io::{Read, Write};
use rand_core::Rng;
use socklet_size::{CLIENT, Constant, Stub, consume, report_state};

#[unsafe(no_mangle)]
fn app() -> bool {
    let mut stub = Stub::play(CLIENT);
    let mut bytes = [0; 8];
    let (Ok(len), Ok(_)) = (stub.read(&mut bytes), stub.write(b"hello"));
    consume(&Constant.next_u32().to_le_bytes());
    consume(&bytes);
    report_state(size_of::<Stub>());
    len == bytes.len()
}
