//! Virtual time: it passes only when nobody can do anything without.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use embedded_io::ErrorType;
use socklet_core::io::{Clock, blocking::Deadline, nonblocking::Timer};

/// A clock that all its clones share.
#[derive(Debug, Clone, Default)]
pub struct VirtualClock(Arc<Mutex<Time>>);

#[derive(Debug, Default)]
struct Time {
    now_ms: u64,
    next_id: u64,
    sleepers: Vec<(u64, u64, Waker)>,
}

impl VirtualClock {
    /// A clock that shows some time that is not 0, as a machine that has been up does.
    #[must_use]
    pub fn new() -> Self {
        let clock = Self::default();
        clock.time().now_ms = 1_000_000;
        clock
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap()
    }

    /// What it shows.
    #[must_use]
    pub fn shows_ms(&self) -> u64 {
        self.time().now_ms
    }

    /// Lets time pass.
    pub fn advance(&self, ms: u64) {
        let mut time = self.time();
        time.now_ms += ms;
        let now_ms = time.now_ms;
        for (at_ms, _, waker) in &time.sleepers {
            if *at_ms <= now_ms {
                waker.wake_by_ref();
            }
        }
    }

    /// Lets time pass until somebody is woken; false if nobody sleeps.
    #[must_use]
    pub fn advance_to_next(&self) -> bool {
        let (now_ms, next) = {
            let time = self.time();
            (time.now_ms, time.sleepers.iter().map(|(at_ms, ..)| *at_ms).min())
        };
        match next {
            Some(at_ms) => {
                self.advance(at_ms.saturating_sub(now_ms));
                true
            }
            None => false,
        }
    }

    /// Waits until the clock shows `at_ms`.
    #[must_use]
    pub fn sleep_until(&self, at_ms: u64) -> Sleep {
        let mut time = self.time();
        time.next_id += 1;
        Sleep { clock: self.clone(), at_ms, id: time.next_id }
    }
}

/// Waits on a [`VirtualClock`].
#[derive(Debug)]
pub struct Sleep {
    clock: VirtualClock,
    at_ms: u64,
    id: u64,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut time = self.clock.time();
        time.sleepers.retain(|(_, id, _)| *id != self.id);
        if time.now_ms >= self.at_ms {
            return Poll::Ready(());
        }
        time.sleepers.push((self.at_ms, self.id, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.time().sleepers.retain(|(_, id, _)| *id != self.id);
    }
}

impl Clock for VirtualClock {
    fn now_ms(&mut self) -> u64 {
        self.shows_ms()
    }
}

impl Timer for VirtualClock {
    fn sleep_until_ms(&mut self, at_ms: u64) -> impl Future<Output = ()> {
        self.sleep_until(at_ms)
    }
}

/// A blocking next layer that can be told how long to wait.
pub trait Patience {
    /// For the next reads and writes; `None`: as long as it takes.
    fn set_patience(&mut self, wait_ms: Option<u64>);
}

impl<S: ErrorType + Patience> Deadline<S> for VirtualClock {
    fn limit(&mut self, next: &mut S, wait_ms: Option<u64>) -> Result<(), S::Error> {
        next.set_patience(wait_ms);
        Ok(())
    }
}
