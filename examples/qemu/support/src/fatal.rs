//! The end after a panic: it is told, and the emulation ends with 1.

use core::panic::PanicInfo;

use crate::{say, semihosting};

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    say!("{info}");
    semihosting::exit(false)
}
