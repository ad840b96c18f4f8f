//! The layered stream: a WebSocket that owns the next layer, whatever that is.
//!
//! [`blocking::WebSocket`] works over [`embedded_io::Read`] and [`embedded_io::Write`],
//! [`nonblocking::WebSocket`] over the traits of [`embedded_io_async`]: a TCP socket, TLS over a
//! TCP socket, a serial port. Both drive the same [`Connection`]
//! and differ in nothing but how they wait.
//!
//! # Back-pressure
//! A stream that is not split writes what it owes, Pongs and what was fed, before it reads on. So
//! two endpoints that both only write stop when what lies between them is full, as with any
//! stream; the deadlines end that. [Halves](split) read on while a write waits.
//!
//! # Time
//! Without a clock there are no deadlines. With one, given by `with_clock`, the deadlines of
//! [`Timeouts`](crate::Timeouts) hold: the non-blocking stream races its reads and writes against
//! a [`Timer`](nonblocking::Timer), the blocking one tells its next layer how long to wait
//! ([`Deadline`](blocking::Deadline)).

pub mod blocking;
pub mod nonblocking;
pub mod split;
mod stream;

pub use stream::{Sender, WebSocket};

use crate::{
    Error, Role, UsageError,
    buffer::Buffer,
    connection::{Connection, Mode, Ready, Step},
    permessage_deflate::Compression,
};

/// A clock that counts milliseconds and never goes back.
pub trait Clock {
    /// Whether it runs at all: the code for deadlines is not linked for a clock that does not.
    const RUNS: bool = true;

    /// Milliseconds since any fixed moment.
    fn now_ms(&mut self) -> u64;

    /// The time, if the clock runs.
    fn now(&mut self) -> Option<u64> {
        if Self::RUNS { Some(self.now_ms()) } else { None }
    }
}

/// No clock: no deadlines, no keep-alive, no limit on control frames a second.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoClock;

impl Clock for NoClock {
    const RUNS: bool = false;

    fn now_ms(&mut self) -> u64 {
        0
    }
}

/// What a driver works towards.
#[derive(Debug, Clone, Copy)]
enum Goal {
    /// The head of the opening handshake.
    Head,
    /// A message, a chunk of one, or, if so wanted, a control frame.
    Receive(Mode, bool),
}

impl Goal {
    /// Says what to do next, and how the connection ended if it was not by a closing handshake.
    fn poll<R: Role, B: Buffer, C: Compression, E>(
        self,
        connection: &mut Connection<R, B, C>,
        now_ms: Option<u64>,
    ) -> Result<Step, Error<E>> {
        let step = match self {
            Self::Head => connection.poll_head(now_ms),
            // The rest of a message in chunks is no message.
            Self::Receive(Mode::Whole, _)
                if connection.is_chunked() && !connection.write_side().is_ended() =>
            {
                return Err(UsageError::MessageUnfinished.into());
            }
            Self::Receive(mode, control) => connection.poll_receive(mode, control, now_ms),
        };
        if step == Step::Ready(Ready::Ended) {
            connection.write_side().outcome()?;
        }
        Ok(step)
    }
}
