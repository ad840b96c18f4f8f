//! What is sent: messages whole and in parts, Pings, Pongs, the Close frame.

use core::{future::Future, pin::pin};

use embedded_io_async::Write;

use super::{Sender, Timer, before};
use crate::{
    Error, Kind, Message, ProtocolError, Role,
    buffer::Buffer,
    connection::{Encoded, Part, Staged, WriteSide},
    permessage_deflate::OutboundContext,
    wire::close::CloseCode,
};

impl<S: Write, R: Role, B: Buffer, T: Timer, X: OutboundContext> Sender<'_, S, R, B, T, X> {
    /// Sends a message and all that was staged before.
    ///
    /// # Errors
    /// [`Error::Usage`] when not open or another message is half sent; [`Error::Resource`] if it
    /// is longer than the staging buffer and must not be fragmented; how the connection ended.
    ///
    /// # Cancellation
    /// A message that fits the free part of the staging buffer is taken whole before the first
    /// await. Of a longer one whole frames are taken. [`unfinished`](super::WebSocket::unfinished) says
    /// how much has been taken: call this again with the same message to go on.
    pub fn send<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> impl Future<Output = Result<(), Error<S::Error>>> {
        let message = message.into();
        self.reborrow().write(move |side| side.stage(message))
    }

    /// Stages a message, to leave with the next `send` or `flush`, or when receiving has to wait.
    /// Writes only if there is no room for it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Cancellation
    /// As [`send`](Self::send).
    pub async fn feed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), Error<S::Error>> {
        let part = message.into().into();
        while self.write_side.stage_part(part)? == Staged::Partly {
            self.drain().await?;
        }
        Ok(())
    }

    /// Stages a message by the frames that it has already, if it can, and writes all that is staged
    /// if `flush` is set: see [`WriteSide::stage_encoded`].
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Cancellation
    /// As [`send`](Self::send).
    pub async fn send_encoded(
        &mut self,
        encoded: &impl Encoded,
        flush: bool,
    ) -> Result<(), Error<S::Error>> {
        while self.write_side.stage_encoded(encoded)? == Staged::Partly {
            self.drain().await?;
        }
        if flush { self.drain().await } else { Ok(()) }
    }

    /// Sends a part of a message; the last has `fin`. All parts are of one kind; text may be cut
    /// anywhere.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`UsageError::KindChanged`](crate::UsageError::KindChanged), and
    /// [`UsageError::InvalidUtf8`](crate::UsageError::InvalidUtf8) for text that cannot become UTF-8:
    /// nothing of the part is sent.
    ///
    /// # Cancellation
    /// As [`send`](Self::send), for the part.
    pub fn send_part(
        &mut self,
        kind: Kind,
        part: &[u8],
        fin: bool,
    ) -> impl Future<Output = Result<(), Error<S::Error>>> {
        self.reborrow().write(move |side| side.stage_part(Part::new(kind, part, fin)))
    }

    /// Sends a Ping of at most 125 bytes (RFC 6455 section 5.5.2), between the fragments of a
    /// message too.
    ///
    /// # Errors
    /// [`Error::Usage`] when not open, [`Error::Config`] if it is too long.
    ///
    /// # Cancellation
    /// Taken whole or not at all.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error<S::Error>> {
        while self.write_side.stage_ping(payload)? == Staged::Partly {
            self.drain().await?;
        }
        self.drain().await
    }

    /// Sends a Pong that nobody asked for (RFC 6455 section 5.5.3).
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    ///
    /// # Cancellation
    /// As [`ping`](Self::ping).
    pub async fn pong(&mut self, payload: &[u8]) -> Result<(), Error<S::Error>> {
        while self.write_side.stage_pong(payload)? == Staged::Partly {
            self.drain().await?;
        }
        self.drain().await
    }

    /// Sends a Close frame, after which nothing can be sent, and does not wait for the peer's:
    /// the next receive does.
    ///
    /// # Errors
    /// [`Error::Usage`] when not open; [`Error::Config`] for a code that must not be sent or a
    /// reason of more than 123 bytes.
    ///
    /// # Cancellation
    /// Taken whole or not at all.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error<S::Error>> {
        self.stage_close(code, reason).await?;
        self.drain().await
    }

    /// Writes and flushes all that is staged.
    ///
    /// # Errors
    /// How the connection ended.
    ///
    /// # Cancellation
    /// Loses nothing: what was not written stays staged.
    pub async fn flush(&mut self) -> Result<(), Error<S::Error>> {
        self.drain().await
    }

    /// Stages as often as it takes, and writes all that is staged.
    pub(super) async fn write(
        mut self,
        mut stage: impl FnMut(&mut WriteSide<R, B, X>) -> Result<Staged, Error<S::Error>>,
    ) -> Result<(), Error<S::Error>> {
        loop {
            let staged = stage(self.write_side)?;
            self.drain().await?;
            if staged == Staged::Whole {
                return Ok(());
            }
        }
    }

    pub(super) async fn stage_close(
        &mut self,
        code: CloseCode,
        reason: &str,
    ) -> Result<(), Error<S::Error>> {
        loop {
            let now_ms = self.clock.now();
            match self.write_side.stage_close(code, reason, now_ms)? {
                Staged::Whole => return Ok(()),
                Staged::Partly => self.drain().await?,
            }
        }
    }

    /// Writes the Close frame of a connection that has failed. Whether or not that gets through,
    /// `error` is why it did.
    pub(super) async fn refuse<A>(mut self, error: ProtocolError) -> Result<A, Error<S::Error>> {
        let _ = self.drain().await;
        Err(error.into())
    }

    pub(super) async fn drain(&mut self) -> Result<(), Error<S::Error>> {
        while !self.write_side.is_drained() {
            let now_ms = self.clock.now();
            let deadline_ms = now_ms.and_then(|now_ms| self.write_side.write_deadline_ms(now_ms));
            let sleep = deadline_ms.map(|at_ms| self.clock.sleep_until_ms(at_ms));
            let staged = self.write_side.staged();
            let written = if staged.is_empty() {
                let flush = self.next.flush();
                before(pin!(flush), pin!(sleep)).await.map(|flushed| flushed.map(|()| None))
            } else {
                let write = self.next.write(staged);
                before(pin!(write), pin!(sleep)).await.map(|len| len.map(Some))
            };
            match written {
                Some(Ok(None)) => self.write_side.flushed(),
                Some(Ok(Some(0))) => self.write_side.end_of_stream()?,
                Some(Ok(Some(len))) => self.write_side.written(len),
                Some(Err(error)) => self.failed(error)?,
                None => self.write_side.write_expired()?,
            }
        }
        Ok(())
    }
}
