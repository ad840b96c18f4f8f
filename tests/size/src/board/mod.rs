//! The board: vectors, start-up, the painted stack, and words with the host by semihosting.
//!
//! Nothing is copied or divided here, so that little of the compiler's run-time library is
//! linked before a program asks for it.

#[cfg(target_arch = "arm")]
mod arm;
#[cfg(target_arch = "riscv32")]
mod riscv;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

#[cfg(target_arch = "arm")]
use arm::{semihosting, stack_pointer};
#[cfg(target_arch = "riscv32")]
use riscv::{semihosting, stack_pointer};
#[cfg(target_arch = "x86_64")]
use x86_64::{semihosting, stack_pointer};

/// What unused stack is filled with.
const PAINT: u32 = 0xa5a5_a5a5;

/// How far below the stack pointer painting stops: the frame of the loop that paints.
const MARGIN_LEN: usize = 64;

unsafe extern "C" {
    static __stack_top: u32;
    static mut __bss_start: u32;
    static mut __bss_end: u32;
}

unsafe extern "Rust" {
    /// The program that is measured.
    safe fn app() -> bool;
}

static STATE_LEN: AtomicU32 = AtomicU32::new(0);

/// Reports the bytes of state that a connection has besides its buffers.
#[inline(never)]
pub fn report_state(len: usize) {
    STATE_LEN.store(len as u32, Relaxed);
}

/// Where the processor starts.
#[unsafe(no_mangle)]
unsafe extern "C" fn reset() -> ! {
    // SAFETY: the linker script lays these out, and no Rust code has run before.
    let passed = unsafe {
        let end = &raw mut __bss_end;
        let mut word = &raw mut __bss_start;
        while word < end {
            ptr::write_volatile(word, 0);
            word = word.add(1);
        }
        paint_stack();
        app()
    };
    print(b"stack ");
    print_hex(stack_peak());
    print(b"state ");
    print_hex(STATE_LEN.load(Relaxed));
    exit(passed)
}

#[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "it has no vectors"))]
unsafe extern "C" fn fault() -> ! {
    print(b"fault\n");
    exit(false)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    // Two panics that differ in nothing but a message that nobody reads would be merged into one
    // function with the name of either.
    #[cfg(feature = "distinct-panics")]
    core::hint::black_box(info);
    #[cfg(not(feature = "distinct-panics"))]
    let _ = info;
    print(b"panic\n");
    exit(false)
}

/// Fills what lies between the statics and the stack pointer.
#[inline(never)]
unsafe fn paint_stack() {
    let stack_pointer = stack_pointer();
    // SAFETY: the words below it and above the statics belong to nobody.
    unsafe {
        let mut word = &raw mut __bss_end;
        while (word as usize) < stack_pointer.wrapping_sub(MARGIN_LEN) {
            ptr::write_volatile(word, PAINT);
            word = word.add(1);
        }
    }
}

/// Returns the most bytes that the stack has had since it was painted.
#[inline(never)]
fn stack_peak() -> u32 {
    // SAFETY: it stops at the latest where painting stopped.
    unsafe {
        let mut word = &raw const __bss_end;
        while ptr::read_volatile(word) == PAINT {
            word = word.add(1);
        }
        (&raw const __stack_top as usize).wrapping_sub(word as usize) as u32
    }
}

/// Prints text on the host's side.
#[inline(never)]
pub(crate) fn print(text: &[u8]) {
    for &byte in text {
        // SYS_WRITEC takes the address of one character.
        semihosting(0x03, &raw const byte as usize);
    }
}

#[inline(never)]
fn print_hex(value: u32) {
    for shift in [28, 24, 20, 16, 12, 8, 4, 0] {
        let digit = (value.wrapping_shr(shift) & 15) as u8;
        print(&[digit.wrapping_add(if digit < 10 { b'0' } else { b'a' - 10 })]);
    }
    print(b"\n");
}

/// SYS_EXIT: QEMU exits with 0 for "application exit" and with 1 for any other reason.
fn exit(success: bool) -> ! {
    semihosting(0x18, if success { 0x2_0026 } else { 0x2_0023 });
    loop {}
}
