//! The clock of embassy-time on RISC-V with a CLINT: `mtime` at 10 MHz, `mtimecmp` for alarms.

use core::cell::RefCell;
use core::ptr;
use core::task::Waker;

use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;
use riscv::interrupt::Interrupt;

/// Where the machine `virt` has them: two words each.
const MTIME: *const u32 = 0x0200_BFF8 as *const u32;
const MTIMECMP: *mut u32 = 0x0200_4000 as *mut u32;

struct Clock(Mutex<RefCell<Queue>>);

embassy_time_driver::time_driver_impl!(
    static CLOCK: Clock = Clock(Mutex::new(RefCell::new(Queue::new())))
);

impl Driver for Clock {
    fn now(&self) -> u64 {
        now()
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let mut queue = self.0.borrow_ref_mut(section);
            if queue.schedule_wake(at, waker) {
                set_alarm(queue.next_expiration(now()));
            }
        });
    }
}

fn now() -> u64 {
    loop {
        // SAFETY: both words of the counter can be read at any time.
        let [before, low, high] = [MTIME.wrapping_add(1), MTIME, MTIME.wrapping_add(1)]
            .map(|word| unsafe { ptr::read_volatile(word) });
        if before == high {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// The high word is written first to a time that never comes, so that none is between the two.
fn set_alarm(at: u64) {
    let words = [(1, u32::MAX), (0, at as u32), (1, (at >> 32) as u32)];
    for (word, value) in words {
        // SAFETY: the register is the clock's own.
        unsafe { ptr::write_volatile(MTIMECMP.wrapping_add(word), value) };
    }
}

/// Starts the clock.
pub fn start() {
    set_alarm(u64::MAX);
    // SAFETY: its handler is below.
    unsafe { riscv::register::mie::set_mtimer() };
}

#[riscv_rt::core_interrupt(Interrupt::MachineTimer)]
fn alarm() {
    critical_section::with(|section| {
        let next = CLOCK.0.borrow_ref_mut(section).next_expiration(now());
        set_alarm(next);
    });
}
