//! Halves of a next layer on a virtual clock: one whose peer takes little, or nothing, and one
//! that lets something happen while it waits.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Poll, ready},
};

use socklet_core_tests::{
    Fault,
    clock::{Patience, Sleep, VirtualClock},
};

pub(crate) type Log = Rc<RefCell<Vec<(u64, Vec<u8>)>>>;

/// The half of a next layer whose peer takes so many bytes at once, and then so many at a time.
pub(crate) struct Taker {
    clock: VirtualClock,
    patience_ms: Option<u64>,
    room: usize,
    /// How many bytes each time, and every how many milliseconds.
    more: Option<(usize, u64)>,
    since_ms: u64,
    /// Lives on when the future of a write is dropped, as a socket's wake-up does.
    sleep: Option<Sleep>,
    log: Log,
}

impl Taker {
    pub(crate) fn new(
        clock: &VirtualClock,
        room: usize,
        more: Option<(usize, u64)>,
    ) -> (Self, Log) {
        let (log, since_ms) = (Log::default(), clock.shows_ms());
        let clock = clock.clone();
        (
            Self { clock, patience_ms: None, room, more, since_ms, sleep: None, log: log.clone() },
            log,
        )
    }

    fn write_now(&mut self, bytes: &[u8]) -> Option<usize> {
        let now_ms = self.clock.shows_ms();
        if let Some((len, each_ms)) = self.more
            && self.room == 0
            && now_ms >= self.since_ms + each_ms
        {
            (self.room, self.since_ms) = (len, now_ms);
        }
        let len = bytes.len().min(self.room);
        self.room -= len;
        if len != 0 {
            self.log.borrow_mut().push((now_ms, bytes[..len].to_vec()));
        }
        (len != 0).then_some(len)
    }

    fn ready_ms(&self) -> Option<u64> {
        self.more.map(|(_, each_ms)| self.since_ms + each_ms)
    }
}

impl Patience for Taker {
    fn set_patience(&mut self, wait_ms: Option<u64>) {
        self.patience_ms = wait_ms;
    }
}

impl embedded_io::ErrorType for Taker {
    type Error = Fault;
}

impl embedded_io::Write for Taker {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let now_ms = self.clock.shows_ms();
        let until_ms = self.patience_ms.map(|wait_ms| now_ms + wait_ms);
        loop {
            if let Some(len) = self.write_now(bytes) {
                return Ok(len);
            }
            let next_ms = [self.ready_ms(), until_ms].into_iter().flatten().min();
            let next_ms = next_ms.expect("waits for ever");
            self.clock.advance(next_ms - self.clock.shows_ms());
            if Some(next_ms) == until_ms && self.ready_ms() != until_ms {
                return Err(Fault::TimedOut);
            }
        }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

impl embedded_io_async::Write for Taker {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        poll_fn(|context| {
            loop {
                if let Some(len) = self.write_now(bytes) {
                    return Poll::Ready(Ok(len));
                }
                let Some(at_ms) = self.ready_ms() else { return Poll::Pending };
                let sleep = self.sleep.insert(self.clock.sleep_until(at_ms));
                ready!(Pin::new(sleep).poll(context));
            }
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

/// A next layer's half at which something happens when it is first waited for, as if another
/// thread did it.
pub(crate) struct Meanwhile<S, F>(pub(crate) S, pub(crate) Option<F>);

impl<S: Patience, F> Patience for Meanwhile<S, F> {
    fn set_patience(&mut self, wait_ms: Option<u64>) {
        self.0.set_patience(wait_ms);
    }
}

impl<S: embedded_io::ErrorType, F> embedded_io::ErrorType for Meanwhile<S, F> {
    type Error = S::Error;
}

impl<S: embedded_io::Read, F: FnOnce()> embedded_io::Read for Meanwhile<S, F> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, S::Error> {
        if let Some(act) = self.1.take() {
            act();
        }
        self.0.read(out)
    }
}
