//! The sending part of a stream.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use socklet_core::{
    Kind, Role,
    connection::{Part, Staged},
    wire::close::CloseCode,
};
use tokio::io::AsyncWrite;

use super::{
    driver::{CoreError, Outlet, poll_drain, stage_through},
    timer::Timer,
};
use crate::{Error, IoError, message::Sendable};

/// Bytes of a message from which on it costs less to write it at once than to stage it, which copies
/// it, and write it with others.
const FED_THROUGH_LEN: usize = 32 << 10;

/// The sending part of a [`WebSocket`](super::WebSocket), which borrows all of it but the message
/// that was received with it. Its methods are those of the same name there.
#[derive(Debug)]
pub struct Sender<'a, S, R> {
    pub(super) next: &'a mut S,
    pub(super) timer: &'a mut Timer,
    pub(super) write_side: &'a mut Outlet<R>,
}

impl<S: AsyncWrite + Unpin, R: Role> Sender<'_, S, R> {
    /// Sends a message, and all that was staged before.
    ///
    /// # Errors
    /// As [`WebSocket::send`](super::WebSocket::send).
    pub fn send(&mut self, message: impl Sendable) -> impl Future<Output = Result<(), Error>> {
        let mut is_staged = false;
        poll_fn(move |context| self.poll_send(&message, &mut is_staged, context))
    }

    /// Stages a message.
    ///
    /// # Errors
    /// As [`WebSocket::feed`](super::WebSocket::feed).
    pub async fn feed(&mut self, message: impl Sendable) -> Result<(), Error> {
        if message.borrowed().as_bytes().len() >= FED_THROUGH_LEN {
            let stage = |context: &mut Context<'_>| self.poll_stage_through(&message, context);
            return poll_fn(stage).await;
        }
        let stage = |to: &mut Outlet<R>| match message.encoded() {
            None => to.stage(message.borrowed()),
            Some(encoded) => to.stage_encoded(encoded),
        };
        // Most have room.
        match stage(self.write_side)? {
            Staged::Whole => Ok(()),
            Staged::Partly => self.stage(stage).await,
        }
    }

    /// Sends a part of a message.
    ///
    /// # Errors
    /// As [`WebSocket::send_part`](super::WebSocket::send_part).
    pub async fn send_part(&mut self, kind: Kind, part: &[u8], fin: bool) -> Result<(), Error> {
        self.stage(|to| to.stage_part(Part::new(kind, part, fin))).await?;
        self.flush().await
    }

    /// Sends a Ping.
    ///
    /// # Errors
    /// As [`WebSocket::ping`](super::WebSocket::ping).
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        while self.write_side.stage_ping::<IoError>(payload)? == Staged::Partly {
            self.flush().await?;
        }
        self.flush().await
    }

    /// Sends a Pong that nobody asked for.
    ///
    /// # Errors
    /// As [`WebSocket::pong`](super::WebSocket::pong).
    pub async fn pong(&mut self, payload: &[u8]) -> Result<(), Error> {
        while self.write_side.stage_pong::<IoError>(payload)? == Staged::Partly {
            self.flush().await?;
        }
        self.flush().await
    }

    /// Sends a Close frame, after which nothing can be sent, and does not wait for the peer's:
    /// the next receive does.
    ///
    /// # Errors
    /// As [`WebSocket::close`](super::WebSocket::close).
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        loop {
            let now_ms = Some(self.timer.now_ms());
            let staged = self.write_side.stage_close::<IoError>(code, reason, now_ms)?;
            self.flush().await?;
            if staged == Staged::Whole {
                return Ok(());
            }
        }
    }

    /// Writes and flushes all that is staged.
    ///
    /// # Errors
    /// How the connection ended.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.poll_flush(context)).await?;
        // What was staged may have gone with the connection.
        Ok(self.write_side.outcome::<IoError>()?)
    }

    /// Stages a message, unless that is done, and writes all that is staged.
    #[inline]
    pub(super) fn poll_send(
        &mut self,
        message: &impl Sendable,
        is_staged: &mut bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if !*is_staged {
            ready!(self.poll_stage_through(message, context))?;
            *is_staged = true;
        }
        self.poll_flush(context)
    }

    /// Stages a message, of which what the stream takes at once need not be copied.
    #[inline]
    fn poll_stage_through(
        &mut self,
        message: &impl Sendable,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.poll_stage(context, |next, write_side, context| {
            stage_through(next, write_side, message, context)
        })
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        poll_drain(self.next, self.timer, self.write_side, context).map_err(Error::from)
    }

    async fn stage(
        &mut self,
        mut stage: impl FnMut(&mut Outlet<R>) -> Result<Staged, CoreError>,
    ) -> Result<(), Error> {
        poll_fn(|context| self.poll_stage(context, |_, write_side, _| stage(write_side))).await
    }

    /// Stages by `stage`, and writes what is staged for as long as not all has room.
    fn poll_stage(
        &mut self,
        context: &mut Context<'_>,
        mut stage: impl FnMut(&mut S, &mut Outlet<R>, &mut Context<'_>) -> Result<Staged, CoreError>,
    ) -> Poll<Result<(), Error>> {
        while stage(self.next, self.write_side, context)? == Staged::Partly {
            ready!(self.poll_flush(context))?;
        }
        Poll::Ready(Ok(()))
    }
}
