//! How a stream begins to close: a Close frame that waits for room, or one that says what is wrong.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use socklet_core::{
    Role, Timeout,
    connection::{Staged, WriteSide},
    wire::close::CloseCode,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    WebSocket,
    driver::{CoreError, poll_drain},
    teardown::Teardown,
    timer::Timer,
};
use crate::{Error, buffer::GrowingBuffer, deflate::HostCompressing};

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> WebSocket<S, R> {
    /// Stages a Close frame once there is room for it, for which a peer that does not read is given
    /// no longer than for the closing handshake.
    pub(super) fn poll_stage_close(
        &mut self,
        code: CloseCode,
        reason: &str,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let begun_ms = *self.closing_since_ms.get_or_insert(self.driver.timer.now_ms());
        if let Poll::Ready(staged) = self.poll_close_frame(code, reason, context) {
            return Poll::Ready(staged);
        }
        let write_side = self.driver.connection.write_side_mut();
        let closing_ms = u64::from(write_side.config_mut().timeouts.closing_ms);
        if closing_ms == 0 {
            return Poll::Pending;
        }
        ready!(self.driver.timer.poll_until(begun_ms.saturating_add(closing_ms), context));
        // Which deadline it is for the core does not matter any more.
        let _ = write_side.write_expired();
        Poll::Ready(Err(Timeout::Closing.into()))
    }

    fn poll_close_frame(
        &mut self,
        code: CloseCode,
        reason: &str,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            ready!(self.poll_settle(context))?;
            let now_ms = Some(self.driver.timer.now_ms());
            let write_side = self.driver.connection.write_side_mut();
            let staged: Result<Staged, CoreError> = write_side.stage_close(code, reason, now_ms);
            match staged? {
                Staged::Whole => return Poll::Ready(Ok(())),
                Staged::Partly => ready!(self.driver.poll_drain(context))?,
            }
        }
    }

    pub(super) fn poll_teardown(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let closing_ms = self.driver.connection.write_side_mut().config_mut().timeouts.closing_ms;
        self.teardown.poll::<S, R>(&mut self.driver.next, closing_ms, context)
    }
}

/// Lets the Close frame leave that tells the peer what is wrong with its text, and ends the stream
/// below. Whether or not the peer takes it: this is why the connection failed.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    next: &mut S,
    timer: &mut Timer,
    write_side: &mut WriteSide<R, GrowingBuffer, HostCompressing>,
    teardown: &mut Teardown,
) {
    poll_fn(|context| {
        let _ = ready!(poll_drain(next, timer, write_side, context));
        let closing_ms = write_side.config_mut().timeouts.closing_ms;
        teardown.poll::<S, R>(next, closing_ms, context)
    })
    .await;
}
