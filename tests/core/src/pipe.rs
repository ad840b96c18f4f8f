//! A stream in memory with two ends, each usable as a blocking and as an asynchronous layer.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Condvar, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::Fault;

/// No blocking test waits longer than this for the other thread, but in a hang.
const HANG: Duration = Duration::from_secs(20);

/// One direction.
#[derive(Debug, Default)]
struct Channel {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: VecDeque<u8>,
    capacity: usize,
    /// All bytes that ever went through.
    log: Vec<u8>,
    ended: bool,
    /// Whether nobody will read any more.
    abandoned: bool,
    wakers: Vec<Waker>,
}

/// One end of a stream. Dropping it ends what it wrote, and breaks what the other end writes.
#[derive(Debug)]
pub struct Pipe {
    inbound: Arc<Channel>,
    outbound: Arc<Channel>,
}

/// Looks at what an end has written, also after it is gone.
#[derive(Debug, Clone)]
pub struct Tap(Arc<Channel>);

impl Tap {
    /// All bytes that were written.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.state.lock().unwrap().log.clone()
    }
}

/// The two ends of a stream that holds `capacity` bytes in each direction.
#[must_use]
pub fn duplex(capacity: usize) -> (Pipe, Pipe) {
    let channel = || {
        let state = Mutex::new(State { capacity, ..State::default() });
        Arc::new(Channel { state, changed: Condvar::new() })
    };
    let (there, back) = (channel(), channel());
    let near = Pipe { inbound: back.clone(), outbound: there.clone() };
    (near, Pipe { inbound: there, outbound: back })
}

impl Channel {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap();
        let output = change(&mut state);
        for waker in state.wakers.drain(..) {
            waker.wake();
        }
        self.changed.notify_all();
        output
    }

    /// Waits in a poll.
    fn poll<T>(
        &self,
        context: &Context<'_>,
        mut attempt: impl FnMut(&mut State) -> Option<T>,
    ) -> Poll<T> {
        let mut state = self.state.lock().unwrap();
        match attempt(&mut state) {
            Some(output) => {
                for waker in state.wakers.drain(..) {
                    waker.wake();
                }
                self.changed.notify_all();
                Poll::Ready(output)
            }
            None => {
                state.wakers.push(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Waits in the call.
    fn block<T>(&self, mut attempt: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut state = self.state.lock().unwrap();
        loop {
            if let Some(output) = attempt(&mut state) {
                for waker in state.wakers.drain(..) {
                    waker.wake();
                }
                self.changed.notify_all();
                return output;
            }
            let (guard, timeout) = self.changed.wait_timeout(state, HANG).unwrap();
            assert!(!timeout.timed_out(), "blocked for ever");
            state = guard;
        }
    }
}

impl State {
    fn read(&mut self, out: &mut [u8]) -> Option<Result<usize, Fault>> {
        if self.bytes.is_empty() && !self.ended {
            return None;
        }
        let len = out.len().min(self.bytes.len());
        for (slot, byte) in out.iter_mut().zip(self.bytes.drain(..len)) {
            *slot = byte;
        }
        Some(Ok(len))
    }

    fn write(&mut self, bytes: &[u8]) -> Option<Result<usize, Fault>> {
        if self.abandoned {
            return Some(Err(Fault::Broken));
        }
        let len = bytes.len().min(self.capacity - self.bytes.len());
        if len == 0 {
            return None;
        }
        self.bytes.extend(&bytes[..len]);
        self.log.extend(&bytes[..len]);
        Some(Ok(len))
    }
}

impl Pipe {
    /// Looks at what this end writes.
    #[must_use]
    pub fn tap(&self) -> Tap {
        Tap(self.outbound.clone())
    }

    /// Ends what this end writes.
    pub fn end(&self) {
        self.outbound.with(|state| state.ended = true);
    }

    /// Writes bytes past whatever layer is above.
    ///
    /// # Panics
    /// If there is no room.
    pub fn put(&self, bytes: &[u8]) {
        let written = self.outbound.with(|state| state.write(bytes));
        assert_eq!(written, Some(Ok(bytes.len())), "no room in the pipe");
    }

    /// Takes all bytes that are there to be read.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        self.inbound.with(|state| state.bytes.drain(..).collect())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.end();
        self.inbound.with(|state| state.abandoned = true);
    }
}

impl embedded_io::ErrorType for Pipe {
    type Error = Fault;
}

impl embedded_io::Read for Pipe {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        self.inbound.block(|state| state.read(out))
    }
}

impl embedded_io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        self.outbound.block(|state| state.write(bytes))
    }

    fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

impl embedded_io_async::Read for Pipe {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        poll_fn(|context| self.inbound.poll(context, |state| state.read(out))).await
    }
}

impl embedded_io_async::Write for Pipe {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        poll_fn(|context| self.outbound.poll(context, |state| state.write(bytes))).await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}
