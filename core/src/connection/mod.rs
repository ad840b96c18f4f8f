//! The sans-IO state machine of an open connection, client or server (RFC 6455 sections 5 to 7).
//!
//! It does no I/O, reads no clock and keeps no thread: bytes, time and randomness are arguments.
//! [`crate::io`] drives it over `embedded-io`; anything else can, with this loop:
//!
//! 1. [`poll_receive`](Connection::poll_receive), or [`poll_head`](Connection::poll_head) within the
//!    opening handshake, says what to do next.
//! 2. [`Step::Drain`]: write [`staged`](WriteSide::staged) bytes, flush, and poll again.
//! 3. [`Step::Read`]: read into [`space`](Connection::space), tell
//!    [`received`](Connection::received) (or [`end_of_stream`](WriteSide::end_of_stream)), poll
//!    again. No later than [`wakeup_ms`](WriteSide::wakeup_ms) call [`tick`](WriteSide::tick).
//! 4. [`Step::Ready`]: something can be looked at, by [`message`](Connection::message),
//!    [`chunk`](Connection::chunk) or [`control`](Connection::control), until the next poll; or
//!    nothing more will come, and [`outcome`](WriteSide::outcome) says why.
//!
//! All progress is kept here, none on the way: a caller can stop at any point and go on later.

mod halves;
mod inbound;
mod opening;
mod outbound;
mod receive;
mod state;
mod write_side;

use core::{num::NonZeroUsize, ops::Range};

pub use halves::Mailbox;
pub(crate) use halves::ReadSide;
pub use inbound::Mode;
pub use outbound::{Encoded, Part, Staged};
pub use write_side::WriteSide;

use crate::{
    Config,
    buffer::Buffer,
    error::{ProtocolError, ResourceError},
    message::{Chunk, Closed, Kind, Message},
    permessage_deflate::{Agreed, Compression, Negotiation, NoCompression, Volume},
    role::Role,
};
use inbound::Inbound;

/// Whether what is most common, a message in one frame that is not compressed, has a way of its own
/// beside the general one: it is shorter, and more code. What it does not know it leaves to that.
const HAS_SHORT_WAY: bool = cfg!(target_pointer_width = "64");

/// What a driver has to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Write what is staged, and flush.
    Drain,
    /// Read into the free end of the receive buffer.
    Read,
    /// Look at what has been received.
    Ready(Ready),
}

/// What has been received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// The whole head of the opening handshake.
    Head,
    /// A whole message, or a chunk of one.
    Data,
    /// A Ping, whose Pong is staged, unless a Close frame was sent.
    Ping,
    /// A Pong.
    Pong,
    /// Nothing more will come: [`outcome`](WriteSide::outcome) says why.
    Ended,
}

/// A connection with its buffers, whoever owns them.
#[derive(Debug)]
pub struct Connection<R, B, C: Compression = NoCompression> {
    inbound: Inbound<B, C::Inbound>,
    write_side: WriteSide<R, B, C::Outbound>,
    negotiation: C::Negotiation,
}

impl<R: Role, B: Buffer, C: Compression> Connection<R, B, C> {
    /// A connection before its opening handshake.
    pub fn new(role: R, receive: B, staging: B, config: Config, compression: C) -> Self {
        let (negotiation, inbound, outbound) = compression.into_parts();
        Self {
            inbound: Inbound::new(receive, inbound),
            write_side: WriteSide::new(role, staging, outbound, config),
            negotiation,
        }
    }

    /// The write side, which borrows apart from what has been received.
    pub const fn write_side(&self) -> &WriteSide<R, B, C::Outbound> {
        &self.write_side
    }

    /// The write side, which borrows apart from what has been received.
    pub const fn write_side_mut(&mut self) -> &mut WriteSide<R, B, C::Outbound> {
        &mut self.write_side
    }

    /// Bytes that have been read, and not decoded.
    pub fn undecoded(&self) -> &[u8] {
        self.inbound.undecoded()
    }

    /// The free end of the receive buffer, at least one byte.
    ///
    /// # Errors
    /// [`ResourceError::ReceiveBuffer`] when a message fills the buffer and has not ended:
    /// receive it in chunks. Nothing is lost.
    pub fn space(&mut self) -> Result<&mut [u8], ResourceError> {
        self.inbound.space()
    }

    /// Takes note that `len` bytes have been read into the [`space`](Self::space).
    pub fn received(&mut self, len: NonZeroUsize, now_ms: Option<u64>) {
        self.inbound.received(len);
        self.write_side.state.heard(now_ms);
    }

    /// Hands out the next message if that is short work: it is there whole, in one frame, and not
    /// compressed. [`poll_receive`](Self::poll_receive) in [`Mode::Whole`] does that, too; a driver
    /// may ask before it looks at a clock. False says nothing but that the connection is to be
    /// polled, as while [chunks](Self::is_chunked) of a message have been handed out, and always
    /// on machines of less than 64 bits, where there is no such way.
    #[inline]
    pub fn take_message(&mut self) -> bool {
        let WriteSide { outbound, state, .. } = &mut self.write_side;
        let has_room = || outbound.has_free_control_room();
        receive::take_message::<R, _, _>(&mut self.inbound, state, has_room)
    }

    /// Says what to do next to receive a message ([`Mode::Whole`]) or a chunk of one.
    ///
    /// `now_ms` is `None` without a clock. Pings are answered, Close frames too; `control` says
    /// whether Pings and Pongs are shown as well. Staged bytes are written when a read has to
    /// follow, not before, so that answers to a burst leave together.
    ///
    /// A message of which chunks were handed out has to be received in chunks to its end: see
    /// [`is_chunked`](Self::is_chunked).
    pub fn poll_receive(&mut self, mode: Mode, control: bool, now_ms: Option<u64>) -> Step {
        let WriteSide { outbound, state, .. } = &mut self.write_side;
        receive::poll::<R, _, _>(&mut self.inbound, state, outbound, mode, control, now_ms)
    }

    /// The whole message that is ready, together with the write side, which borrows apart.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidUtf8`], which fails the connection, if a text is not UTF-8.
    #[allow(clippy::type_complexity, reason = "two borrows that have to be taken at once")]
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub fn message(
        &mut self,
    ) -> (Result<Message<'_>, ProtocolError>, &mut WriteSide<R, B, C::Outbound>) {
        let bytes = self.inbound.handed_out();
        let message = match self.inbound.kind() {
            Kind::Binary => Ok(Message::Binary(bytes)),
            Kind::Text => match B::text(bytes) {
                Some(text) => Ok(Message::Text(text)),
                None => {
                    self.write_side.fail(ProtocolError::InvalidUtf8);
                    Err(ProtocolError::InvalidUtf8)
                }
            },
        };
        (message, &mut self.write_side)
    }

    /// The chunk that is ready. What was received whole is to be had by
    /// [`message`](Self::message), which checks that text is UTF-8.
    pub fn chunk(&self) -> Chunk<'_> {
        self.inbound.chunk()
    }

    /// The chunk that is ready, together with the write side, which borrows apart.
    pub fn chunk_and_write_side(&mut self) -> (Chunk<'_>, &mut WriteSide<R, B, C::Outbound>) {
        (self.inbound.chunk(), &mut self.write_side)
    }

    /// Whether chunks of a message have been handed out, and more of it is to come.
    pub const fn is_chunked(&self) -> bool {
        self.inbound.is_chunked()
    }

    /// The payload of the Ping or Pong that is ready.
    pub fn control(&self) -> &[u8] {
        self.inbound.control()
    }

    /// How the connection was closed; `None` unless both Close frames crossed the wire.
    pub fn closed(&self) -> Option<Closed<'_>> {
        self.write_side.state.closed(self.inbound.handed_out())
    }

    /// Bytes of the current data frame that are still to come.
    pub const fn frame_left(&self) -> usize {
        self.inbound.frame_left()
    }

    /// Bytes received so far, heads and headers included.
    pub const fn bytes_received(&self) -> u64 {
        self.inbound.bytes_received()
    }

    /// What both endpoints agreed on about compression; `None` if nothing.
    pub fn compression(&self) -> Option<Agreed> {
        self.negotiation.agreed()
    }

    /// What compressed messages that were received had of bytes so far; `None` without
    /// compression.
    pub fn volume_received(&self) -> Option<Volume> {
        self.inbound.volume()
    }

    /// Puts in bytes of the peer that something else has read already.
    ///
    /// # Errors
    /// [`ResourceError::ReceiveBuffer`] if they do not fit; none is taken then.
    pub fn preload(&mut self, bytes: &[u8]) -> Result<(), ResourceError> {
        self.inbound.preload(bytes)
    }

    /// Tells the buffers that nothing is expected soon, where nothing is in them: when a
    /// [`Step::Read`] waits for the first bytes, behind the opening handshake, or in a long silence.
    /// A buffer that can grow may give its memory back.
    pub fn rest(&mut self) {
        self.inbound.rest();
        // Before that it is to hold an answer, whatever is received.
        if self.write_side.is_open() {
            self.write_side.outbound.rest();
        }
    }

    /// Gives the buffers back: the receive buffer, where in it the undecoded bytes are, and the
    /// staging buffer.
    pub fn into_buffers(self) -> (B, Range<usize>, B) {
        let (receive, undecoded) = self.inbound.into_parts();
        (receive, undecoded, self.write_side.outbound.into_buffer())
    }
}
