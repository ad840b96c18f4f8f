//! What drives a connection over a tokio stream: one short loop that reads, writes and waits.
//!
//! It does what the loops of [`socklet_core::io`] do, by `poll` functions: so the methods of a
//! [`WebSocket`](super::WebSocket), its `Stream` and its `Sink` are all made of the same. And it
//! reads on while a write waits: two peers that both send before they receive do not block each
//! other.

use std::{
    io::{self, IoSlice},
    mem,
    num::NonZeroUsize,
    pin::Pin,
    task::{Context, Poll, ready},
};

use socklet_core::{
    Role, Timeout, UsageError,
    connection::{Connection, Mode, Ready, Staged, Step, WriteSide},
    wire::MAX_CONTROL_FRAME_LEN,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::timer::Timer;
use crate::{
    buffer::GrowingBuffer,
    deflate::{HostCompressing, HostDeflate},
    io_error::{IoError, end_of_stream},
    message::Sendable,
    trace::Trace,
};

/// What the core reports.
pub(super) type CoreError = socklet_core::Error<IoError>;

/// The write side of a connection.
pub(super) type Outlet<R> = WriteSide<R, GrowingBuffer, HostCompressing>;

/// Bytes of a message from which on it costs less to hand it to the system from where it lies, in two
/// pieces with its header, than to copy it.
const THROUGH_LEN: usize = 4 << 10;

/// A connection, its stream and its clock.
#[derive(Debug)]
pub(super) struct Driver<S, R> {
    pub(super) next: S,
    pub(super) timer: Timer,
    pub(super) connection: Connection<R, GrowingBuffer, HostDeflate>,
    /// Whether the buffers give their memory back with the next wait: behind the opening handshake,
    /// and in a long silence. Many connections never say a word more; of those that do, not each
    /// message is to cost an allocation.
    may_rest: bool,
    pub(super) trace: Trace,
}

/// What is to be received.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// The head of the opening handshake.
    Head,
    /// A message, a chunk of one, or a control frame.
    Receive {
        /// Whole messages, or chunks.
        mode: Mode,
        /// Whether Pings and Pongs are shown.
        control: bool,
    },
}

impl Goal {
    /// A whole message.
    pub(super) const MESSAGE: Self = Self::Receive { mode: Mode::Whole, control: false };
    /// A chunk of a message.
    pub(super) const CHUNK: Self = Self::Receive { mode: Mode::Chunks, control: false };
    /// A whole message, a Ping or a Pong.
    pub(super) const EVENT: Self = Self::Receive { mode: Mode::Whole, control: true };
}

impl<S, R> Driver<S, R> {
    pub(super) fn new(
        next: S,
        connection: Connection<R, GrowingBuffer, HostDeflate>,
        trace: Trace,
    ) -> Self {
        Self { next, timer: Timer::new(), connection, may_rest: true, trace }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> Driver<S, R> {
    /// Reads and writes until something is ready.
    pub(super) fn poll_ready(
        &mut self,
        goal: Goal,
        context: &mut Context<'_>,
    ) -> Poll<Result<Ready, CoreError>> {
        let rest_of_chunks = self.connection.is_chunked() && !self.has_ended();
        if matches!(goal, Goal::Receive { mode: Mode::Whole, .. }) && rest_of_chunks {
            return Poll::Ready(Err(UsageError::MessageUnfinished.into()));
        }
        loop {
            let step = match goal {
                Goal::Head => self.connection.poll_head(Some(self.timer.now_ms())),
                Goal::Receive { mode, control } => {
                    let control = control || Trace::SHOWS_CONTROL;
                    self.connection.poll_receive(mode, control, Some(self.timer.latest_ms()))
                }
            };
            match step {
                Step::Ready(ready @ (Ready::Ping | Ready::Pong)) => {
                    self.trace.received(Ok(ready), || None);
                    if let Goal::Receive { control: true, .. } = goal {
                        return Poll::Ready(Ok(ready));
                    }
                }
                Step::Ready(Ready::Ended) => {
                    return Poll::Ready(
                        self.connection.write_side().outcome().map(|()| Ready::Ended),
                    );
                }
                Step::Ready(ready) => return Poll::Ready(Ok(ready)),
                Step::Read => {
                    let read = self.poll_read(context)?;
                    // Nothing is kept for a peer that has not said a word yet.
                    let is_silent = matches!(goal, Goal::Head);
                    if read.is_pending() && (is_silent || mem::take(&mut self.may_rest)) {
                        self.connection.rest();
                    }
                    ready!(read);
                }
                Step::Drain => match self.poll_drain(context)? {
                    Poll::Ready(()) => {}
                    Poll::Pending if self.may_read_on(goal) => ready!(self.poll_read(context))?,
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }

    /// Whether no message will come any more, nor the rest of one.
    fn has_ended(&self) -> bool {
        let outcome: Result<(), CoreError> = self.connection.write_side().outcome();
        outcome.is_err() || self.connection.closed().is_some()
    }

    /// Writes and flushes all that is staged.
    pub(super) fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CoreError>> {
        let write_side = self.connection.write_side_mut();
        poll_drain(&mut self.next, &mut self.timer, write_side, context)
    }

    /// Whether to read although a write waits: the peer may be waiting for us to read. Not more
    /// than the decoder takes, which takes nothing that may have to be answered without room for
    /// that.
    fn may_read_on(&self, goal: Goal) -> bool {
        matches!(goal, Goal::Receive { .. })
            && self.connection.undecoded().len() <= MAX_CONTROL_FRAME_LEN
    }

    /// Reads once, or does what is due when nothing came in time.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CoreError>> {
        let read = poll_read(&mut self.next, self.connection.space()?, context);
        let write_side = self.connection.write_side_mut();
        match read {
            Poll::Ready(Ok(len)) => match NonZeroUsize::new(len) {
                Some(len) => self.connection.received(len, Some(self.timer.now_ms())),
                None => write_side.end_of_stream()?,
            },
            Poll::Ready(Err(error)) => failed(write_side, error)?,
            Poll::Pending => {
                let Some(wakeup_ms) = write_side.wakeup_ms() else { return Poll::Pending };
                ready!(self.timer.poll_until(wakeup_ms, context));
                let staged_len = write_side.staged().len();
                if let Err(timeout) = write_side.tick(self.timer.now_ms()) {
                    // Who is silent for so long takes nothing either: let no write wait for it.
                    write_side.transport_failed();
                    return Poll::Ready(Err(timeout.into()));
                }
                if write_side.staged().len() != staged_len {
                    self.trace.ping_sent();
                }
                self.may_rest = true;
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Reads into `space`, and says how many bytes: none at the end of the stream.
pub(super) fn poll_read<S: AsyncRead + Unpin>(
    next: &mut S,
    space: &mut [u8],
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut space = ReadBuf::new(space);
    let read = ready!(Pin::new(next).poll_read(context, &mut space));
    Poll::Ready(end_of_stream(read.map(|()| space.filled().len())))
}

/// Writes and flushes all that is staged.
pub(super) fn poll_drain<S: AsyncWrite + Unpin, R: Role>(
    next: &mut S,
    timer: &mut Timer,
    write_side: &mut Outlet<R>,
    context: &mut Context<'_>,
) -> Poll<Result<(), CoreError>> {
    loop {
        let staged = write_side.staged();
        let written = if !staged.is_empty() {
            Pin::new(&mut *next).poll_write(context, staged).map_ok(Some)
        } else if write_side.is_unflushed() {
            Pin::new(&mut *next).poll_flush(context).map_ok(|()| None)
        } else {
            return Poll::Ready(Ok(()));
        };
        match written {
            Poll::Ready(Ok(Some(0))) => write_side.end_of_stream()?,
            Poll::Ready(Ok(Some(len))) => write_side.written(len),
            Poll::Ready(Ok(None)) => {
                write_side.flushed();
                return Poll::Ready(Ok(()));
            }
            Poll::Ready(Err(error)) => failed(write_side, error)?,
            Poll::Pending => {
                let Some(deadline_ms) = write_side.write_deadline_ms(timer.now_ms()) else {
                    return Poll::Pending;
                };
                ready!(timer.poll_until(deadline_ms, context));
                let expired: Result<(), Timeout> = write_side.write_expired();
                expired?;
            }
        }
    }
}

/// Stages a message, or the next frames of one. Of a large one that needs no masking and comes first,
/// only what the stream does not take at once.
pub(super) fn stage_through<S: AsyncWrite + Unpin, R: Role>(
    next: &mut S,
    write_side: &mut Outlet<R>,
    message: &impl Sendable,
    context: &mut Context<'_>,
) -> Result<Staged, CoreError> {
    if let Some(encoded) = message.encoded() {
        return write_side.stage_encoded(encoded);
    }
    let message = message.borrowed();
    if message.as_bytes().len() < THROUGH_LEN || !next.is_write_vectored() {
        return write_side.stage(message);
    }
    let mut failure = None;
    let staged = write_side.stage_through(message, |header, payload| {
        let pieces = [IoSlice::new(header), IoSlice::new(payload)];
        match Pin::new(next).poll_write_vectored(context, &pieces) {
            Poll::Ready(Ok(len)) => len,
            Poll::Ready(Err(error)) => {
                failure = Some(error);
                0
            }
            // Whatever takes the rest waits for the same.
            Poll::Pending => 0,
        }
    });
    match failure {
        Some(error) => failed(write_side, error).and(staged),
        None => staged,
    }
}

/// Reports the failure of the stream, unless the connection had ended before it.
fn failed<R: Role>(write_side: &mut Outlet<R>, error: io::Error) -> Result<(), CoreError> {
    if write_side.transport_failed() { Ok(()) } else { Err(CoreError::Transport(IoError(error))) }
}
