//! The stream over [`embedded_io_async`].
//!
//! # Cancellation
//! Every future here may be dropped at any await, provided that the next layer's `read`, `write`
//! and `flush` futures may: those of TCP sockets may; the adapters make those of TLS so. What is
//! lost, what is kept and how to go on is said for each method. In short: receiving loses
//! nothing; a message that fits the free part of the staging buffer is taken whole before the
//! first await; of a longer one whole frames go out, and the same call continues it.

mod sender;

use core::{
    future::{Future, poll_fn},
    num::NonZeroUsize,
    pin::{Pin, pin},
    task::Poll,
};

use embedded_io_async::{Read, Write};
use rand_core::CryptoRng;

use super::{Clock, Goal, NoClock, stream};
use crate::{
    Chunk, Client, Closed, Error, Event, Kind, Message, Role, Server, UsageError,
    buffer::Buffer,
    connection::{Mode, Part, Ready, Step},
    handshake::{client, server},
    permessage_deflate::{Compression, NoCompression},
    wire::close::CloseCode,
};

/// A [`Clock`] that can wait.
pub trait Timer: Clock {
    /// Waits until the clock shows `at_ms` or later. May be dropped at any time.
    fn sleep_until_ms(&mut self, at_ms: u64) -> impl Future<Output = ()>;
}

impl Timer for NoClock {
    fn sleep_until_ms(&mut self, _: u64) -> impl Future<Output = ()> {
        core::future::pending()
    }
}

/// The stream that does not block: its methods are `async`.
pub type WebSocket<S, R, B, C = NoCompression, T = NoClock> =
    stream::WebSocket<Nonblocking, S, R, B, C, T>;

/// The sending part of a [`WebSocket`], which borrows all of it but what has been received.
pub type Sender<'a, S, R, B, T = NoClock, X = NoCompression> =
    stream::Sender<'a, Nonblocking, S, R, B, T, X>;

/// How the stream waits: not in its calls but in their futures.
#[derive(Debug)]
pub enum Nonblocking {}

impl<S: Read + Write, R: CryptoRng, B: Buffer, C: Compression, T: Timer>
    WebSocket<S, Client<R>, B, C, T>
{
    /// Makes the opening handshake (RFC 6455 section 4.1) and returns the response.
    ///
    /// # Errors
    /// [`Error::Handshake`]; after [`HandshakeError::Declined`](crate::HandshakeError::Declined)
    /// and the like the [`response`](Self::response) can be read. [`Error::Config`] and
    /// [`Error::Resource`] for a request that cannot be made: nothing was sent.
    ///
    /// # Cancellation
    /// Call it again with the same request to go on. The request is staged by the call, before
    /// the future is polled.
    pub fn handshake(
        &mut self,
        request: &client::Request<'_>,
    ) -> impl Future<Output = Result<client::Response<'_>, Error<S::Error>>> {
        let now_ms = self.clock.now();
        // Before the future begins, where a request that is a constant can be folded.
        let staged = self.connection.stage_request(request, now_ms);
        async move {
            staged?;
            self.drive(Goal::Head).await?;
            let now_ms = self.clock.now();
            self.connection.check_response(request, now_ms)?;
            self.connection.response().ok_or(UsageError::NotOpen.into())
        }
    }
}

impl<S: Read + Write, B: Buffer, C: Compression, T: Timer> WebSocket<S, Server, B, C, T> {
    /// Reads the client's request, whatever it asks for, and leaves the answer to
    /// [`answer`](Self::answer).
    ///
    /// # Errors
    /// [`Error::Handshake`] if it is not HTTP; that has been answered with status 400, or 431 if
    /// it is too long.
    ///
    /// # Cancellation
    /// Loses nothing: call it again.
    pub async fn read_request(&mut self) -> Result<server::Request<'_>, Error<S::Error>> {
        let now_ms = self.clock.now();
        self.connection.await_request(now_ms)?;
        self.drive(Goal::Head).await?;
        if self.connection.request().is_none() {
            self.answer(|_| server::Decision::Accept(server::Accept::new())).await?;
        }
        self.connection.request().ok_or(UsageError::NotOpen.into())
    }

    /// Answers the request that was read: accepts it, or rejects it with any status and body.
    /// What is not a proper upgrade is not accepted: it gets a 400 with the reason, or a 426.
    ///
    /// # Errors
    /// [`Error::Handshake`] unless the connection is open.
    /// [`HandshakeError::Rejected`](crate::HandshakeError::Rejected) if `decide` rejected it.
    /// [`Error::Config`] for an answer that cannot be made: another can be given.
    ///
    /// # Cancellation
    /// The answer is taken whole before the first await; call it again to go on.
    pub async fn answer<'d>(
        &mut self,
        decide: impl FnOnce(&server::Request<'_>) -> server::Decision<'d>,
    ) -> Result<(), Error<S::Error>> {
        self.connection.stage_answer(decide)?;
        self.sender().drain().await?;
        let now_ms = self.clock.now();
        self.connection.finish_answer(now_ms)
    }

    /// Answers a request that something else has read and parsed; bytes that it read behind the
    /// head are to be [preloaded](Self::preload) afterwards.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    ///
    /// # Cancellation
    /// As [`answer`](Self::answer).
    pub async fn answer_to(
        &mut self,
        request: &server::Request<'_>,
        decision: &server::Decision<'_>,
    ) -> Result<(), Error<S::Error>> {
        let now_ms = self.clock.now();
        self.connection.stage_answer_to(request, decision, now_ms)?;
        self.sender().drain().await?;
        let now_ms = self.clock.now();
        self.connection.finish_answer(now_ms)
    }

    /// Reads the client's request and answers it as `decide` says (RFC 6455 section 4.2).
    ///
    /// # Errors
    /// As [`read_request`](Self::read_request) and [`answer`](Self::answer).
    ///
    /// # Cancellation
    /// Loses nothing: call it again.
    pub async fn accept_with<'d>(
        &mut self,
        decide: impl FnOnce(&server::Request<'_>) -> server::Decision<'d>,
    ) -> Result<(), Error<S::Error>> {
        if !self.is_open() {
            self.read_request().await?;
        }
        self.answer(decide).await
    }

    /// Reads the client's request and accepts it if it is a proper upgrade.
    ///
    /// # Errors
    /// As [`accept_with`](Self::accept_with).
    ///
    /// # Cancellation
    /// Loses nothing: call it again.
    pub async fn accept(&mut self) -> Result<(), Error<S::Error>> {
        self.accept_with(|_| server::Decision::Accept(server::Accept::new())).await
    }
}

impl<S: Read + Write, R: Role, B: Buffer, C: Compression, T: Timer> WebSocket<S, R, B, C, T> {
    /// Waits until something has been received, to be looked at by [`message`](Self::message),
    /// [`chunk`](Self::chunk) or [`control`](Self::control) until the next call: `recv` and its
    /// sisters in two steps. Pings and Pongs count only if `control` says so.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Cancellation
    /// Loses nothing.
    pub fn receive(
        &mut self,
        mode: Mode,
        control: bool,
    ) -> impl Future<Output = Result<Ready, Error<S::Error>>> {
        self.drive(Goal::Receive(mode, control))
    }

    /// Receives the next message whole; `None` once the closing handshake is done.
    ///
    /// The message borrows the receive buffer. Pings are answered and Close frames too. What was
    /// staged by `feed` leaves when this has to wait for the peer.
    ///
    /// # Errors
    /// How the connection ended, if not by a closing handshake. [`Error::Resource`] if the
    /// message does not fit the receive buffer: nothing is lost, and
    /// [`recv_chunk`](Self::recv_chunk) receives it.
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv(&mut self) -> Result<Option<Message<'_>>, Error<S::Error>> {
        if self.receive(Mode::Whole, false).await? != Ready::Data {
            return Ok(None);
        }
        match self.message() {
            (Ok(message), _) => Ok(Some(message)),
            (Err(error), sender) => sender.refuse(error).await,
        }
    }

    /// Receives the next message together with a sender, which borrows the rest of the stream:
    /// so the message can be sent back, or on, without a copy of its own.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Cancellation
    /// As [`recv`](Self::recv).
    ///
    /// # Examples
    /// ```
    /// # use socklet_core::{Error, Server, io::nonblocking::WebSocket};
    /// # use embedded_io_async::{Read, Write};
    /// async fn echo<S: Read + Write>(
    ///     mut ws: WebSocket<S, Server, &mut [u8]>,
    /// ) -> Result<(), Error<S::Error>> {
    ///     ws.accept().await?;
    ///     while let Some((message, mut reply)) = ws.recv_with_sender().await? {
    ///         reply.feed(message).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[allow(clippy::type_complexity, reason = "two borrows that have to be taken at once")]
    pub async fn recv_with_sender(
        &mut self,
    ) -> Result<Option<(Message<'_>, Sender<'_, S, R, B, T, C::Outbound>)>, Error<S::Error>> {
        if self.receive(Mode::Whole, false).await? != Ready::Data {
            return Ok(None);
        }
        match self.message() {
            (Ok(message), sender) => Ok(Some((message, sender))),
            (Err(error), sender) => sender.refuse(error).await,
        }
    }

    /// Receives what there is of the next message, to be put together or used up by the caller:
    /// messages may be longer than any buffer. `None` once the closing handshake is done.
    ///
    /// Text is checked as it arrives; a chunk may end within a code point.
    ///
    /// # Errors
    /// How the connection ended, if not by a closing handshake.
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error<S::Error>> {
        let ready = self.receive(Mode::Chunks, false).await?;
        Ok(if ready == Ready::Data { Some(self.chunk()) } else { None })
    }

    /// Receives a chunk together with a sender, which borrows the rest of the stream: so messages
    /// of any length can be sent back, or on, part by part, without a copy of their own.
    ///
    /// # Errors
    /// As [`recv_chunk`](Self::recv_chunk).
    ///
    /// # Cancellation
    /// Loses nothing.
    #[allow(clippy::type_complexity, reason = "two borrows that have to be taken at once")]
    pub async fn recv_chunk_with_sender(
        &mut self,
    ) -> Result<Option<(Chunk<'_>, Sender<'_, S, R, B, T, C::Outbound>)>, Error<S::Error>> {
        let ready = self.receive(Mode::Chunks, false).await?;
        Ok(if ready == Ready::Data { Some(self.chunk_and_sender()) } else { None })
    }

    /// Receives the next message, Ping or Pong; Pings have been answered when they are seen.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv_event(&mut self) -> Result<Option<Event<'_>>, Error<S::Error>> {
        match self.receive(Mode::Whole, true).await? {
            Ready::Data => match self.message() {
                (Ok(message), _) => Ok(Some(Event::Message(message))),
                (Err(error), sender) => sender.refuse(error).await,
            },
            Ready::Ping => Ok(Some(Event::Ping(self.control()))),
            Ready::Pong => Ok(Some(Event::Pong(self.control()))),
            Ready::Head | Ready::Ended => Ok(None),
        }
    }

    /// Sends a message: [`Sender::send`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// As there.
    pub fn send<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> impl Future<Output = Result<(), Error<S::Error>>> {
        let message = message.into();
        self.sender().write(move |side| side.stage(message))
    }

    /// Stages a message: [`Sender::feed`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// As there.
    pub async fn feed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), Error<S::Error>> {
        self.sender().feed(message).await
    }

    /// Sends a part of a message: [`Sender::send_part`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// As there.
    pub fn send_part(
        &mut self,
        kind: Kind,
        part: &[u8],
        fin: bool,
    ) -> impl Future<Output = Result<(), Error<S::Error>>> {
        self.sender().write(move |side| side.stage_part(Part::new(kind, part, fin)))
    }

    /// Sends a Ping: [`Sender::ping`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// As there.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error<S::Error>> {
        self.sender().ping(payload).await
    }

    /// Sends a Pong that nobody asked for: [`Sender::pong`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// As there.
    pub async fn pong(&mut self, payload: &[u8]) -> Result<(), Error<S::Error>> {
        self.sender().pong(payload).await
    }

    /// Writes and flushes all that is staged: [`Sender::flush`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// As there.
    pub async fn flush(&mut self) -> Result<(), Error<S::Error>> {
        self.sender().flush().await
    }

    /// Makes the closing handshake (RFC 6455 section 7.1.2): sends a Close frame and discards
    /// messages until the peer's comes. If the connection is closed already it only says how.
    ///
    /// The next layer is then to be shut down: by a server at once, by a client when the server
    /// has ended its side, or did not for a while (section 7.1.1).
    ///
    /// # Errors
    /// [`ConfigError`](crate::ConfigError) for a code or reason that must not be sent: nothing
    /// happened. Else how the connection ended instead.
    ///
    /// # Cancellation
    /// Call it again to go on waiting for the peer.
    pub async fn close(
        &mut self,
        code: CloseCode,
        reason: &str,
    ) -> Result<Closed<'_>, Error<S::Error>> {
        if self.is_open() {
            self.sender().stage_close(code, reason).await?;
        }
        // Writes the Close frame before it waits.
        while self.receive(Mode::Chunks, false).await? == Ready::Data {}
        self.connection.closed().ok_or(UsageError::Closed.into())
    }

    /// Polls and does what the connection says until something is ready.
    async fn drive(&mut self, goal: Goal) -> Result<Ready, Error<S::Error>> {
        if matches!(goal, Goal::Receive(Mode::Whole, _)) && self.connection.take_message() {
            return Ok(Ready::Data);
        }
        loop {
            let now_ms = self.clock.now();
            match goal.poll(&mut self.connection, now_ms)? {
                Step::Ready(ready) => return Ok(ready),
                Step::Drain => self.sender().drain().await?,
                Step::Read => {
                    let wakeup_ms = now_ms.and_then(|_| self.connection.write_side().wakeup_ms());
                    let sleep = wakeup_ms.map(|at_ms| self.clock.sleep_until_ms(at_ms));
                    let read = self.next.read(self.connection.space()?);
                    let read = before(pin!(read), pin!(sleep)).await;
                    self.after_read(read)?;
                }
            }
        }
    }

    /// Takes note of what came of a read; `None`: nothing in time.
    fn after_read(&mut self, read: Option<Result<usize, S::Error>>) -> Result<(), Error<S::Error>> {
        let now_ms = self.clock.now();
        match read {
            Some(Ok(len)) => match NonZeroUsize::new(len) {
                Some(len) => self.connection.received(len, now_ms),
                None => self.connection.write_side_mut().end_of_stream()?,
            },
            Some(Err(error)) => return self.sender().failed(error),
            None => {
                if let Some(now_ms) = now_ms {
                    self.connection.write_side_mut().tick(now_ms)?;
                }
            }
        }
        Ok(())
    }
}

/// The outcome of `io`, or `None` if there is a `sleep` that ends before there is one.
fn before<F: Future>(
    mut io: Pin<&mut F>,
    mut sleep: Pin<&mut Option<impl Future<Output = ()>>>,
) -> impl Future<Output = Option<F::Output>> {
    poll_fn(move |context| match io.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => match sleep.as_mut().as_pin_mut() {
            Some(sleep) => sleep.poll(context).map(|()| None),
            None => Poll::Pending,
        },
    })
}
