//! What becomes of faults on RISC-V, an overflow of the stack above all.
//!
//! A trap is handled on the stack of the program. When that has overflowed there is no room for
//! the handler either, so the end of the stack is looked at first.

use core::arch::global_asm;

use crate::{memory, say, semihosting};

// One register is needed, and it is kept in `mscratch` meanwhile. The margin is what handlers take.
global_asm!(
    ".section .trap.start, \"ax\"",
    ".balign 4",
    ".global _start_trap",
    "_start_trap:",
    "csrw mscratch, t0",
    "la t0, _stack_bottom + 512",
    "bltu sp, t0, 1f",
    "csrr t0, mscratch",
    "j _default_start_trap",
    // What was on the stack is of no use any more.
    "1: la sp, _stack_start",
    "j {overflow}",
    overflow = sym overflow,
);

extern "C" fn overflow() -> ! {
    say!("the stack of {} bytes has overflowed", memory::stack_len());
    semihosting::exit(false)
}

/// Any other fault is told, and the emulation ends with 1.
#[unsafe(export_name = "ExceptionHandler")]
fn exception(_: &riscv_rt::TrapFrame) -> ! {
    let (cause, place) = (riscv::register::mcause::read(), riscv::register::mepc::read());
    say!("fault {:?} at {place:08x}", cause.cause());
    semihosting::exit(false)
}
