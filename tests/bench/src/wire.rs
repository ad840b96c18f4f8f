//! A transport in memory: the same frame over and over, and a sink.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that a read can take at most when frames come as fast as they are read.
const BATCH_LEN: usize = 128 << 10;

/// How many frames there are for each read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// As many as fit.
    Batched,
    /// One.
    Single,
}

/// The transport. What is written to it is gone.
#[derive(Debug)]
pub struct Wire {
    head: Vec<u8>,
    head_at: usize,
    frames: Vec<u8>,
    at: usize,
}

impl Wire {
    /// A transport that first has `head`, and then this frame for ever.
    #[must_use]
    pub fn new(head: Vec<u8>, frame: &[u8], arrival: Arrival) -> Self {
        let frames = match arrival {
            Arrival::Batched => frame.repeat((BATCH_LEN / frame.len()).max(1)),
            Arrival::Single => frame.to_vec(),
        };
        Self { head, head_at: 0, frames, at: 0 }
    }

    /// What there is to read next, up to some length.
    fn take(&mut self, most: usize) -> &[u8] {
        if self.head_at < self.head.len() {
            let start = self.head_at;
            self.head_at = self.head.len().min(start + most);
            return &self.head[start..self.head_at];
        }
        let start = self.at;
        let end = self.frames.len().min(start + most);
        self.at = end % self.frames.len();
        &self.frames[start..end]
    }

    fn copy(&mut self, into: &mut [u8]) -> usize {
        let bytes = self.take(into.len());
        into[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    }
}

impl io::Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(self.copy(into))
    }
}

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(std::hint::black_box(bytes).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl embedded_io::ErrorType for Wire {
    type Error = Infallible;
}

impl embedded_io::Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.copy(into))
    }
}

impl embedded_io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(std::hint::black_box(bytes).len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // As a socket does it: what is read over is not made zeros before.
        into.put_slice(self.take(into.remaining()));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(std::hint::black_box(bytes).len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(parts.iter().map(|part| std::hint::black_box(&**part).len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
