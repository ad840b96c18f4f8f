//! The time driver of embassy-time: a clock for each thread, which stands still until the
//! executor lets it go on.

use std::{cell::RefCell, collections::BTreeMap, task::Waker};

/// The time of one thread.
#[derive(Default)]
struct Clock {
    now: u64,
    /// Who is to be woken when, and in the order of asking.
    wakers: BTreeMap<(u64, u64), Waker>,
    asked: u64,
}

thread_local! {
    static CLOCK: RefCell<Clock> = RefCell::default();
}

struct ThreadClock;

impl embassy_time_driver::Driver for ThreadClock {
    fn now(&self) -> u64 {
        CLOCK.with_borrow(|clock| clock.now)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        if at == u64::MAX {
            // Never.
            return;
        }
        CLOCK.with_borrow_mut(|clock| {
            clock.asked += 1;
            clock.wakers.insert((at, clock.asked), waker.clone());
        });
    }
}

embassy_time_driver::time_driver_impl!(static DRIVER: ThreadClock = ThreadClock);

/// Begins anew at 0, with nobody to be woken.
pub(crate) fn reset() {
    CLOCK.with_borrow_mut(|clock| *clock = Clock::default());
}

/// Lets time pass until somebody is to be woken, and wakes them; `false` if nobody is.
pub(crate) fn advance() -> bool {
    let mut due = Vec::new();
    CLOCK.with_borrow_mut(|clock| {
        let Some((&(at, _), _)) = clock.wakers.first_key_value() else { return };
        clock.now = clock.now.max(at);
        while let Some(entry) = clock.wakers.first_entry() {
            if entry.key().0 > clock.now {
                break;
            }
            due.push(entry.remove());
        }
    });
    for waker in &due {
        waker.wake_by_ref();
    }
    !due.is_empty()
}

/// Milliseconds since the beginning.
#[must_use]
pub fn now_ms() -> u64 {
    embassy_time::Instant::now().as_millis()
}
