//! No board at all: a program for x86-64 is linked to be looked at, and never runs.

use core::arch::asm;

/// What the linker begins with.
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    // SAFETY: nothing runs it.
    unsafe { super::reset() }
}

#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: it reads a register.
    unsafe { asm!("mov {}, rsp", out(reg) sp) };
    sp
}

pub(super) fn semihosting(operation: usize, argument: usize) {
    core::hint::black_box((operation, argument));
}
