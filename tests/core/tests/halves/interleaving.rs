//! What two threads do to each other, without threads: between each two uses of a cell by one
//! half the other runs as far as it can.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use socklet_core::{
    Error, Message, Role, Server, UsageError,
    connection::Mailbox,
    io::{
        NoClock,
        nonblocking::Nonblocking,
        split::{Cells, LocalCells, Writer, nonblocking},
    },
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Who,
    buffers::TestBuffer,
    frames::{Frame, decode},
    socket::{ReadEnd, WriteEnd, socket},
};

use super::support::*;

const CLOSED: Ended = Error::Usage(UsageError::Closed);

/// Cells at whose n-th use by one half, when it is over, something else happens.
struct SwitchCells<W, R> {
    cells: LocalCells<W, R, TestBuffer>,
    /// How many uses are to come before; `None` while the uses of the other half are not counted.
    left: Cell<Option<u64>>,
    then: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl<W, R> SwitchCells<W, R> {
    fn new(writer: Writer<W, R, TestBuffer>) -> Self {
        let cells = LocalCells::new(writer);
        Self { cells, left: Cell::new(None), then: RefCell::new(None) }
    }

    /// At the n-th use that is counted this is to happen.
    fn switch_at(&self, n: u64, then: impl FnOnce() + 'static) {
        self.left.set(Some(n));
        *self.then.borrow_mut() = Some(Box::new(then));
    }

    /// Runs one half, and does not count.
    fn uncounted<T>(&self, run: impl FnOnce() -> T) -> T {
        let left = self.left.take();
        let output = run();
        self.left.set(left);
        output
    }

    fn has_switched(&self) -> bool {
        self.then.borrow().is_none()
    }

    fn used(&self) {
        match self.left.get() {
            Some(0) => {
                let then = self.then.borrow_mut().take();
                self.left.set(None);
                then.into_iter().for_each(|then| then());
            }
            left => self.left.set(left.map(|left| left - 1)),
        }
    }
}

impl<W, R: Role> Cells for SwitchCells<W, R> {
    type Next = W;
    type Role = R;
    type Buffer = TestBuffer;
    type Context = socklet_core::permessage_deflate::NoCompression;

    fn try_writer<U>(&self, f: impl FnOnce(&mut Writer<W, R, TestBuffer>) -> U) -> Option<U> {
        let output = self.cells.try_writer(f);
        assert!(output.is_some(), "used within a use");
        self.used();
        output
    }

    fn mailbox<U>(&self, f: impl FnOnce(&mut Mailbox) -> U) -> U {
        let output = self.cells.mailbox(f);
        // Within a use of the writer another thread cannot have that.
        if self.cells.try_writer(|_| ()).is_some() {
            self.used();
        }
        output
    }

    fn into_writer(self) -> Writer<W, R, TestBuffer> {
        self.cells.into_writer()
    }
}

type Switching = Rc<SwitchCells<WriteEnd, Server>>;
type Sender = nonblocking::SendHalf<Switching>;
type Shown = Rc<RefCell<Vec<Result<Option<Seen>, Ended>>>>;

/// A receiver that shows what it receives until that is the end.
async fn receive(
    mut rx: nonblocking::ReceiveHalf<ReadEnd, Server, TestBuffer, Switching>,
    shown: Shown,
) {
    loop {
        let received = rx.recv().await.map(|message| message.map(Seen::message));
        let ended = !matches!(received, Ok(Some(_)));
        shown.borrow_mut().push(received);
        if ended {
            return;
        }
    }
}

/// What the sender does meanwhile.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    Send(usize),
    Feed(usize),
    Flush,
    Ping,
    Close,
}

const ACTS: [Act; 8] = [
    Act::Send(5),
    Act::Send(150),
    Act::Send(1000),
    Act::Feed(5),
    Act::Feed(1000),
    Act::Flush,
    Act::Ping,
    Act::Close,
];

async fn act(mut tx: Sender, act: Act) -> Result<(), Ended> {
    match act {
        Act::Send(len) => tx.send(Message::Binary(&vec![7; len])).await,
        Act::Feed(len) => tx.feed(Message::Binary(&vec![7; len])).await,
        Act::Flush => tx.flush().await,
        Act::Ping => tx.ping(b"mine").await,
        Act::Close => tx.close(CloseCode::NORMAL, "mine").await,
    }
}

/// What the peer does meanwhile, while the receiver waits.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Peer {
    Pings,
    Closes,
    Ends,
}

struct Outcome {
    wire: Vec<u8>,
    shown: Vec<Result<Option<Seen>, Ended>>,
    sent: Option<Result<(), Ended>>,
}

/// How two halves meet.
#[derive(Debug, Clone, Copy)]
struct Meeting {
    action: Act,
    /// Whether the action is dropped if it has to wait.
    drops: bool,
    peer: Peer,
    first: Half,
    /// What the way to the peer holds.
    capacity: usize,
}

/// The sender acts and the receiver has something to receive; at the n-th use of a cell by the
/// first, if that is not past the last, the other runs. Then both go on when they are woken.
fn meet(n: u64, meeting: Meeting) -> Option<Outcome> {
    let Meeting { action, drops, peer, first, capacity } = meeting;
    let [near, (reads, writes)] = socket(capacity);
    let writes = Rc::new(writes);
    let mut cells = None;
    let whole: Whole<Nonblocking, _, _, _> = PLAIN.server(near, NoClock);
    let (rx, tx) = whole
        .split(|halves| halves, |writer| cells.insert(Rc::new(SwitchCells::new(writer))).clone());
    let cells = cells.unwrap();
    let shown = Shown::default();
    let receiving = Rc::new(RefCell::new(Task::new(receive(rx, shown.clone()))));
    assert!(receiving.borrow_mut().go().is_none(), "the receiver waits");
    let sending = Rc::new(RefCell::new(Task::new(act(tx, action))));
    let there = writes.clone();
    let happens = move || match peer {
        Peer::Pings => there.put(Frame::ping("now").to(Who::Server)),
        Peer::Closes => there.put(Frame::close(1000, "").to(Who::Server)),
        Peer::Ends => there.end(),
    };
    let sent = Rc::new(RefCell::new(None));
    let (other, result) = (sending.clone(), sent.clone());
    let send = move || {
        let outcome = other.borrow_mut().go();
        let mut result = result.borrow_mut();
        *result = result.take().or(outcome);
    };
    let other = receiving.clone();
    match first {
        Half::Sends => cells.switch_at(n, move || {
            happens();
            other.borrow_mut().go();
        }),
        Half::Receives => {
            happens();
            cells.switch_at(n, send.clone());
        }
    }
    let mut wire = Vec::new();
    for _ in 0..120 {
        match first {
            Half::Sends => {
                send();
                if drops {
                    *sending.borrow_mut() = Task::new(std::future::pending());
                }
                cells.uncounted(|| receiving.borrow_mut().go());
            }
            Half::Receives => {
                receiving.borrow_mut().go();
                if cells.has_switched() {
                    cells.uncounted(&send);
                }
            }
        }
        wire.extend(reads.take());
    }
    if !cells.has_switched() {
        return None;
    }
    let (shown, sent) = (shown.borrow().clone(), *sent.borrow());
    assert!(sent.is_some() || drops, "waits for ever: {meeting:?}, use {n}");
    Some(Outcome { wire, shown, sent })
}

/// Which half is interrupted.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Half {
    Sends,
    Receives,
}

/// Every action, with the way to the peer wide and narrow, interrupted at every use of a cell.
fn at_every_use(peer: Peer, check: impl Fn(&str, Act, Outcome)) {
    for (first, drops) in [(Half::Sends, false), (Half::Sends, true), (Half::Receives, false)] {
        for action in ACTS {
            for capacity in [10, 100, 10_000] {
                let meeting = Meeting { action, drops, peer, first, capacity };
                let mut n = 0;
                while let Some(outcome) = meet(n, meeting) {
                    check(&format!("{meeting:?}, use {n}"), action, outcome);
                    n += 1;
                }
                assert!(n > 1, "only {n} uses: {meeting:?}");
            }
        }
    }
}

/// The payloads of data frames, joined.
fn data(frames: &[Frame]) -> Vec<u8> {
    let data = frames.iter().filter(|frame| frame.opcode < 8);
    data.flat_map(|frame| frame.payload.clone()).collect()
}

fn count(frames: &[Frame], opcode: u8) -> usize {
    frames.iter().filter(|frame| frame.opcode == opcode).count()
}

#[test]
fn a_pong_is_written_whenever_the_ping_comes() {
    at_every_use(Peer::Pings, |at, action, Outcome { wire, shown, sent }| {
        let frames = decode(&wire);
        assert!(matches!(sent, Some(Ok(())) | None), "{at}: {sent:?}");
        assert_eq!(shown, [], "{at}");
        let pongs = frames.iter().filter(|frame| **frame == Frame::pong("now")).count();
        match frames.last() {
            Some(last) if last.opcode == 8 => assert_eq!(action, Act::Close, "{at}"),
            _ => assert_eq!(pongs, 1, "{at}"),
        }
        if let (Act::Send(len), Some(_)) = (action, sent) {
            assert_eq!(data(&frames), vec![7; len], "{at}");
        }
    });
}

#[test]
fn a_close_is_answered_whenever_it_comes() {
    at_every_use(Peer::Closes, |at, action, Outcome { wire, shown, sent }| {
        let frames = decode(&wire);
        assert_eq!(shown, [Ok(None)], "{at}");
        let last = frames.last().map(|frame| frame.opcode);
        assert_eq!((count(&frames, 8), last), (1, Some(8)), "{at}");
        assert!(matches!(sent, Some(Ok(()) | Err(CLOSED)) | None), "{at}: {sent:?}");
        if let (Act::Send(len), Some(Ok(()))) = (action, sent) {
            assert_eq!(data(&frames), vec![7; len], "{at}");
        }
    });
}

#[test]
fn the_end_of_the_stream_is_told_to_both_whenever_it_comes() {
    at_every_use(Peer::Ends, |at, _, Outcome { shown, sent, .. }| {
        assert_eq!(shown, [Err(Error::ConnectionLost)], "{at}");
        let told = matches!(sent, Some(Ok(()) | Err(Error::ConnectionLost | CLOSED)) | None);
        assert!(told, "{at}: {sent:?}");
    });
}
