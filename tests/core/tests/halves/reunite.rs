//! Joining the halves again, in every state, and going on with the whole.

use std::rc::Rc;

use socklet_core::{
    Error, Message, ProtocolError, Server, Side, UsageError,
    io::{NoClock, nonblocking::Nonblocking, split::LocalCells},
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault, Who,
    buffers::TestBuffer,
    executor::{poll_once, run},
    faulty::{Faulty, Plan},
    frames::{Frame, decode},
    rng::TestRng,
    socket::{ReadEnd, WriteEnd, socket},
};

use super::support::*;

type Halved<Rd, Wr> = Halves<Nonblocking, Rd, Server, Local<Wr, Server>>;

/// Joins what was split; the next layer is not, so the whole is split again to go on.
fn again<Rd, Wr>((rx, tx): Halved<Rd, Wr>) -> Whole<Nonblocking, Rd, Wr, Server> {
    drop(tx);
    rx.reunite(|cells| Rc::into_inner(cells).unwrap(), |reads, writes| (reads, writes))
        .unwrap_or_else(|_| panic!("an answer waits for room"))
}

fn halves(capacity: usize) -> (Halved<ReadEnd, WriteEnd>, (ReadEnd, WriteEnd)) {
    served(capacity, PLAIN)
}

fn to_server(frame: Frame) -> Vec<u8> {
    frame.to(Who::Server)
}

/// The halves joined and split again: nothing may change by that.
fn rejoin<Rd, Wr>(halves: Halved<Rd, Wr>) -> Halved<Rd, Wr> {
    local(again(halves))
}

#[test]
fn an_open_connection_goes_on() {
    let (halves, far) = halves(1000);
    let (mut rx, mut tx) = rejoin(halves);
    run(tx.send("1")).unwrap();
    far.1.put([Frame::ping("2"), Frame::text("3")].map(to_server).concat());
    assert_eq!(run(rx.recv()), Ok(Some(Message::Text("3"))));
    let (mut rx, mut tx) = rejoin((rx, tx));
    run(tx.send("4")).unwrap();
    let expected = [Frame::text("1"), Frame::pong("2"), Frame::text("4")];
    assert_eq!(decode(&far.0.take()), expected, "a Pong that was owed is not lost");
    far.1.put(to_server(Frame::close(1000, "bye")));
    assert_eq!(run(rx.recv()), Ok(None));
    assert_eq!(decode(&far.0.take()), [Frame::close(1000, "")]);
}

#[test]
fn what_was_read_ahead_is_received_by_the_whole() {
    let ((mut rx, tx), far) = halves(1000);
    let frames = [Frame::text("1"), Frame::text("2").not_fin(), Frame::more("3"), Frame::text("4")];
    far.1.put(frames.map(to_server).concat());
    assert_eq!(run(rx.recv()), Ok(Some(Message::Text("1"))));
    let (mut rx, tx) = rejoin((rx, tx));
    assert_eq!(run(rx.recv()), Ok(Some(Message::Text("23"))));
    let (mut rx, _tx) = rejoin((rx, tx));
    assert_eq!(run(rx.recv()), Ok(Some(Message::Text("4"))));
}

#[test]
fn a_message_that_was_received_in_part_goes_on_in_chunks() {
    let ((mut rx, tx), far) = halves(1000);
    far.1.put(to_server(Frame::text("ab").not_fin()));
    assert_eq!(run(rx.recv_chunk()).unwrap().map(|chunk| chunk.data), Some(&b"ab"[..]));
    let (mut rx, _tx) = rejoin((rx, tx));
    assert_eq!(run(rx.recv()), Err(UsageError::MessageUnfinished.into()));
    far.1.put(to_server(Frame::more("cd")));
    let chunk = run(rx.recv_chunk()).unwrap().unwrap();
    assert_eq!((chunk.data, chunk.first, chunk.fin), (&b"cd"[..], false, true));
}

#[test]
fn what_was_fed_and_what_was_half_sent_goes_out() {
    let message = TestRng::new(3).bytes(1000);
    let ((rx, mut tx), far) = halves(100);
    run(tx.feed("fed")).unwrap();
    assert!(poll_once(tx.send(Message::Binary(&message))).is_none());
    let taken = tx.unfinished();
    assert!(taken.is_some());
    let (mut rx, mut tx) = rejoin((rx, tx));
    assert_eq!(tx.unfinished(), taken);
    assert_eq!(run(tx.send("other")), Err(UsageError::MessageUnfinished.into()));
    let mut wire = Vec::new();
    {
        let mut sending = Task::new(tx.send(Message::Binary(&message)));
        while sending.go().is_none() {
            wire.extend(far.0.take());
        }
    }
    wire.extend(far.0.take());
    let frames = decode(&wire);
    assert_eq!(frames[0], Frame::text("fed"));
    let joined: Vec<u8> = frames[1..].iter().flat_map(|frame| frame.payload.clone()).collect();
    assert_eq!(joined, message);
    far.1.put(to_server(Frame::text("heard")));
    assert_eq!(run(rx.recv()), Ok(Some(Message::Text("heard"))));
}

#[test]
fn the_whole_ends_the_closing_handshake_that_a_half_began() {
    let ((rx, mut tx), far) = halves(1000);
    run(tx.close(CloseCode::NORMAL, "bye")).unwrap();
    let (mut rx, mut tx) = rejoin((rx, tx));
    assert_eq!(run(tx.send("late")), Err(UsageError::Closed.into()));
    far.1.put(to_server(Frame::close(1000, "")));
    assert_eq!(run(rx.recv()), Ok(None));
    assert_eq!(rx.closed().map(|closed| closed.by), Some(Side::Local));
    assert_eq!(decode(&far.0.take()), [Frame::close(1000, "bye")], "one, and no second");
}

#[test]
fn a_connection_that_has_ended_stays_so() {
    type Ends = fn(&(ReadEnd, WriteEnd));
    let cases: [(Ends, Result<bool, Ended>); 3] = [
        (|far| far.1.put(to_server(Frame::close(1000, ""))), Ok(false)),
        (
            |far| far.1.put(to_server(Frame::more(""))),
            Err(ProtocolError::UnexpectedContinuation.into()),
        ),
        (|far| far.1.end(), Err(Error::ConnectionLost)),
    ];
    for (end, expected) in cases {
        let ((mut rx, tx), far) = halves(1000);
        end(&far);
        let received = |received: Result<Option<Message<'_>>, Ended>| received.map(|m| m.is_some());
        assert_eq!(received(run(rx.recv())), expected);
        let closed = rx.closed().map(WasClosed::of);
        let wire = far.0.take();
        let (mut rx, mut tx) = rejoin((rx, tx));
        assert_eq!(received(run(rx.recv())), expected);
        assert_eq!(rx.closed().map(WasClosed::of), closed);
        assert_eq!(run(tx.send("late")), Err(UsageError::Closed.into()));
        assert_eq!(run(tx.flush()), expected.map(|_| ()));
        assert_eq!(decode(&wire).len(), usize::from(expected != Err(Error::ConnectionLost)));
        assert_eq!(far.0.take(), []);
    }
}

#[test]
fn halves_are_not_joined_before_an_answer_has_room() {
    let message = TestRng::new(3).bytes(1000);
    for frame in [Frame::ping("now"), Frame::close(1000, "")] {
        let ((mut rx, mut tx), far) = halves(100);
        assert!(poll_once(tx.send(Message::Binary(&message))).is_none());
        far.1.put(to_server(frame.clone()));
        assert!(poll_once(rx.recv()).is_none());
        let take = |_| -> LocalCells<WriteEnd, Server, TestBuffer> { panic!("taken") };
        let Err(mut rx) = rx.reunite(take, |reads, writes| (reads, writes)) else {
            panic!("joined");
        };
        let mut wire = Vec::new();
        for _ in 0..4 {
            let _ = poll_once(rx.recv());
            wire.extend(far.0.take());
        }
        let (mut rx, mut tx) = rejoin((rx, tx));
        let closes = frame.opcode == 8;
        let answer = Frame { opcode: if closes { 8 } else { 0xA }, ..frame };
        assert_eq!(decode(&wire).last(), Some(&answer));
        assert_eq!(poll_once(rx.recv()).is_some(), closes);
        assert_eq!(poll_once(tx.flush()), Some(Ok(())));
        assert_eq!(far.0.take(), []);
    }
}

#[test]
fn a_stream_that_was_torn_by_a_failed_write_is_never_written_again() {
    for (fail_at, end_at) in [(Some(1), None), (None, Some(1))] {
        let [near, far] = socket(1000);
        let plan = Plan { write_len: 50, fail_at, end_at, ..Plan::NONE };
        let (rx, mut tx): Halved<_, _> =
            local(PLAIN.server((near.0, Faulty::new(near.1, plan)), NoClock));
        let error = run(tx.send(Message::Binary(&[7; 150]))).unwrap_err();
        assert!(matches!(error, Error::Transport(Fault::Injected) | Error::ConnectionLost));
        let whole = again((rx, tx));
        assert!(!whole.is_open(), "{error:?}");
        let (_rx, mut tx) = local(whole);
        assert_eq!(run(tx.send("more")), Err(UsageError::Closed.into()));
        assert_eq!(far.0.take().len(), 50);
    }
}
