//! What a program takes of the machine's memory, by the symbols of the linker and a painted stack.
//!
//! The stack lies *below* the statics, at the very beginning of RAM (see `memory.x` of each board):
//! one that overflows runs into nothing, which is a fault, and never into a static. That is what
//! `flip-link` does for linker scripts that leave the stack above; here the linker also checks
//! that both fit.

use core::ptr;

/// What unused stack is filled with.
const PAINT: u32 = 0xa5a5_a5a5;

/// How far below the stack pointer painting stops: the frame of the loop that paints.
const MARGIN_LEN: usize = 128;

unsafe extern "C" {
    static mut _stack_bottom: u32;
    static mut _stack_start: u32;
    static _statics_start: u32;
    static _statics_end: u32;
}

/// Fills the stack that is not in use: to be done once, first of all.
#[inline(never)]
pub fn paint_stack() {
    let marker = 0_u32;
    let end = (&raw const marker as usize).saturating_sub(MARGIN_LEN);
    let mut word = &raw mut _stack_bottom;
    while (word as usize) < end {
        // SAFETY: it lies in the stack, and below everything that is in use of it.
        unsafe {
            ptr::write_volatile(word, PAINT);
            word = word.add(1);
        }
    }
}

/// Returns the most bytes that the stack has had since it was painted.
#[inline(never)]
pub fn stack_peak() -> usize {
    let mut word = &raw const _stack_bottom;
    let top = &raw const _stack_start;
    // SAFETY: all words from the bottom to the top are the stack's.
    while word < top && unsafe { ptr::read_volatile(word) } == PAINT {
        // SAFETY: it is below the top.
        word = unsafe { word.add(1) };
    }
    (top as usize).saturating_sub(word as usize)
}

/// Returns the bytes that are reserved for the stack.
pub fn stack_len() -> usize {
    (&raw const _stack_start as usize).saturating_sub(&raw const _stack_bottom as usize)
}

/// Returns the bytes of all statics, futures of tasks included.
pub fn statics_len() -> usize {
    (&raw const _statics_end as usize).saturating_sub(&raw const _statics_start as usize)
}
