//! A peer on a virtual clock: its bytes arrive at set times, it may never end, never read, or
//! never stop sending.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use crate::{
    Fault,
    clock::{Patience, VirtualClock},
};

/// A next layer whose peer follows a schedule.
#[derive(Debug)]
pub struct Schedule {
    clock: VirtualClock,
    patience_ms: Option<u64>,
    /// What arrives, and when; an empty arrival is the end.
    arrivals: VecDeque<(u64, Vec<u8>)>,
    flood: Option<(Vec<u8>, u64)>,
    /// Bytes that the peer will still take.
    room: usize,
    /// What was written, and when.
    pub written: Vec<(u64, Vec<u8>)>,
}

impl Schedule {
    /// A silent peer that reads everything.
    #[must_use]
    pub fn new(clock: &VirtualClock) -> Self {
        Self {
            clock: clock.clone(),
            patience_ms: None,
            arrivals: VecDeque::new(),
            flood: None,
            room: usize::MAX,
            written: Vec::new(),
        }
    }

    /// Bytes that arrive so many milliseconds from now; they are to be given in order.
    #[must_use]
    pub fn arrives(mut self, in_ms: u64, bytes: impl AsRef<[u8]>) -> Self {
        self.arrivals.push_back((self.clock.shows_ms() + in_ms, bytes.as_ref().to_vec()));
        self
    }

    /// Ends at that time.
    #[must_use]
    pub fn ends(self, in_ms: u64) -> Self {
        self.arrives(in_ms, [])
    }

    /// Once all has arrived, each read gives these bytes at once and takes so long.
    #[must_use]
    pub fn floods(mut self, bytes: impl AsRef<[u8]>, each_ms: u64) -> Self {
        self.flood = Some((bytes.as_ref().to_vec(), each_ms));
        self
    }

    /// Takes so many bytes, and then reads no more.
    #[must_use]
    pub fn takes(mut self, len: usize) -> Self {
        self.room = len;
        self
    }

    /// The clock that it follows.
    #[must_use]
    pub fn clock(&self) -> VirtualClock {
        self.clock.clone()
    }

    /// All bytes that were written.
    #[must_use]
    pub fn all_written(&self) -> Vec<u8> {
        self.written.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    }

    /// Reads what is there now; `None` if nothing is.
    fn read_now(&mut self, out: &mut [u8]) -> Option<usize> {
        let now_ms = self.clock.shows_ms();
        match self.arrivals.front_mut() {
            Some((at_ms, bytes)) if *at_ms <= now_ms => {
                let len = bytes.len().min(out.len());
                out[..len].copy_from_slice(&bytes[..len]);
                bytes.drain(..len);
                if bytes.is_empty() && len != 0 {
                    self.arrivals.pop_front();
                }
                Some(len)
            }
            Some(_) => None,
            None => {
                let (bytes, each_ms) = self.flood.as_ref()?;
                assert!(bytes.len() <= out.len(), "a flood comes in whole pieces");
                out[..bytes.len()].copy_from_slice(bytes);
                self.clock.advance(*each_ms);
                Some(bytes.len())
            }
        }
    }

    fn write_now(&mut self, bytes: &[u8]) -> Option<usize> {
        let len = bytes.len().min(self.room);
        if len == 0 {
            return None;
        }
        self.room -= len;
        self.written.push((self.clock.shows_ms(), bytes[..len].to_vec()));
        Some(len)
    }

    fn next_ms(&self) -> u64 {
        self.arrivals.front().map_or(u64::MAX, |(at_ms, _)| *at_ms)
    }

    /// Lets the clock go on, in a blocking call, to `at_ms` or to the end of patience.
    fn wait(&self, at_ms: u64) -> Result<(), Fault> {
        let now_ms = self.clock.shows_ms();
        let until_ms = self.patience_ms.map_or(u64::MAX, |wait_ms| now_ms + wait_ms);
        assert!(at_ms != u64::MAX || until_ms != u64::MAX, "waits for ever");
        self.clock.advance(at_ms.min(until_ms) - now_ms);
        if at_ms <= until_ms { Ok(()) } else { Err(Fault::TimedOut) }
    }
}

impl Patience for Schedule {
    fn set_patience(&mut self, wait_ms: Option<u64>) {
        self.patience_ms = wait_ms;
    }
}

impl embedded_io::ErrorType for Schedule {
    type Error = Fault;
}

impl embedded_io::Read for Schedule {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        loop {
            if let Some(len) = self.read_now(out) {
                return Ok(len);
            }
            self.wait(self.next_ms())?;
        }
    }
}

impl embedded_io::Write for Schedule {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        loop {
            if let Some(len) = self.write_now(bytes) {
                return Ok(len);
            }
            self.wait(u64::MAX)?;
        }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

impl embedded_io_async::Read for Schedule {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        let at_ms = self.next_ms();
        let mut sleep = pin!(self.clock.sleep_until(at_ms));
        poll_fn(|context| {
            if let Some(len) = self.read_now(out) {
                return Poll::Ready(Ok(len));
            }
            // Nobody sleeps for what never comes, or the clock would go there.
            if at_ms != u64::MAX && sleep.as_mut().poll(context).is_ready() {
                context.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await
    }
}

impl embedded_io_async::Write for Schedule {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        poll_fn(|_| self.write_now(bytes).map_or(Poll::Pending, |len| Poll::Ready(Ok(len)))).await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}
