//! Where a connection is between its two handshakes, and when it must be woken
//! (RFC 6455 sections 4, 7 and 5.5.2).

use core::str;

use crate::{
    Config,
    error::{Error, HandshakeError, ProtocolError, Timeout, UsageError},
    message::{Closed, Side},
    wire::close::CloseCode,
};

/// Milliseconds in which control frames are counted for the limit.
const FLOOD_WINDOW_MS: u64 = 1000;

/// Where a connection is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// Nothing has crossed the wire.
    New,
    /// Within the opening handshake.
    Connecting,
    /// A server's answer that opens the connection is staged, and not all written.
    Accepted,
    /// Messages flow.
    Open,
    /// This endpoint has sent the first Close frame.
    Closing,
    /// No frame will be sent or received any more.
    Ended(End),
}

/// How a connection ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// By a closing handshake, which this side began.
    Closed(Side),
    Handshake(HandshakeError),
    Protocol(ProtocolError),
    Timeout(Timeout),
    Lost,
    /// The next layer failed, and its error has been reported.
    Transport,
}

/// What is due by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// A keep-alive ping.
    Ping,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) config: Config,
    pub(super) phase: Phase,
    /// The code of the peer's Close frame.
    pub(super) close_code: Option<CloseCode>,
    /// When the peer was last heard, or when the handshake that is under way began.
    mark_ms: u64,
    /// Whether a Close frame waits for room: then writes have the time of the closing handshake.
    pub(super) close_waits: bool,
    /// Whether a keep-alive ping has been sent since the peer was last heard.
    pinged: bool,
    /// When the present second of the limit for control frames began, and how many came in it.
    window_ms: u64,
    control_frames: u32,
}

impl State {
    pub(super) const fn new(config: Config) -> Self {
        Self {
            config,
            phase: Phase::New,
            close_code: None,
            mark_ms: 0,
            close_waits: false,
            pinged: false,
            window_ms: 0,
            control_frames: 0,
        }
    }

    /// Goes on to another phase, whose deadline begins now.
    pub(super) const fn enter(&mut self, phase: Phase, now_ms: Option<u64>) {
        self.phase = phase;
        if let Some(now_ms) = now_ms {
            self.mark_ms = now_ms;
        }
        self.pinged = false;
    }

    /// Ends the connection, unless it has ended already: the first reason is the one that counts.
    pub(super) const fn end(&mut self, end: End) {
        if !matches!(self.phase, Phase::Ended(_)) {
            self.phase = Phase::Ended(end);
        }
    }

    /// Takes note of life from the peer. The handshakes are bounded as a whole, so one byte now
    /// and then does not lengthen them.
    pub(super) const fn heard(&mut self, now_ms: Option<u64>) {
        if let Some(now_ms) = now_ms
            && self.is_open()
        {
            self.mark_ms = now_ms;
            self.pinged = false;
        }
    }

    /// Counts a control frame.
    pub(super) fn control_frame(&mut self, now_ms: u64) -> Result<(), ProtocolError> {
        if now_ms.wrapping_sub(self.window_ms) >= FLOOD_WINDOW_MS {
            self.window_ms = now_ms;
            self.control_frames = 0;
        }
        self.control_frames = self.control_frames.saturating_add(1);
        match self.config.limits.control_per_second {
            limit if limit != 0 && self.control_frames > limit => Err(ProtocolError::ControlFlood),
            _ => Ok(()),
        }
    }

    /// The deadline of this phase: how long after the mark, and what it is.
    const fn deadline(&self) -> (u32, Timeout) {
        let timeouts = &self.config.timeouts;
        match self.phase {
            Phase::New => (0, Timeout::Handshake),
            Phase::Connecting | Phase::Accepted => (timeouts.handshake_ms, Timeout::Handshake),
            Phase::Open => (timeouts.idle_ms, Timeout::Idle),
            Phase::Closing | Phase::Ended(_) => (timeouts.closing_ms, Timeout::Closing),
        }
    }

    /// Whether a ping is to break the silence halfway to the deadline.
    const fn wants_ping(&self) -> bool {
        self.is_open() && self.config.timeouts.keep_alive && !self.pinged
    }

    /// When [`check`](Self::check) has to be called at the latest; `None`: never.
    pub(super) const fn wakeup_ms(&self) -> Option<u64> {
        let (limit_ms, _) = self.deadline();
        let wait_ms = match limit_ms {
            0 => return None,
            limit_ms if self.wants_ping() => limit_ms / 2,
            limit_ms => limit_ms,
        };
        Some(self.mark_ms.saturating_add(wait_ms as u64))
    }

    /// Does what is due after waiting for the peer in vain: fails the connection whose deadline
    /// has passed, or says that a ping is to be sent.
    pub(super) fn check(&mut self, now_ms: u64) -> Result<Due, Timeout> {
        let (limit_ms, timeout) = self.deadline();
        let elapsed_ms = now_ms.saturating_sub(self.mark_ms);
        let half_ms = u64::from(limit_ms / 2);
        if limit_ms == 0 {
            Ok(Due::Nothing)
        } else if self.wants_ping() && elapsed_ms >= half_ms {
            self.pinged = true;
            // However late the caller is, the peer gets the other half to answer.
            self.mark_ms = now_ms.saturating_sub(half_ms);
            Ok(Due::Ping)
        } else if elapsed_ms >= u64::from(limit_ms) {
            self.end(End::Timeout(timeout));
            Err(timeout)
        } else {
            Ok(Due::Nothing)
        }
    }

    /// When a write that began to wait at `since_ms` has waited too long; `None`: never.
    ///
    /// Outside the handshakes the time counts from the write: it is the peer that does not read,
    /// and a caller who was busy elsewhere has not heard it, which is not its fault.
    pub(super) fn write_deadline_ms(&self, since_ms: u64) -> Option<u64> {
        let (limit_ms, _) = self.write_deadline();
        let since_ms = match self.phase {
            Phase::Connecting | Phase::Accepted | Phase::Closing => self.mark_ms,
            _ => since_ms,
        };
        (limit_ms != 0).then(|| since_ms.saturating_add(u64::from(limit_ms)))
    }

    /// Fails the connection whose write has waited too long.
    pub(super) fn write_expired(&mut self) -> Timeout {
        let (_, timeout) = self.write_deadline();
        self.end(End::Timeout(timeout));
        timeout
    }

    const fn write_deadline(&self) -> (u32, Timeout) {
        if self.is_open() && self.close_waits {
            (self.config.timeouts.closing_ms, Timeout::Closing)
        } else {
            self.deadline()
        }
    }

    /// How the connection was closed, with the reason of the peer's Close frame.
    pub(super) fn closed<'a>(&self, reason: &'a [u8]) -> Option<Closed<'a>> {
        let Phase::Ended(End::Closed(by)) = self.phase else { return None };
        let reason = str::from_utf8(reason).unwrap_or_default();
        Some(Closed { by, code: self.close_code, reason })
    }

    /// Ends the connection if the deadline of the handshake under way has passed, however busy
    /// the peer keeps us, and says whether it did.
    pub(super) fn handshake_expired(&mut self, now_ms: Option<u64>) -> bool {
        let Some(now_ms) = now_ms else { return false };
        matches!(self.phase, Phase::Connecting | Phase::Closing) && self.check(now_ms).is_err()
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Whether messages may be sent.
    pub(super) const fn check_open(&self) -> Result<(), UsageError> {
        // First, for it is all that most callers ask.
        if self.is_open() { Ok(()) } else { self.check_why_not_open() }
    }

    #[cfg_attr(target_pointer_width = "64", cold)]
    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    const fn check_why_not_open(&self) -> Result<(), UsageError> {
        match self.phase {
            Phase::Open => Ok(()), // Never, but with it the code of boards is smaller.
            Phase::New | Phase::Connecting | Phase::Accepted => Err(UsageError::NotOpen),
            Phase::Closing | Phase::Ended(_) => Err(UsageError::Closed),
        }
    }
}

impl State {
    /// What a receiver or sender is told of the end: nothing more will come, or why not.
    pub(super) const fn outcome<E>(&self) -> Result<(), Error<E>> {
        Err(match self.phase {
            Phase::New | Phase::Connecting | Phase::Accepted => Error::Usage(UsageError::NotOpen),
            Phase::Open | Phase::Closing | Phase::Ended(End::Closed(_)) => return Ok(()),
            Phase::Ended(End::Handshake(error)) => Error::Handshake(error),
            Phase::Ended(End::Protocol(error)) => Error::Protocol(error),
            Phase::Ended(End::Timeout(timeout)) => Error::Timeout(timeout),
            Phase::Ended(End::Lost) => Error::ConnectionLost,
            Phase::Ended(End::Transport) => Error::Usage(UsageError::Closed),
        })
    }
}
