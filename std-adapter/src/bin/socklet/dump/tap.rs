//! A layer that hands every byte that crosses it to a capture.

use std::{
    io::{self, IoSlice, Read, Write},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use socklet_std::{Side, blocking::Socket};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::capture::Recorder;

/// The layer over the stream `S`.
pub(super) struct Tap<S> {
    next: S,
    recorder: Recorder,
}

impl<S> Tap<S> {
    pub(super) const fn new(next: S, recorder: Recorder) -> Self {
        Self { next, recorder }
    }

    fn has_read(&mut self, bytes: &[u8], room_len: usize) {
        match bytes {
            [] if room_len == 0 => {}
            [] => self.recorder.end(Side::Peer),
            bytes => self.recorder.record(Side::Peer, bytes),
        }
    }

    fn has_written(&mut self, bytes: &[u8], len: usize) {
        self.recorder.record(Side::Local, bytes.get(..len).unwrap_or(bytes));
    }

    fn have_written(&mut self, bufs: &[IoSlice<'_>], len: usize) {
        let mut left = len;
        for buf in bufs {
            let part = left.min(buf.len());
            self.has_written(buf, part);
            left -= part;
        }
    }
}

impl<S: Read> Read for Tap<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.next.read(buf)?;
        self.has_read(buf.get(..len).unwrap_or_default(), buf.len());
        Ok(len)
    }
}

impl<S: Write> Write for Tap<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let len = self.next.write(buf)?;
        self.has_written(buf, len);
        Ok(len)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let len = self.next.write_vectored(bufs)?;
        self.have_written(bufs, len);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next.flush()
    }
}

impl<S: Socket> Socket for Tap<S> {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.next.set_read_wait(wait)
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.next.set_write_wait(wait)
    }

    fn shutdown(&mut self) -> io::Result<()> {
        self.next.shutdown()?;
        self.recorder.end(Side::Local);
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (room_len, filled_len) = (buf.remaining(), buf.filled().len());
        ready!(Pin::new(&mut this.next).poll_read(context, buf))?;
        this.has_read(buf.filled().get(filled_len..).unwrap_or_default(), room_len);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let len = ready!(Pin::new(&mut this.next).poll_write(context, buf))?;
        this.has_written(buf, len);
        Poll::Ready(Ok(len))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let len = ready!(Pin::new(&mut this.next).poll_write_vectored(context, bufs))?;
        this.have_written(bufs, len);
        Poll::Ready(Ok(len))
    }

    fn is_write_vectored(&self) -> bool {
        self.next.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().next).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.next).poll_shutdown(context))?;
        this.recorder.end(Side::Local);
        Poll::Ready(Ok(()))
    }
}
