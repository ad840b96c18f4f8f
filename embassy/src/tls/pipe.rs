//! A pipe between the WebSocket and TLS, within one task.
//!
//! ```text
//!  WebSocket -> Outbound -> [ pipe ] -> pump -> TLS record -> TCP
//!  WebSocket <- Inbound  <- [ pipe ] <- pump <- TLS record <- TCP
//! ```
//! All progress lives here, none in a future: each may be dropped at any await.

use core::{
    cell::RefCell,
    future::poll_fn,
    task::{Context, Poll, Waker},
};

use super::ring::Ring;
use crate::error::StreamError;

/// One direction.
#[derive(Debug)]
pub(super) struct Pipe<'m>(RefCell<State<'m>>);

#[derive(Debug)]
struct State<'m> {
    ring: Ring<'m>,
    /// How it ended: nothing is put in any more.
    end: Option<Result<(), StreamError>>,
    /// Whether bytes were put in since the last flush began.
    dirty: bool,
    /// Whether a flush has been asked for.
    flush_wanted: bool,
    /// Whether a flush is under way.
    flushing: bool,
    /// Who waits for bytes.
    reader: Option<Waker>,
    /// Who waits for room, or for a flush.
    writer: Option<Waker>,
}

/// What TLS is to do about what is sent.
#[derive(Debug)]
pub(super) enum Work {
    /// Take so many bytes.
    Bytes(usize),
    /// Encrypt and send all that it has taken, and [say so](Pipe::flushed).
    Flush,
    /// The same, and nothing after it.
    End,
}

impl<'m> Pipe<'m> {
    pub(super) const fn new(bytes: &'m mut [u8]) -> Self {
        Self(RefCell::new(State {
            ring: Ring::new(bytes),
            end: None,
            dirty: false,
            flush_wanted: false,
            flushing: false,
            reader: None,
            writer: None,
        }))
    }

    /// Ends it; what is in it can still be read.
    pub(super) fn end(&self, how: Result<(), StreamError>) {
        let mut state = self.0.borrow_mut();
        state.end.get_or_insert(how);
        wake(&mut state.reader);
        wake(&mut state.writer);
    }

    /// Waits for room, puts in what fits, and says how much that was.
    pub(super) async fn put(&self, bytes: &[u8]) -> usize {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            state.poll_put(bytes, context)
        })
        .await
    }

    /// Waits for something to do, and takes bytes out if it is that.
    pub(super) async fn work(&self, chunk: &mut [u8]) -> Work {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            let len = state.ring.take(chunk);
            if len > 0 {
                wake(&mut state.writer);
                return Poll::Ready(Work::Bytes(len));
            }
            if state.end.is_some() {
                return Poll::Ready(Work::End);
            }
            if state.flush_wanted {
                state.flush_wanted = false;
                state.dirty = false;
                state.flushing = true;
                return Poll::Ready(Work::Flush);
            }
            wait(&mut state.reader, context)
        })
        .await
    }

    /// Takes note that a [`Work::Flush`] is done.
    pub(super) fn flushed(&self) {
        let mut state = self.0.borrow_mut();
        state.flushing = false;
        wake(&mut state.writer);
    }
}

impl State<'_> {
    fn poll_put(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Poll<usize> {
        let len = self.ring.put(bytes);
        if len == 0 && !bytes.is_empty() {
            return wait(&mut self.writer, context);
        }
        self.dirty |= len > 0;
        wake(&mut self.reader);
        Poll::Ready(len)
    }
}

/// The end from which the WebSocket reads.
pub(crate) struct Inbound<'s>(pub(super) &'s Pipe<'s>);

impl Inbound<'_> {
    pub(crate) async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, StreamError> {
        poll_fn(|context| {
            let mut state = self.0.0.borrow_mut();
            let len = state.ring.take(bytes);
            if len > 0 || bytes.is_empty() {
                wake(&mut state.writer);
                return Poll::Ready(Ok(len));
            }
            match state.end {
                Some(end) => Poll::Ready(end.map(|()| 0)),
                None => wait(&mut state.reader, context),
            }
        })
        .await
    }
}

/// The end to which the WebSocket writes.
pub(crate) struct Outbound<'s>(pub(super) &'s Pipe<'s>);

impl Outbound<'_> {
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        poll_fn(|context| {
            let mut state = self.0.0.borrow_mut();
            match state.end {
                Some(end) => Poll::Ready(end.map(|()| 0)),
                None => state.poll_put(bytes, context).map(Ok),
            }
        })
        .await
    }

    pub(crate) async fn flush(&mut self) -> Result<(), StreamError> {
        poll_fn(|context| {
            let mut state = self.0.0.borrow_mut();
            if let Some(end) = state.end {
                return Poll::Ready(end);
            }
            if !state.dirty && !state.flushing {
                return Poll::Ready(Ok(()));
            }
            if state.dirty {
                state.flush_wanted = true;
                wake(&mut state.reader);
            }
            wait(&mut state.writer, context)
        })
        .await
    }
}

fn wake(waiter: &mut Option<Waker>) {
    if let Some(waiter) = waiter.take() {
        waiter.wake();
    }
}

fn wait<T>(waiter: &mut Option<Waker>, context: &Context<'_>) -> Poll<T> {
    let waker = context.waker();
    if !waiter.as_ref().is_some_and(|waiter| waiter.will_wake(waker)) {
        // The one before may belong to another task, which then polls in vain, and waits again.
        wake(waiter);
        *waiter = Some(waker.clone());
    }
    Poll::Pending
}
