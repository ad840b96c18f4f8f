//! A connection in two halves that are used at the same time: full duplex.
//!
//! The read side keeps what has been received, the write side what is to be sent. What the one
//! finds that the other has to send, Pongs and Close frames, goes through a [`Mailbox`] between
//! them: so neither ever waits for the other.

use core::{marker::PhantomData, num::NonZeroUsize};

use super::{
    Connection, Mode, Step, WriteSide,
    inbound::Inbound,
    receive::{self, Answers},
    state::{Due, End, Phase, State},
};
use crate::{
    buffer::Buffer,
    error::{Error, ProtocolError, ResourceError, Timeout},
    message::{Chunk, Closed, Kind, Message},
    permessage_deflate::{Compression, InboundContext, OutboundContext, Volume},
    role::Role,
    wire::{MAX_CONTROL_LEN, close::CloseCode, header::Opcode},
};

/// What the read side owes to the peer and the write side has to send, and what each side has to
/// know of the other.
///
/// It has room for one Pong: the latest, which answers all Pings before it (RFC 6455 section
/// 5.5.3). 140 bytes.
#[derive(Debug)]
pub struct Mailbox {
    pong: [u8; MAX_CONTROL_LEN],
    pong_len: Option<u8>,
    ping: bool,
    close: Option<CloseCode>,
    /// The read side has seen the end.
    end: Option<End>,
    /// The write side has sent the first Close frame.
    closing: bool,
    /// The write side has failed the connection.
    expired: Option<Timeout>,
}

impl Mailbox {
    /// An empty mailbox.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            pong: [0; MAX_CONTROL_LEN],
            pong_len: None,
            ping: false,
            close: None,
            end: None,
            closing: false,
            expired: None,
        }
    }

    /// Whether the write side has nothing to take out.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pong_len.is_none() && !self.ping && self.close.is_none()
    }

    /// Whether the write side has left word of something that a read side, which is
    /// [open](ReadSide::is_open) or not, has to see to before it waits for bytes.
    #[must_use]
    pub(crate) const fn has_news(&self, open: bool) -> bool {
        self.closing && open || self.expired.is_some()
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Answers for Mailbox {
    fn has_room(&mut self) -> bool {
        true
    }

    fn forget_written(&mut self) {}

    fn is_drained(&self) -> bool {
        true
    }

    fn pong(&mut self, payload: &[u8]) {
        for (slot, byte) in self.pong.iter_mut().zip(payload) {
            *slot = *byte;
        }
        self.pong_len = Some(payload.len() as u8);
    }

    fn close(&mut self, code: CloseCode) {
        self.close = Some(code);
    }
}

/// The half of a connection that receives.
#[derive(Debug)]
pub(crate) struct ReadSide<R, B, X> {
    inbound: Inbound<B, X>,
    state: State,
    role: PhantomData<R>,
}

/// The halves of a connection, and what was negotiated for both.
pub(crate) type SplitConnection<R, B, C> = (
    ReadSide<R, B, <C as Compression>::Inbound>,
    WriteSide<R, B, <C as Compression>::Outbound>,
    <C as Compression>::Negotiation,
);

impl<R: Role, B: Buffer, C: Compression> Connection<R, B, C> {
    /// Splits the connection into its halves, and what was negotiated for both.
    pub(crate) fn split(self) -> SplitConnection<R, B, C> {
        let Self { inbound, write_side, negotiation } = self;
        let state = write_side.state;
        (ReadSide { inbound, state, role: PhantomData }, write_side, negotiation)
    }

    /// Joins the halves of a connection again; both must be of the same one, and their mailbox
    /// empty.
    pub(crate) fn reunite(
        read_side: ReadSide<R, B, C::Inbound>,
        mut write_side: WriteSide<R, B, C::Outbound>,
        negotiation: C::Negotiation,
    ) -> Self {
        // The side that is further on knows more.
        write_side.state = match write_side.state.phase {
            Phase::Ended(_) if !read_side.is_ended() => write_side.state,
            Phase::Closing if read_side.is_open() => write_side.state,
            _ => read_side.state,
        };
        Self { inbound: read_side.inbound, write_side, negotiation }
    }
}

impl<R: Role, B: Buffer, X: InboundContext> ReadSide<R, B, X> {
    /// Says what to do next to receive, as [`Connection::poll_receive`] does, but never to
    /// drain: what is in the mailbox is to be taken out while this side waits for bytes, and
    /// before the end is told to anybody.
    pub(crate) fn poll(
        &mut self,
        mailbox: &mut Mailbox,
        mode: Mode,
        control: bool,
        now_ms: Option<u64>,
    ) -> Step {
        if mailbox.closing && self.state.is_open() {
            self.state.enter(Phase::Closing, now_ms);
        }
        if let Some(timeout) = mailbox.expired {
            self.state.end(End::Timeout(timeout));
        }
        let step = receive::poll::<R, _, _>(
            &mut self.inbound,
            &mut self.state,
            mailbox,
            mode,
            control,
            now_ms,
        );
        self.tell_end(mailbox);
        step
    }

    /// Hands out the next message if that is short work: see [`Connection::take_message`]. What the
    /// write side has left word of is seen to by the next [`poll`](Self::poll).
    #[inline]
    pub(crate) fn take_message(&mut self) -> bool {
        receive::take_message::<R, _, _>(&mut self.inbound, &self.state, || true)
    }

    /// The free end of the receive buffer: see [`Connection::space`].
    ///
    /// # Errors
    /// As there.
    pub(crate) fn space(&mut self) -> Result<&mut [u8], ResourceError> {
        self.inbound.space()
    }

    /// Takes note that `len` bytes have been read into the [`space`](Self::space).
    pub(crate) fn received(&mut self, len: NonZeroUsize, now_ms: Option<u64>) {
        self.inbound.received(len);
        self.state.heard(now_ms);
    }

    /// Takes note that nothing more can be read; `failed` if the next layer said why.
    ///
    /// Returns whether the connection had ended before, so that it changes nothing.
    pub(crate) fn end_of_stream(&mut self, mailbox: &mut Mailbox, failed: bool) -> bool {
        let ended = self.is_ended();
        self.state.end(if failed { End::Transport } else { End::Lost });
        self.tell_end(mailbox);
        ended
    }

    /// When a wait for bytes has to end for a [`tick`](Self::tick); `None`: never.
    pub(crate) const fn wakeup_ms(&self) -> Option<u64> {
        self.state.wakeup_ms()
    }

    /// How long one read may wait, in milliseconds; `None`: as long as it takes. No longer than
    /// the closing handshake may take, as another thread may begin that meanwhile.
    pub(crate) fn wait_ms(&self, now_ms: u64) -> Option<u64> {
        let closing_ms = match self.state.config.timeouts.closing_ms {
            0 => None,
            closing_ms => Some(u64::from(closing_ms)),
        };
        let wait_ms = self.wakeup_ms().map(|at_ms| at_ms.saturating_sub(now_ms).max(1));
        match (wait_ms, closing_ms) {
            (Some(wait_ms), Some(closing_ms)) => Some(wait_ms.min(closing_ms)),
            (wait_ms, closing_ms) => wait_ms.or(closing_ms),
        }
    }

    /// Does what is due after waiting for the peer's bytes in vain: puts a keep-alive Ping into
    /// the mailbox, or fails the connection.
    ///
    /// # Errors
    /// [`Timeout`] when a deadline has passed.
    pub(crate) fn tick(&mut self, mailbox: &mut Mailbox, now_ms: u64) -> Result<(), Timeout> {
        let due = self.state.check(now_ms);
        self.tell_end(mailbox);
        if matches!(due?, Due::Ping) {
            mailbox.ping = true;
        }
        Ok(())
    }

    /// The whole message that is ready.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidUtf8`], which fails the connection, if a text is not UTF-8.
    pub(crate) fn message(
        &mut self,
        fail: impl FnOnce(&mut dyn FnMut(&mut Mailbox)),
    ) -> Result<Message<'_>, ProtocolError> {
        let bytes = self.inbound.handed_out();
        match self.inbound.kind() {
            Kind::Binary => Ok(Message::Binary(bytes)),
            Kind::Text => B::text(bytes).map(Message::Text).ok_or_else(|| {
                let state = &mut self.state;
                fail(&mut |mailbox| {
                    receive::fail(state, mailbox, ProtocolError::InvalidUtf8);
                    mailbox.end = Some(End::Protocol(ProtocolError::InvalidUtf8));
                });
                ProtocolError::InvalidUtf8
            }),
        }
    }

    /// The chunk that is ready.
    pub(crate) fn chunk(&self) -> Chunk<'_> {
        self.inbound.chunk()
    }

    /// Whether chunks of a message have been handed out, and more of it is to come.
    pub(crate) const fn is_chunked(&self) -> bool {
        self.inbound.is_chunked()
    }

    /// Whether anything more will be received.
    ///
    /// # Errors
    /// How the connection ended, if not by a closing handshake.
    pub(crate) const fn outcome<E>(&self) -> Result<(), Error<E>> {
        self.state.outcome()
    }

    /// What compressed messages had of bytes so far; `None` without compression.
    pub(crate) fn volume(&self) -> Option<Volume> {
        self.inbound.volume()
    }

    /// The payload of the Ping or Pong that is ready.
    pub(crate) fn control(&self) -> &[u8] {
        self.inbound.control()
    }

    /// How the connection was closed; `None` unless both Close frames crossed the wire.
    pub(crate) fn closed(&self) -> Option<Closed<'_>> {
        self.state.closed(self.inbound.handed_out())
    }

    /// Whether neither side has sent or received a Close frame, as far as this one knows.
    pub(crate) const fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// Whether nothing more will be received.
    pub(crate) const fn is_ended(&self) -> bool {
        matches!(self.state.phase, Phase::Ended(_))
    }

    fn tell_end(&self, mailbox: &mut Mailbox) {
        if let Phase::Ended(end) = self.state.phase {
            mailbox.end = Some(end);
        }
    }
}

impl<R: Role, B: Buffer, X: OutboundContext> WriteSide<R, B, X> {
    /// Takes out of the mailbox what there is room for, and leaves word of a Close frame sent.
    pub(crate) fn deliver(&mut self, mailbox: &mut Mailbox) {
        match self.state.phase {
            Phase::Closing => mailbox.closing = true,
            Phase::Ended(End::Timeout(timeout)) => mailbox.expired = Some(timeout),
            _ => {}
        }
        // Nothing can be sent when the next layer is gone, and nothing may follow a Close frame;
        // the peer's answers ours.
        let lost = matches!(mailbox.end, Some(End::Lost | End::Transport | End::Timeout(_)));
        let over = lost || !self.state.is_open();
        if over || mailbox.close.is_some() {
            mailbox.pong_len = None;
            mailbox.ping = false;
        }
        if over {
            mailbox.close = None;
        }
        // Whoever has seen the end waits for the peer no longer than that is worth.
        self.state.close_waits |= mailbox.end.is_some();
        while !mailbox.is_empty() && self.has_control_room() {
            if let Some(code) = mailbox.close.take() {
                self.outbound.stage_close(Some(code), "");
            } else if let Some(len) = mailbox.pong_len.take() {
                let payload = mailbox.pong.get(..usize::from(len)).unwrap_or_default();
                self.outbound.stage_control(Opcode::Pong, payload);
            } else {
                mailbox.ping = false;
                self.outbound.stage_control(Opcode::Ping, &[]);
            }
        }
        if mailbox.is_empty()
            && let Some(end) = mailbox.end
            && !self.is_ended()
        {
            if lost {
                self.outbound.discard();
            }
            self.state.phase = Phase::Ended(end);
        }
    }
}
