//! A stack that overflows on purpose.

use core::hint::black_box;

use socklet_qemu_support::{memory, say};

use crate::report::Report;

/// A static that must keep its value: it is the first thing that a stack above it would hit.
static CANARY: [u32; 64] = [0x5afe_5afe; 64];

/// Uses more stack than there is. Nothing of this may come back.
pub(crate) fn run(report: &mut Report) {
    say!("overflowing a stack of {} bytes", memory::stack_len());
    let sum = descend(memory::stack_len() / 16);
    report.failed("overflow", &format_args!("survived with {sum}, {}", black_box(CANARY.len())));
}

/// Takes more than 16 bytes of stack for each level.
#[inline(never)]
fn descend(levels: usize) -> usize {
    let frame = black_box([levels; 16]);
    match levels.checked_sub(1) {
        Some(levels) => descend(levels).wrapping_add(frame.iter().sum::<usize>()),
        None => 0,
    }
}
