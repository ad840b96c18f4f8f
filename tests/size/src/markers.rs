//! Marks what is counted, for the plugins of QEMU beside this package; the firmware of
//! `examples/qemu` has this file in it, too.

#[cfg(not(target_arch = "x86_64"))]
use core::arch::asm;

/// A hint that no processor here knows, and that does nothing: of Thumb, and of RISC-V.
macro_rules! marker {
    ($(#[$doc:meta])* $name:ident: $thumb:literal, $riscv:literal) => {
        $(#[$doc])*
        #[inline(always)]
        pub fn $name() {
            // SAFETY: it does nothing. It may stand for a read or write of memory, so that nothing
            // is moved across.
            #[cfg(target_arch = "arm")]
            unsafe {
                asm!($thumb)
            };
            // SAFETY: as above.
            #[cfg(target_arch = "riscv32")]
            unsafe {
                asm!($riscv)
            };
        }
    };
}

marker! {
    /// What is to be counted begins.
    begin: ".hword 0xbf70", "slti x0, x0, 0x70"
}
marker! {
    /// What is to be counted ends.
    end: ".hword 0xbf80", "slti x0, x0, 0x80"
}
