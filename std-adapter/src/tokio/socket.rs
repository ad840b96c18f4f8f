//! The stream of messages over a tokio stream.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use socklet_core::{
    Chunk, Event, Kind, Role, UsageError,
    connection::{Connection, Ready},
    permessage_deflate::{Agreed, Volume},
    wire::close::CloseCode,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::{
    Sender,
    closing::refuse,
    driver::{CoreError, Driver, Goal},
    duplex::Wakers,
    maybe_tls::MaybeTls,
    teardown::Teardown,
};
use crate::{
    ClientRole, Closed, Error, Message, buffer::GrowingBuffer, deflate::HostDeflate,
    message::Sendable, trace::Trace,
};

/// A WebSocket over the tokio stream `S`, in the role `R`.
///
/// Made by [`Client::connect`](crate::Client::connect) or
/// [`Server::accept`](crate::Server::accept). It is also a `Stream` of messages and a `Sink` for
/// them, and [`into_split`](Self::into_split) makes two halves for two tasks.
///
/// # Cancellation
/// Every future here may be dropped at any await, in `select!` for instance. Receiving loses
/// nothing. What is sent is taken whole before the first await if it fits the staging buffer,
/// which it does up to 128 KiB less what is staged; of a longer message whole frames go out.
/// [`unfinished`](Self::unfinished) says what became of a message whose `send` or `feed` was
/// dropped after it had been polled: taken whole, not at all, or in part, and then the same call
/// continues it.
///
/// # Memory
/// Buffers grow with what has arrived and shrink when nothing is in them: those for receiving and
/// for sending to 64 KiB each at once, and to 8 KiB by and by. Before the first message, and in a
/// long silence, there are none. A connection with small messages holds about 2 KiB, TLS apart; what
/// compression adds is said at [`Client::deflate`](crate::Client::deflate).
///
/// Once buffers and codecs have grown to what the messages need, a message allocates nothing: not
/// when it is sent, and not when it is received by [`recv_ref`](Self::recv_ref),
/// [`recv_chunk`](Self::recv_chunk) or [`recv_event`](Self::recv_event). What
/// [`recv`](Self::recv) hands out is memory of its own.
#[derive(Debug)]
pub struct WebSocket<S = MaybeTls<TcpStream>, R = ClientRole> {
    pub(super) driver: Driver<S, R>,
    pub(super) teardown: Teardown,
    pub(super) subprotocol: Option<Box<str>>,
    /// What `Sink` was handed and could not stage yet.
    pub(super) pending: Option<Message>,
    /// Who is to be woken when `Stream` and `Sink` are used by two tasks.
    pub(super) wakers: Option<std::sync::Arc<Wakers>>,
    /// Since when a Close frame waits for room.
    pub(super) closing_since_ms: Option<u64>,
    /// Whether the `Stream` has reported how the connection failed.
    pub(super) failed: bool,
    /// Whether a `close` discards what comes, which leaves messages of which a part is missing.
    pub(super) discards: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> WebSocket<S, R> {
    pub(super) const fn new(driver: Driver<S, R>, subprotocol: Option<Box<str>>) -> Self {
        Self {
            driver,
            teardown: Teardown::NotBegun,
            subprotocol,
            pending: None,
            wakers: None,
            closing_since_ms: None,
            failed: false,
            discards: false,
        }
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
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        Ok(self.recv_ref().await?.map(|(message, _)| message.into()))
    }

    /// Receives the next message without a copy of its own: it borrows the receive buffer. Beside
    /// it stands a sender, which borrows the rest: so the message can be sent back, or on.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Examples
    /// ```
    /// use socklet_std::{Error, ServerRole, tokio::WebSocket};
    /// use tokio::net::TcpStream;
    ///
    /// async fn echo(mut ws: WebSocket<TcpStream, ServerRole>) -> Result<(), Error> {
    ///     while let Some((message, mut reply)) = ws.recv_ref().await? {
    ///         reply.feed(message).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[allow(clippy::type_complexity, reason = "two borrows that have to be taken at once")]
    pub async fn recv_ref(
        &mut self,
    ) -> Result<Option<(socklet_core::Message<'_>, Sender<'_, S, R>)>, Error> {
        if !self.take_message() {
            let Ready::Data = self.ready(Goal::MESSAGE).await? else { return Ok(None) };
        }
        let Driver { next, timer, connection, .. } = &mut self.driver;
        let (message, write_side) = connection.message();
        match message {
            Ok(message) => Ok(Some((message, Sender { next, timer, write_side }))),
            Err(error) => {
                refuse::<S, R>(next, timer, write_side, &mut self.teardown).await;
                Err(error.into())
            }
        }
    }

    /// Receives what there is of the next message: messages may be longer than any memory, and
    /// than [`Limits::message_len`](crate::Limits::message_len) if that is 0. `None` once the
    /// connection is closed.
    ///
    /// Text is checked as it arrives; a chunk may end within a code point.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub async fn recv_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error> {
        let Ready::Data = self.ready(Goal::CHUNK).await? else { return Ok(None) };
        Ok(Some(self.driver.connection.chunk()))
    }

    /// Receives the next message, Ping or Pong; Pings have been answered when they are seen.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub async fn recv_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        match self.ready(Goal::EVENT).await? {
            Ready::Data => {
                let Driver { next, timer, connection, .. } = &mut self.driver;
                let (message, write_side) = connection.message();
                match message {
                    Ok(message) => Ok(Some(Event::Message(message))),
                    Err(error) => {
                        refuse::<S, R>(next, timer, write_side, &mut self.teardown).await;
                        Err(error.into())
                    }
                }
            }
            Ready::Ping => Ok(Some(Event::Ping(self.driver.connection.control()))),
            Ready::Pong => Ok(Some(Event::Pong(self.driver.connection.control()))),
            Ready::Head | Ready::Ended => Ok(None),
        }
    }

    /// Sends a message, and all that was staged before.
    ///
    /// # Errors
    /// [`Error::Usage`] when the connection is closed, or another message is half sent; how the
    /// connection ended.
    pub fn send(&mut self, message: impl Sendable) -> impl Future<Output = Result<(), Error>> {
        let mut is_staged = false;
        // Itself the future: one around it would cost more than a short message.
        poll_fn(move |context| {
            if !is_staged && self.pending.is_some() {
                ready!(self.poll_settle(context))?;
            }
            self.sender().poll_send(&message, &mut is_staged, context)
        })
    }

    /// Stages a message, to leave with the next `send` or `flush`, or when receiving has to wait:
    /// many small messages go out with one write. Writes only if there is no room for it, or for a
    /// server's message of 32 KiB or more that comes first and is not compressed: that costs less than
    /// to stage it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn feed(&mut self, message: impl Sendable) -> Result<(), Error> {
        if self.pending.is_some() {
            self.settle().await?;
        }
        self.sender().feed(message).await
    }

    /// Sends a part of a message; the last has `fin`. All parts are of one kind; text may be cut
    /// anywhere.
    ///
    /// # Errors
    /// As [`send`](Self::send); and for text that cannot become UTF-8: nothing of the part is
    /// sent.
    pub async fn send_part(&mut self, kind: Kind, part: &[u8], fin: bool) -> Result<(), Error> {
        self.settle().await?;
        self.sender().send_part(kind, part, fin).await
    }

    /// Sends a Ping of at most 125 bytes (RFC 6455 section 5.5.2), between the parts of a message
    /// too. [`recv_event`](Self::recv_event) shows the Pong.
    ///
    /// # Errors
    /// [`Error::Usage`] when the connection is closed, [`Error::Config`] if it is too long.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.driver.trace.ping_sent();
        self.sender().ping(payload).await
    }

    /// Sends a Pong that nobody asked for (RFC 6455 section 5.5.3).
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    pub async fn pong(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.sender().pong(payload).await
    }

    /// Writes and flushes all that is staged.
    ///
    /// # Errors
    /// How the connection ended.
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.settle().await?;
        self.sender().flush().await
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
    ///
    /// # Cancellation
    /// Call it again, or receive: the closing handshake goes on where it was.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        if self.is_open() {
            // Of an earlier call that was dropped, or had nothing to close with.
            self.closing_since_ms = None;
            poll_fn(|context| self.poll_stage_close(code, reason, context)).await?;
        }
        self.discards = true;
        while let Ready::Data = self.ready(Goal::CHUNK).await? {}
        self.closed().ok_or(UsageError::Closed.into())
    }

    /// How the connection was closed; `None` unless both Close frames crossed the wire.
    pub fn closed(&self) -> Option<Closed> {
        self.driver.connection.closed().map(Closed::from)
    }

    /// Whether messages may be sent.
    pub const fn is_open(&self) -> bool {
        self.driver.connection.write_side().is_open()
    }

    /// The subprotocol that both sides agreed on.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// How much of its message a dropped or failed `send` or `feed` has taken, in bytes, if not
    /// all of it: `None` if it was taken whole. After `Some(0)` call it again or forget it; after
    /// more the same call has to continue it, with the same bytes, before another message can be
    /// sent. A future that was never polled, or ended with a Usage, Config or Resource error, took
    /// nothing, and this is as it was before.
    pub const fn unfinished(&self) -> Option<usize> {
        self.driver.connection.write_side().unfinished()
    }

    /// The stream below.
    pub const fn inner(&self) -> &S {
        &self.driver.next
    }

    /// The stream below; bytes read from it or written to it are missing from the connection.
    pub const fn inner_mut(&mut self) -> &mut S {
        &mut self.driver.next
    }

    /// What both endpoints agreed on about compression; `None` if nothing.
    pub fn compression(&self) -> Option<Agreed> {
        self.driver.connection.compression()
    }

    /// Says whether messages are to be compressed, from the next that begins on; they are unless
    /// this says otherwise. Nothing changes without compression.
    pub fn set_compression(&mut self, wanted: bool) {
        self.driver.connection.write_side_mut().set_compression(wanted);
    }

    /// What compressed messages that were received had of bytes so far; `None` without
    /// compression.
    pub fn volume_received(&self) -> Option<Volume> {
        self.driver.connection.volume_received()
    }

    /// What compressed messages that were sent had of bytes so far; `None` without compression.
    pub fn volume_sent(&self) -> Option<Volume> {
        self.driver.connection.write_side().volume_sent()
    }

    /// The state machine of the core.
    pub const fn connection(&self) -> &Connection<R, GrowingBuffer, HostDeflate> {
        &self.driver.connection
    }

    /// The stream below, and the bytes that were read from it and not decoded. What is staged and
    /// was not [flushed](Self::flush) is lost.
    pub fn into_inner(self) -> (S, Vec<u8>) {
        let leftover = self.driver.connection.undecoded().to_vec();
        (self.driver.next, leftover)
    }

    /// The sender, which has all methods that send.
    pub(super) fn sender(&mut self) -> Sender<'_, S, R> {
        let Driver { next, timer, connection, .. } = &mut self.driver;
        Sender { next, timer, write_side: connection.write_side_mut() }
    }

    /// Stages what the `Sink` was handed before.
    async fn settle(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.poll_settle(context)).await
    }

    /// Hands out the next message if that is short work, and nothing else is to be done first.
    #[inline]
    pub(super) fn take_message(&mut self) -> bool {
        self.pending.is_none() && self.driver.connection.take_message()
    }

    /// Waits until something is ready; ends the stream below when the connection has ended.
    async fn ready(&mut self, goal: Goal) -> Result<Ready, Error> {
        poll_fn(|context| self.poll_receive(goal, context)).await
    }

    pub(super) fn poll_receive(
        &mut self,
        goal: Goal,
        context: &mut Context<'_>,
    ) -> Poll<Result<Ready, Error>> {
        // What has no room yet goes as far as it can.
        if self.pending.is_some() && self.is_open() {
            let _ = self.poll_settle(context)?;
        }
        let outcome = loop {
            // The rest of a message whose beginning was discarded goes with it.
            let is_rest = self.discards && self.driver.connection.is_chunked();
            let goal = if is_rest { Goal::CHUNK } else { goal };
            match ready!(self.driver.poll_ready(goal, context)) {
                Ok(Ready::Data) if is_rest => {}
                // There is nothing to tell, and nothing to end.
                Ok(Ready::Data) => return Poll::Ready(Ok(Ready::Data)),
                outcome => break outcome.map_err(Error::from),
            }
        };
        let Driver { trace, connection, .. } = &mut self.driver;
        trace.received(outcome.as_ref().copied(), || connection.closed().map(Closed::from));
        let ended = match &outcome {
            Ok(ready) => *ready == Ready::Ended,
            Err(error) => error.wants_teardown(),
        };
        if ended {
            ready!(self.poll_teardown(context));
        }
        Poll::Ready(outcome)
    }

    /// A connection that something else has opened.
    pub(super) fn taken_over(
        next: S,
        connection: Connection<R, GrowingBuffer, HostDeflate>,
        leftover: &[u8],
        trace: Trace,
    ) -> Result<Self, Error> {
        let mut driver = Driver::new(next, connection, trace);
        let now_ms = Some(driver.timer.now_ms());
        let opened: Result<(), CoreError> = driver.connection.assume_open(now_ms);
        opened?;
        driver.connection.preload(leftover)?;
        driver.trace.opened();
        Ok(Self::new(driver, None))
    }
}
