//! A RISC-V without atomics, of the class of an ESP32-C3: QEMU's virt machine.

use core::arch::{asm, global_asm};

global_asm!(
    ".section .vectors, \"ax\"",
    ".global _start",
    "_start:",
    "la sp, __stack_top",
    "la t0, 1f",
    "csrw mtvec, t0",
    "tail {reset}",
    // A trap handler stands on a word.
    ".balign 4",
    "1: tail {fault}",
    reset = sym super::reset,
    fault = sym super::fault,
);

#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: it reads a register.
    unsafe { asm!("mv {}, sp", out(reg) sp) };
    sp
}

pub(super) fn semihosting(operation: usize, argument: usize) {
    // SAFETY: the host reads one character at most; the result in a0 is not used. These three
    // instructions, none of them compressed, are the call.
    unsafe {
        asm!(
            ".option push",
            ".option norvc",
            ".balign 16",
            "slli x0, x0, 0x1f",
            "ebreak",
            "srai x0, x0, 7",
            ".option pop",
            inout("a0") operation => _,
            in("a1") argument,
        )
    }
}
