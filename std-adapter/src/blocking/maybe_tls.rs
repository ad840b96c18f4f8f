//! A blocking stream that may be TLS.

use std::{
    io::{self, Read, Write},
    time::Duration,
};

#[cfg(feature = "blocking-tls")]
use rustls::{ClientConnection, ServerConnection, StreamOwned};

#[cfg(feature = "blocking-tls")]
use super::tls_halves::{self, TlsReads, TlsWrites};
use super::{Socket, SplitSocket};

/// A stream as it is, or TLS over it.
#[derive(Debug)]
#[non_exhaustive]
pub enum MaybeTls<S: Socket> {
    /// As it is: `ws://`.
    Plain(S),
    /// TLS over it: `wss://`, of a client.
    #[cfg(feature = "blocking-tls")]
    Client(Box<StreamOwned<ClientConnection, S>>),
    /// TLS over it: `wss://`, of a server.
    #[cfg(feature = "blocking-tls")]
    Server(Box<StreamOwned<ServerConnection, S>>),
}

/// Does the same with each kind of stream.
macro_rules! each {
    ($this:expr, $stream:ident => $do:expr) => {
        match $this {
            MaybeTls::Plain($stream) => $do,
            #[cfg(feature = "blocking-tls")]
            MaybeTls::Client($stream) => $do,
            #[cfg(feature = "blocking-tls")]
            MaybeTls::Server($stream) => $do,
        }
    };
}

impl<S: Socket> MaybeTls<S> {
    /// The stream below TLS, or this one: for the peer's address, say.
    #[must_use]
    pub fn tcp(&self) -> &S {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "blocking-tls")]
            Self::Client(tls) => &tls.sock,
            #[cfg(feature = "blocking-tls")]
            Self::Server(tls) => &tls.sock,
        }
    }

    /// Whether it is TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    fn tcp_mut(&mut self) -> &mut S {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "blocking-tls")]
            Self::Client(tls) => &mut tls.sock,
            #[cfg(feature = "blocking-tls")]
            Self::Server(tls) => &mut tls.sock,
        }
    }
}

impl<S: Socket> Read for MaybeTls<S> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        each!(self, stream => stream.read(space))
    }
}

impl<S: Socket> Write for MaybeTls<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, stream => stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        each!(self, stream => stream.flush())
    }
}

impl<S: Socket> Socket for MaybeTls<S> {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.tcp_mut().set_read_wait(wait)
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.tcp_mut().set_write_wait(wait)
    }

    fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => {}
            #[cfg(feature = "blocking-tls")]
            Self::Client(tls) => {
                tls.conn.send_close_notify();
                tls.flush()?;
            }
            #[cfg(feature = "blocking-tls")]
            Self::Server(tls) => {
                tls.conn.send_close_notify();
                tls.flush()?;
            }
        }
        self.tcp_mut().shutdown()
    }
}

#[cfg(feature = "blocking-tls")]
impl<S: SplitSocket> SplitSocket for MaybeTls<S> {
    type Reads = Half<S::Reads, TlsReads<S::Reads, S::Writes>>;
    type Writes = Half<S::Writes, TlsWrites<S::Writes>>;

    fn split(self) -> io::Result<(Self::Reads, Self::Writes)> {
        let (connection, socket) = match self {
            Self::Plain(stream) => {
                let (reads, writes) = stream.split()?;
                return Ok((Half::Plain(reads), Half::Plain(writes)));
            }
            Self::Client(tls) => {
                let StreamOwned { conn, sock } = *tls;
                (conn.into(), sock)
            }
            Self::Server(tls) => {
                let StreamOwned { conn, sock } = *tls;
                (conn.into(), sock)
            }
        };
        let (reads, writes) = socket.split()?;
        let (reads, writes) = tls_halves::split(connection, reads, writes);
        Ok((Half::Tls(reads), Half::Tls(writes)))
    }
}

#[cfg(not(feature = "blocking-tls"))]
impl<S: SplitSocket> SplitSocket for MaybeTls<S> {
    type Reads = S::Reads;
    type Writes = S::Writes;

    fn split(self) -> io::Result<(S::Reads, S::Writes)> {
        let Self::Plain(stream) = self;
        stream.split()
    }
}

/// A half of a stream that may be TLS.
#[derive(Debug)]
pub enum Half<P, T> {
    /// Of a stream as it is.
    Plain(P),
    /// Of TLS over it.
    Tls(T),
}

/// Does the same with either kind of half.
macro_rules! either {
    ($this:expr, $half:ident => $do:expr) => {
        match $this {
            Half::Plain($half) => $do,
            Half::Tls($half) => $do,
        }
    };
}

impl<P: Read, T: Read> Read for Half<P, T> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        either!(self, half => half.read(space))
    }
}

impl<P: Write, T: Write> Write for Half<P, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        either!(self, half => half.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        either!(self, half => half.flush())
    }
}

impl<P: Socket, T: Socket> Socket for Half<P, T> {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        either!(self, half => half.set_read_wait(wait))
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        either!(self, half => half.set_write_wait(wait))
    }

    fn shutdown(&mut self) -> io::Result<()> {
        either!(self, half => half.shutdown())
    }
}
