//! Panics on input that the linker cannot rule out: the proof that `cargo xtask panic-free`
//! notices one.
#![no_std]
#![no_main]

use embedded_io::Read;
use socklet_size::{CLIENT, Stub};

#[unsafe(no_mangle)]
fn app() -> bool {
    let mut stub = Stub::play(CLIENT);
    let mut bytes = [0; 8];
    let Ok(len) = stub.read(&mut bytes);
    bytes[..len][0] == b'H'
}
