//! The TCP connection below a [`Stream`](crate::Stream), in two halves: of a socket, or of anything
//! else that reads and writes.

#[cfg(feature = "nal")]
use core::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use embassy_net::tcp::{self, TcpReader, TcpWriter};
use embedded_io_async::{ErrorType, Read, Write};

use crate::error::StreamError;

/// The half that reads.
pub enum LinkReader<'s> {
    /// Of a socket.
    Socket(TcpReader<'s>),
    /// Of something that the other half has too.
    #[cfg(feature = "nal")]
    Shared(&'s dyn Shared),
}

/// The half that writes.
pub enum LinkWriter<'s> {
    /// Of a socket.
    Socket(TcpWriter<'s>),
    /// Of something that the other half has too.
    #[cfg(feature = "nal")]
    Shared(&'s dyn Shared),
}

/// Both halves.
pub(crate) type Halves<'s> = (LinkReader<'s>, LinkWriter<'s>);

/// What both halves poll in turn, each time with a new future that is dropped at once.
#[cfg(feature = "nal")]
pub trait Shared {
    /// Polls a read.
    fn poll_read(&self, bytes: &mut [u8], context: &mut Context<'_>) -> Poll<Outcome<usize>>;

    /// Polls a write.
    fn poll_write(&self, bytes: &[u8], context: &mut Context<'_>) -> Poll<Outcome<usize>>;

    /// Polls a flush.
    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<Outcome<()>>;
}

/// What becomes of a read or a write.
#[cfg(feature = "nal")]
type Outcome<T> = Result<T, StreamError>;

#[cfg(feature = "nal")]
impl<C: Read + Write> Shared for RefCell<C> {
    fn poll_read(&self, bytes: &mut [u8], context: &mut Context<'_>) -> Poll<Outcome<usize>> {
        pin!(self.borrow_mut().read(bytes)).poll(context).map_err(|error| failed(&error))
    }

    fn poll_write(&self, bytes: &[u8], context: &mut Context<'_>) -> Poll<Outcome<usize>> {
        pin!(self.borrow_mut().write(bytes)).poll(context).map_err(|error| failed(&error))
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<Outcome<()>> {
        pin!(self.borrow_mut().flush()).poll(context).map_err(|error| failed(&error))
    }
}

#[cfg(feature = "nal")]
fn failed(error: &impl embedded_io::Error) -> StreamError {
    StreamError::of(error.kind())
}

/// The halves of a connection that cannot be split.
#[cfg(feature = "nal")]
pub(crate) fn share(shared: &dyn Shared) -> Halves<'_> {
    (LinkReader::Shared(shared), LinkWriter::Shared(shared))
}

impl From<tcp::Error> for StreamError {
    fn from(error: tcp::Error) -> Self {
        match error {
            tcp::Error::ConnectionReset => Self::Reset,
        }
    }
}

impl ErrorType for LinkReader<'_> {
    type Error = StreamError;
}

impl ErrorType for LinkWriter<'_> {
    type Error = StreamError;
}

impl Read for LinkReader<'_> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, StreamError> {
        match self {
            Self::Socket(reader) => Ok(reader.read(bytes).await?),
            #[cfg(feature = "nal")]
            Self::Shared(shared) => poll_fn(|context| shared.poll_read(bytes, context)).await,
        }
    }
}

impl Write for LinkWriter<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        match self {
            Self::Socket(writer) => Ok(writer.write(bytes).await?),
            #[cfg(feature = "nal")]
            Self::Shared(shared) => poll_fn(|context| shared.poll_write(bytes, context)).await,
        }
    }

    /// Lets everything leave. What a socket has in TCP's buffer does so by itself; what becomes of
    /// the bytes of anything else only that knows.
    async fn flush(&mut self) -> Result<(), StreamError> {
        match self {
            Self::Socket(_) => Ok(()),
            #[cfg(feature = "nal")]
            Self::Shared(shared) => poll_fn(|context| shared.poll_flush(context)).await,
        }
    }
}
