//! A layer that reports every frame as it crosses the wire.
//!
//! ```text
//!   WebSocket                 > GET /chat HTTP/1.1
//!      |                      > Host: example.com
//!    Dump  ---- reports -->   ...
//!      |                      > TEXT fin masked 5 B "hello"
//!     TLS                     < PING fin 2 B 6869
//!      |                      > PONG fin masked 2 B 6869
//!     TCP                     < CLOSE fin 6 B 1000 "done"
//! ```
//!
//! It is just another layer: it owns the next one, hands all bytes through untouched and looks at
//! them on the way. Above TLS it sees what TLS carries. It keeps no payload, only the first bytes
//! of each for a preview.

mod entry;
#[cfg(feature = "tokio")]
mod nonblocking;
mod observer;

use std::{
    io::{self, IoSlice, Read, Write},
    time::Duration,
};

pub use entry::{Crossed, Direction, Entry, Form, Frame};
pub use observer::Frames;

use crate::blocking::Socket;

/// A layer over the next layer `S` which reports what crosses it to `F`, an entry at a time.
///
/// Each [`Entry`] displays as one line, without colours and with everything unprintable escaped,
/// so a peer cannot write to the terminal through it.
///
/// # Memory
/// About 1 KiB, whatever crosses.
///
/// # Examples
/// ```
/// use std::io::Write;
/// use socklet_std::dump::Dump;
///
/// let mut lines = Vec::new();
/// let mut layer = Dump::after_handshake(Vec::new(), |entry| lines.push(entry.to_string()));
/// layer.write_all(b"\x81\x05hello")?;
/// drop(layer);
/// assert_eq!(lines, ["> TEXT fin 5 B \"hello\""]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub type Dump<S, F> = Tap<S, Frames<F>>;

/// What is told of the bytes that cross a [`Tap`].
pub trait Observe {
    /// Takes note of bytes that have crossed.
    fn observe(&mut self, direction: Direction, bytes: &[u8]);

    /// Takes note of the end of a direction, which may be told again.
    fn end(&mut self, direction: Direction);
}

/// A layer over the next layer `S` which hands all bytes through untouched, and shows them to `O`.
///
/// It is a [`Socket`] if the next layer is one, and with the feature `tokio` it reads and writes
/// by the traits of tokio, if the next layer does.
#[derive(Debug)]
pub struct Tap<S, O> {
    next: S,
    observer: O,
}

impl<S, F: FnMut(&Entry<'_>)> Dump<S, F> {
    /// Begins where the opening handshake begins: the heads are reported line by line.
    pub const fn new(next: S, report: F) -> Self {
        Self { next, observer: Frames::new(report, true) }
    }

    /// Begins behind the opening handshake: all that crosses is frames.
    pub const fn after_handshake(next: S, report: F) -> Self {
        Self { next, observer: Frames::new(report, false) }
    }
}

impl<S, O> Tap<S, O> {
    /// A layer that shows what crosses it to an observer.
    pub const fn over(next: S, observer: O) -> Self {
        Self { next, observer }
    }

    /// The next layer.
    pub const fn inner(&self) -> &S {
        &self.next
    }

    /// The next layer; what is read from it or written to it directly is not reported.
    pub const fn inner_mut(&mut self) -> &mut S {
        &mut self.next
    }

    /// The next layer; a frame that has crossed in part is reported now.
    pub fn into_inner(self) -> S {
        self.next
    }
}

impl<S, O: Observe> Tap<S, O> {
    /// Takes note of what a read of `room_len` bytes has brought: nothing is the end of the stream.
    fn has_read(&mut self, bytes: &[u8], room_len: usize) {
        match bytes {
            [] if room_len == 0 => {}
            [] => self.observer.end(Direction::Inbound),
            bytes => self.observer.observe(Direction::Inbound, bytes),
        }
    }

    fn has_written(&mut self, bytes: &[u8], len: usize) {
        self.observer.observe(Direction::Outbound, bytes.get(..len).unwrap_or(bytes));
    }

    /// Takes note of how many bytes of all these have been written.
    fn have_written(&mut self, bufs: &[IoSlice<'_>], len: usize) {
        let mut left = len;
        for buf in bufs {
            let part = left.min(buf.len());
            self.has_written(buf, part);
            left -= part;
        }
    }
}

impl<S: Read, O: Observe> Read for Tap<S, O> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.next.read(buf)?;
        self.has_read(buf.get(..len).unwrap_or_default(), buf.len());
        Ok(len)
    }
}

impl<S: Write, O: Observe> Write for Tap<S, O> {
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

impl<S: Socket, O: Observe> Socket for Tap<S, O> {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.next.set_read_wait(wait)
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.next.set_write_wait(wait)
    }

    fn shutdown(&mut self) -> io::Result<()> {
        self.next.shutdown()?;
        self.observer.end(Direction::Outbound);
        Ok(())
    }
}
