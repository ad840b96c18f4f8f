//! Words with the host by semihosting: arguments, lines, files, the time, and the end.
//!
//! The calls are those of Arm's specification, which RISC-V has adopted; only the instruction
//! that makes them differs.

use core::arch::asm;
use core::fmt::{self, Write as _};
use core::str;

/// Opens a file, with a mode: its handle.
const SYS_OPEN: usize = 0x01;
const SYS_CLOSE: usize = 0x02;
const SYS_WRITE: usize = 0x05;
const SYS_READ: usize = 0x06;
/// Seconds since 1970.
const SYS_TIME: usize = 0x11;
const SYS_GET_CMDLINE: usize = 0x15;
const SYS_EXIT: usize = 0x18;

/// `rb` and `wb` of C's `fopen`.
const READ: usize = 1;
const WRITE: usize = 5;

/// The reasons that `SYS_EXIT` takes on 32-bit machines: all is well, or any other.
const APPLICATION_EXIT: usize = 0x2_0026;
const RUN_TIME_ERROR: usize = 0x2_0023;

/// Longest path of a file in bytes.
const PATH_LEN: usize = 160;

/// Bytes of a line that go to the host in one call.
const LINE_LEN: usize = 120;

/// Ends the emulation: the exit code is 0 or 1.
pub fn exit(success: bool) -> ! {
    let reason = if success { APPLICATION_EXIT } else { RUN_TIME_ERROR };
    // SAFETY: the argument is a number.
    unsafe { call(SYS_EXIT, reason) };
    // Without an emulator nobody has listened.
    loop {
        core::hint::spin_loop();
    }
}

/// Returns what stands behind `-append` or in `arg=`, as far as the buffer holds it; empty
/// without arguments.
pub fn arguments(buffer: &mut [u8]) -> &str {
    let mut block = [buffer.as_mut_ptr() as usize, buffer.len()];
    // SAFETY: the host writes no more than the length of the buffer into it, and into the block.
    let failed = unsafe { call(SYS_GET_CMDLINE, block.as_mut_ptr() as usize) } != 0;
    let len = if failed { 0 } else { buffer.iter().position(|&byte| byte == 0).unwrap_or(0) };
    buffer.get(..len).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Seconds since 1970 by the host's clock.
pub fn unix_time() -> u64 {
    // SAFETY: there is no argument.
    unsafe { call(SYS_TIME, 0) as u64 }
}

/// Prints a line on the host's standard output.
#[macro_export]
macro_rules! say {
    ($($argument:tt)*) => { $crate::semihosting::print(::core::format_args!($($argument)*)) };
}

/// Prints a line on the host's standard output: [`say!`](crate::say).
pub fn print(line: fmt::Arguments<'_>) {
    // Without a host that listens there is nobody to tell.
    if let Some(file) = File::open_as(":tt", WRITE) {
        let mut out = Line { file, bytes: [0; LINE_LEN], len: 0 };
        let _ = out.write_fmt(line);
        let _ = out.write_char('\n');
        out.flush();
    }
}

/// A line on its way: one call for most, since each stops the machine for a while.
struct Line {
    file: File,
    bytes: [u8; LINE_LEN],
    len: usize,
}

impl Line {
    fn flush(&mut self) {
        self.file.write(self.bytes.get(..self.len).unwrap_or_default());
        self.len = 0;
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.len == LINE_LEN {
                self.flush();
            }
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
        Ok(())
    }
}

/// A file of the host.
#[derive(Debug)]
pub struct File(usize);

impl File {
    /// Opens a file to be read; `None` if the host cannot, or the path is too long.
    pub fn open(path: &str) -> Option<Self> {
        Self::open_as(path, READ)
    }

    fn open_as(path: &str, mode: usize) -> Option<Self> {
        let mut bytes = [0; PATH_LEN];
        // One zero at least stays at the end.
        if path.len() >= PATH_LEN {
            return None;
        }
        bytes.get_mut(..path.len())?.copy_from_slice(path.as_bytes());
        let block = [bytes.as_ptr() as usize, mode, path.len()];
        // SAFETY: the host reads the block, and the path up to its zero.
        let handle = unsafe { call(SYS_OPEN, block.as_ptr() as usize) };
        (handle != usize::MAX).then_some(Self(handle))
    }

    /// Reads until the buffer is full or the file ends, and returns how many bytes it was.
    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        let block = [self.0, buffer.as_mut_ptr() as usize, buffer.len()];
        // SAFETY: the host writes no more than the length of the buffer into it.
        let missing = unsafe { call(SYS_READ, block.as_ptr() as usize) };
        buffer.len().saturating_sub(missing)
    }

    fn write(&mut self, bytes: &[u8]) {
        let block = [self.0, bytes.as_ptr() as usize, bytes.len()];
        // SAFETY: the host reads the block and the bytes.
        unsafe { call(SYS_WRITE, block.as_ptr() as usize) };
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let block = [self.0];
        // SAFETY: the host reads the block.
        unsafe { call(SYS_CLOSE, block.as_ptr() as usize) };
    }
}

/// Makes one call.
///
/// # Safety
/// `argument` is what the operation expects: a number, or the address of a block of words whose
/// addresses and lengths are those of memory that the host may read or write.
#[cfg(target_arch = "arm")]
unsafe fn call(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: the debugger takes over at this instruction and returns behind it.
    unsafe { asm!("bkpt #0xab", inout("r0") operation => result, in("r1") argument) };
    result
}

/// Makes one call.
///
/// # Safety
/// `argument` is what the operation expects: a number, or the address of a block of words whose
/// addresses and lengths are those of memory that the host may read or write.
#[cfg(target_arch = "riscv32")]
unsafe fn call(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: the debugger takes over at these three instructions, which have to be uncompressed
    // and in one page, and returns behind them.
    unsafe {
        asm!(
            ".balign 16",
            ".option push",
            ".option norvc",
            "slli x0, x0, 0x1f",
            "ebreak",
            "srai x0, x0, 7",
            ".option pop",
            inout("a0") operation => result,
            in("a1") argument,
        );
    }
    result
}
