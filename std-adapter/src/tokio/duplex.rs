//! `Stream` and `Sink`: the same connection for the combinators of the `futures` packages.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Wake, Waker, ready},
};

use futures_core::Stream;
use futures_sink::Sink;
use socklet_core::{
    Role, UsageError,
    connection::{Ready, Staged},
    wire::close::CloseCode,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    WebSocket,
    driver::{CoreError, Goal},
};
use crate::{Error, Message};

/// The tasks that use the one as a `Stream` and the other as a `Sink`.
///
/// A tokio stream remembers one waker for reading and one for writing. But receiving may write,
/// so either task could take the other's place there: both are woken instead.
#[derive(Debug, Default)]
pub(super) struct Wakers {
    slots: Mutex<[Option<Waker>; 2]>,
}

/// A slot of [`Wakers`].
#[derive(Debug, Clone, Copy)]
enum User {
    Stream = 0,
    Sink = 1,
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        let slots = std::mem::take(&mut *self.slots.lock().unwrap_or_else(PoisonError::into_inner));
        slots.into_iter().flatten().for_each(Waker::wake);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> WebSocket<S, R> {
    /// A waker for both tasks, of which this one uses the half for `user`.
    fn waker(&mut self, user: User, context: &Context<'_>) -> Waker {
        let wakers = self.wakers.get_or_insert_with(Arc::default);
        let mut slots = wakers.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get_mut(user as usize) {
            match slot {
                Some(waker) => waker.clone_from(context.waker()),
                None => *slot = Some(context.waker().clone()),
            }
        }
        drop(slots);
        Arc::clone(wakers).into()
    }

    /// Wakes the other task, which may wait for what will not come any more: the connection has
    /// ended for this one.
    fn wake_other(&self, user: User) {
        let Some(wakers) = &self.wakers else { return };
        let mut slots = wakers.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let other = slots.get_mut(1 - user as usize).and_then(Option::take);
        drop(slots);
        if let Some(other) = other {
            other.wake();
        }
    }

    /// Stages what is pending, all of it.
    pub(super) fn poll_settle(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while let Some(message) = &self.pending {
            let write_side = self.driver.connection.write_side_mut();
            let staged: Result<Staged, CoreError> = write_side.stage(message.as_ref());
            match staged {
                Ok(Staged::Whole) => self.pending = None,
                Ok(Staged::Partly) => ready!(self.driver.poll_drain(context))?,
                Err(error) => {
                    self.pending = None;
                    return Poll::Ready(Err(error.into()));
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Yields what [`recv`](WebSocket::recv) does: after an error that ended the connection, nothing.
impl<S: AsyncRead + AsyncWrite + Unpin, R: Role + Unpin> Stream for WebSocket<S, R> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let waker = this.waker(User::Stream, context);
        let context = &mut Context::from_waker(&waker);
        if this.failed {
            return Poll::Ready(None);
        }
        loop {
            let error = match ready!(this.poll_receive(Goal::MESSAGE, context)) {
                Ok(Ready::Data) => match this.driver.connection.message().0 {
                    Ok(message) => return Poll::Ready(Some(Ok(message.into()))),
                    // The next poll says so again when it has been told to the peer.
                    Err(_) => continue,
                },
                Ok(_) => {
                    this.wake_other(User::Stream);
                    return Poll::Ready(None);
                }
                Err(error) => error,
            };
            this.failed = true;
            this.wake_other(User::Stream);
            return Poll::Ready(Some(Err(error)));
        }
    }
}

/// Sends owned messages. `poll_close` makes the closing handshake with code 1000, discarding what
/// is received meanwhile; use [`close`](WebSocket::close) for another code or a reason.
impl<S: AsyncRead + AsyncWrite + Unpin, R: Role + Unpin> Sink<Message> for WebSocket<S, R> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        let waker = this.waker(User::Sink, context);
        this.poll_settle(&mut Context::from_waker(&waker))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let this = self.get_mut();
        if this.pending.is_some() {
            return Err(UsageError::MessageUnfinished.into());
        }
        let write_side = this.driver.connection.write_side_mut();
        let staged: Result<Staged, CoreError> = write_side.stage(message.as_ref());
        if staged? == Staged::Partly {
            this.pending = Some(message);
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        let waker = this.waker(User::Sink, context);
        let context = &mut Context::from_waker(&waker);
        ready!(this.poll_settle(context))?;
        ready!(this.driver.poll_drain(context))?;
        // What was staged may have gone with the connection.
        let outcome: Result<(), CoreError> = this.driver.connection.write_side().outcome();
        Poll::Ready(outcome.map_err(Error::from))
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        let waker = this.waker(User::Sink, context);
        let context = &mut Context::from_waker(&waker);
        if this.is_open() {
            ready!(this.poll_stage_close(CloseCode::NORMAL, "", context))?;
        }
        this.discards = true;
        loop {
            match ready!(this.poll_receive(Goal::CHUNK, context)) {
                Ok(Ready::Data) => {}
                Ok(_) => return Poll::Ready(Ok(())),
                // Already reported, or closed by the other side of a split.
                Err(_) if this.failed => return Poll::Ready(Ok(())),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}
