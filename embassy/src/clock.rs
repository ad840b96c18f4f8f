//! The connection's clock: that of embassy-time.

use embassy_time::{Instant, Timer};
use socklet_core::io::{Clock, nonblocking};

/// The clock of `embassy-time`, whose driver the program chooses: so the deadlines of
/// [`Timeouts`](socklet_core::Timeouts) hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbassyTime;

impl Clock for EmbassyTime {
    fn now_ms(&mut self) -> u64 {
        Instant::now().as_millis()
    }
}

impl nonblocking::Timer for EmbassyTime {
    async fn sleep_until_ms(&mut self, at_ms: u64) {
        Timer::at(instant(at_ms)).await;
    }
}

/// The first tick at which the clock shows so many milliseconds: one earlier would be one too
/// early, and the wait would begin again.
fn instant(at_ms: u64) -> Instant {
    Instant::try_from_millis(at_ms).map_or(Instant::MAX, |at| {
        if at.as_millis() < at_ms {
            Instant::from_ticks(at.as_ticks().saturating_add(1))
        } else {
            at
        }
    })
}
