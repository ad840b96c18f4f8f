//! The stream of messages over a blocking stream.

use std::{
    net::TcpStream,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use socklet_core::{
    Chunk, Event, Kind, Role, UsageError,
    connection::{Connection, Mode, Ready},
    io::blocking,
    permessage_deflate::{Agreed, Volume},
    wire::close::CloseCode,
};

use super::{Clock, Io, MaybeTls, Socket, io::Direction};
use crate::{
    ClientRole, Closed, Error, Message,
    buffer::GrowingBuffer,
    deflate::{HostCompressing, HostDeflate},
    message::Sendable,
    teardown::{DISCARD_LEN, limit},
    trace::Trace,
};

/// The stream of the core.
pub(super) type Core<S, R> = blocking::WebSocket<Io<S>, R, GrowingBuffer, HostDeflate, Clock>;

/// The sending part of a [`WebSocket`], which borrows all of it but the message that was received
/// with it.
pub type Sender<'a, S, R> = blocking::Sender<'a, Io<S>, R, GrowingBuffer, Clock, HostCompressing>;

/// A WebSocket over the blocking stream `S`, in the role `R`.
///
/// Made by [`Client::connect_blocking`](crate::Client::connect_blocking) or
/// [`Server::accept_blocking`](crate::Server::accept_blocking).
/// [`into_split`](Self::into_split) makes two halves for two threads.
///
/// # Memory
/// Buffers grow with what has arrived and shrink when nothing is in them: those for receiving and
/// for sending to 64 KiB each at once, and to 8 KiB by and by. A connection with small messages
/// holds about 2 KiB, TLS apart; what compression adds is said at
/// [`Client::deflate`](crate::Client::deflate).
///
/// Once buffers and codecs have grown to what the messages need, a message allocates nothing: not
/// when it is sent, and not when it is received by [`recv_ref`](Self::recv_ref),
/// [`recv_chunk`](Self::recv_chunk) or [`recv_event`](Self::recv_event). What
/// [`recv`](Self::recv) hands out is memory of its own.
#[derive(Debug)]
pub struct WebSocket<S: Socket = MaybeTls<TcpStream>, R = ClientRole> {
    pub(super) core: Core<S, R>,
    pub(super) closing_ms: u32,
    pub(super) subprotocol: Option<Box<str>>,
    pub(super) torn_down: bool,
    pub(super) trace: Trace,
}

impl<S: Socket, R: Role> WebSocket<S, R> {
    pub(super) const fn new(
        core: Core<S, R>,
        closing_ms: u32,
        subprotocol: Option<Box<str>>,
        trace: Trace,
    ) -> Self {
        Self { core, closing_ms, subprotocol, torn_down: false, trace }
    }

    /// Receives the next message; `None` once the connection is [`closed`](Self::closed).
    ///
    /// Pings are answered and Close frames too. What was staged by [`feed`](Self::feed) leaves
    /// when this has to wait for the peer. When the connection has ended, the stream below is
    /// ended as well, as RFC 6455 section 7.1.1 wants it, before this returns; that takes no
    /// more than a few seconds.
    ///
    /// # Errors
    /// How the connection ended, if not by a closing handshake; again on every call.
    pub fn recv(&mut self) -> Result<Option<Message>, Error> {
        loop {
            let Ready::Data = self.receive(Mode::Whole, false)? else { return Ok(None) };
            // If it is not valid, the next turn tells the peer so, and then the caller.
            if let Ok(message) = self.core.message().0 {
                return Ok(Some(message.into()));
            }
        }
    }

    /// Receives the next message without a copy of its own: it borrows the receive buffer. Beside
    /// it stands a sender, which borrows the rest: so the message can be sent back, or on.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Examples
    /// ```
    /// use std::net::TcpStream;
    /// use socklet_std::{Error, ServerRole, blocking::WebSocket};
    ///
    /// fn echo(mut ws: WebSocket<TcpStream, ServerRole>) -> Result<(), Error> {
    ///     while let Some((message, mut reply)) = ws.recv_ref()? {
    ///         reply.feed(message)?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[allow(clippy::type_complexity, reason = "two borrows that have to be taken at once")]
    pub fn recv_ref(
        &mut self,
    ) -> Result<Option<(socklet_core::Message<'_>, Sender<'_, S, R>)>, Error> {
        let Ready::Data = self.receive_valid(false)? else { return Ok(None) };
        let (message, sender) = self.core.message();
        Ok(Some((message?, sender)))
    }

    /// Receives what there is of the next message: messages may be longer than any memory, and
    /// than [`Limits::message_len`](crate::Limits::message_len) if that is 0. `None` once the
    /// connection is closed.
    ///
    /// Text is checked as it arrives; a chunk may end within a code point.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub fn recv_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error> {
        let Ready::Data = self.receive(Mode::Chunks, false)? else { return Ok(None) };
        Ok(Some(self.core.chunk()))
    }

    /// Receives the next message, Ping or Pong; Pings have been answered when they are seen.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub fn recv_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        Ok(Some(match self.receive_valid(true)? {
            Ready::Data => Event::Message(self.core.message().0?),
            Ready::Ping => Event::Ping(self.core.control()),
            Ready::Pong => Event::Pong(self.core.control()),
            Ready::Head | Ready::Ended => return Ok(None),
        }))
    }

    /// Sends a message, and all that was staged before.
    ///
    /// # Errors
    /// [`Error::Usage`] when the connection is closed, or another message is half sent; how the
    /// connection ended.
    pub fn send(&mut self, message: impl Sendable) -> Result<(), Error> {
        match message.encoded() {
            None => self.core.send(message.borrowed())?,
            Some(encoded) => self.core.sender().send_encoded(encoded, true)?,
        }
        Ok(())
    }

    /// Stages a message, to leave with the next `send` or `flush`, or when receiving has to wait:
    /// many small messages go out with one write. Writes only if there is no room for it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn feed(&mut self, message: impl Sendable) -> Result<(), Error> {
        match message.encoded() {
            None => self.core.feed(message.borrowed())?,
            Some(encoded) => self.core.sender().send_encoded(encoded, false)?,
        }
        Ok(())
    }

    /// Sends a part of a message; the last has `fin`. All parts are of one kind; text may be cut
    /// anywhere.
    ///
    /// # Errors
    /// As [`send`](Self::send); and for text that cannot become UTF-8: nothing of the part is
    /// sent.
    pub fn send_part(&mut self, kind: Kind, part: &[u8], fin: bool) -> Result<(), Error> {
        Ok(self.core.send_part(kind, part, fin)?)
    }

    /// Sends a Ping of at most 125 bytes (RFC 6455 section 5.5.2), between the parts of a message
    /// too. [`recv_event`](Self::recv_event) shows the Pong.
    ///
    /// # Errors
    /// [`Error::Usage`] when the connection is closed, [`Error::Config`] if it is too long.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.trace.ping_sent();
        Ok(self.core.ping(payload)?)
    }

    /// Sends a Pong that nobody asked for (RFC 6455 section 5.5.3).
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), Error> {
        Ok(self.core.sender().pong(payload)?)
    }

    /// Writes and flushes all that is staged.
    ///
    /// # Errors
    /// How the connection ended.
    pub fn flush(&mut self) -> Result<(), Error> {
        Ok(self.core.flush()?)
    }

    /// Closes the connection: sends a Close frame, discards messages until the peer's comes, and
    /// ends the stream below (RFC 6455 sections 7.1.2 and 7.1.1). If it is closed already, this
    /// only says how.
    ///
    /// Bounded by [`Timeouts::closing_ms`](crate::Timeouts::closing_ms) for the handshake and a
    /// few seconds for the stream.
    ///
    /// # Errors
    /// [`Error::Config`] for a code that must not be sent or a reason of more than 123 bytes:
    /// nothing happened. Else how the connection ended instead.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        if self.is_open() {
            self.core.sender().close(code, reason)?;
        }
        while let Ready::Data = self.receive(Mode::Chunks, false)? {}
        self.closed().ok_or(UsageError::Closed.into())
    }

    /// Lets another thread interrupt this one: while the flag is set, calls that would wait fail
    /// with an [`Error::Io`] of the kind [`Interrupted`](std::io::ErrorKind::Interrupted). Nothing
    /// is lost by that, and the connection goes on.
    ///
    /// A server that has to stop sets it for all its connections, each of which then takes it off
    /// again (`None`) and [closes](Self::close). The flag is looked at several times a second.
    pub fn set_interrupt(&mut self, flag: Option<Arc<AtomicBool>>) {
        self.core.inner_mut().set_interrupt(flag);
    }

    /// How the connection was closed; `None` unless both Close frames crossed the wire.
    pub fn closed(&self) -> Option<Closed> {
        self.core.closed().map(Closed::from)
    }

    /// Whether messages may be sent.
    pub const fn is_open(&self) -> bool {
        self.core.is_open()
    }

    /// The subprotocol that both sides agreed on.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// How much of its message a failed `send` or `feed` has taken, in bytes, if not all of it:
    /// `None` if it was taken whole. After `Some(0)` call it again or forget it; after more the
    /// same call has to continue it, with the same bytes, before another message can be sent. One
    /// that ended with a Usage, Config or Resource error took nothing, and this is as it was before.
    pub const fn unfinished(&self) -> Option<usize> {
        self.core.unfinished()
    }

    /// The stream below.
    pub const fn inner(&self) -> &S {
        &self.core.inner().socket
    }

    /// The stream below; bytes read from it or written to it are missing from the connection.
    pub const fn inner_mut(&mut self) -> &mut S {
        &mut self.core.inner_mut().socket
    }

    /// What both endpoints agreed on about compression; `None` if nothing.
    pub fn compression(&self) -> Option<Agreed> {
        self.core.compression()
    }

    /// Says whether messages are to be compressed, from the next that begins on; they are unless
    /// this says otherwise. Nothing changes without compression.
    pub fn set_compression(&mut self, wanted: bool) {
        self.core.set_compression(wanted);
    }

    /// What compressed messages that were received had of bytes so far; `None` without
    /// compression.
    pub fn volume_received(&self) -> Option<Volume> {
        self.core.volume_received()
    }

    /// What compressed messages that were sent had of bytes so far; `None` without compression.
    pub fn volume_sent(&self) -> Option<Volume> {
        self.core.volume_sent()
    }

    /// The state machine of the core.
    pub const fn connection(&self) -> &Connection<R, GrowingBuffer, HostDeflate> {
        self.core.connection()
    }

    /// The stream below, and the bytes that were read from it and not decoded. What is staged and
    /// was not [flushed](Self::flush) is lost. The waits of the socket are as they were set last.
    pub fn into_inner(self) -> (S, Vec<u8>) {
        let (io, connection) = self.core.into_parts();
        let leftover = connection.undecoded().to_vec();
        (io.socket, leftover)
    }

    /// Waits until something is ready; ends the stream below when the connection has ended.
    fn receive(&mut self, mode: Mode, control: bool) -> Result<Ready, Error> {
        let outcome = loop {
            let outcome = self.core.receive(mode, control || Trace::SHOWS_CONTROL);
            let outcome = outcome.map_err(Error::from);
            let closed = || self.core.closed().map(Closed::from);
            self.trace.received(outcome.as_ref().copied(), closed);
            if control || !matches!(outcome, Ok(Ready::Ping | Ready::Pong)) {
                break outcome;
            }
        };
        let ended = match &outcome {
            Ok(ready) => *ready == Ready::Ended,
            Err(error) => error.wants_teardown(),
        };
        if ended && !self.torn_down {
            self.torn_down = true;
            // It has ended, and why is known: how the stream takes it is of no use to anybody.
            let limit = limit(self.closing_ms);
            let _ = teardown::<S, R>(self.inner_mut(), limit);
        }
        outcome
    }

    /// Waits for a whole message, or control frame, to be borrowed. A text that is not UTF-8 fails
    /// the connection as anything else does: before the stream is borrowed, which is why valid text
    /// is looked at once more.
    fn receive_valid(&mut self, control: bool) -> Result<Ready, Error> {
        loop {
            let ready = self.receive(Mode::Whole, control)?;
            if ready != Ready::Data || self.core.message().0.is_ok() {
                return Ok(ready);
            }
            // The next turn tells the peer what is wrong with it, and then the caller.
        }
    }

    /// A connection that something else has opened.
    pub(super) fn taken_over(
        mut core: Core<S, R>,
        closing_ms: u32,
        leftover: &[u8],
    ) -> Result<Self, Error> {
        core.assume_open()?;
        core.preload(leftover)?;
        let trace = Trace::new(R::CLIENT);
        trace.opened();
        Ok(Self::new(core, closing_ms, None, trace))
    }
}

/// The stream below as the core takes it.
pub(super) fn io<S>(socket: S) -> Io<S> {
    Io::new(socket, Direction::Both, Clock::new())
}

/// Ends the stream in the order of the role (RFC 6455 section 7.1.1), within `limit`: a socket
/// that is closed with unread bytes in it resets the connection, and the peer may lose the Close
/// frame.
pub(super) fn teardown<S: Socket, R: Role>(socket: &mut S, limit: Duration) -> std::io::Result<()> {
    let until = Instant::now() + limit;
    if !R::CLIENT {
        socket.set_write_wait(Some(limit))?;
        socket.shutdown()?;
        return discard(socket, until);
    }
    // A server that does not end its side does not keep us from it.
    let _ = discard(socket, until);
    socket.set_write_wait(Some(limit))?;
    socket.shutdown()
}

/// Reads to the end of the stream, until the time is up however much there is.
fn discard(socket: &mut impl Socket, until: Instant) -> std::io::Result<()> {
    let mut discarded = [0; DISCARD_LEN];
    loop {
        let wait = until.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return Ok(());
        }
        socket.set_read_wait(Some(wait))?;
        match socket.read(&mut discarded) {
            Ok(1..) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(0) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
