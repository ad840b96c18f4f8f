//! Hands the memory map to the linker: that of esp-hal.

fn main() {
    println!("cargo::rustc-link-arg-bins=-Tlinkall.x");
}
