//! Two halves of a stream, used at the same time: full duplex.
//!
//! A [`ReceiveHalf`] and a [`SendHalf`] share two small cells: the write side with its half of
//! the next layer, and the [`Mailbox`] between them. Which cells is the adapter's choice
//! ([`Cells`]); [`LocalCells`] serve tasks of one thread.
//!
//! # Who writes
//! - The receiver finds a Ping: it leaves the Pong in the mailbox and writes it itself before it
//!   waits for more bytes, and while it does. So a sender that does nothing need not be polled.
//! - Unless a send is under way: then that takes the mailbox along, between two frames.
//! - Halves that do not block hold a cell for one poll, never across an await, and the receiver
//!   reads on while the peer does not. A send that is dropped leaves the writing to the receiver.
//!   One that another task keeps and does not poll holds up Pongs, and nothing else.
//! - Halves that block cannot do both at once: a receiver that writes a Pong to a peer that does
//!   not read waits for it, as long as its deadlines let it.
//!
//! # What the next layer must be able to do
//! It comes as two values, one that reads and one that writes. Dropping a `write` or `flush` that
//! waits must lose nothing, and the task that polled it last must still be woken: so it is with
//! sockets.

pub mod blocking;
pub mod nonblocking;

use core::{
    cell::{Cell, RefCell},
    marker::PhantomData,
    ops::Deref,
    task::Waker,
};

use super::{Clock, NoClock, stream::WebSocket};
use crate::{
    Closed, Error, Role,
    buffer::Buffer,
    connection::{Connection, Mailbox, ReadSide, WriteSide},
    permessage_deflate::{
        Agreed, Compression, Negotiation, NoCompression, OutboundContext, Volume,
    },
};

/// The write side of a connection with the half of the next layer that writes.
#[derive(Debug)]
pub struct Writer<S, R, B, X = NoCompression> {
    next: S,
    write_side: WriteSide<R, B, X>,
    /// Whether a send is under way, which writes whatever there is to be written.
    sending: bool,
    /// The task of that send, while it waits.
    sender: Option<Waker>,
    /// The task of the receiver, while it waits.
    receiver: Option<Waker>,
}

impl<S, R: Role, B: Buffer, X: OutboundContext> Writer<S, R, B, X> {
    /// Reports the failure of the next layer, unless the connection had ended before it.
    fn failed<E>(&mut self, error: E) -> Result<(), Error<E>> {
        if self.write_side.transport_failed() { Ok(()) } else { Err(Error::Transport(error)) }
    }
}

/// The cells that two halves share.
pub trait Cells: Sized {
    /// The half of the next layer that writes.
    type Next;
    /// The role of the endpoint.
    type Role: Role;
    /// The buffer for staged bytes.
    type Buffer: Buffer;
    /// What compressed messages need.
    type Context: OutboundContext;

    /// Calls `f` with the writer, or returns `None` if it is in use.
    ///
    /// Halves that do not block hold the writer for one poll only: cells that two threads share
    /// wait for it here. Halves that block hold it for a whole send, and must not be waited for.
    fn try_writer<U>(&self, f: impl FnOnce(&mut WriterIn<Self>) -> U) -> Option<U>;

    /// Calls `f` with the mailbox. It is in use for moments only, so waiting for it is no matter.
    fn mailbox<U>(&self, f: impl FnOnce(&mut Mailbox) -> U) -> U;

    /// Takes the writer out, when no half needs it any more.
    fn into_writer(self) -> WriterIn<Self>;
}

/// The writer in cells.
pub type WriterIn<K> =
    Writer<<K as Cells>::Next, <K as Cells>::Role, <K as Cells>::Buffer, <K as Cells>::Context>;

/// Cells for two halves on one thread.
#[allow(missing_debug_implementations, reason = "a Cell shows nothing of what it holds")]
pub struct LocalCells<S, R, B, X = NoCompression> {
    writer: RefCell<Writer<S, R, B, X>>,
    mailbox: Cell<Mailbox>,
}

impl<S, R, B, X> LocalCells<S, R, B, X> {
    /// Cells that hold `writer`.
    pub const fn new(writer: Writer<S, R, B, X>) -> Self {
        Self { writer: RefCell::new(writer), mailbox: Cell::new(Mailbox::new()) }
    }
}

impl<S, R: Role, B: Buffer, X: OutboundContext> Cells for LocalCells<S, R, B, X> {
    type Next = S;
    type Role = R;
    type Buffer = B;
    type Context = X;

    fn try_writer<U>(&self, f: impl FnOnce(&mut WriterIn<Self>) -> U) -> Option<U> {
        Some(f(&mut *self.writer.try_borrow_mut().ok()?))
    }

    fn mailbox<U>(&self, f: impl FnOnce(&mut Mailbox) -> U) -> U {
        let mut mailbox = self.mailbox.take();
        let result = f(&mut mailbox);
        self.mailbox.set(mailbox);
        result
    }

    fn into_writer(self) -> WriterIn<Self> {
        self.writer.into_inner()
    }
}

/// The half that receives, over the next layer's half `S` that reads. `P` points to the cells.
/// `M` says how it waits: its methods that wait are in [`blocking`] or [`nonblocking`].
#[derive(Debug)]
pub struct ReceiveHalf<M, S, R, B, P, C: Compression = NoCompression, T = NoClock> {
    next: S,
    clock: T,
    read_side: ReadSide<R, B, C::Inbound>,
    negotiation: C::Negotiation,
    cells: P,
    waits: PhantomData<M>,
}

/// The half that sends; what it writes to is in the cells that `P` points to.
/// `M` says how it waits: its methods that wait are in [`blocking`] or [`nonblocking`].
#[derive(Debug)]
pub struct SendHalf<M, P, T = NoClock> {
    cells: P,
    clock: T,
    waits: PhantomData<M>,
}

/// The two halves of a stream.
pub type Halves<M, S, R, B, P, C, T> = (ReceiveHalf<M, S, R, B, P, C, T>, SendHalf<M, P, T>);

impl<M, S, R: Role, B: Buffer, C: Compression, T: Clock + Clone> WebSocket<M, S, R, B, C, T> {
    /// Splits the stream. `split` splits the next layer into what reads and what writes; `share`
    /// puts the write side into cells and returns a pointer to them: a reference or an `Arc`.
    pub fn split<Rd, Wr, P>(
        self,
        split: impl FnOnce(S) -> (Rd, Wr),
        share: impl FnOnce(Writer<Wr, R, B, C::Outbound>) -> P,
    ) -> Halves<M, Rd, R, B, P, C, T>
    where
        P: Deref<Target: Cells<Next = Wr, Role = R, Buffer = B, Context = C::Outbound>> + Clone,
    {
        let (next, writes) = split(self.next);
        let (read_side, write_side, negotiation) = self.connection.split();
        let cells = share(Writer {
            next: writes,
            write_side,
            sending: false,
            sender: None,
            receiver: None,
        });
        let sender =
            SendHalf { cells: cells.clone(), clock: self.clock.clone(), waits: PhantomData };
        let clock = self.clock;
        (ReceiveHalf { next, clock, read_side, negotiation, cells, waits: PhantomData }, sender)
    }
}

impl<M, S, R: Role, B: Buffer, P, C: Compression, T: Clock> ReceiveHalf<M, S, R, B, P, C, T>
where
    P: Deref<Target: Cells<Role = R, Buffer = B, Context = C::Outbound>>,
{
    /// Joins the halves of a stream again, after the other half has been dropped. `take` takes
    /// the cells from the pointer to them, `join` joins the halves of the next layer.
    ///
    /// # Errors
    /// The half itself, if a Pong or a Close frame waits for room: receive, and try again.
    #[allow(clippy::result_large_err, reason = "the error is the half itself, given back")]
    pub fn reunite<Wr, K, U>(
        self,
        take: impl FnOnce(P) -> K,
        join: impl FnOnce(S, Wr) -> U,
    ) -> Result<WebSocket<M, U, R, B, C, T>, Self>
    where
        K: Cells<Next = Wr, Role = R, Buffer = B, Context = C::Outbound>,
    {
        let cells = &*self.cells;
        cells.try_writer(|writer| cells.mailbox(|mailbox| writer.write_side.deliver(mailbox)));
        if !cells.mailbox(|mailbox| mailbox.is_empty()) {
            return Err(self);
        }
        let writer = take(self.cells).into_writer();
        let connection = Connection::reunite(self.read_side, writer.write_side, self.negotiation);
        Ok(WebSocket::from_parts(join(self.next, writer.next), self.clock, connection))
    }
}

impl<M, S, R: Role, B: Buffer, P, C: Compression, T> ReceiveHalf<M, S, R, B, P, C, T> {
    /// How the connection was closed; `None` unless both Close frames crossed the wire.
    pub fn closed(&self) -> Option<Closed<'_>> {
        self.read_side.closed()
    }

    /// What both endpoints agreed on about compression; `None` if nothing.
    pub fn compression(&self) -> Option<Agreed> {
        self.negotiation.agreed()
    }

    /// What compressed messages that were received had of bytes so far; `None` without
    /// compression.
    pub fn volume_received(&self) -> Option<Volume> {
        self.read_side.volume()
    }

    /// The half of the next layer that reads.
    pub const fn inner_mut(&mut self) -> &mut S {
        &mut self.next
    }
}
