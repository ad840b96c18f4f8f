//! Two halves of a blocking stream, for two threads.

use std::{
    error, fmt,
    io::{self, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use socklet_core::{
    Chunk, Event, Kind, Role,
    connection::Ready,
    io::{blocking, split::blocking as halves},
    permessage_deflate::{Agreed, Volume},
    wire::close::CloseCode,
};

use super::{Clock, Io, Joined, Socket, SplitSocket, WebSocket, io::Direction, stream::teardown};
use crate::{
    Closed, Error, IoError, Message, buffer::GrowingBuffer, cells::SharedCells,
    deflate::HostDeflate, message::Sendable, teardown::limit, trace::Trace,
};

type Cells<S, R> = Arc<SharedCells<Io<<S as SplitSocket>::Writes>, R>>;
type ReceiveHalf<S, R> = halves::ReceiveHalf<
    Io<Shared<<S as SplitSocket>::Reads>>,
    R,
    GrowingBuffer,
    Cells<S, R>,
    HostDeflate,
    Clock,
>;

/// What the core reports.
type CoreError = socklet_core::Error<IoError>;

/// The half of a [`WebSocket`] that receives.
///
/// It answers Pings and Close frames itself, or leaves that to a send that is under way: the
/// other half needs no attention.
pub struct Reader<S: SplitSocket, R: Role> {
    half: ReceiveHalf<S, R>,
    /// What the half reads from, to be ended while a message of the half is borrowed.
    stream: Shared<S::Reads>,
    /// What the halves share, to be waited for then.
    cells: Weak<SharedCells<Io<S::Writes>, R>>,
    closing_ms: u32,
    subprotocol: Option<Box<str>>,
    torn_down: bool,
    trace: Trace,
}

/// The half of a [`WebSocket`] that sends.
///
/// Dropping it closes nothing: [`close`](Self::close) does.
pub struct Writer<S: SplitSocket, R: Role> {
    half: halves::SendHalf<Cells<S, R>, Clock>,
    /// To know the other half again.
    stream: Shared<S::Reads>,
}

/// The two halves of a [`WebSocket`].
pub type Halves<S, R> = (Reader<S, R>, Writer<S, R>);

/// The halves of a [`WebSocket`], joined again: it can do what the whole could, and be split again.
pub type Reunited<S, R> =
    WebSocket<Joined<<S as SplitSocket>::Reads, <S as SplitSocket>::Writes>, R>;

/// The halves cannot be joined: they are of two different streams, or an answer to the peer waits to
/// be sent. Here they are again.
#[derive(Debug)]
pub struct ReuniteError<S: SplitSocket, R: Role>(pub Box<Halves<S, R>>);

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
        let Self { core, closing_ms, subprotocol, torn_down, trace } = self;
        let (io, connection) = core.into_parts();
        let clock = io.clock;
        let (reads, writes) = io.socket.split()?;
        let stream = Shared(Arc::new(Mutex::new(reads)));
        let mut reads = Io::new(stream.clone(), Direction::Reads, clock);
        reads.set_interrupt(io.interrupt.clone());
        let mut writes = Io::new(writes, Direction::Writes, clock);
        writes.set_interrupt(io.interrupt);
        let mut cells = Weak::new();
        let (reads, writes) = blocking::WebSocket::from_parts((), clock, connection).split(
            |()| (reads, writes),
            |writer| {
                let shared = Arc::new(SharedCells::new(writer, true));
                cells = Arc::downgrade(&shared);
                shared
            },
        );
        let writer = Writer { half: writes, stream: stream.clone() };
        let reader =
            Reader { half: reads, stream, cells, closing_ms, subprotocol, torn_down, trace };
        Ok((reader, writer))
    }
}

impl<S: SplitSocket, R: Role> Reader<S, R> {
    /// Receives the next message; `None` once the connection is [`closed`](Self::closed), by
    /// either side. The stream below has been ended then.
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    pub fn recv(&mut self) -> Result<Option<Message>, Error> {
        Ok(self.recv_ref()?.map(Message::from))
    }

    /// Receives the next message without a copy of its own: it borrows the receive buffer.
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    pub fn recv_ref(&mut self) -> Result<Option<socklet_core::Message<'_>>, Error> {
        let Self { half, stream, cells, torn_down, closing_ms, trace, .. } = self;
        match half.recv() {
            Ok(Some(message)) => Ok(Some(message)),
            end => ended::<_, S, R>(end, stream, cells, torn_down, *closing_ms, trace),
        }
    }

    /// Receives what there is of the next message: see [`WebSocket::recv_chunk`].
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    pub fn recv_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error> {
        let Self { half, stream, cells, torn_down, closing_ms, trace, .. } = self;
        match half.recv_chunk() {
            Ok(Some(chunk)) => Ok(Some(chunk)),
            end => ended::<_, S, R>(end, stream, cells, torn_down, *closing_ms, trace),
        }
    }

    /// Receives the next message, Ping or Pong; Pings are answered when they are seen.
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    pub fn recv_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let Self { half, stream, cells, torn_down, closing_ms, trace, .. } = self;
        match half.recv_event() {
            Ok(Some(event)) => Ok(Some(event)),
            end => ended::<_, S, R>(end, stream, cells, torn_down, *closing_ms, trace),
        }
    }

    /// How the connection was closed; `None` unless both Close frames crossed the wire.
    pub fn closed(&self) -> Option<Closed> {
        self.half.closed().map(Closed::from)
    }

    /// What both endpoints agreed on about compression; `None` if nothing.
    pub fn compression(&self) -> Option<Agreed> {
        self.half.compression()
    }

    /// What compressed messages that were received had of bytes so far; `None` without
    /// compression.
    pub fn volume_received(&self) -> Option<Volume> {
        self.half.volume_received()
    }

    /// The subprotocol that both sides agreed on.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }
}

impl<S: SplitSocket, R: Role> Reader<S, R> {
    /// Joins the halves again.
    ///
    /// # Errors
    /// [`ReuniteError`], with both halves in it, if they are of two streams, or if an answer to the
    /// peer waits for room: receive or flush, and try again.
    pub fn reunite(self, writer: Writer<S, R>) -> Result<Reunited<S, R>, ReuniteError<S, R>> {
        if !Arc::ptr_eq(&self.stream.0, &writer.stream.0) {
            return Err(ReuniteError(Box::new((self, writer))));
        }
        let Self { half, stream, cells, closing_ms, subprotocol, torn_down, trace } = self;
        let mut others = Some((stream, writer));
        let take = |cells| {
            drop(others.take());
            match Arc::into_inner(cells) {
                Some(cells) => cells,
                None => unreachable!("the other half has just been dropped"),
            }
        };
        let join = |reads: Io<Shared<S::Reads>>, writes: Io<S::Writes>| {
            let Some(inner) = Arc::into_inner(reads.socket.0) else {
                unreachable!("the other half has just been dropped")
            };
            let inner = inner.into_inner().unwrap_or_else(PoisonError::into_inner);
            let joined = Joined { reads: inner, writes: writes.socket };
            let mut whole = Io::new(joined, Direction::Both, reads.clock);
            whole.set_interrupt(reads.interrupt);
            whole
        };
        match half.reunite(take, join) {
            Ok(core) => {
                let mut whole = WebSocket::new(core, closing_ms, subprotocol, trace);
                whole.torn_down = torn_down;
                Ok(whole)
            }
            Err(half) => {
                let Some((stream, writer)) = others else { unreachable!("it was not taken") };
                let reader =
                    Self { half, stream, cells, closing_ms, subprotocol, torn_down, trace };
                Err(ReuniteError(Box::new((reader, writer))))
            }
        }
    }
}

impl<S: SplitSocket, R: Role> Writer<S, R> {
    /// Sends a message, and all that was staged before.
    ///
    /// # Errors
    /// As [`WebSocket::send`].
    pub fn send(&mut self, message: impl Sendable) -> Result<(), Error> {
        match message.encoded() {
            None => self.half.send(message.borrowed())?,
            Some(encoded) => self.half.send_encoded(encoded, true)?,
        }
        Ok(())
    }

    /// Stages a message, to leave with the next `send` or `flush`, or when the reader begins to
    /// wait. Writes only if there is no room for it.
    ///
    /// # Errors
    /// As [`WebSocket::send`].
    pub fn feed(&mut self, message: impl Sendable) -> Result<(), Error> {
        match message.encoded() {
            None => self.half.feed(message.borrowed())?,
            Some(encoded) => self.half.send_encoded(encoded, false)?,
        }
        Ok(())
    }

    /// Sends a part of a message: see [`WebSocket::send_part`].
    ///
    /// # Errors
    /// As there.
    pub fn send_part(&mut self, kind: Kind, part: &[u8], fin: bool) -> Result<(), Error> {
        Ok(self.half.send_part(kind, part, fin)?)
    }

    /// How much of its message a failed `send` or `feed` has taken, in bytes, if not all of it:
    /// see [`WebSocket::unfinished`].
    pub fn unfinished(&mut self) -> Option<usize> {
        self.half.unfinished()
    }

    /// Says whether messages are to be compressed, from the next that begins on; they are unless
    /// this says otherwise. Nothing changes without compression.
    pub fn set_compression(&mut self, wanted: bool) {
        self.half.set_compression(wanted);
    }

    /// What compressed messages that were sent had of bytes so far; `None` without compression.
    pub fn volume_sent(&mut self) -> Option<Volume> {
        self.half.volume_sent()
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

/// Ends the stream below when the connection has ended.
fn ended<T, S: SplitSocket, R: Role>(
    end: Result<Option<T>, CoreError>,
    stream: &mut Shared<S::Reads>,
    cells: &Weak<SharedCells<Io<S::Writes>, R>>,
    torn_down: &mut bool,
    closing_ms: u32,
    trace: &mut Trace,
) -> Result<Option<T>, Error> {
    let end = end.map_err(Error::from);
    trace.received(end.as_ref().map(|_| Ready::Ended), || None);
    if end.as_ref().err().is_none_or(Error::wants_teardown) && !*torn_down {
        *torn_down = true;
        // A server ends its side at once, but not within a frame, nor before the Close frame that a
        // send which is under way takes along.
        if !R::CLIENT
            && let Some(cells) = cells.upgrade()
        {
            cells.settle(limit(closing_ms));
        }
        // It has ended, and why is known: how the stream takes it is of no use to anybody.
        let _ = teardown::<_, R>(stream, limit(closing_ms));
    }
    end
}

/// A stream with two names; only one thread uses it.
struct Shared<S>(Arc<Mutex<S>>);

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, S> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Socket> Read for Shared<S> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.lock().read(space)
    }
}

impl<S: Socket> Write for Shared<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().flush()
    }
}

impl<S: Socket> Socket for Shared<S> {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.lock().set_read_wait(wait)
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.lock().set_write_wait(wait)
    }

    fn shutdown(&mut self) -> io::Result<()> {
        self.lock().shutdown()
    }
}

impl<S: SplitSocket, R: Role> fmt::Display for ReuniteError<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are of two different streams, or an answer waits to be sent")
    }
}

impl<S: SplitSocket + fmt::Debug, R: Role + fmt::Debug> error::Error for ReuniteError<S, R> {}

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
