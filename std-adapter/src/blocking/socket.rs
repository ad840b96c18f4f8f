//! What a blocking WebSocket needs of the stream below.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

/// A stream whose waiting can be bounded.
///
/// Own streams can leave the methods as they are if they never wait for long: then there are no
/// deadlines.
pub trait Socket: Read + Write {
    /// Makes reads that wait longer fail with [`TimedOut`](io::ErrorKind::TimedOut) or
    /// [`WouldBlock`](io::ErrorKind::WouldBlock); `None`: they wait as long as it takes.
    ///
    /// # Errors
    /// The stream's.
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        let _ = wait;
        Ok(())
    }

    /// Makes writes and flushes that wait longer fail likewise.
    ///
    /// # Errors
    /// The stream's.
    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        let _ = wait;
        Ok(())
    }

    /// Ends the sending side, so that the peer reads to the end of the stream.
    ///
    /// # Errors
    /// The stream's.
    fn shutdown(&mut self) -> io::Result<()> {
        self.flush()
    }
}

/// A stream that can be used by two threads at the same time.
pub trait SplitSocket: Socket + Sized {
    /// What reads; it is [shut down](Socket::shutdown) for both.
    type Reads: Socket;
    /// What writes.
    type Writes: Socket;

    /// Splits the stream.
    ///
    /// # Errors
    /// The system's.
    fn split(self) -> io::Result<(Self::Reads, Self::Writes)>;
}

/// The two directions of the socket have waits of their own in the system.
macro_rules! sockets {
    ($($socket:ty),*) => {$(
        impl Socket for $socket {
            fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
                self.set_read_timeout(wait)
            }

            fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
                self.set_write_timeout(wait)
            }

            fn shutdown(&mut self) -> io::Result<()> {
                Self::shutdown(self, Shutdown::Write)
            }
        }

        impl SplitSocket for $socket {
            type Reads = Self;
            type Writes = Self;

            fn split(self) -> io::Result<(Self, Self)> {
                let writes = self.try_clone()?;
                Ok((self, writes))
            }
        }
    )*};
}

sockets!(TcpStream);
#[cfg(unix)]
sockets!(std::os::unix::net::UnixStream);

impl<S: Socket + ?Sized> Socket for &mut S {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        (**self).set_read_wait(wait)
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        (**self).set_write_wait(wait)
    }

    fn shutdown(&mut self) -> io::Result<()> {
        (**self).shutdown()
    }
}

impl<S: Socket + ?Sized> Socket for Box<S> {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        (**self).set_read_wait(wait)
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        (**self).set_write_wait(wait)
    }

    fn shutdown(&mut self) -> io::Result<()> {
        (**self).shutdown()
    }
}
