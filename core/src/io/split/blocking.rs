//! The halves of a stream that blocks, for two threads.
//!
//! The receiver writes what it owes before it waits for bytes, unless a send is under way: then
//! that takes it along. Each half bounds its own waiting, if its [`Deadline`] clock can.

use core::{num::NonZeroUsize, ops::Deref};

use embedded_io::{ErrorType, Read, Write};

use super::{Cells, Writer, WriterIn};
use crate::{
    Chunk, Error, Event, Kind, Message, Role, UsageError,
    buffer::Buffer,
    connection::{Encoded, Mode, Part, Ready, Staged, Step},
    io::{
        NoClock,
        blocking::{Blocking, Deadline, Interruption, interruption},
    },
    permessage_deflate::{Compression, NoCompression, OutboundContext, Volume},
    wire::close::CloseCode,
};

/// The half that receives.
pub type ReceiveHalf<S, R, B, P, C = NoCompression, T = NoClock> =
    super::ReceiveHalf<Blocking, S, R, B, P, C, T>;

/// The half that sends.
pub type SendHalf<P, T = NoClock> = super::SendHalf<Blocking, P, T>;

/// [`Cells`] that a thread can wait for.
pub trait WaitCells: Cells {
    /// Calls `f` with the writer when the other half does not use it any more.
    fn writer<U>(&self, f: impl FnOnce(&mut WriterIn<Self>) -> U) -> U;
}

/// The next layer that the cells write to, its error, and the writer.
type Next<P> = <<P as Deref>::Target as Cells>::Next;
type WriteError<P> = <Next<P> as ErrorType>::Error;
type WriterOf<P> = WriterIn<<P as Deref>::Target>;

impl<S, R, B, P, C, T> ReceiveHalf<S, R, B, P, C, T>
where
    S: Read,
    R: Role,
    B: Buffer,
    P: Deref<Target: WaitCells<Next: Write<Error = S::Error>, Role = R, Buffer = B>>,
    C: Compression,
    T: Deadline<S> + Deadline<Next<P>>,
{
    /// Receives the next message whole; `None` once the closing handshake is done.
    ///
    /// # Errors
    /// As [`WebSocket::recv`](crate::io::blocking::WebSocket::recv).
    pub fn recv(&mut self) -> Result<Option<Message<'_>>, Error<S::Error>> {
        Ok(match self.recv_event_if(false)? {
            Some(Event::Message(message)) => Some(message),
            _ => None,
        })
    }

    /// Receives the next message, Ping or Pong.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub fn recv_event(&mut self) -> Result<Option<Event<'_>>, Error<S::Error>> {
        self.recv_event_if(true)
    }

    fn recv_event_if(&mut self, control: bool) -> Result<Option<Event<'_>>, Error<S::Error>> {
        let ready = self.receive(Mode::Whole, control)?;
        let Self { clock, read_side, cells, .. } = self;
        Ok(Some(match ready {
            Ready::Data => match read_side.message(|fail| cells.mailbox(|mailbox| fail(mailbox))) {
                Ok(message) => Event::Message(message),
                Err(error) => {
                    deliver(&**cells, clock);
                    return Err(error.into());
                }
            },
            Ready::Ping => Event::Ping(read_side.control()),
            Ready::Pong => Event::Pong(read_side.control()),
            Ready::Head | Ready::Ended => return Ok(None),
        }))
    }

    /// Receives what there is of the next message: see
    /// [`WebSocket::recv_chunk`](crate::io::blocking::WebSocket::recv_chunk).
    ///
    /// # Errors
    /// As there.
    pub fn recv_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error<S::Error>> {
        match self.receive(Mode::Chunks, false)? {
            Ready::Data => Ok(Some(self.read_side.chunk())),
            _ => Ok(None),
        }
    }

    fn receive(&mut self, mode: Mode, control: bool) -> Result<Ready, Error<S::Error>> {
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
                    deliver(&**cells, clock);
                    read_side.outcome()?;
                    return Ok(Ready::Ended);
                }
                Step::Ready(ready) => return Ok(ready),
                Step::Read | Step::Drain => self.read()?,
            }
        }
    }

    /// Writes what there is to be written, unless a send does, and reads once.
    fn read(&mut self) -> Result<(), Error<S::Error>> {
        let Self { next, clock, read_side, cells, .. } = self;
        let cells = &**cells;
        deliver(cells, clock);
        if let Some(now_ms) = clock.now() {
            let wait_ms = read_side.wait_ms(now_ms);
            Deadline::<S>::limit(clock, next, wait_ms).map_err(Error::Transport)?;
        }
        let read = next.read(read_side.space()?);
        let now_ms = clock.now();
        match read {
            Ok(len) => match NonZeroUsize::new(len) {
                Some(len) => read_side.received(len, now_ms),
                None => {
                    cells.mailbox(|mailbox| read_side.end_of_stream(mailbox, false));
                }
            },
            Err(error) => match interruption::<T>(&error) {
                Interruption::None => {
                    if !cells.mailbox(|mailbox| read_side.end_of_stream(mailbox, true)) {
                        deliver(cells, clock);
                        return Err(Error::Transport(error));
                    }
                }
                Interruption::Caller => return Err(Error::Transport(error)),
                Interruption::Retry => {}
                Interruption::Clock => {
                    if let Some(now_ms) = now_ms {
                        // A deadline that has passed ends the connection: the next poll tells.
                        let _ = cells.mailbox(|mailbox| read_side.tick(mailbox, now_ms));
                    }
                }
            },
        }
        Ok(())
    }
}

/// Writes what there is to be written, unless a send does. What cannot be written any more is
/// told by the read, or by the sender.
fn deliver<K: Cells<Next: Write>, T: Deadline<K::Next>>(cells: &K, clock: &mut T) {
    let _ = cells.try_writer(|writer| writer.drain(cells, clock));
}

impl<S: Write, R: Role, B: Buffer, X: OutboundContext> Writer<S, R, B, X> {
    /// Takes out the mailbox and writes and flushes all that is staged.
    fn drain<T: Deadline<S>>(
        &mut self,
        cells: &impl Cells,
        clock: &mut T,
    ) -> Result<(), Error<S::Error>> {
        loop {
            cells.mailbox(|mailbox| self.write_side.deliver(mailbox));
            if self.write_side.is_drained() {
                return Ok(());
            }
            crate::io::blocking::write_once(&mut self.next, clock, &mut self.write_side)?;
        }
    }
}

impl<P: Deref<Target: WaitCells<Next: Write>>, T: Deadline<Next<P>>> SendHalf<P, T> {
    /// Sends a message: see [`Sender::send`](crate::io::blocking::Sender::send).
    ///
    /// # Errors
    /// As there.
    pub fn send<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), Error<WriteError<P>>> {
        self.stage(message.into().into(), true)
    }

    /// Stages a message, to leave with the next `send` or `flush`, or when the other half begins
    /// to wait.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn feed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), Error<WriteError<P>>> {
        self.stage(message.into().into(), false)
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
    ) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, _| writer.write_side.stage_encoded(encoded), flush)
    }

    /// Sends a part of a message: see
    /// [`Sender::send_part`](crate::io::blocking::Sender::send_part).
    ///
    /// # Errors
    /// As there.
    pub fn send_part(
        &mut self,
        kind: Kind,
        part: &[u8],
        fin: bool,
    ) -> Result<(), Error<WriteError<P>>> {
        self.stage(Part::new(kind, part, fin), true)
    }

    /// Sends a Ping of at most 125 bytes (RFC 6455 section 5.5.2).
    ///
    /// # Errors
    /// [`Error::Usage`] when not open, [`Error::Config`] if it is too long.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, _| writer.write_side.stage_ping(payload), true)
    }

    /// Sends a Pong that nobody asked for (RFC 6455 section 5.5.3).
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, _| writer.write_side.stage_pong(payload), true)
    }

    /// Sends a Close frame, after which nothing can be sent. The other half receives the peer's.
    ///
    /// # Errors
    /// As [`Sender::close`](crate::io::blocking::Sender::close).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, now_ms| writer.write_side.stage_close(code, reason, now_ms), true)
    }

    /// Writes and flushes all that is staged.
    ///
    /// # Errors
    /// How the connection ended.
    pub fn flush(&mut self) -> Result<(), Error<WriteError<P>>> {
        self.run(|_, _| Ok(Staged::Whole), true)
    }

    /// How much of its message a dropped or failed `send` or `feed` has taken, in bytes, if not
    /// all of it: `None` if it was taken whole. After `Some(0)` call it again or forget it; after
    /// more the same call has to continue it, with the same bytes, which are not compared, before
    /// another message can be sent. A future that was never polled, or ended with a Usage, Config
    /// or Resource error, took nothing, and this is as it was before.
    pub fn unfinished(&mut self) -> Option<usize> {
        let unfinished = self.cells.writer(|writer| writer.write_side.unfinished());
        // What cannot be written any more is told by the next send.
        let _ = self.deliver();
        unfinished
    }

    /// Says whether messages are to be compressed, from the next that begins on; they are unless
    /// this says otherwise. Nothing changes without compression.
    pub fn set_compression(&mut self, wanted: bool) {
        self.cells.writer(|writer| writer.write_side.set_compression(wanted));
        // What cannot be written any more is told by the next send.
        let _ = self.deliver();
    }

    /// What compressed messages that were sent had of bytes so far; `None` without compression.
    pub fn volume_sent(&mut self) -> Option<Volume> {
        let volume = self.cells.writer(|writer| writer.write_side.volume_sent());
        let _ = self.deliver();
        volume
    }

    /// Writes what the other half left while it could not have the writer.
    fn deliver(&mut self) -> Result<(), Error<WriteError<P>>> {
        let Self { cells, clock, .. } = self;
        let cells = &**cells;
        while !cells.mailbox(|mailbox| mailbox.is_empty()) {
            match cells.try_writer(|writer| writer.drain(cells, clock)) {
                Some(drained) => drained?,
                None => break,
            }
        }
        Ok(())
    }

    fn stage(&mut self, part: Part<'_>, drain: bool) -> Result<(), Error<WriteError<P>>> {
        self.run(|writer, _| writer.write_side.stage_part(part), drain)
    }

    /// Stages as often as it takes, writing between, and writes all at the end if `drain`.
    fn run(
        &mut self,
        mut stage: impl FnMut(&mut WriterOf<P>, Option<u64>) -> Result<Staged, Error<WriteError<P>>>,
        drain: bool,
    ) -> Result<(), Error<WriteError<P>>> {
        let Self { cells, clock, .. } = self;
        let cells = &**cells;
        let sent = cells.writer(|writer| {
            loop {
                // So that the end, if the other half has seen it, is known here too.
                cells.mailbox(|mailbox| writer.write_side.deliver(mailbox));
                let now_ms = clock.now();
                match stage(writer, now_ms)? {
                    Staged::Whole => break,
                    Staged::Partly => writer.drain(cells, clock)?,
                }
            }
            if drain {
                writer.drain(cells, clock)?;
            }
            // The other half may have seen the end meanwhile.
            writer.write_side.outcome()
        });
        self.deliver()?;
        sent
    }
}
