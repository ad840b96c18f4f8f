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
    /// Who waits to read, and who to write: as with most sockets the last one only.
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// One end of a stream.
#[derive(Debug)]
pub struct Pipe {
    reader: PipeReader,
    writer: PipeWriter,
}

/// The half of an end that reads. Dropping it breaks what the other end writes.
#[derive(Debug)]
pub struct PipeReader(Arc<Channel>);

/// The half of an end that writes. Dropping it ends what it wrote.
#[derive(Debug)]
pub struct PipeWriter(Arc<Channel>);

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
    let near = Pipe { reader: PipeReader(back.clone()), writer: PipeWriter(there.clone()) };
    (near, Pipe { reader: PipeReader(there), writer: PipeWriter(back) })
}

impl Channel {
    fn changed(&self, state: &mut State) {
        state.reader.take().into_iter().chain(state.writer.take()).for_each(Waker::wake);
        self.changed.notify_all();
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap();
        let output = change(&mut state);
        self.changed(&mut state);
        output
    }

    /// Waits in a poll; `waker` is where to leave word.
    fn poll<T>(
        &self,
        context: &Context<'_>,
        waker: impl FnOnce(&mut State) -> &mut Option<Waker>,
        attempt: impl FnOnce(&mut State) -> Option<T>,
    ) -> Poll<T> {
        let mut state = self.state.lock().unwrap();
        match attempt(&mut state) {
            Some(output) => {
                self.changed(&mut state);
                Poll::Ready(output)
            }
            None => {
                *waker(&mut state) = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Waits in the call.
    fn block<T>(&self, mut attempt: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut state = self.state.lock().unwrap();
        loop {
            if let Some(output) = attempt(&mut state) {
                self.changed(&mut state);
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
        if len == 0 && !bytes.is_empty() {
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
        Tap(self.writer.0.clone())
    }

    /// Writes bytes past whatever layer is above.
    ///
    /// # Panics
    /// If there is no room.
    pub fn put(&self, bytes: &[u8]) {
        let written = self.writer.0.with(|state| state.write(bytes));
        assert_eq!(written, Some(Ok(bytes.len())), "no room in the pipe");
    }

    /// Takes all bytes that are there to be read.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        self.reader.0.with(|state| state.bytes.drain(..).collect())
    }

    /// The halves of this end.
    #[must_use]
    pub fn split(self) -> (PipeReader, PipeWriter) {
        (self.reader, self.writer)
    }

    /// The end whose halves these are.
    #[must_use]
    pub const fn join(reader: PipeReader, writer: PipeWriter) -> Self {
        Self { reader, writer }
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        self.0.with(|state| state.abandoned = true);
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.0.with(|state| state.ended = true);
    }
}

impl embedded_io::ErrorType for Pipe {
    type Error = Fault;
}

impl embedded_io::ErrorType for PipeReader {
    type Error = Fault;
}

impl embedded_io::ErrorType for PipeWriter {
    type Error = Fault;
}

impl embedded_io::Read for PipeReader {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        self.0.block(|state| state.read(out))
    }
}

impl embedded_io::Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        self.0.block(|state| state.write(bytes))
    }

    fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

impl embedded_io_async::Read for PipeReader {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        poll_fn(|context| self.0.poll(context, |state| &mut state.reader, |state| state.read(out)))
            .await
    }
}

impl embedded_io_async::Write for PipeWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let attempt = |state: &mut State| state.write(bytes);
        poll_fn(|context| self.0.poll(context, |state| &mut state.writer, attempt)).await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

impl embedded_io::Read for Pipe {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        embedded_io::Read::read(&mut self.reader, out)
    }
}

impl embedded_io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        embedded_io::Write::write(&mut self.writer, bytes)
    }

    fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

impl embedded_io_async::Read for Pipe {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        embedded_io_async::Read::read(&mut self.reader, out).await
    }
}

impl embedded_io_async::Write for Pipe {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        embedded_io_async::Write::write(&mut self.writer, bytes).await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}
