//! How far it is, on a terminal.

use std::{
    future::pending,
    io::{IsTerminal, Write, stderr},
    time::Duration,
};

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often it is shown.
const PERIOD: Duration = Duration::from_millis(100);

/// Characters of the bar.
const WIDTH: u64 = 40;

/// A bar on standard error, if that is a terminal; it goes with this value.
pub(super) struct Progress {
    total: u64,
    ticks: Option<Interval>,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        let ticks = stderr().is_terminal().then(|| {
            let mut ticks = interval(PERIOD);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        Self { total, ticks }
    }

    /// Waits until it is to be shown again.
    pub(super) async fn tick(&mut self) {
        match &mut self.ticks {
            Some(ticks) => _ = ticks.tick().await,
            None => pending().await,
        }
    }

    pub(super) fn show(&self, done: u64, elapsed: Duration) {
        let share = |of: u64| (u128::from(done) * u128::from(of) / u128::from(self.total)) as usize;
        let bar =
            format!("{}{}", "#".repeat(share(WIDTH)), "-".repeat(WIDTH as usize - share(WIDTH)));
        let rate = done as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        let line = format!("\r\x1b[K[{bar}] {:3}%, {rate:.0} messages/s", share(100));
        // Where standard error is gone, nobody can be told.
        let _ = stderr().lock().write_all(line.as_bytes());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.ticks.is_some() {
            let _ = stderr().lock().write_all(b"\r\x1b[K");
        }
    }
}
