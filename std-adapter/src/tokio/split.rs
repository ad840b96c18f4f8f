//! Two halves of a stream, for two tasks.

use std::{error, fmt, future::poll_fn, sync::Arc};

use socklet_core::{
    Chunk, Event, Kind, Role,
    connection::Ready,
    io::{nonblocking, split::nonblocking as halves},
    permessage_deflate::{Agreed, Volume},
    wire::close::CloseCode,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    WebSocket,
    driver::{CoreError, Driver},
    io::Shared,
    teardown::Teardown,
    timer::Timer,
};
use crate::{
    Closed, Error, Message, buffer::GrowingBuffer, cells::SharedCells, deflate::HostDeflate,
    message::Sendable, trace::Trace,
};

type Cells<S, R> = Arc<SharedCells<Shared<S>, R>>;
type ReceiveHalf<S, R> =
    halves::ReceiveHalf<Shared<S>, R, GrowingBuffer, Cells<S, R>, HostDeflate, Timer>;

/// The half of a [`WebSocket`] that receives.
///
/// It answers Pings and Close frames itself: the other half needs no attention. Somebody has to
/// receive, though, or the peer's Pings stay unanswered and its Close frame unseen.
#[derive(Debug)]
pub struct Reader<S, R: Role> {
    half: ReceiveHalf<S, R>,
    stream: Shared<S>,
    timer: Timer,
    closing_ms: u32,
    teardown: Teardown,
    subprotocol: Option<Box<str>>,
    trace: Trace,
}

/// The half of a [`WebSocket`] that sends.
///
/// Dropping it closes nothing: [`close`](Self::close) does.
#[derive(Debug)]
pub struct Writer<S, R: Role> {
    half: halves::SendHalf<Cells<S, R>, Timer>,
    stream: Shared<S>,
}

/// The halves cannot be joined: they are of two different streams, or an answer to the peer waits to
/// be sent. Here they are again.
#[derive(Debug)]
pub struct ReuniteError<S, R: Role>(pub Box<(Reader<S, R>, Writer<S, R>)>);

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> WebSocket<S, R> {
    /// Splits the stream into two halves for two tasks, which receive and send at the same time
    /// and never wait for each other.
    ///
    /// A message that the `Sink` was handed goes along only as far as it is staged: flush it first.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run() -> Result<(), socklet_std::Error> {
    /// let (mut reader, mut writer) = socklet_std::connect("ws://localhost:9001").await?.into_split();
    /// let sends = tokio::spawn(async move { writer.send("hello").await });
    /// while let Some(message) = reader.recv().await? {
    ///     println!("{message:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_split(self) -> (Reader<S, R>, Writer<S, R>) {
        let Self {
            driver: Driver { next, timer, mut connection, trace, .. },
            teardown,
            subprotocol,
            ..
        } = self;
        let closing_ms = connection.write_side_mut().config_mut().timeouts.closing_ms;
        let stream = Shared::new(next);
        let clock = timer.clone();
        let whole = nonblocking::WebSocket::from_parts(stream.clone(), timer, connection);
        let (reads, writes) = whole.split(
            |stream| (stream.clone(), stream),
            |writer| Arc::new(SharedCells::new(writer, false)),
        );
        let writer = Writer { half: writes, stream: stream.clone() };
        let reader =
            Reader { half: reads, stream, timer: clock, closing_ms, teardown, subprotocol, trace };
        (reader, writer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> Reader<S, R> {
    /// Receives the next message; `None` once the connection is [`closed`](Self::closed), by
    /// either side. The stream below has been ended then.
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        Ok(self.recv_ref().await?.map(Message::from))
    }

    /// Receives the next message without a copy of its own: it borrows the receive buffer.
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv_ref(&mut self) -> Result<Option<socklet_core::Message<'_>>, Error> {
        let Self { half, stream, teardown, closing_ms, trace, .. } = self;
        match half.recv().await {
            Ok(Some(message)) => Ok(Some(message)),
            end => ended::<_, S, R>(end, stream, teardown, *closing_ms, trace).await,
        }
    }

    /// Receives what there is of the next message: see [`WebSocket::recv_chunk`].
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error> {
        let Self { half, stream, teardown, closing_ms, trace, .. } = self;
        match half.recv_chunk().await {
            Ok(Some(chunk)) => Ok(Some(chunk)),
            end => ended::<_, S, R>(end, stream, teardown, *closing_ms, trace).await,
        }
    }

    /// Receives the next message, Ping or Pong; Pings are answered when they are seen.
    ///
    /// # Errors
    /// As [`WebSocket::recv`].
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let Self { half, stream, teardown, closing_ms, trace, .. } = self;
        match half.recv_event().await {
            Ok(Some(event)) => Ok(Some(event)),
            end => ended::<_, S, R>(end, stream, teardown, *closing_ms, trace).await,
        }
    }

    /// How the connection was closed; `None` unless both Close frames crossed the wire.
    pub fn closed(&self) -> Option<Closed> {
        self.half.closed().map(Closed::from)
    }

    /// The subprotocol that both sides agreed on.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
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

    /// Joins the halves again.
    ///
    /// # Errors
    /// [`ReuniteError`], with both halves in it, if they are of two streams, or if an answer to the
    /// peer waits for room: receive or flush, and try again.
    pub fn reunite(self, writer: Writer<S, R>) -> Result<WebSocket<S, R>, ReuniteError<S, R>> {
        if !self.stream.is(&writer.stream) {
            return Err(ReuniteError(Box::new((self, writer))));
        }
        let Self { half, stream, timer, closing_ms, teardown, subprotocol, trace } = self;
        let mut writer = Some(writer);
        let take = |cells| {
            drop(writer.take());
            match Arc::into_inner(cells) {
                Some(cells) => cells,
                None => unreachable!("the other half has just been dropped"),
            }
        };
        let connection = match half.reunite(take, |_, _| ()) {
            Ok(whole) => whole.into_parts().1,
            Err(half) => {
                let reader = Self { half, stream, timer, closing_ms, teardown, subprotocol, trace };
                let Some(writer) = writer else { unreachable!("it was not taken") };
                return Err(ReuniteError(Box::new((reader, writer))));
            }
        };
        let Some(next) = stream.into_inner() else {
            unreachable!("the other half has just been dropped")
        };
        let mut driver = Driver::new(next, connection, trace);
        driver.timer = timer;
        let mut whole = WebSocket::new(driver, subprotocol);
        whole.teardown = teardown;
        Ok(whole)
    }
}

/// Ends the stream below when the connection has ended.
async fn ended<T, S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    end: Result<Option<T>, CoreError>,
    stream: &Shared<S>,
    teardown: &mut Teardown,
    closing_ms: u32,
    trace: &mut Trace,
) -> Result<Option<T>, Error> {
    let end = end.map_err(Error::from);
    trace.received(end.as_ref().map(|_| Ready::Ended), || None);
    if end.as_ref().err().is_none_or(Error::wants_teardown) {
        poll_fn(|context| teardown.poll::<S, R>(&mut *stream.lock(), closing_ms, context)).await;
    }
    end
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> Writer<S, R> {
    /// Sends a message, and all that was staged before.
    ///
    /// # Errors
    /// As [`WebSocket::send`].
    ///
    /// # Cancellation
    /// As [`WebSocket`] says.
    pub async fn send(&mut self, message: impl Sendable) -> Result<(), Error> {
        match message.encoded() {
            None => self.half.send(message.borrowed()).await?,
            Some(encoded) => self.half.send_encoded(encoded, true).await?,
        }
        Ok(())
    }

    /// Stages a message, to leave with the next `send` or `flush`, or when the reader begins to
    /// wait. Writes only if there is no room for it.
    ///
    /// # Errors
    /// As [`WebSocket::send`].
    ///
    /// # Cancellation
    /// As [`WebSocket`] says.
    pub async fn feed(&mut self, message: impl Sendable) -> Result<(), Error> {
        match message.encoded() {
            None => self.half.feed(message.borrowed()).await?,
            Some(encoded) => self.half.send_encoded(encoded, false).await?,
        }
        Ok(())
    }

    /// Sends a part of a message: see [`WebSocket::send_part`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// As [`WebSocket`] says, for the part.
    pub async fn send_part(&mut self, kind: Kind, part: &[u8], fin: bool) -> Result<(), Error> {
        Ok(self.half.send_part(kind, part, fin).await?)
    }

    /// How much of its message a dropped or failed `send` or `feed` has taken, in bytes, if not
    /// all of it: see [`WebSocket::unfinished`].
    pub fn unfinished(&self) -> Option<usize> {
        self.half.unfinished()
    }

    /// Says whether messages are to be compressed, from the next that begins on; they are unless
    /// this says otherwise. Nothing changes without compression.
    pub fn set_compression(&mut self, wanted: bool) {
        self.half.set_compression(wanted);
    }

    /// What compressed messages that were sent had of bytes so far; `None` without compression.
    pub fn volume_sent(&self) -> Option<Volume> {
        self.half.volume_sent()
    }

    /// Sends a Ping of at most 125 bytes.
    ///
    /// # Errors
    /// As [`WebSocket::ping`].
    ///
    /// # Cancellation
    /// Taken whole or not at all.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        Ok(self.half.ping(payload).await?)
    }

    /// Writes and flushes all that is staged.
    ///
    /// # Errors
    /// How the connection ended.
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn flush(&mut self) -> Result<(), Error> {
        Ok(self.half.flush().await?)
    }

    /// Sends a Close frame, after which nothing can be sent. The reader receives what the peer
    /// still sends, and then `None`.
    ///
    /// # Errors
    /// [`Error::Usage`] when closed already; [`Error::Config`] for a code that must not be sent or
    /// a reason of more than 123 bytes.
    ///
    /// # Cancellation
    /// Taken whole or not at all.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        Ok(self.half.close(code, reason).await?)
    }
}

impl<S, R: Role> fmt::Display for ReuniteError<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are of two different streams, or an answer waits to be sent")
    }
}

impl<S: fmt::Debug, R: Role + fmt::Debug> error::Error for ReuniteError<S, R> {}
