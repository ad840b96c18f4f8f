//! Marks what `cargo xtask bench tls` counts the instructions of, for the plugin in
//! `tests/size/shares.c`.

use core::arch::asm;

/// What is to be counted begins: a hint that no processor here knows, and that does nothing.
#[inline(always)]
pub fn begin() {
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

/// What is to be counted ends.
#[inline(always)]
pub fn end() {
    // SAFETY: as in `begin`.
    #[cfg(target_arch = "arm")]
    unsafe {
        asm!(".hword 0xbf80")
    };
    // SAFETY: as in `begin`.
    #[cfg(target_arch = "riscv32")]
    unsafe {
        asm!("slti x0, x0, 0x80")
    };
}
