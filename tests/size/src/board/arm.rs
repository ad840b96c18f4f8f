//! A Cortex-M: QEMU's lm3s6965evb, which runs the code of a Cortex-M0 as well.

use core::arch::asm;

use super::{fault, reset};

unsafe extern "C" {
    static __stack_top: u32;
}

#[repr(C)]
struct Vectors {
    stack_top: *const u32,
    handlers: [unsafe extern "C" fn() -> !; 3],
}

// SAFETY: it is never written.
unsafe impl Sync for Vectors {}

#[unsafe(no_mangle)]
#[unsafe(link_section = ".vectors")]
static VECTORS: Vectors =
    Vectors { stack_top: &raw const __stack_top, handlers: [reset, fault, fault] };

#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: it reads a register.
    unsafe { asm!("mov {}, sp", out(reg) sp) };
    sp
}

pub(super) fn semihosting(operation: usize, argument: usize) {
    // SAFETY: the host reads one character at most; the result in r0 is not used.
    unsafe { asm!("bkpt #0xab", inout("r0") operation => _, in("r1") argument) }
}
