//! The stream over [`embedded_io`].
//!
//! A call returns when it is done, when the next layer fails, or when a deadline of
//! [`Timeouts`](crate::Timeouts) passes, which takes a [`Deadline`] clock. Without one, a next
//! layer whose own time-out is reported as [`TimedOut`](embedded_io::ErrorKind::TimedOut) ends the
//! call but not the connection: nothing is lost, and the same call goes on.

mod sender;

use core::num::NonZeroUsize;

use embedded_io::{ErrorKind, Read, Write};
use rand_core::CryptoRng;

use super::{Clock, Goal, NoClock, stream};
use crate::{
    Chunk, Client, Closed, Error, Event, Kind, Message, Role, Server, UsageError,
    buffer::Buffer,
    connection::{Mode, Ready, Step, WriteSide},
    handshake::{client, server},
    permessage_deflate::{Compression, NoCompression, OutboundContext},
    wire::close::CloseCode,
};

/// The stream that blocks.
pub type WebSocket<S, R, B, C = NoCompression, T = NoClock> =
    stream::WebSocket<Blocking, S, R, B, C, T>;

/// The sending part of a [`WebSocket`], which borrows all of it but what has been received.
pub type Sender<'a, S, R, B, T = NoClock, X = NoCompression> =
    stream::Sender<'a, Blocking, S, R, B, T, X>;

/// How the stream waits: in its calls.
#[derive(Debug)]
pub enum Blocking {}

/// A [`Clock`] that can bound the waiting of the next layer `S`.
pub trait Deadline<S: embedded_io::ErrorType>: Clock {
    /// Makes reads and writes of `next` that wait longer than `wait_ms` milliseconds fail with
    /// the kind [`TimedOut`](ErrorKind::TimedOut); `None`: they wait as long as it takes.
    ///
    /// # Errors
    /// The error of the next layer that cannot be told so.
    fn limit(&mut self, next: &mut S, wait_ms: Option<u64>) -> Result<(), S::Error>;
}

impl<S: embedded_io::ErrorType> Deadline<S> for NoClock {
    fn limit(&mut self, _: &mut S, _: Option<u64>) -> Result<(), S::Error> {
        Ok(())
    }
}

/// What to make of a failed read or write.
pub(super) enum Interruption {
    /// It failed for good.
    None,
    /// It waited as long as the caller lets it: the connection can go on.
    Caller,
    /// It waited as long as the clock lets it.
    Clock,
    /// It did nothing and is to be tried again.
    Retry,
}

pub(super) fn interruption<T: Clock>(error: &impl embedded_io::Error) -> Interruption {
    match error.kind() {
        ErrorKind::TimedOut if T::RUNS => Interruption::Clock,
        ErrorKind::TimedOut => Interruption::Caller,
        ErrorKind::Interrupted => Interruption::Retry,
        _ => Interruption::None,
    }
}

impl<S: Read + Write, R: CryptoRng, B: Buffer, C: Compression, T: Deadline<S>>
    WebSocket<S, Client<R>, B, C, T>
{
    /// Makes the opening handshake (RFC 6455 section 4.1) and returns the response.
    ///
    /// # Errors
    /// [`Error::Handshake`]; after [`HandshakeError::Declined`](crate::HandshakeError::Declined)
    /// and the like the [`response`](Self::response) can be read. [`Error::Config`] and
    /// [`Error::Resource`] for a request that cannot be made: nothing was sent.
    pub fn handshake(
        &mut self,
        request: &client::Request<'_>,
    ) -> Result<client::Response<'_>, Error<S::Error>> {
        let now_ms = self.clock.now();
        self.connection.stage_request(request, now_ms)?;
        self.drive(Goal::Head)?;
        let now_ms = self.clock.now();
        self.connection.check_response(request, now_ms)?;
        self.connection.response().ok_or(UsageError::NotOpen.into())
    }
}

impl<S: Read + Write, B: Buffer, C: Compression, T: Deadline<S>> WebSocket<S, Server, B, C, T> {
    /// Reads the client's request, whatever it asks for, and leaves the answer to
    /// [`answer`](Self::answer).
    ///
    /// # Errors
    /// [`Error::Handshake`] if it is not HTTP; that has been answered with status 400, or 431 if
    /// it is too long.
    pub fn read_request(&mut self) -> Result<server::Request<'_>, Error<S::Error>> {
        let now_ms = self.clock.now();
        self.connection.await_request(now_ms)?;
        self.drive(Goal::Head)?;
        if self.connection.request().is_none() {
            self.answer(|_| server::Decision::Accept(server::Accept::new()))?;
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
    pub fn answer<'d>(
        &mut self,
        decide: impl FnOnce(&server::Request<'_>) -> server::Decision<'d>,
    ) -> Result<(), Error<S::Error>> {
        self.connection.stage_answer(decide)?;
        self.sender().drain()?;
        let now_ms = self.clock.now();
        self.connection.finish_answer(now_ms)
    }

    /// Answers a request that something else has read and parsed; bytes that it read behind the
    /// head are to be [preloaded](Self::preload) afterwards.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn answer_to(
        &mut self,
        request: &server::Request<'_>,
        decision: &server::Decision<'_>,
    ) -> Result<(), Error<S::Error>> {
        let now_ms = self.clock.now();
        self.connection.stage_answer_to(request, decision, now_ms)?;
        self.sender().drain()?;
        let now_ms = self.clock.now();
        self.connection.finish_answer(now_ms)
    }

    /// Reads the client's request and answers it as `decide` says (RFC 6455 section 4.2).
    ///
    /// # Errors
    /// As [`read_request`](Self::read_request) and [`answer`](Self::answer).
    pub fn accept_with<'d>(
        &mut self,
        decide: impl FnOnce(&server::Request<'_>) -> server::Decision<'d>,
    ) -> Result<(), Error<S::Error>> {
        if !self.is_open() {
            self.read_request()?;
        }
        self.answer(decide)
    }

    /// Reads the client's request and accepts it if it is a proper upgrade.
    ///
    /// # Errors
    /// As [`accept_with`](Self::accept_with).
    pub fn accept(&mut self) -> Result<(), Error<S::Error>> {
        self.accept_with(|_| server::Decision::Accept(server::Accept::new()))
    }
}

impl<S: Read + Write, R: Role, B: Buffer, C: Compression, T: Deadline<S>> WebSocket<S, R, B, C, T> {
    /// Waits until something has been received, to be looked at by [`message`](Self::message),
    /// [`chunk`](Self::chunk) or [`control`](Self::control) until the next call: `recv` and its
    /// sisters in two steps. Pings and Pongs count only if `control` says so.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub fn receive(&mut self, mode: Mode, control: bool) -> Result<Ready, Error<S::Error>> {
        if mode == Mode::Whole && self.connection.take_message() {
            return Ok(Ready::Data);
        }
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
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub fn recv(&mut self) -> Result<Option<Message<'_>>, Error<S::Error>> {
        Ok(self.recv_with_sender()?.map(|(message, _)| message))
    }

    /// Receives the next message together with a sender, which borrows the rest of the stream:
    /// so the message can be sent back, or on, without a copy of its own.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Examples
    /// ```
    /// # use socklet_core::{Error, Server, io::blocking::WebSocket};
    /// # use embedded_io::{Read, Write};
    /// fn echo<S: Read + Write>(
    ///     mut ws: WebSocket<S, Server, &mut [u8]>,
    /// ) -> Result<(), Error<S::Error>> {
    ///     ws.accept()?;
    ///     while let Some((message, mut reply)) = ws.recv_with_sender()? {
    ///         reply.feed(message)?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[allow(clippy::type_complexity, reason = "two borrows that have to be taken at once")]
    pub fn recv_with_sender(
        &mut self,
    ) -> Result<Option<(Message<'_>, Sender<'_, S, R, B, T, C::Outbound>)>, Error<S::Error>> {
        if self.receive(Mode::Whole, false)? != Ready::Data {
            return Ok(None);
        }
        match self.message() {
            (Ok(message), sender) => Ok(Some((message, sender))),
            (Err(error), sender) => sender.refuse(error),
        }
    }

    /// Receives what there is of the next message, to be put together or used up by the caller:
    /// messages may be longer than any buffer. `None` once the closing handshake is done.
    ///
    /// Text is checked as it arrives; a chunk may end within a code point.
    ///
    /// # Errors
    /// How the connection ended, if not by a closing handshake.
    pub fn recv_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error<S::Error>> {
        let ready = self.receive(Mode::Chunks, false)?;
        Ok(if ready == Ready::Data { Some(self.chunk()) } else { None })
    }

    /// Receives a chunk together with a sender, which borrows the rest of the stream: so messages
    /// of any length can be sent back, or on, part by part, without a copy of their own.
    ///
    /// # Errors
    /// As [`recv_chunk`](Self::recv_chunk).
    #[allow(clippy::type_complexity, reason = "two borrows that have to be taken at once")]
    pub fn recv_chunk_with_sender(
        &mut self,
    ) -> Result<Option<(Chunk<'_>, Sender<'_, S, R, B, T, C::Outbound>)>, Error<S::Error>> {
        let ready = self.receive(Mode::Chunks, false)?;
        Ok(if ready == Ready::Data { Some(self.chunk_and_sender()) } else { None })
    }

    /// Receives the next message, Ping or Pong; Pings have been answered when they are seen.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub fn recv_event(&mut self) -> Result<Option<Event<'_>>, Error<S::Error>> {
        match self.receive(Mode::Whole, true)? {
            Ready::Data => match self.message() {
                (Ok(message), _) => Ok(Some(Event::Message(message))),
                (Err(error), sender) => sender.refuse(error),
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
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error<S::Error>> {
        self.sender().send(message)
    }

    /// Stages a message: [`Sender::feed`].
    ///
    /// # Errors
    /// As there.
    pub fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error<S::Error>> {
        self.sender().feed(message)
    }

    /// Sends a part of a message: [`Sender::send_part`].
    ///
    /// # Errors
    /// As there.
    pub fn send_part(&mut self, kind: Kind, part: &[u8], fin: bool) -> Result<(), Error<S::Error>> {
        self.sender().send_part(kind, part, fin)
    }

    /// Sends a Ping: [`Sender::ping`].
    ///
    /// # Errors
    /// As there.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error<S::Error>> {
        self.sender().ping(payload)
    }

    /// Sends a Pong that nobody asked for: [`Sender::pong`].
    ///
    /// # Errors
    /// As there.
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), Error<S::Error>> {
        self.sender().pong(payload)
    }

    /// Writes and flushes all that is staged: [`Sender::flush`].
    ///
    /// # Errors
    /// As there.
    pub fn flush(&mut self) -> Result<(), Error<S::Error>> {
        self.sender().flush()
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
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed<'_>, Error<S::Error>> {
        if self.is_open() {
            self.sender().stage_close(code, reason)?;
        }
        // Writes the Close frame before it waits.
        while self.receive(Mode::Chunks, false)? == Ready::Data {}
        self.connection.closed().ok_or(UsageError::Closed.into())
    }

    /// Polls and does what the connection says until something is ready.
    fn drive(&mut self, goal: Goal) -> Result<Ready, Error<S::Error>> {
        loop {
            let now_ms = self.clock.now();
            match goal.poll(&mut self.connection, now_ms)? {
                Step::Ready(ready) => return Ok(ready),
                Step::Drain => self.sender().drain()?,
                Step::Read => self.read()?,
            }
        }
    }

    /// Reads once, or does what is due when nothing came in time.
    #[cfg_attr(target_pointer_width = "64", inline(never))] // Most messages are there already.
    fn read(&mut self) -> Result<(), Error<S::Error>> {
        if T::RUNS {
            let now_ms = self.clock.now_ms();
            let wakeup_ms = self.connection.write_side().wakeup_ms();
            let wait_ms = wakeup_ms.map(|at_ms| at_ms.saturating_sub(now_ms).max(1));
            self.clock.limit(&mut self.next, wait_ms).map_err(Error::Transport)?;
        }
        let read = self.next.read(self.connection.space()?);
        let now_ms = self.clock.now();
        match read {
            Ok(len) => match NonZeroUsize::new(len) {
                Some(len) => self.connection.received(len, now_ms),
                None => self.connection.write_side_mut().end_of_stream()?,
            },
            Err(error) => match interruption::<T>(&error) {
                Interruption::None => return self.sender().failed(error),
                Interruption::Caller => return Err(Error::Transport(error)),
                Interruption::Retry => {}
                Interruption::Clock => {
                    if let Some(now_ms) = now_ms {
                        self.connection.write_side_mut().tick(now_ms)?;
                    }
                }
            },
        }
        Ok(())
    }
}

/// Writes staged bytes, or flushes, once. Returns whether that was the last that there was to do.
pub(super) fn write_once<S: Write, R: Role, B: Buffer, T: Deadline<S>, X: OutboundContext>(
    next: &mut S,
    clock: &mut T,
    write_side: &mut WriteSide<R, B, X>,
) -> Result<bool, Error<S::Error>> {
    if T::RUNS {
        let now_ms = clock.now_ms();
        let deadline_ms = write_side.write_deadline_ms(now_ms);
        if deadline_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            write_side.write_expired()?;
            return Ok(false);
        }
        let wait_ms = deadline_ms.map(|at_ms| at_ms.saturating_sub(now_ms).max(1));
        clock.limit(next, wait_ms).map_err(Error::Transport)?;
    }
    let staged = write_side.staged();
    let written =
        if staged.is_empty() { next.flush().map(|()| None) } else { next.write(staged).map(Some) };
    match written {
        Ok(None) => {
            write_side.flushed();
            return Ok(true);
        }
        Ok(Some(0)) => write_side.end_of_stream()?,
        Ok(Some(len)) => write_side.written(len),
        Err(error) => match interruption::<T>(&error) {
            Interruption::None if write_side.transport_failed() => {}
            Interruption::None | Interruption::Caller => return Err(Error::Transport(error)),
            Interruption::Retry | Interruption::Clock => {}
        },
    }
    Ok(false)
}
