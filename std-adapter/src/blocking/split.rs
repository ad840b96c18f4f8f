//! Two halves of a blocking stream, for two threads.

use std::{fmt, sync::Arc};

use socklet_core::{
    Event, Role,
    io::{blocking, split::blocking as halves},
    permessage_deflate::NoCompression,
    wire::close::CloseCode,
};

use super::{Clock, Io, SplitSocket, WebSocket, io::Direction, stream::teardown};
use crate::{
    Closed, Error, Message, buffer::GrowingBuffer, cells::SharedCells, message::Sendable,
    teardown::limit,
};

type Cells<S, R> = Arc<SharedCells<Io<<S as SplitSocket>::Writes>, R>>;
type ReceiveHalf<S, R> = halves::ReceiveHalf<
    Io<<S as SplitSocket>::Reads>,
    R,
    GrowingBuffer,
    Cells<S, R>,
    NoCompression,
    Clock,
>;

/// The half of a [`WebSocket`] that receives.
///
/// It answers Pings and Close frames itself, or leaves that to a send that is under way: the
/// other half needs no attention.
pub struct Reader<S: SplitSocket, R: Role> {
    half: ReceiveHalf<S, R>,
    closing_ms: u32,
    subprotocol: Option<Box<str>>,
    torn_down: bool,
}

/// The half of a [`WebSocket`] that sends.
///
/// Dropping it closes nothing: [`close`](Self::close) does.
pub struct Writer<S: SplitSocket, R: Role> {
    half: halves::SendHalf<Cells<S, R>, Clock>,
}

/// The two halves of a [`WebSocket`].
pub type Halves<S, R> = (Reader<S, R>, Writer<S, R>);

impl<S: SplitSocket, R: Role> WebSocket<S, R> {
    /// Splits the stream into two halves for two threads, which receive and send at the same
    /// time and never wait for each other.
    ///
    /// # Errors
    /// [`Error::Io`] if the stream below cannot be used by two threads.
    ///
    /// # Examples
    /// ```no_run
    /// # fn run() -> Result<(), socklet_std::Error> {
    /// use std::thread;
    ///
    /// let ws = socklet_std::blocking::connect("ws://localhost:9001")?;
    /// let (mut reader, mut writer) = ws.into_split()?;
    /// let sends = thread::spawn(move || writer.send("hello"));
    /// while let Some(message) = reader.recv()? {
    ///     println!("{message:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_split(self) -> Result<Halves<S, R>, Error> {
        let Self { core, closing_ms, subprotocol, torn_down } = self;
        let (io, connection) = core.into_parts();
        let clock = io.clock;
        let (reads, writes) = io.socket.split()?;
        let reads = Io::new(reads, Direction::Reads, clock);
        let writes = Io::new(writes, Direction::Writes, clock);
        let (reads, writes) = blocking::WebSocket::from_parts((), clock, connection)
            .split(|()| (reads, writes), |writer| Arc::new(SharedCells::new(writer, true)));
        let reader = Reader { half: reads, closing_ms, subprotocol, torn_down };
        Ok((reader, Writer { half: writes }))
    }
}

impl<S: SplitSocket, R: Role> Reader<S, R> {
    /// Receives the next message; `None` once the connection is [`closed`](Self::closed), by
    /// either side. The stream below has been ended then.
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    pub fn recv(&mut self) -> Result<Option<Message>, Error> {
        let received = match self.half.recv() {
            Ok(Some(message)) => return Ok(Some(message.into())),
            Ok(None) => Ok(None),
            Err(error) => Err(Error::from(error)),
        };
        if received.as_ref().err().is_none_or(Error::wants_teardown) && !self.torn_down {
            self.torn_down = true;
            let socket = &mut self.half.inner_mut().socket;
            // It has ended, and why is known: how the stream takes it is of no use to anybody.
            let _ = teardown::<S::Reads, R>(socket, limit(self.closing_ms));
        }
        received
    }

    /// Receives the next message, Ping or Pong; Pings are answered when they are seen.
    ///
    /// The stream below is not ended by this, but by the next [`recv`](Self::recv).
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    pub fn recv_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        Ok(self.half.recv_event()?)
    }

    /// How the connection was closed; `None` unless both Close frames crossed the wire.
    pub fn closed(&self) -> Option<Closed> {
        self.half.closed().map(Closed::from)
    }

    /// The subprotocol that both sides agreed on.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }
}

impl<S: SplitSocket, R: Role> Writer<S, R> {
    /// Sends a message, and all that was staged before.
    ///
    /// # Errors
    /// As [`WebSocket::send`].
    pub fn send(&mut self, message: impl Sendable) -> Result<(), Error> {
        Ok(self.half.send(message.borrowed())?)
    }

    /// Stages a message, to leave with the next `send` or `flush`, or when the reader begins to
    /// wait. Writes only if there is no room for it.
    ///
    /// # Errors
    /// As [`WebSocket::send`].
    pub fn feed(&mut self, message: impl Sendable) -> Result<(), Error> {
        Ok(self.half.feed(message.borrowed())?)
    }

    /// Sends a Ping of at most 125 bytes.
    ///
    /// # Errors
    /// As [`WebSocket::ping`].
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        Ok(self.half.ping(payload)?)
    }

    /// Writes and flushes all that is staged.
    ///
    /// # Errors
    /// How the connection ended.
    pub fn flush(&mut self) -> Result<(), Error> {
        Ok(self.half.flush()?)
    }

    /// Sends a Close frame, after which nothing can be sent. The reader receives what the peer
    /// still sends, and then `None`.
    ///
    /// # Errors
    /// [`Error::Usage`] when closed already; [`Error::Config`] for a code that must not be sent or
    /// a reason of more than 123 bytes.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        Ok(self.half.close(code, reason)?)
    }
}

impl<S: SplitSocket, R: Role> fmt::Debug for Reader<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl<S: SplitSocket, R: Role> fmt::Debug for Writer<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
