//! What the blocking and the non-blocking stream share: all but the waiting.

use core::{marker::PhantomData, ops::Range};

use rand_core::CryptoRng;

use super::{Clock, NoClock};
use crate::{
    Chunk, Client, Closed, Config, Error, Message, ProtocolError, ResourceError, Role, Server,
    buffer::Buffer,
    connection::{Connection, WriteSide},
    handshake::{client, server},
    permessage_deflate::{Agreed, Compression, NoCompression, OutboundContext, Volume},
};

/// A WebSocket over the next layer `S`, in the [role](Role) `R`, with buffers `B`, compression
/// `C` and the clock `T`. `M` says how it waits: it is named as [`blocking::WebSocket`] or
/// [`nonblocking::WebSocket`], and its methods that wait are described there.
///
/// [`blocking::WebSocket`]: super::blocking::WebSocket
/// [`nonblocking::WebSocket`]: super::nonblocking::WebSocket
///
/// # Memory
/// The receive buffer bounds a message that is received whole: one of up to its length less
/// [`MAX_CONTROL_FRAME_LEN`](crate::wire::MAX_CONTROL_FRAME_LEN) (131 bytes) always fits. The
/// staging buffer bounds a frame that is sent: [`Fragmentation`](crate::Fragmentation) says what
/// becomes of longer messages. Both hold the heads of the opening handshake too, and 131 bytes at
/// least; both are of one type, such as slices of two arrays. Nothing else is allocated anywhere.
#[derive(Debug)]
pub struct WebSocket<M, S, R, B, C: Compression = NoCompression, T = NoClock> {
    pub(super) next: S,
    pub(super) clock: T,
    pub(super) connection: Connection<R, B, C>,
    waits: PhantomData<M>,
}

impl<M, S, R: CryptoRng, B: Buffer> WebSocket<M, S, Client<R>, B> {
    /// A client that will open a connection over `next`, with [`Config::CLIENT`] and no clock.
    ///
    /// `rng` makes the nonce and a masking key for each frame. The buffers are in use until
    /// [`into_parts`](Self::into_parts).
    pub fn client(next: S, rng: R, receive: B, staging: B) -> Self {
        Self::client_with(next, rng, receive, staging, Config::CLIENT, NoCompression, NoClock)
    }
}

impl<M, S, B: Buffer> WebSocket<M, S, Server, B> {
    /// A server that will accept a connection over `next`, with [`Config::SERVER`] and no clock.
    ///
    /// The buffers are in use until [`into_parts`](Self::into_parts).
    pub fn server(next: S, receive: B, staging: B) -> Self {
        Self::server_with(next, receive, staging, Config::SERVER, NoCompression, NoClock)
    }
}

impl<M, S, R: CryptoRng, B: Buffer, C: Compression, T: Clock> WebSocket<M, S, Client<R>, B, C, T> {
    /// A client with all settings.
    pub fn client_with(
        next: S,
        rng: R,
        receive: B,
        staging: B,
        config: Config,
        compression: C,
        clock: T,
    ) -> Self {
        let connection = Connection::new(Client(rng), receive, staging, config, compression);
        Self { next, clock, connection, waits: PhantomData }
    }

    /// The server's response, until the first call that receives; of a declined handshake too.
    pub fn response(&self) -> Option<client::Response<'_>> {
        self.connection.response()
    }
}

impl<M, S, B: Buffer, C: Compression, T: Clock> WebSocket<M, S, Server, B, C, T> {
    /// A server with all settings.
    pub fn server_with(
        next: S,
        receive: B,
        staging: B,
        config: Config,
        compression: C,
        clock: T,
    ) -> Self {
        let connection = Connection::new(Server, receive, staging, config, compression);
        Self { next, clock, connection, waits: PhantomData }
    }

    /// The client's request, until the first call that receives.
    pub fn request(&self) -> Option<server::Request<'_>> {
        self.connection.request()
    }
}

impl<M, S, R: Role, B: Buffer, C: Compression, T: Clock> WebSocket<M, S, R, B, C, T> {
    /// A stream over `next` that goes on with a connection: the counterpart of
    /// [`into_parts`](Self::into_parts).
    pub const fn from_parts(next: S, clock: T, connection: Connection<R, B, C>) -> Self {
        Self { next, clock, connection, waits: PhantomData }
    }

    /// The same connection with another clock.
    pub fn with_clock<U: Clock>(self, clock: U) -> WebSocket<M, S, R, B, C, U> {
        WebSocket { next: self.next, clock, connection: self.connection, waits: PhantomData }
    }

    /// The same connection with other settings.
    #[must_use]
    pub fn with_config(mut self, config: Config) -> Self {
        *self.connection.write_side_mut().config_mut() = config;
        self
    }

    /// The next layer.
    pub const fn inner(&self) -> &S {
        &self.next
    }

    /// The next layer; bytes read from it or written to it are missing from the connection.
    pub const fn inner_mut(&mut self) -> &mut S {
        &mut self.next
    }

    /// The next layer and the connection, with its buffers and all that is in them.
    pub fn into_parts(self) -> (S, Connection<R, B, C>) {
        (self.next, self.connection)
    }

    /// The next layer, the receive buffer, and where in that the leftover bytes are: those that
    /// were read from the next layer and not decoded. What is staged, and the beginning of a
    /// message that has not ended, is lost.
    pub fn into_inner(self) -> (S, B, Range<usize>) {
        let (receive, leftover, _) = self.connection.into_buffers();
        (self.next, receive, leftover)
    }

    /// The state machine that is driven here.
    pub const fn connection(&self) -> &Connection<R, B, C> {
        &self.connection
    }

    /// Takes the connection as open: something else has made the opening handshake.
    ///
    /// # Errors
    /// [`UsageError`](crate::UsageError) if one was begun here;
    /// [`ConfigError`](crate::ConfigError) if a buffer is too small.
    pub fn assume_open<E>(&mut self) -> Result<(), Error<E>> {
        let now_ms = self.clock.now();
        self.connection.assume_open(now_ms)
    }

    /// The settings; a change holds from the next frame on.
    pub const fn config_mut(&mut self) -> &mut Config {
        self.connection.write_side_mut().config_mut()
    }

    /// Puts in bytes of the peer that something else has read already.
    ///
    /// # Errors
    /// [`ResourceError`] if they do not fit the receive buffer; none is taken then.
    pub fn preload(&mut self, bytes: &[u8]) -> Result<(), ResourceError> {
        self.connection.preload(bytes)
    }

    /// Whether messages may be sent.
    pub const fn is_open(&self) -> bool {
        self.connection.write_side().is_open()
    }

    /// How the connection was closed; `None` unless both Close frames crossed the wire.
    pub fn closed(&self) -> Option<Closed<'_>> {
        self.connection.closed()
    }

    /// How much of its message a dropped or failed `send` or `feed` has taken, in bytes, if not
    /// all of it: `None` if it was taken whole. After `Some(0)` call it again or forget it; after
    /// more the same call has to continue it, with the same bytes, which are not compared, before
    /// another message can be sent. A future that was never polled, or ended with a Usage, Config
    /// or Resource error, took nothing, and this is as it was before.
    pub const fn unfinished(&self) -> Option<usize> {
        self.connection.write_side().unfinished()
    }

    /// Bytes read from the next layer so far, heads and headers included.
    pub const fn bytes_received(&self) -> u64 {
        self.connection.bytes_received()
    }

    /// Bytes written to the next layer so far, heads and headers included.
    pub const fn bytes_sent(&self) -> u64 {
        self.connection.write_side().bytes_sent()
    }

    /// Payload bytes of the data frame being received that are still to come.
    pub const fn frame_left(&self) -> usize {
        self.connection.frame_left()
    }

    /// What both endpoints agreed on about compression; `None` if nothing.
    pub fn compression(&self) -> Option<Agreed> {
        self.connection.compression()
    }

    /// Says whether messages are to be compressed, from the next that begins on; they are unless
    /// this says otherwise. Nothing changes without compression.
    pub fn set_compression(&mut self, wanted: bool) {
        self.connection.write_side_mut().set_compression(wanted);
    }

    /// What compressed messages that were received had of bytes so far; `None` without
    /// compression.
    pub fn volume_received(&self) -> Option<Volume> {
        self.connection.volume_received()
    }

    /// What compressed messages that were sent had of bytes so far; `None` without compression.
    pub fn volume_sent(&self) -> Option<Volume> {
        self.connection.write_side().volume_sent()
    }

    /// The sender, which has all methods that send.
    pub const fn sender(&mut self) -> Sender<'_, M, S, R, B, T, C::Outbound> {
        Sender {
            next: &mut self.next,
            clock: &mut self.clock,
            write_side: self.connection.write_side_mut(),
            waits: PhantomData,
        }
    }

    /// The whole message that is [ready](crate::connection::Ready::Data), and the sender.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidUtf8`] if a text is not UTF-8: that fails the connection, with a
    /// Close frame that a [`flush`](Sender) of the sender writes.
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[allow(clippy::type_complexity, reason = "two borrows that have to be taken at once")]
    pub fn message(
        &mut self,
    ) -> (Result<Message<'_>, ProtocolError>, Sender<'_, M, S, R, B, T, C::Outbound>) {
        let (message, write_side) = self.connection.message();
        let (next, clock) = (&mut self.next, &mut self.clock);
        (message, Sender { next, clock, write_side, waits: PhantomData })
    }

    /// The chunk that is [ready](crate::connection::Ready::Data). What was received whole is to be
    /// had by [`message`](Self::message), which checks that text is UTF-8.
    pub fn chunk(&self) -> Chunk<'_> {
        self.connection.chunk()
    }

    /// The chunk that is [ready](crate::connection::Ready::Data), and the sender.
    #[allow(clippy::type_complexity, reason = "two borrows that have to be taken at once")]
    pub fn chunk_and_sender(&mut self) -> (Chunk<'_>, Sender<'_, M, S, R, B, T, C::Outbound>) {
        let (chunk, write_side) = self.connection.chunk_and_write_side();
        let (next, clock) = (&mut self.next, &mut self.clock);
        (chunk, Sender { next, clock, write_side, waits: PhantomData })
    }

    /// The payload of the Ping or Pong that is [ready](crate::connection::Ready::Ping).
    pub fn control(&self) -> &[u8] {
        self.connection.control()
    }
}

/// The sending part of a stream, which borrows all of it but what has been received. It is named
/// as [`blocking::Sender`](super::blocking::Sender) or
/// [`nonblocking::Sender`](super::nonblocking::Sender), and its methods are described there.
#[derive(Debug)]
pub struct Sender<'a, M, S, R, B, T = NoClock, X = NoCompression> {
    pub(super) next: &'a mut S,
    pub(super) clock: &'a mut T,
    pub(super) write_side: &'a mut WriteSide<R, B, X>,
    waits: PhantomData<M>,
}

impl<M, S, R: Role, B: Buffer, T, X: OutboundContext> Sender<'_, M, S, R, B, T, X> {
    /// The same sender for a shorter time.
    pub(super) const fn reborrow(&mut self) -> Sender<'_, M, S, R, B, T, X> {
        let Self { next, clock, write_side, .. } = self;
        Sender { next, clock, write_side, waits: PhantomData }
    }

    /// Reports the failure of the next layer, unless the connection had ended before it.
    pub(super) fn failed<E>(&mut self, error: E) -> Result<(), Error<E>> {
        if self.write_side.transport_failed() { Ok(()) } else { Err(Error::Transport(error)) }
    }
}
