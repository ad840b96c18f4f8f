//! The write side of a connection: its state, its staging buffer and what has to be sent.
//!
//! It borrows apart from the receive buffer, so that a message that lies there can be sent back
//! without a copy, and it can live in a cell that two halves share.

use super::{
    Staged,
    outbound::{Encoded, Outbound, Part, check_close},
    receive,
    state::{Due, End, Phase, State},
};
use crate::{
    Config, Timeout,
    buffer::Buffer,
    error::{ConfigError, Error, HandshakeError, ProtocolError, UsageError},
    fmt::debug,
    message::Message,
    permessage_deflate::{NoCompression, OutboundContext, Volume},
    role::Role,
    wire::{MAX_CONTROL_LEN, close::CloseCode, header::Opcode},
};

/// What is to be written next, and the state that decides what may be sent.
///
/// Order: stage; while [`staged`](Self::staged) is not empty write it and tell
/// [`written`](Self::written); if [`is_unflushed`](Self::is_unflushed) flush and tell
/// [`flushed`](Self::flushed).
#[derive(Debug)]
pub struct WriteSide<R, B, X = NoCompression> {
    pub(super) outbound: Outbound<R, B, X>,
    pub(super) state: State,
    /// Since when a write waits for the peer, or [`NOT_WAITING`].
    waiting_ms: u64,
}

/// No moment of any clock.
const NOT_WAITING: u64 = u64::MAX;

impl<R: Role, B: Buffer, X: OutboundContext> WriteSide<R, B, X> {
    pub(super) const fn new(role: R, buffer: B, context: X, config: Config) -> Self {
        let outbound = Outbound::new(role, buffer, context);
        Self { outbound, state: State::new(config), waiting_ms: NOT_WAITING }
    }

    /// The settings; a change holds from the next frame on.
    pub const fn config_mut(&mut self) -> &mut Config {
        &mut self.state.config
    }

    /// Whether messages may be sent: the opening handshake is done, no Close frame was sent.
    pub const fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// Stages a message, or the next frames of one that did not fit at once: as many whole
    /// frames as there is room for. While it answers [`Staged::Partly`], write what is staged
    /// and call it again with the same message.
    ///
    /// # Errors
    /// [`UsageError`] when the state does not allow it, or another message is half staged;
    /// [`ResourceError`](crate::ResourceError) when it would need to be fragmented and must not.
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub fn stage<E>(&mut self, message: Message<'_>) -> Result<Staged, Error<E>> {
        self.stage_part(message.into())
    }

    /// Stages a part of a message as [`stage`](Self::stage) does a whole one.
    ///
    /// # Errors
    /// As there; [`UsageError`] if the kind changes within a message, or for text that cannot
    /// become UTF-8.
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub fn stage_part<E>(&mut self, part: Part<'_>) -> Result<Staged, Error<E>> {
        self.state.check_open()?;
        self.state.close_waits = false;
        self.outbound.stage_part(part, self.state.config.fragmentation)
    }

    /// Stages a message as [`stage`](Self::stage) does, but lets `write` write it first, from where
    /// it lies: `write` is called at most once, with what is to come first and what then, and says
    /// how many bytes of them in order it has written. What it has not is staged. So a large
    /// message of a server leaves without a copy if the peer takes it.
    ///
    /// Only where nothing is staged yet, nothing is masked or compressed, and the message needs but
    /// one frame; else, and on machines of less than 64 bits, `write` is not called.
    ///
    /// # Errors
    /// As there; [`Error::ConnectionLost`] for a buffer that does not become as long as it says.
    pub fn stage_through<E>(
        &mut self,
        message: Message<'_>,
        write: impl FnOnce(&[u8], &[u8]) -> usize,
    ) -> Result<Staged, Error<E>> {
        self.state.check_open()?;
        match self.outbound.write_whole(&message.into(), write) {
            None => self.stage(message),
            Some(true) => {
                self.state.close_waits = false;
                self.waiting_ms = NOT_WAITING;
                Ok(Staged::Whole)
            }
            Some(false) => {
                self.outbound.discard();
                self.state.end(End::Lost);
                Err(Error::ConnectionLost)
            }
        }
    }

    /// Stages a message as [`stage`](Self::stage) does, by the frames that it has already, if this
    /// connection can use them: a server's that does not compress, or compresses each message by
    /// itself, with room for all of them. Else it makes its own.
    ///
    /// # Errors
    /// As there.
    pub fn stage_encoded<E>(&mut self, encoded: &impl Encoded) -> Result<Staged, Error<E>> {
        self.state.check_open()?;
        match self.outbound.stage_encoded(encoded) {
            Some(staged) => {
                self.state.close_waits = false;
                Ok(staged)
            }
            None => self.stage(encoded.message()),
        }
    }

    /// Says whether messages are to be compressed, from the next that begins on; they are unless
    /// this says otherwise. Nothing changes without compression.
    pub fn set_compression(&mut self, wanted: bool) {
        self.outbound.set_compression(wanted);
    }

    /// What compressed messages that were sent had of bytes so far; `None` without compression.
    pub fn volume_sent(&self) -> Option<Volume> {
        self.outbound.volume()
    }

    /// Bytes of the message that have been staged, if it has not been staged whole; `None` if it
    /// has. After `Some(0)` it can be given up, after more it has to be continued.
    pub const fn unfinished(&self) -> Option<usize> {
        self.outbound.unfinished()
    }

    /// Whether any one Ping, Pong or Close frame fits.
    pub(super) fn has_control_room(&mut self) -> bool {
        self.outbound.has_control_room()
    }

    /// Stages a Ping ([RFC 6455 section 5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2)),
    /// or nothing of it: while this answers [`Staged::Partly`], write what is staged and call it
    /// again.
    ///
    /// # Errors
    /// [`UsageError`] when not open; [`ConfigError::ControlPayloadTooLong`] past 125 bytes.
    pub fn stage_ping<E>(&mut self, payload: &[u8]) -> Result<Staged, Error<E>> {
        self.stage_control(Opcode::Ping, payload)
    }

    /// Stages a Pong that nobody asked for (RFC 6455 section 5.5.3), as
    /// [`stage_ping`](Self::stage_ping) does; those that answer a Ping are staged as the Ping is
    /// received.
    ///
    /// # Errors
    /// As there.
    pub fn stage_pong<E>(&mut self, payload: &[u8]) -> Result<Staged, Error<E>> {
        self.stage_control(Opcode::Pong, payload)
    }

    fn stage_control<E>(&mut self, opcode: Opcode, payload: &[u8]) -> Result<Staged, Error<E>> {
        self.state.check_open()?;
        if payload.len() > MAX_CONTROL_LEN {
            return Err(ConfigError::ControlPayloadTooLong.into());
        }
        if !self.outbound.has_control_room() {
            return Ok(Staged::Partly);
        }
        self.outbound.stage_control(opcode, payload);
        Ok(Staged::Whole)
    }

    /// Stages a Close frame: nothing can be sent after it (RFC 6455 section 5.5.1). With
    /// [`CloseCode::NO_STATUS`] it has no body. While this answers [`Staged::Partly`], write what
    /// is staged, for which there is now no more time than for the closing handshake, and call
    /// it again.
    ///
    /// # Errors
    /// [`UsageError`] when not open; [`ConfigError`] for a code that must not be sent or a reason
    /// of more than 123 bytes.
    pub fn stage_close<E>(
        &mut self,
        code: CloseCode,
        reason: &str,
        now_ms: Option<u64>,
    ) -> Result<Staged, Error<E>> {
        self.state.check_open()?;
        check_close(code, reason)?;
        self.state.close_waits = !self.outbound.has_control_room();
        if self.state.close_waits {
            return Ok(Staged::Partly);
        }
        self.outbound.stage_close((code != CloseCode::NO_STATUS).then_some(code), reason);
        self.state.enter(Phase::Closing, now_ms);
        debug!("closing with code {}", code.0);
        Ok(Staged::Whole)
    }

    /// Whether what was sent had a connection to go through.
    ///
    /// # Errors
    /// How it ended, if not by a closing handshake.
    pub const fn outcome<E>(&self) -> Result<(), Error<E>> {
        self.state.outcome()
    }

    /// What is to be written next.
    pub fn staged(&self) -> &[u8] {
        self.outbound.staged()
    }

    /// Takes note that `len` bytes of [`staged`](Self::staged) have been written.
    pub fn written(&mut self, len: usize) {
        self.outbound.written(len);
        self.waiting_ms = NOT_WAITING;
    }

    /// Bytes written so far, heads and headers included.
    pub const fn bytes_sent(&self) -> u64 {
        self.outbound.bytes_sent()
    }

    /// Whether the next layer has taken, and flushed, all that was staged.
    pub const fn is_drained(&self) -> bool {
        self.outbound.is_drained()
    }

    /// Whether the next layer has to be flushed for all written bytes to leave.
    pub const fn is_unflushed(&self) -> bool {
        self.outbound.is_unflushed()
    }

    /// Takes note that the next layer has been flushed.
    pub const fn flushed(&mut self) {
        self.outbound.flushed();
        self.waiting_ms = NOT_WAITING;
    }

    /// When a wait for the peer's bytes has to end for a [`tick`](Self::tick), in milliseconds of
    /// the clock that is passed as `now_ms`; `None`: never.
    pub const fn wakeup_ms(&self) -> Option<u64> {
        self.state.wakeup_ms()
    }

    /// Does what is due after waiting for the peer's bytes in vain: stages a keep-alive Ping, or
    /// fails the connection.
    ///
    /// # Errors
    /// [`Timeout`] when a deadline has passed.
    pub fn tick(&mut self, now_ms: u64) -> Result<(), Timeout> {
        match self.state.check(now_ms)? {
            Due::Ping if self.outbound.has_control_room() => {
                self.outbound.stage_control(Opcode::Ping, &[]);
            }
            _ => {}
        }
        Ok(())
    }

    /// When a write or flush that is about to begin, or goes on, has to give up, by
    /// [`write_expired`](Self::write_expired); `None`: never. The time counts from the first
    /// call since the last progress.
    pub fn write_deadline_ms(&mut self, now_ms: u64) -> Option<u64> {
        if self.is_drained() {
            return None;
        }
        if self.waiting_ms == NOT_WAITING {
            self.waiting_ms = now_ms;
        }
        self.state.write_deadline_ms(self.waiting_ms)
    }

    /// Whether a write waits, and may do so until then.
    pub(crate) fn waits_until(&self, at_ms: Option<u64>) -> bool {
        self.waiting_ms != NOT_WAITING && self.state.write_deadline_ms(self.waiting_ms) == at_ms
    }

    pub(crate) const fn is_ended(&self) -> bool {
        matches!(self.state.phase, Phase::Ended(_))
    }

    /// Fails the connection because a write has waited too long.
    ///
    /// # Errors
    /// Always, with the deadline that has passed, unless the connection had ended before.
    pub fn write_expired(&mut self) -> Result<(), Timeout> {
        let ended = self.is_ended();
        self.outbound.discard();
        let timeout = self.state.write_expired();
        if ended { Ok(()) } else { Err(timeout) }
    }

    /// Takes note that the next layer failed for good: nothing can be written any more.
    ///
    /// Returns whether the connection had ended before, so that the failure changes nothing.
    pub fn transport_failed(&mut self) -> bool {
        self.outbound.discard();
        let ended = self.is_ended();
        self.state.end(End::Transport);
        ended
    }

    /// Takes note that the next layer takes no more bytes and says no reason.
    ///
    /// # Errors
    /// [`Error::ConnectionLost`], unless the connection had ended before.
    pub fn end_of_stream<E>(&mut self) -> Result<(), Error<E>> {
        self.outbound.discard();
        let ended = self.is_ended();
        self.state.end(match self.state.phase {
            Phase::Connecting => End::Handshake(HandshakeError::EndOfStream),
            _ => End::Lost,
        });
        if ended { Ok(()) } else { self.state.outcome() }
    }

    /// Fails the connection because of what the peer sent.
    pub(super) fn fail(&mut self, error: ProtocolError) {
        receive::fail(&mut self.state, &mut self.outbound, error);
    }

    /// Whether the connection may be used at all.
    pub(crate) const fn check_open(&self) -> Result<(), UsageError> {
        self.state.check_open()
    }
}
