//! The clock of embassy-time on Cortex-M: SysTick, a thousand times a second; and what becomes of
//! faults there.

use core::cell::RefCell;
use core::task::Waker;

use cortex_m::peripheral::{SYST, syst::SystClkSource};
use cortex_m_rt::{ExceptionFrame, exception};
use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

use crate::{say, semihosting};

struct State {
    now: u64,
    next: u64,
    queue: Queue,
}

struct Clock(Mutex<RefCell<State>>);

embassy_time_driver::time_driver_impl!(static CLOCK: Clock = Clock(Mutex::new(RefCell::new(
    State { now: 0, next: u64::MAX, queue: Queue::new() }
))));

impl Driver for Clock {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.0.borrow_ref(section).now)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let state = &mut *self.0.borrow_ref_mut(section);
            if state.queue.schedule_wake(at, waker) {
                state.next = state.queue.next_expiration(state.now);
            }
        });
    }
}

/// Starts the clock on a core that runs at `core_hz`.
pub fn start(mut timer: SYST, core_hz: u32) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(core_hz / 1000 - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

#[exception]
fn SysTick() {
    critical_section::with(|section| {
        let state = &mut *CLOCK.0.borrow_ref_mut(section);
        state.now += 1;
        if state.now >= state.next {
            state.next = state.queue.next_expiration(state.now);
        }
    });
}

/// A fault is told, and the emulation ends with 1. After an overflow of the stack the processor
/// cannot even get here: it locks up, which ends the emulation too.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    say!("fault at {:08x}, called from {:08x}", frame.pc(), frame.lr());
    semihosting::exit(false)
}
