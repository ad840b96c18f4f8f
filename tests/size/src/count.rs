//! Marks what `cargo xtask size` counts the instructions of, for the plugin in `counter.c`.

#[cfg(not(target_arch = "x86_64"))]
use core::arch::asm;

use crate::board::print;

/// Counts what `operation` executes, under a name of two parts.
#[inline(never)]
pub fn count<T>(what: &str, length: &str, operation: impl FnOnce() -> T) -> T {
    print(b"count ");
    print(what.as_bytes());
    print(length.as_bytes());
    print(b"\n");
    begin();
    let output = operation();
    end();
    output
}

/// A hint that no processor here knows, and that does nothing.
#[inline(always)]
fn begin() {
    // SAFETY: it does nothing. It may stand for a read or write of memory, so that nothing is
    // moved across.
    #[cfg(target_arch = "arm")]
    unsafe {
        asm!(".hword 0xbf70")
    };
    // SAFETY: as above.
    #[cfg(target_arch = "riscv32")]
    unsafe {
        asm!("slti x0, x0, 0x70")
    };
}

/// As [`begin`].
#[inline(always)]
fn end() {
    // SAFETY: as above.
    #[cfg(target_arch = "arm")]
    unsafe {
        asm!(".hword 0xbf80")
    };
    // SAFETY: as above.
    #[cfg(target_arch = "riscv32")]
    unsafe {
        asm!("slti x0, x0, 0x80")
    };
}
