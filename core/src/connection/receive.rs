//! Receiving: what becomes of each thing decoded, for a whole stream and for a receiving half.

use super::{
    HAS_SHORT_WAY, Mode, Ready, Step,
    inbound::{Decoded, Inbound},
    outbound::Outbound,
    state::{End, Phase, State},
};
use crate::{
    buffer::Buffer,
    error::ProtocolError,
    fmt::debug,
    message::Side,
    permessage_deflate::{InboundContext, OutboundContext},
    role::Role,
    wire::{close::CloseCode, header::Opcode},
};

/// Where the receiver leaves what has to be answered.
pub(super) trait Answers {
    /// Whether any one answer can be taken now.
    fn has_room(&mut self) -> bool;

    /// Lets go of what has been written: memory for it may be given back.
    fn forget_written(&mut self);

    /// Whether nothing waits to be written.
    fn is_drained(&self) -> bool;

    /// Takes the Pong to a Ping.
    fn pong(&mut self, payload: &[u8]);

    /// Takes a Close frame, in answer to the peer's or to fail the connection.
    fn close(&mut self, code: CloseCode);
}

impl<R: Role, B: Buffer, X: OutboundContext> Answers for Outbound<R, B, X> {
    fn has_room(&mut self) -> bool {
        self.has_control_room()
    }

    #[inline]
    fn forget_written(&mut self) {
        Self::forget_written(self);
    }

    fn is_drained(&self) -> bool {
        Self::is_drained(self)
    }

    fn pong(&mut self, payload: &[u8]) {
        self.stage_control(Opcode::Pong, payload);
    }

    fn close(&mut self, code: CloseCode) {
        self.stage_close(Some(code), "");
    }
}

/// Hands out the next message by the short way, if it goes that way: see
/// [`Connection::take_message`](super::Connection::take_message). `has_room` says whether any one
/// answer can be taken now.
#[inline]
pub(super) fn take_message<R: Role, B: Buffer, X: InboundContext>(
    inbound: &mut Inbound<B, X>,
    state: &State,
    has_room: impl FnOnce() -> bool,
) -> bool {
    HAS_SHORT_WAY && state.is_open() && inbound.take_whole::<R>(&state.config.limits, has_room)
}

/// Says what to do next to receive: see
/// [`Connection::poll_receive`](super::Connection::poll_receive).
#[cfg_attr(target_pointer_width = "64", inline)]
pub(super) fn poll<R: Role, B: Buffer, X: InboundContext>(
    inbound: &mut Inbound<B, X>,
    state: &mut State,
    answers: &mut impl Answers,
    mode: Mode,
    control: bool,
    now_ms: Option<u64>,
) -> Step {
    if HAS_SHORT_WAY && state.is_open() && inbound.let_go_of_all() {
        if !answers.is_drained() {
            return Step::Drain;
        }
        answers.forget_written();
        return Step::Read;
    }
    if mode == Mode::Whole && take_message::<R, _, _>(inbound, state, || answers.has_room()) {
        return Step::Ready(Ready::Data);
    }
    poll_any::<R, _, _>(inbound, state, answers, mode, control, now_ms)
}

/// The general way, for all that there is.
#[cfg_attr(target_pointer_width = "64", inline(never))] // Not where the short way stands.
fn poll_any<R: Role, B: Buffer, X: InboundContext>(
    inbound: &mut Inbound<B, X>,
    state: &mut State,
    answers: &mut impl Answers,
    mode: Mode,
    control: bool,
    now_ms: Option<u64>,
) -> Step {
    loop {
        state.handshake_expired(now_ms);
        match state.phase {
            Phase::Open | Phase::Closing => {}
            Phase::Ended(_) if !answers.is_drained() => return Step::Drain,
            _ => return Step::Ready(Ready::Ended),
        }
        // An answer may become due with each frame, so nothing is decoded without room for it.
        if !answers.has_room() {
            return Step::Drain;
        }
        let decoded = inbound
            .decode::<R>(mode, &state.config.limits)
            .and_then(|decoded| count_control(state, decoded, now_ms));
        match decoded {
            Err(error) => fail(state, answers, error),
            Ok(Decoded::Incomplete) if answers.is_drained() => return Step::Read,
            Ok(Decoded::Incomplete) => return Step::Drain,
            Ok(Decoded::Data) => return Step::Ready(Ready::Data),
            Ok(Decoded::Ping) => {
                // Nothing may follow a Close frame.
                if state.is_open() {
                    answers.pong(inbound.control());
                }
                if control {
                    return Step::Ready(Ready::Ping);
                }
            }
            Ok(Decoded::Pong) if control => return Step::Ready(Ready::Pong),
            Ok(Decoded::Pong) => {}
            Ok(Decoded::Close) => peer_closed(state, answers, inbound.close_code()),
        }
    }
}

/// Counts Pings and Pongs for the limit a second, if there is a clock.
fn count_control(
    state: &mut State,
    decoded: Decoded,
    now_ms: Option<u64>,
) -> Result<Decoded, ProtocolError> {
    if let Some(now_ms) = now_ms
        && matches!(decoded, Decoded::Ping | Decoded::Pong)
    {
        state.control_frame(now_ms)?;
    }
    Ok(decoded)
}

/// Answers the peer's Close frame with its code, 1000 if it had none, or takes it as the answer
/// to ours (RFC 6455 section 5.5.1).
#[inline(never)] // Once in the life of a connection.
fn peer_closed(state: &mut State, answers: &mut impl Answers, code: Option<CloseCode>) {
    let by = if matches!(state.phase, Phase::Closing) {
        Side::Local
    } else {
        answers.close(code.unwrap_or(CloseCode::NORMAL));
        Side::Peer
    };
    state.close_code = code;
    state.end(End::Closed(by));
    debug!("closed");
}

/// Fails the connection (RFC 6455 section 7.1.7): says why in a Close frame, if none was sent,
/// and ends.
pub(super) fn fail(state: &mut State, answers: &mut impl Answers, error: ProtocolError) {
    if state.is_open() {
        answers.close(error.close_code());
    }
    state.end(End::Protocol(error));
    debug!("failed: {}", error.reason());
}
