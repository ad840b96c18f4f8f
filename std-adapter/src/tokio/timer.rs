//! The clock of a connection, by tokio's.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use socklet_core::io::{Clock, nonblocking};
use tokio::time::{Instant, Sleep, sleep_until};

/// Milliseconds since the connection began, and one alarm.
#[derive(Debug)]
pub(super) struct Timer {
    start: Instant,
    /// When it was looked at last.
    latest_ms: u64,
    /// Allocated when something has to wait for the first time.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), latest_ms: 0, alarm: None }
    }

    pub(super) fn now_ms(&mut self) -> u64 {
        self.latest_ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.latest_ms
    }

    /// What the clock showed when it was looked at last, as it is after each read: what has been
    /// read by then was there by then. To look at it for each message has its price.
    pub(super) const fn latest_ms(&self) -> u64 {
        self.latest_ms
    }

    /// Waits until the clock shows `at_ms`.
    ///
    /// An alarm that is set for an earlier moment stays as it is until it goes off: deadlines
    /// move with every byte received, and setting alarms has its price.
    pub(super) fn poll_until(&mut self, at_ms: u64, context: &mut Context<'_>) -> Poll<()> {
        let at = self.start + Duration::from_millis(at_ms);
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(at)));
        loop {
            if alarm.deadline() > at || alarm.is_elapsed() && alarm.deadline() < at {
                alarm.as_mut().reset(at);
            }
            match alarm.as_mut().poll(context) {
                Poll::Ready(()) if alarm.deadline() < at => {}
                poll => return poll,
            }
        }
    }
}

impl Clone for Timer {
    /// The same clock with an alarm of its own.
    fn clone(&self) -> Self {
        Self { start: self.start, latest_ms: self.latest_ms, alarm: None }
    }
}

impl Clock for Timer {
    fn now_ms(&mut self) -> u64 {
        Self::now_ms(self)
    }
}

impl nonblocking::Timer for Timer {
    async fn sleep_until_ms(&mut self, at_ms: u64) {
        poll_fn(|context| self.poll_until(at_ms, context)).await;
    }
}
