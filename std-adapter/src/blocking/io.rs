//! A blocking stream as the core sees it, and the clock that bounds its waiting.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use embedded_io::{ErrorType, Read, Write};
use socklet_core::io::{Clock as CoreClock, blocking::Deadline};

use super::Socket;
use crate::io_error::{IoError, end_of_stream};

/// How often a thread that waits looks whether it is interrupted.
const INTERRUPT_MS: u64 = 128;

/// A stream as the core sees it: one of [`embedded_io`].
#[derive(Debug)]
pub struct Io<S> {
    pub(super) socket: S,
    /// What the system was told last, so that it is not told with every read.
    reads: Wait,
    writes: Wait,
    direction: Direction,
    /// The clock of the connection, for its halves.
    pub(super) clock: Clock,
    /// Set by somebody who wants the thread that waits here.
    pub(super) interrupt: Option<Arc<AtomicBool>>,
}

/// What of a stream is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Both,
    Reads,
    Writes,
}

/// The longest wait that a direction of the socket was told.
#[derive(Debug, Clone, Copy)]
enum Wait {
    /// Not by us: anything.
    Unknown,
    Told(Option<u64>),
}

impl<S> Io<S> {
    pub(super) const fn new(socket: S, direction: Direction, clock: Clock) -> Self {
        let (reads, writes) = (Wait::Unknown, Wait::Unknown);
        Self { socket, reads, writes, direction, clock, interrupt: None }
    }

    pub(super) fn set_interrupt(&mut self, interrupt: Option<Arc<AtomicBool>>) {
        self.interrupt = interrupt;
    }

    /// The stream.
    pub const fn inner(&self) -> &S {
        &self.socket
    }
}

impl Wait {
    /// What to tell the socket for a wait of `wanted_ms`, if what it knows does not serve.
    ///
    /// An earlier end of a wait does no harm: the core looks at the clock and waits on. So what
    /// is told is rounded down, and told again only if it is much too short or too long.
    fn update(&mut self, wanted_ms: Option<u64>) -> Option<Option<Duration>> {
        match (*self, wanted_ms) {
            (Self::Told(None), None) => return None,
            (Self::Told(Some(told_ms)), Some(wanted_ms))
                if told_ms <= wanted_ms && wanted_ms / 4 < told_ms =>
            {
                return None;
            }
            _ => {}
        }
        let told_ms = wanted_ms.map(|wanted_ms| match wanted_ms.checked_ilog2() {
            Some(log) => 1 << log,
            None => 1,
        });
        *self = Self::Told(told_ms);
        Some(told_ms.map(Duration::from_millis))
    }
}

impl<S> ErrorType for Io<S> {
    type Error = IoError;
}

impl<S: Socket> Read for Io<S> {
    fn read(&mut self, space: &mut [u8]) -> Result<usize, IoError> {
        Ok(end_of_stream(self.socket.read(space))?)
    }
}

impl<S: Socket> Write for Io<S> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, IoError> {
        Ok(self.socket.write(bytes)?)
    }

    fn flush(&mut self) -> Result<(), IoError> {
        Ok(self.socket.flush()?)
    }
}

/// The clock of a connection: the system's, in milliseconds since the connection began.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl CoreClock for Clock {
    fn now_ms(&mut self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl<S: Socket> Deadline<Io<S>> for Clock {
    fn limit(&mut self, next: &mut Io<S>, mut wait_ms: Option<u64>) -> Result<(), IoError> {
        if let Some(interrupt) = &next.interrupt {
            if interrupt.load(Ordering::Relaxed) {
                return Err(IoError(io::ErrorKind::Interrupted.into()));
            }
            wait_ms = Some(wait_ms.map_or(INTERRUPT_MS, |wait_ms| wait_ms.min(INTERRUPT_MS)));
        }
        if next.direction != Direction::Writes
            && let Some(wait) = next.reads.update(wait_ms)
        {
            next.socket.set_read_wait(wait)?;
        }
        if next.direction != Direction::Reads
            && let Some(wait) = next.writes.update(wait_ms)
        {
            next.socket.set_write_wait(wait)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_told_only_when_it_matters() {
        let mut wait = Wait::Unknown;
        assert_eq!(wait.update(None), Some(None), "whatever it was");
        assert_eq!(wait.update(None), None);
        assert_eq!(wait.update(Some(150_000)), Some(Some(Duration::from_millis(131_072))));
        assert_eq!(wait.update(Some(149_999)), None);
        assert_eq!(wait.update(Some(300_000)), None);
        assert_eq!(wait.update(Some(131_071)), Some(Some(Duration::from_millis(65_536))));
        assert_eq!(wait.update(Some(1)), Some(Some(Duration::from_millis(1))));
        assert_eq!(wait.update(Some(30_000)), Some(Some(Duration::from_millis(16_384))));
        assert_eq!(wait.update(None), Some(None));
    }

    #[test]
    fn no_wait_is_longer_than_wanted_nor_zero() {
        for wanted_ms in (0..10_000).chain([u64::from(u32::MAX), u64::MAX]) {
            let told = Wait::Unknown.update(Some(wanted_ms)).flatten().unwrap();
            assert!(!told.is_zero());
            assert!(told <= Duration::from_millis(wanted_ms.max(1)));
        }
    }
}
