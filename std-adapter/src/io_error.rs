//! The errors of sockets, as the core understands them.

use std::{error, fmt, io};

use embedded_io::ErrorKind;

/// An error of the next layer.
#[derive(Debug)]
pub struct IoError(pub io::Error);

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for IoError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source()
    }
}

impl embedded_io::Error for IoError {
    fn kind(&self) -> ErrorKind {
        match self.0.kind() {
            // A socket whose time is up says the one on Unix, the other on Windows.
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ErrorKind::TimedOut,
            io::ErrorKind::Interrupted => ErrorKind::Interrupted,
            io::ErrorKind::ConnectionReset => ErrorKind::ConnectionReset,
            io::ErrorKind::ConnectionAborted => ErrorKind::ConnectionAborted,
            io::ErrorKind::BrokenPipe => ErrorKind::BrokenPipe,
            io::ErrorKind::NotConnected => ErrorKind::NotConnected,
            _ => ErrorKind::Other,
        }
    }
}

impl From<io::Error> for IoError {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

/// Takes a TLS stream that ends without `close_notify` for one that ends: whether the connection
/// was closed is told by the closing handshake, not by the next layer.
pub(crate) fn end_of_stream(read: io::Result<usize>) -> io::Result<usize> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        read => read,
    }
}
