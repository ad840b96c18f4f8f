//! The next layer of a WebSocket here: TCP, or the near end of TLS.

use embedded_io_async::{ErrorType, Read, Write};

#[cfg(feature = "tls")]
use crate::tls::{Inbound, Outbound};
use crate::{
    error::StreamError,
    link::{Halves, LinkReader, LinkWriter},
    trace::Tracer,
};

/// A stream of bytes over TCP or TLS. It is one type for both, so that a program's code does not
/// depend on which it is.
///
/// # Cancellation
/// Its futures may be dropped at any await; nothing is lost and nothing torn, over TLS too.
#[allow(missing_debug_implementations, reason = "the sockets of embassy-net show nothing")]
pub struct Stream<'s> {
    reader: StreamReader<'s>,
    writer: StreamWriter<'s>,
}

/// The half of a [`Stream`] that reads.
#[allow(missing_debug_implementations, reason = "the sockets of embassy-net show nothing")]
pub struct StreamReader<'s> {
    source: Source<'s>,
    tracer: Tracer,
}

/// The half of a [`Stream`] that writes.
#[allow(missing_debug_implementations, reason = "the sockets of embassy-net show nothing")]
pub struct StreamWriter<'s> {
    sink: Sink<'s>,
    tracer: Tracer,
}

enum Source<'s> {
    Tcp(LinkReader<'s>),
    #[cfg(feature = "tls")]
    Tls(Inbound<'s>),
}

enum Sink<'s> {
    Tcp(LinkWriter<'s>),
    #[cfg(feature = "tls")]
    Tls(Outbound<'s>),
}

impl<'s> Stream<'s> {
    pub(crate) const fn tcp((reader, writer): Halves<'s>) -> Self {
        Self::new(Source::Tcp(reader), Sink::Tcp(writer))
    }

    #[cfg(feature = "tls")]
    pub(crate) const fn tls(inbound: Inbound<'s>, outbound: Outbound<'s>) -> Self {
        Self::new(Source::Tls(inbound), Sink::Tls(outbound))
    }

    const fn new(source: Source<'s>, sink: Sink<'s>) -> Self {
        Self {
            reader: StreamReader { source, tracer: Tracer::inbound() },
            writer: StreamWriter { sink, tracer: Tracer::outbound() },
        }
    }

    /// Splits the stream into what reads and what writes, as
    /// [`WebSocket::split`](socklet_core::io::WebSocket::split) wants it. They work at the same
    /// time: full duplex.
    #[must_use]
    pub fn split(self) -> (StreamReader<'s>, StreamWriter<'s>) {
        (self.reader, self.writer)
    }

    /// Joins two halves of a stream.
    #[must_use]
    pub const fn join(reader: StreamReader<'s>, writer: StreamWriter<'s>) -> Self {
        Self { reader, writer }
    }
}

impl ErrorType for Stream<'_> {
    type Error = StreamError;
}

impl ErrorType for StreamReader<'_> {
    type Error = StreamError;
}

impl ErrorType for StreamWriter<'_> {
    type Error = StreamError;
}

impl Read for StreamReader<'_> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, StreamError> {
        let len = match &mut self.source {
            Source::Tcp(reader) => reader.read(bytes).await?,
            #[cfg(feature = "tls")]
            Source::Tls(inbound) => inbound.read(bytes).await?,
        };
        self.tracer.pass(bytes.get(..len).unwrap_or_default());
        Ok(len)
    }
}

impl Write for StreamWriter<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        let len = match &mut self.sink {
            Sink::Tcp(writer) => writer.write(bytes).await?,
            #[cfg(feature = "tls")]
            Sink::Tls(outbound) => outbound.write(bytes).await?,
        };
        self.tracer.pass(bytes.get(..len).unwrap_or_default());
        Ok(len)
    }

    /// Waits until everything is in TCP's buffer, from where it leaves by itself: not until the
    /// peer has acknowledged it, which would take a round trip for each message. What another
    /// network than embassy-net's waits for is its own affair.
    async fn flush(&mut self) -> Result<(), StreamError> {
        match &mut self.sink {
            Sink::Tcp(writer) => writer.flush().await,
            #[cfg(feature = "tls")]
            Sink::Tls(outbound) => outbound.flush().await,
        }
    }
}

impl Read for Stream<'_> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, StreamError> {
        self.reader.read(bytes).await
    }
}

impl Write for Stream<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        self.writer.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), StreamError> {
        self.writer.flush().await
    }
}
