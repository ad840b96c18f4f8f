//! A stream that fails or ends at its n-th operation.

use std::{
    io::{self, IoSlice, Read, Write},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use socklet_std::blocking::Socket;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operation fails, and all after it.
    Fails,
    /// Nothing more can be read, and nothing written.
    Ends,
}

/// What goes wrong, and from which operation on: reads, writes and flushes, counted from 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) at: Option<u64>,
    pub(crate) fault: Fault,
}

impl Plan {
    pub(crate) const NONE: Self = Self { at: None, fault: Fault::Fails };
}

/// A stream with a plan.
#[derive(Debug)]
pub(crate) struct Faulty<S> {
    next: S,
    plan: Plan,
    operations: Arc<AtomicU64>,
}

impl<S> Faulty<S> {
    /// The stream, and the count of its operations, which lives on when it is gone.
    pub(crate) fn new(next: S, plan: Plan) -> (Self, Arc<AtomicU64>) {
        let operations = Arc::default();
        (Self { next, plan, operations: Arc::clone(&operations) }, operations)
    }

    /// Whether the next operation takes place; `Ok(false)` if the stream has ended.
    fn pass(&self) -> io::Result<bool> {
        let operation = self.operations.load(Ordering::Relaxed);
        if self.plan.at.is_none_or(|at| operation < at) {
            return Ok(true);
        }
        self.count();
        match self.plan.fault {
            Fault::Fails => Err(io::Error::other("injected")),
            Fault::Ends => Ok(false),
        }
    }

    fn count(&self) {
        self.operations.fetch_add(1, Ordering::Relaxed);
    }

    /// Does an operation, or not; counted when it is done.
    fn poll<T>(
        &mut self,
        ended: io::Result<T>,
        operation: impl FnOnce(&mut S) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if !self.pass()? {
            return Poll::Ready(ended);
        }
        let done = ready!(operation(&mut self.next));
        self.count();
        Poll::Ready(done)
    }

    fn blocking<T>(
        &mut self,
        ended: io::Result<T>,
        operation: impl FnOnce(&mut S) -> io::Result<T>,
    ) -> io::Result<T> {
        if !self.pass()? {
            return ended;
        }
        let done = operation(&mut self.next);
        self.count();
        done
    }
}

/// What becomes of a flush of a stream that has ended.
fn broken() -> io::Result<()> {
    Err(io::ErrorKind::BrokenPipe.into())
}

impl<S: AsyncRead + Unpin> AsyncRead for Faulty<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_mut().poll(Ok(()), |next| Pin::new(next).poll_read(context, space))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Faulty<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll(Ok(0), |next| Pin::new(next).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll(Ok(0), |next| Pin::new(next).poll_write_vectored(context, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        self.next.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll(broken(), |next| Pin::new(next).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll(broken(), |next| Pin::new(next).poll_shutdown(context))
    }
}

impl<S: Read> Read for Faulty<S> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.blocking(Ok(0), |next| next.read(space))
    }
}

impl<S: Write> Write for Faulty<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.blocking(Ok(0), |next| next.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.blocking(broken(), Write::flush)
    }
}

impl<S: Socket> Socket for Faulty<S> {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.next.set_read_wait(wait)
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.next.set_write_wait(wait)
    }

    fn shutdown(&mut self) -> io::Result<()> {
        self.blocking(broken(), Socket::shutdown)
    }
}
