//! Blocking halves hand over what is to be written: the receiver finds the writer in use, and
//! whoever uses it, for whatever, takes along what the receiver has left.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use socklet_core::{
    Role, Server,
    connection::Mailbox,
    io::{
        NoClock,
        blocking::Blocking,
        split::{
            Cells, LocalCells, Writer,
            blocking::{ReceiveHalf, SendHalf, WaitCells},
        },
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

/// Cells of which the writer is still in use when something else happens.
struct HeldCells<W, R> {
    cells: LocalCells<W, R, TestBuffer>,
    held: Cell<bool>,
    meanwhile: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl<W, R: Role> Cells for HeldCells<W, R> {
    type Next = W;
    type Role = R;
    type Buffer = TestBuffer;
    type Context = socklet_core::permessage_deflate::NoCompression;

    fn try_writer<U>(&self, f: impl FnOnce(&mut Writer<W, R, TestBuffer>) -> U) -> Option<U> {
        if self.held.get() { None } else { self.cells.try_writer(f) }
    }

    fn mailbox<U>(&self, f: impl FnOnce(&mut Mailbox) -> U) -> U {
        self.cells.mailbox(f)
    }

    fn into_writer(self) -> Writer<W, R, TestBuffer> {
        self.cells.into_writer()
    }
}

impl<W, R: Role> WaitCells for HeldCells<W, R> {
    fn writer<U>(&self, f: impl FnOnce(&mut Writer<W, R, TestBuffer>) -> U) -> U {
        let output = self.try_writer(f).expect("nobody else uses it");
        let meanwhile = self.meanwhile.borrow_mut().take();
        self.held.set(true);
        meanwhile.into_iter().for_each(|meanwhile| meanwhile());
        self.held.set(false);
        output
    }
}

type Held = Rc<HeldCells<WriteEnd, Server>>;
type Receiver = ReceiveHalf<ReadEnd, Server, TestBuffer, Held>;
type Sender = SendHalf<Held>;

/// Lets the receiver receive `frames` while the sender has not yet let go of the writer that it
/// used to act; then what was written.
fn hand_over(frames: &[Frame], act: fn(&mut Sender)) -> (Vec<Frame>, Option<Seen>) {
    let [near, far] = socket(1000);
    let whole: Whole<Blocking, _, _, _> = PLAIN.server(near, NoClock);
    let mut kept = None;
    let (mut rx, mut tx): (Receiver, Sender) = whole.split(
        |halves| halves,
        |writer| {
            let cells = LocalCells::new(writer);
            let (held, meanwhile) = (Cell::new(false), RefCell::new(None));
            kept.insert(Rc::new(HeldCells { cells, held, meanwhile })).clone()
        },
    );
    frames.iter().for_each(|frame| far.1.put(frame.clone().to(Who::Server)));
    let seen = Rc::new(RefCell::new(None));
    let shown = seen.clone();
    let receive = move || *shown.borrow_mut() = rx.recv().unwrap().map(Seen::message);
    *kept.unwrap().meanwhile.borrow_mut() = Some(Box::new(receive));
    act(&mut tx);
    let seen = seen.take();
    (decode(&far.0.take()), seen)
}

const ACTS: [fn(&mut Sender); 5] = [
    |tx| tx.send("sent").unwrap(),
    |tx| tx.feed("sent").unwrap(),
    |tx| tx.flush().unwrap(),
    |tx| tx.ping(b"mine").unwrap(),
    |tx| assert_eq!(tx.unfinished(), None),
];

#[test]
fn a_pong_that_the_receiver_could_not_write_is_written_by_whoever_could() {
    for act in ACTS {
        let (frames, seen) = hand_over(&[Frame::ping("now"), Frame::text("then")], act);
        assert_eq!(seen, Some(Seen::Text("then".into())));
        assert_eq!(frames.last(), Some(&Frame::pong("now")));
    }
}

#[test]
fn a_close_that_the_receiver_could_not_answer_is_answered_by_whoever_could() {
    for act in ACTS {
        let (frames, seen) = hand_over(&[Frame::close(1000, "")], act);
        assert_eq!(seen, None);
        assert_eq!(frames.last(), Some(&Frame::close(1000, "")));
    }
}

#[test]
fn a_close_that_meets_the_peers_needs_no_answer() {
    let (frames, seen) = hand_over(&[Frame::close(1000, "")], |tx| {
        tx.close(CloseCode(4000), "mine").unwrap();
    });
    assert_eq!((frames, seen), (vec![Frame::close(4000, "mine")], None));
}
