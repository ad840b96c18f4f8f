//! The halves of a stream that does not block.

use core::{
    future::poll_fn,
    num::NonZeroUsize,
    ops::Deref,
    pin::pin,
    task::{Context, Poll, Waker, ready},
};

use embedded_io_async::{ErrorType, Read, Write};

use super::{Cells, Writer, WriterIn};
use crate::{
    Chunk, Error, Event, Kind, Message, Role, Timeout, UsageError,
    buffer::Buffer,
    connection::{Encoded, Mode, Part, Ready, Staged, Step},
    io::{
        NoClock,
        nonblocking::{Nonblocking, Timer},
    },
    permessage_deflate::{Compression, NoCompression, OutboundContext, Volume},
    wire::close::CloseCode,
};

/// The half that receives.
pub type ReceiveHalf<S, R, B, P, C = NoCompression, T = NoClock> =
    super::ReceiveHalf<Nonblocking, S, R, B, P, C, T>;

/// The half that sends.
pub type SendHalf<P, T = NoClock> = super::SendHalf<Nonblocking, P, T>;

impl<S, R, B, P, C, T> ReceiveHalf<S, R, B, P, C, T>
where
    S: Read,
    R: Role,
    B: Buffer,
    P: Deref<Target: Cells<Next: Write<Error = S::Error>, Role = R, Buffer = B>>,
    C: Compression,
    T: Timer,
{
    /// Receives the next message whole; `None` once the closing handshake is done.
    ///
    /// # Errors
    /// As [`WebSocket::recv`](crate::io::nonblocking::WebSocket::recv).
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv(&mut self) -> Result<Option<Message<'_>>, Error<S::Error>> {
        Ok(match self.recv_event_if(false).await? {
            Some(Event::Message(message)) => Some(message),
            _ => None,
        })
    }

    /// Receives the next message, Ping or Pong.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv_event(&mut self) -> Result<Option<Event<'_>>, Error<S::Error>> {
        self.recv_event_if(true).await
    }

    async fn recv_event_if(&mut self, control: bool) -> Result<Option<Event<'_>>, Error<S::Error>> {
        let ready = self.receive(Mode::Whole, control).await?;
        let Self { clock, read_side, cells, .. } = self;
        Ok(Some(match ready {
            Ready::Data => match read_side.message(|fail| cells.mailbox(|mailbox| fail(mailbox))) {
                Ok(message) => Event::Message(message),
                Err(error) => {
                    deliver_end(&**cells, clock).await;
                    return Err(error.into());
                }
            },
            Ready::Ping => Event::Ping(read_side.control()),
            Ready::Pong => Event::Pong(read_side.control()),
            Ready::Head | Ready::Ended => return Ok(None),
        }))
    }

    /// Receives what there is of the next message: see
    /// [`WebSocket::recv_chunk`](crate::io::nonblocking::WebSocket::recv_chunk).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error<S::Error>> {
        match self.receive(Mode::Chunks, false).await? {
            Ready::Data => Ok(Some(self.read_side.chunk())),
            _ => Ok(None),
        }
    }

    async fn receive(&mut self, mode: Mode, control: bool) -> Result<Ready, Error<S::Error>> {
        if mode == Mode::Whole && self.read_side.take_message() {
            return Ok(Ready::Data);
        }
        if mode == Mode::Whole && self.read_side.is_chunked() && !self.read_side.is_ended() {
            return Err(UsageError::MessageUnfinished.into());
        }
        loop {
            let now_ms = self.clock.now();
            let Self { clock, read_side, cells, .. } = self;
            let step = cells.mailbox(|mailbox| read_side.poll(mailbox, mode, control, now_ms));
            match step {
                Step::Ready(Ready::Ended) => {
                    deliver_end(&**cells, clock).await;
                    read_side.outcome()?;
                    return Ok(Ready::Ended);
                }
                Step::Ready(ready) => return Ok(ready),
                Step::Read | Step::Drain => self.read().await?,
            }
        }
    }

    /// Reads once, writing before and meanwhile what there is to be written.
    async fn read(&mut self) -> Result<(), Error<S::Error>> {
        let Self { next, clock, read_side, cells, .. } = self;
        let cells = &**cells;
        let wakeup_ms = if T::RUNS { read_side.wakeup_ms() } else { None };
        let open = read_side.is_open();
        let read = {
            let mut read = pin!(next.read(read_side.space()?));
            let mut sleep = pin!(sleep(clock, wakeup_ms));
            poll_fn(|context| {
                // What cannot be written any more is told by the read, or by the sender.
                let _ = poll_writer(cells, context, |writer, context| {
                    writer.poll_deliver(cells, context)
                });
                if let Poll::Ready(read) = read.as_mut().poll(context) {
                    return Poll::Ready(Reading::Done(read));
                }
                if cells.mailbox(|mailbox| mailbox.has_news(open)) {
                    return Poll::Ready(Reading::News);
                }
                sleep.as_mut().poll(context).map(|()| Reading::Due)
            })
            .await
        };
        let now_ms = clock.now();
        match read {
            Reading::Done(Ok(len)) => match NonZeroUsize::new(len) {
                Some(len) => read_side.received(len, now_ms),
                None => {
                    cells.mailbox(|mailbox| read_side.end_of_stream(mailbox, false));
                }
            },
            Reading::Done(Err(error)) => {
                if !cells.mailbox(|mailbox| read_side.end_of_stream(mailbox, true)) {
                    deliver_end(cells, clock).await;
                    return Err(Error::Transport(error));
                }
            }
            Reading::News => {}
            Reading::Due => {
                if let Some(now_ms) = now_ms {
                    // A deadline that has passed ends the connection, which the next poll tells.
                    let _ = cells.mailbox(|mailbox| read_side.tick(mailbox, now_ms));
                }
            }
        }
        Ok(())
    }
}

/// How a wait for bytes ended.
enum Reading<T> {
    Done(T),
    /// The sender has sent a Close frame, or failed: see to that first.
    News,
    /// Something is due by the clock.
    Due,
}

/// Lets the last Close frame leave, if there is one, before the end is told. That the peer does
/// not take it changes nothing.
async fn deliver_end<K: Cells<Next: Write>, T: Timer>(cells: &K, clock: &mut T) {
    let _ =
        in_time(cells, clock, |writer, context, _| writer.poll_deliver(cells, context).map(Some))
            .await;
}

/// Polls with the writer, soon again if another thread has it at this moment.
fn poll_writer<K: Cells, U>(
    cells: &K,
    context: &mut Context<'_>,
    poll: impl FnOnce(&mut WriterIn<K>, &mut Context<'_>) -> Poll<U>,
) -> Poll<U> {
    cells.try_writer(|writer| poll(writer, context)).unwrap_or_else(|| {
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Polls with the writer, and the time, until that is ready or a write has waited longer than it
/// may; `None` of the poll is to be polled anew, with another time.
async fn in_time<K: Cells, T: Timer, U>(
    cells: &K,
    clock: &mut T,
    mut poll: impl FnMut(&mut WriterIn<K>, &mut Context<'_>, Option<u64>) -> Poll<Option<U>>,
) -> Result<U, Timeout> {
    loop {
        let now_ms = clock.now();
        let deadline_ms = now_ms.and_then(|now_ms| {
            cells.try_writer(|writer| writer.write_side.write_deadline_ms(now_ms)).flatten()
        });
        let mut sleep = pin!(sleep(clock, deadline_ms));
        let waited = poll_fn(|context| {
            let polled = poll_writer(cells, context, |writer, context| {
                match poll(writer, context, now_ms) {
                    Poll::Ready(Some(done)) => Poll::Ready(Waited::Done(done)),
                    Poll::Ready(None) => Poll::Ready(Waited::Anew),
                    // There was progress, or another phase: another deadline holds.
                    Poll::Pending if T::RUNS && !writer.write_side.waits_until(deadline_ms) => {
                        Poll::Ready(Waited::Anew)
                    }
                    Poll::Pending => Poll::Pending,
                }
            });
            match polled {
                Poll::Ready(waited) => Poll::Ready(waited),
                Poll::Pending => sleep.as_mut().poll(context).map(|()| Waited::TooLong),
            }
        })
        .await;
        match waited {
            Waited::Done(done) => return Ok(done),
            Waited::Anew => {}
            Waited::TooLong => {
                let expired = cells.try_writer(|writer| {
                    for waiting in [&mut writer.sender, &mut writer.receiver] {
                        waiting.take().inspect(Waker::wake_by_ref);
                    }
                    writer.write_side.write_expired()
                });
                expired.unwrap_or(Ok(()))?;
            }
        }
    }
}

/// How a wait with a deadline ended.
enum Waited<U> {
    Done(U),
    /// Another deadline holds.
    Anew,
    TooLong,
}

impl<S: Write, R: Role, B: Buffer, X: OutboundContext> Writer<S, R, B, X> {
    /// The receiver's part: takes out the mailbox and writes all that is staged, unless a send
    /// of another task does that. However it goes, the receiver is woken when there is more.
    fn poll_deliver(&mut self, cells: &impl Cells, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker();
        if !self.receiver.as_ref().is_some_and(|receiver| receiver.will_wake(waker)) {
            self.receiver = Some(waker.clone());
        }
        cells.mailbox(|mailbox| self.write_side.deliver(mailbox));
        if !self.write_side.is_drained() {
            // The wake-up of a write reaches the task that polled it last, and no other. So a
            // send of another task keeps the writing; one of this task may not be polled now.
            if self.sending && !self.sender.as_ref().is_some_and(|sender| sender.will_wake(waker)) {
                return Poll::Pending;
            }
            // What cannot be written any more is told by the read, or by the sender.
            let _ = ready!(self.poll_drain(cells, context));
        }
        if !self.write_side.is_open()
            && let Some(sender) = self.sender.take()
        {
            sender.wake();
        }
        Poll::Ready(())
    }

    /// The sender's part: stages what fits and writes all of it, or not at the end unless `drain`.
    /// `None`: there is more to be staged.
    fn poll_send(
        &mut self,
        cells: &impl Cells,
        context: &mut Context<'_>,
        drain: bool,
        staged: &mut bool,
        mut stage: impl FnMut(&mut Self) -> Result<Staged, Error<S::Error>>,
    ) -> Poll<Result<Option<()>, Error<S::Error>>> {
        if !*staged {
            // So that the end, if the other half has seen it, is known here too.
            cells.mailbox(|mailbox| self.write_side.deliver(mailbox));
            *staged = stage(self)? == Staged::Whole;
        }
        if drain || !*staged {
            ready!(self.poll_drain(cells, context))?;
        }
        if !*staged {
            return Poll::Ready(Ok(None));
        }
        // The other half may have seen the end meanwhile.
        Poll::Ready(self.write_side.outcome().map(Some))
    }

    /// Takes out the mailbox and writes and flushes all that is staged.
    fn poll_drain(
        &mut self,
        cells: &impl Cells,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Error<S::Error>>> {
        loop {
            cells.mailbox(|mailbox| self.write_side.deliver(mailbox));
            if self.write_side.is_drained() {
                return Poll::Ready(Ok(()));
            }
            let staged = self.write_side.staged();
            let written = if staged.is_empty() {
                ready!(pin!(self.next.flush()).poll(context)).map(|()| None)
            } else {
                ready!(pin!(self.next.write(staged)).poll(context)).map(Some)
            };
            match written {
                Ok(None) => self.write_side.flushed(),
                Ok(Some(0)) => self.write_side.end_of_stream()?,
                Ok(Some(len)) => self.write_side.written(len),
                Err(error) => self.failed(error)?,
            }
        }
    }
}

/// The error of the next layer that the cells write to.
type WriteError<P> = <<<P as Deref>::Target as Cells>::Next as ErrorType>::Error;

impl<P: Deref<Target: Cells<Next: Write>>, T: Timer> SendHalf<P, T> {
    /// Sends a message: see [`Sender::send`](crate::io::nonblocking::Sender::send).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// As there; [`unfinished`](Self::unfinished) says whether it is half sent.
    pub async fn send<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), Error<WriteError<P>>> {
        self.stage(message.into().into(), true).await
    }

    /// Stages a message, to leave with the next `send` or `flush`, or when the other half begins
    /// to wait.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Cancellation
    /// As [`send`](Self::send).
    pub async fn feed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), Error<WriteError<P>>> {
        self.stage(message.into().into(), false).await
    }

    /// Stages a message by the frames that it has already, if it can, and writes all that is staged
    /// if `flush` is set: see [`WriteSide::stage_encoded`](crate::connection::WriteSide::stage_encoded).
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
    ) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, _| writer.write_side.stage_encoded(encoded), flush).await
    }

    /// Sends a part of a message: see
    /// [`Sender::send_part`](crate::io::nonblocking::Sender::send_part).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancellation
    /// As [`send`](Self::send), for the part.
    pub async fn send_part(
        &mut self,
        kind: Kind,
        part: &[u8],
        fin: bool,
    ) -> Result<(), Error<WriteError<P>>> {
        self.stage(Part::new(kind, part, fin), true).await
    }

    /// Sends a Ping of at most 125 bytes (RFC 6455 section 5.5.2).
    ///
    /// # Errors
    /// [`Error::Usage`] when not open, [`Error::Config`] if it is too long.
    ///
    /// # Cancellation
    /// Taken whole or not at all.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, _| writer.write_side.stage_ping(payload), true).await
    }

    /// Sends a Pong that nobody asked for (RFC 6455 section 5.5.3).
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    ///
    /// # Cancellation
    /// As [`ping`](Self::ping).
    pub async fn pong(&mut self, payload: &[u8]) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, _| writer.write_side.stage_pong(payload), true).await
    }

    /// Sends a Close frame, after which nothing can be sent. The other half receives the peer's.
    ///
    /// # Errors
    /// As [`Sender::close`](crate::io::nonblocking::Sender::close).
    ///
    /// # Cancellation
    /// Taken whole or not at all.
    pub async fn close(
        &mut self,
        code: CloseCode,
        reason: &str,
    ) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, now_ms| writer.write_side.stage_close(code, reason, now_ms), true).await
    }

    /// Writes and flushes all that is staged.
    ///
    /// # Errors
    /// How the connection ended.
    ///
    /// # Cancellation
    /// Loses nothing: what was not written stays staged.
    pub async fn flush(&mut self) -> Result<(), Error<WriteError<P>>> {
        self.run(|_, _| Ok(Staged::Whole), true).await
    }

    /// How much of its message a dropped or failed `send` or `feed` has taken, in bytes, if not
    /// all of it: `None` if it was taken whole. After `Some(0)` call it again or forget it; after
    /// more the same call has to continue it, with the same bytes, which are not compared, before
    /// another message can be sent. A future that was never polled, or ended with a Usage, Config
    /// or Resource error, took nothing, and this is as it was before.
    pub fn unfinished(&self) -> Option<usize> {
        self.cells.try_writer(|writer| writer.write_side.unfinished()).flatten()
    }

    /// Says whether messages are to be compressed, from the next that begins on; they are unless
    /// this says otherwise. Nothing changes without compression.
    pub fn set_compression(&mut self, wanted: bool) {
        self.cells.try_writer(|writer| writer.write_side.set_compression(wanted));
    }

    /// What compressed messages that were sent had of bytes so far; `None` without compression.
    pub fn volume_sent(&self) -> Option<Volume> {
        self.cells.try_writer(|writer| writer.write_side.volume_sent()).flatten()
    }

    async fn stage(&mut self, part: Part<'_>, drain: bool) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, _| writer.write_side.stage_part(part), drain).await
    }

    /// Stages as often as it takes, writing between, and writes all at the end if `drain`.
    async fn run(
        &mut self,
        mut stage: impl FnMut(&mut WriterOf<P>, Option<u64>) -> Result<Staged, Error<WriteError<P>>>,
        drain: bool,
    ) -> Result<(), Error<WriteError<P>>> {
        let Self { cells, clock, .. } = self;
        let cells = &**cells;
        let mut sending = Sending { cells, waited: false };
        let mut staged = false;
        in_time(cells, clock, |writer, context, now_ms| {
            let sent = writer
                .poll_send(cells, context, drain, &mut staged, |writer| stage(writer, now_ms));
            writer.sending = sent.is_pending();
            writer.sender = writer.sending.then(|| context.waker().clone());
            sending.waited |= writer.sending;
            if !writer.write_side.is_open()
                && let Some(receiver) = writer.receiver.take()
            {
                // Another deadline holds for it.
                receiver.wake();
            }
            sent.map(Result::transpose)
        })
        .await?
    }
}

/// The writer in the cells that `P` points to.
type WriterOf<P> = WriterIn<<P as Deref>::Target>;

/// A send that is under way; when it is done or dropped the writing is the other half's again.
struct Sending<'a, K: Cells> {
    cells: &'a K,
    /// Whether it has had the writing for a while, which a receiver may have left to it.
    waited: bool,
}

impl<K: Cells> Drop for Sending<'_, K> {
    fn drop(&mut self) {
        self.cells.try_writer(|writer| {
            writer.sending = false;
            writer.sender = None;
            if self.waited
                && !writer.write_side.is_drained()
                && let Some(receiver) = writer.receiver.take()
            {
                receiver.wake();
            }
        });
    }
}

/// Waits until the clock shows `at_ms`: for ever if that is `None`.
async fn sleep<T: Timer>(clock: &mut T, at_ms: Option<u64>) {
    match at_ms {
        Some(at_ms) => clock.sleep_until_ms(at_ms).await,
        None => core::future::pending().await,
    }
}
