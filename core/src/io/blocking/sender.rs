//! What is sent: messages whole and in parts, Pings, Pongs, the Close frame.

use embedded_io::Write;

use super::{Deadline, Sender, write_once};
use crate::{
    Error, Kind, Message, ProtocolError, Role,
    buffer::Buffer,
    connection::{Encoded, Part, Staged},
    permessage_deflate::OutboundContext,
    wire::close::CloseCode,
};

impl<S: Write, R: Role, B: Buffer, T: Deadline<S>, X: OutboundContext> Sender<'_, S, R, B, T, X> {
    /// Sends a message and all that was staged before.
    ///
    /// # Errors
    /// [`Error::Usage`] when not open or another message is half sent; [`Error::Resource`] if it
    /// is longer than the staging buffer and must not be fragmented; how the connection ended.
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error<S::Error>> {
        self.stage(message.into().into())?;
        self.drain()
    }

    /// Stages a message, to leave with the next `send` or `flush`, or when receiving has to wait.
    /// Writes only if there is no room for it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error<S::Error>> {
        self.stage(message.into().into())
    }

    /// Stages a message by the frames that it has already, if it can, and writes all that is staged
    /// if `flush` is set: see [`WriteSide::stage_encoded`](crate::connection::WriteSide::stage_encoded).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_encoded(
        &mut self,
        encoded: &impl Encoded,
        flush: bool,
    ) -> Result<(), Error<S::Error>> {
        while self.write_side.stage_encoded(encoded)? == Staged::Partly {
            self.drain()?;
        }
        if flush { self.drain() } else { Ok(()) }
    }

    /// Sends a part of a message; the last has `fin`. All parts are of one kind; text may be cut
    /// anywhere.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`UsageError::KindChanged`](crate::UsageError::KindChanged), and
    /// [`UsageError::InvalidUtf8`](crate::UsageError::InvalidUtf8) for text that cannot become UTF-8:
    /// nothing of the part is sent.
    pub fn send_part(&mut self, kind: Kind, part: &[u8], fin: bool) -> Result<(), Error<S::Error>> {
        self.stage(Part::new(kind, part, fin))?;
        self.drain()
    }

    /// Sends a Ping of at most 125 bytes (RFC 6455 section 5.5.2), between the fragments of a
    /// message too.
    ///
    /// # Errors
    /// [`Error::Usage`] when not open, [`Error::Config`] if it is too long.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error<S::Error>> {
        while self.write_side.stage_ping(payload)? == Staged::Partly {
            self.drain()?;
        }
        self.drain()
    }

    /// Sends a Pong that nobody asked for (RFC 6455 section 5.5.3).
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), Error<S::Error>> {
        while self.write_side.stage_pong(payload)? == Staged::Partly {
            self.drain()?;
        }
        self.drain()
    }

    /// Sends a Close frame, after which nothing can be sent, and does not wait for the peer's:
    /// the next receive does.
    ///
    /// # Errors
    /// [`Error::Usage`] when not open; [`Error::Config`] for a code that must not be sent or a
    /// reason of more than 123 bytes.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error<S::Error>> {
        self.stage_close(code, reason)?;
        self.drain()
    }

    /// Writes and flushes all that is staged.
    ///
    /// # Errors
    /// How the connection ended.
    pub fn flush(&mut self) -> Result<(), Error<S::Error>> {
        self.drain()
    }

    pub(super) fn stage(&mut self, part: Part<'_>) -> Result<(), Error<S::Error>> {
        while self.write_side.stage_part(part)? == Staged::Partly {
            self.drain()?;
        }
        Ok(())
    }

    pub(super) fn stage_close(
        &mut self,
        code: CloseCode,
        reason: &str,
    ) -> Result<(), Error<S::Error>> {
        loop {
            let now_ms = self.clock.now();
            match self.write_side.stage_close(code, reason, now_ms)? {
                Staged::Whole => return Ok(()),
                Staged::Partly => self.drain()?,
            }
        }
    }

    /// Writes the Close frame of a connection that has failed. Whether or not that gets through,
    /// `error` is why it did.
    pub(super) fn refuse<A>(mut self, error: ProtocolError) -> Result<A, Error<S::Error>> {
        let _ = self.drain();
        Err(error.into())
    }

    #[cfg_attr(target_pointer_width = "64", inline(never))] // Most receives have nothing to write.
    pub(super) fn drain(&mut self) -> Result<(), Error<S::Error>> {
        while !self.write_side.is_drained() {
            if write_once(self.next, self.clock, self.write_side)? {
                break;
            }
        }
        Ok(())
    }
}
