//! A stream in memory whose ends come in two halves, as those of a socket do, blocking and
//! asynchronous. And as with sockets, of all tasks that wait for the same half to be ready only
//! the one that asked last is woken.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    task::{Poll, Waker},
    time::Duration,
};

use crate::Fault;

/// No blocking test waits longer than this for another thread, but in a hang.
const HANG: Duration = Duration::from_secs(10);

/// One direction.
#[derive(Debug)]
struct Channel {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    bytes: VecDeque<u8>,
    capacity: usize,
    /// All bytes that ever went through.
    log: Vec<u8>,
    ended: bool,
    /// Whether nobody will read any more.
    abandoned: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The half of an end that reads. Dropping it breaks what the other end writes.
#[derive(Debug)]
pub struct ReadEnd(Arc<Channel>);

/// The half of an end that writes. Dropping it ends what the other end reads.
#[derive(Debug)]
pub struct WriteEnd(Arc<Channel>);

/// Looks at a direction from outside.
#[derive(Debug, Clone)]
pub struct Watch(Arc<Channel>);

/// The two ends of a stream that holds `capacity` bytes in each direction.
#[must_use]
pub fn socket(capacity: usize) -> [(ReadEnd, WriteEnd); 2] {
    let channel = || {
        let state = State {
            bytes: VecDeque::new(),
            capacity,
            log: Vec::new(),
            ended: false,
            abandoned: false,
            reader: None,
            writer: None,
        };
        Arc::new(Channel { state: Mutex::new(state), changed: Condvar::new() })
    };
    let (there, back) = (channel(), channel());
    [(ReadEnd(back.clone()), WriteEnd(there.clone())), (ReadEnd(there), WriteEnd(back))]
}

impl Channel {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let output = change(&mut self.lock());
        self.changed.notify_all();
        output
    }

    /// Waits in the call.
    fn block<T>(&self, mut attempt: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut state = self.lock();
        loop {
            if let Some(output) = attempt(&mut state) {
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
        wake(&mut self.writer);
        Some(Ok(len))
    }

    fn write(&mut self, bytes: &[u8]) -> Option<Result<usize, Fault>> {
        if self.abandoned {
            return Some(Err(Fault::Broken));
        }
        let len = bytes.len().min(self.capacity.saturating_sub(self.bytes.len()));
        if len == 0 {
            return None;
        }
        self.put(&bytes[..len]);
        Some(Ok(len))
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.log.extend(bytes);
        wake(&mut self.reader);
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl ReadEnd {
    /// Takes all bytes that are there.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        self.0.with(|state| {
            wake(&mut state.writer);
            state.bytes.drain(..).collect()
        })
    }

    /// Looks at what the other end writes.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch(self.0.clone())
    }
}

impl WriteEnd {
    /// Writes bytes, whether there is room for them or not.
    pub fn put(&self, bytes: impl AsRef<[u8]>) {
        self.0.with(|state| state.put(bytes.as_ref()));
    }

    /// Ends what the other end reads.
    pub fn end(&self) {
        self.0.with(|state| {
            state.ended = true;
            wake(&mut state.reader);
        });
    }

    /// Looks at what this end writes.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch(self.0.clone())
    }
}

impl Watch {
    /// All bytes that were ever written.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        self.0.lock().log.clone()
    }

    /// Cuts it, as a shut-down socket is: nothing can be written, what was is read to its end.
    pub fn cut(&self) {
        self.0.with(|state| {
            (state.ended, state.abandoned) = (true, true);
            wake(&mut state.reader);
            wake(&mut state.writer);
        });
    }

    /// Waits, on a thread, until so many bytes have been written and not read.
    pub fn wait_for(&self, len: usize) {
        self.0.block(|state| (state.bytes.len() >= len).then_some(()));
    }
}

impl Drop for ReadEnd {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.abandoned = true;
            wake(&mut state.writer);
        });
    }
}

impl Drop for WriteEnd {
    fn drop(&mut self) {
        self.end();
    }
}

impl embedded_io::ErrorType for ReadEnd {
    type Error = Fault;
}

impl embedded_io::ErrorType for WriteEnd {
    type Error = Fault;
}

impl embedded_io::Read for ReadEnd {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        self.0.block(|state| state.read(out))
    }
}

impl embedded_io::Write for WriteEnd {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        self.0.block(|state| state.write(bytes))
    }

    fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

impl embedded_io_async::Read for ReadEnd {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        poll_fn(|context| {
            self.0.with(|state| match state.read(out) {
                Some(read) => Poll::Ready(read),
                None => {
                    state.reader = Some(context.waker().clone());
                    Poll::Pending
                }
            })
        })
        .await
    }
}

impl embedded_io_async::Write for WriteEnd {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        poll_fn(|context| {
            self.0.with(|state| match state.write(bytes) {
                Some(written) => Poll::Ready(written),
                None => {
                    state.writer = Some(context.waker().clone());
                    Poll::Pending
                }
            })
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}
