//! How a split connection ends: by a closing handshake that either side or both begin, by what
//! the peer did wrong, by the end of the stream.

use std::pin::pin;

use socklet_core::{
    Error, Message, ProtocolError, Side, UsageError,
    io::{NoClock, blocking, nonblocking::Nonblocking},
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Who,
    clock::VirtualClock,
    frames::{Frame, decode},
    rng::TestRng,
    socket::socket,
};

use super::support::*;

const CLOSED: Ended = Error::Usage(UsageError::Closed);

fn to_server(frame: Frame) -> Vec<u8> {
    frame.to(Who::Server)
}

fn was_closed(by: Side, code: u16, reason: &str) -> Option<WasClosed> {
    Some(WasClosed { by, code: Some(code), reason: reason.into() })
}

/// Receives once; a message is owned, or the end and how it came.
macro_rules! receive {
    ($rx:expr) => {
        async { $rx.recv().await.map(|message| message.map(Seen::message)) }
    };
}

#[test]
fn the_peers_close_is_answered_while_the_sender_is_idle() {
    let ((mut rx, mut tx), far) = served(1000, PLAIN);
    let mut receiving = Task::new(receive!(rx));
    assert!(receiving.go().is_none());
    far.1.put(to_server(Frame::close(3001, "enough")));
    assert_eq!(receiving.go(), Some(Ok(None)));
    drop(receiving);
    assert_eq!(decode(&far.0.take()), [Frame::close(3001, "")]);
    assert_eq!(rx.closed().map(WasClosed::of), was_closed(Side::Peer, 3001, "enough"));
    assert_eq!(Task::new(tx.send("late")).go(), Some(Err(CLOSED)));
    assert_eq!(Task::new(tx.ping(b"late")).go(), Some(Err(CLOSED)));
    assert_eq!(Task::new(tx.close(CloseCode::NORMAL, "")).go(), Some(Err(CLOSED)));
    assert_eq!(Task::new(tx.flush()).go(), Some(Ok(())));
    assert_eq!(Task::new(receive!(rx)).go(), Some(Ok(None)), "repeated");
    assert_eq!(far.0.take(), [], "nothing follows a Close frame");
}

#[test]
fn the_peers_close_is_answered_by_a_send_that_waits() {
    // Long enough for some frames, and taken whole.
    for len in [1000, 150] {
        let message = TestRng::new(3).bytes(len);
        let ((mut rx, mut tx), far) = served(100, PLAIN);
        let mut sending = Task::new(tx.send(Message::Binary(&message)));
        let mut receiving = Task::new(receive!(rx));
        assert!(sending.go().is_none() && receiving.go().is_none());
        far.1.put(to_server(Frame::close(1000, "")));
        assert!(receiving.go().is_none(), "the reply is on its way");
        let mut wire = Vec::new();
        let (mut sent, mut received) = (None, None);
        while sent.is_none() || received.is_none() {
            let more = far.0.take();
            let moved = sending.step() | receiving.step();
            assert!(moved || !more.is_empty(), "both wait: {sent:?}, {received:?}");
            wire.extend(more);
            sent = sent.or(sending.go());
            received = received.or(receiving.go());
        }
        wire.extend(far.0.take());
        let frames = decode(&wire);
        assert_eq!(frames.len(), 2, "the frame that was on its way, then the reply");
        assert_eq!(frames[0].payload, message[..len.min(196)]);
        assert_eq!(frames[1], Frame::close(1000, ""));
        assert_eq!(received, Some(Ok(None)));
        assert_eq!(sent, Some(if frames[0].fin { Ok(()) } else { Err(CLOSED) }));
    }
}

#[test]
fn the_peers_close_is_answered_while_a_send_is_held_and_not_polled() {
    let message = TestRng::new(3).bytes(1000);
    let ((mut rx, mut tx), far) = served(100, PLAIN);
    let mut both = Task::new(async {
        let mut sending = pin!(tx.send(Message::Binary(&message)));
        assert_eq!(poll_once(sending.as_mut()).await, None);
        let received = receive!(rx).await;
        (received, sending.await)
    });
    assert!(both.go().is_none());
    far.1.put(to_server(Frame::close(1000, "")));
    let mut wire = Vec::new();
    let mut outcome = None;
    for _ in 0..10 {
        outcome = outcome.or(both.go());
        wire.extend(far.0.take());
    }
    assert_eq!(outcome, Some((Ok(None), Err(CLOSED))));
    assert_eq!(decode(&wire).last(), Some(&Frame::close(1000, "")));
}

#[test]
fn a_local_close_is_answered_to_the_other_half() {
    let ((mut rx, mut tx), far) = served(1000, PLAIN);
    let mut receiving = Task::new(receive!(rx));
    assert!(receiving.go().is_none());
    assert_eq!(Task::new(tx.close(CloseCode(4000), "bye")).go(), Some(Ok(())));
    assert_eq!(decode(&far.0.take()), [Frame::close(4000, "bye")]);
    assert_eq!(Task::new(tx.send("late")).go(), Some(Err(CLOSED)));
    far.1.put([Frame::text("on its way"), Frame::ping("?")].map(to_server).concat());
    assert_eq!(receiving.go(), Some(Ok(Some(Seen::Text("on its way".into())))));
    drop(receiving);
    let mut receiving = Task::new(receive!(rx));
    assert!(receiving.go().is_none());
    far.1.put(to_server(Frame::close(1001, "me too")));
    assert_eq!(receiving.go(), Some(Ok(None)));
    drop(receiving);
    assert_eq!(rx.closed().map(WasClosed::of), was_closed(Side::Local, 1001, "me too"));
    assert_eq!(far.0.take(), [], "neither a Pong nor a second Close");
    assert_eq!(Task::new(tx.flush()).go(), Some(Ok(())));
}

#[test]
fn a_close_that_waits_for_room_and_meets_the_peers_is_the_only_one() {
    let ((mut rx, mut tx), far) = served(100, PLAIN);
    assert_eq!(Task::new(tx.send(Message::Binary(&[7; 98]))).go(), Some(Ok(())));
    let mut closing = Task::new(tx.close(CloseCode::NORMAL, "mine"));
    assert!(closing.go().is_none());
    far.1.put(to_server(Frame::close(1001, "theirs")));
    let mut receiving = Task::new(receive!(rx));
    assert!(receiving.go().is_none(), "the Close frame is on its way");
    let mut wire = far.0.take();
    let mut outcome = (None, None);
    for _ in 0..3 {
        outcome = (outcome.0.or(closing.go()), outcome.1.or(receiving.go()));
        wire.extend(far.0.take());
    }
    assert_eq!(outcome, (Some(Ok(())), Some(Ok(None))));
    assert_eq!(decode(&wire)[1..], [Frame::close(1000, "mine")]);
    drop((closing, receiving));
    assert_eq!(rx.closed().map(WasClosed::of), was_closed(Side::Local, 1001, "theirs"));
}

#[test]
fn both_ends_close_at_once_in_every_order() {
    for capacity in [1, 3, 8, 1000] {
        for order in 0..24 {
            let [near, far] = socket(capacity);
            let wires = [near.1.watch(), far.1.watch()];
            let (mut a_rx, mut a_tx) =
                local::<Nonblocking, _, _, _, _>(PLAIN.server(near, NoClock));
            let (mut b_rx, mut b_tx) = local::<Nonblocking, _, _, _, _>(PLAIN.client(far, NoClock));
            let mut a_closes = Task::new(a_tx.close(CloseCode(4001), "a"));
            let mut b_closes = Task::new(b_tx.close(CloseCode(4002), "b"));
            let mut a_receives = Task::new(receive!(a_rx));
            let mut b_receives = Task::new(receive!(b_rx));
            {
                let mut tasks: Vec<&mut dyn Runs> =
                    vec![&mut a_closes, &mut b_closes, &mut a_receives, &mut b_receives];
                let mut left = order;
                for n in (1..=4).rev() {
                    let next = tasks.remove(left % n);
                    tasks.push(next);
                    left /= n;
                }
                run_all(&VirtualClock::new(), &mut tasks);
            }
            // Who was overtaken by the peer's Close frame has not sent its own.
            let outcomes = (a_closes.go(), b_closes.go());
            assert_eq!((a_receives.go(), b_receives.go()), (Some(Ok(None)), Some(Ok(None))));
            drop((a_closes, b_closes, a_receives, b_receives));
            for wire in &wires {
                assert_eq!(decode(&wire.written()).len(), 1, "one Close frame each: {outcomes:?}");
            }
            let (a, b) = (a_rx.closed().unwrap(), b_rx.closed().unwrap());
            let codes = (a.code.unwrap().0, b.code.unwrap().0);
            assert!(matches!(codes, (4002, 4001) | (4001, 4001) | (4002, 4002)), "{codes:?}");
            assert!(a.by == Side::Local || b.by == Side::Local);
        }
    }
}

#[test]
fn what_breaks_the_protocol_is_answered_with_a_close_and_known_to_both_halves() {
    let cases = [
        (Frame::text("x").rsv(4), ProtocolError::ReservedBits, 1002),
        (Frame::more("x"), ProtocolError::UnexpectedContinuation, 1002),
        (Frame::text([0xFF]).not_fin(), ProtocolError::InvalidUtf8, 1007),
        (Frame::text([0xFF]), ProtocolError::InvalidUtf8, 1007),
    ];
    for (frame, error, code) in cases {
        let ((mut rx, mut tx), far) = served(1000, PLAIN);
        let mut receiving = Task::new(receive!(rx));
        assert!(receiving.go().is_none());
        far.1.put(to_server(frame));
        assert_eq!(receiving.go(), Some(Err(error.into())));
        drop(receiving);
        assert_eq!(decode(&far.0.take()), [Frame::close(code, "")], "{error:?}");
        assert_eq!(Task::new(tx.send("late")).go(), Some(Err(CLOSED)));
        assert_eq!(Task::new(tx.flush()).go(), Some(Err(error.into())));
        assert_eq!(Task::new(receive!(rx)).go(), Some(Err(error.into())), "repeated");
        assert_eq!(rx.closed(), None);
        assert_eq!(far.0.take(), []);
    }
}

#[test]
fn text_that_is_not_utf8_is_answered_with_a_close_by_a_blocking_receiver() {
    let [near, far] = socket(1000);
    let (mut rx, _tx) = shared::<blocking::Blocking, _, _, _, _>(PLAIN.server(near, NoClock), true);
    far.1.put(to_server(Frame::text([0xFF])));
    assert_eq!(rx.recv(), Err(ProtocolError::InvalidUtf8.into()));
    assert_eq!(decode(&far.0.take()), [Frame::close(1007, "")]);
}

#[test]
fn the_end_of_the_stream_is_told_to_both_halves() {
    let ((mut rx, mut tx), far) = served(1000, PLAIN);
    far.1.end();
    assert_eq!(Task::new(receive!(rx)).go(), Some(Err(Error::ConnectionLost)));
    assert_eq!(Task::new(receive!(rx)).go(), Some(Err(Error::ConnectionLost)), "repeated");
    assert_eq!(Task::new(tx.send("late")).go(), Some(Err(CLOSED)));
    assert_eq!(Task::new(tx.flush()).go(), Some(Err(Error::ConnectionLost)));
    assert_eq!(far.0.take(), []);
}

#[test]
fn the_end_of_the_stream_ends_a_send_that_waits() {
    for len in [150, 1000] {
        let message = TestRng::new(3).bytes(len);
        let ((mut rx, mut tx), far) = served(100, PLAIN);
        let mut sending = Task::new(tx.send(Message::Binary(&message)));
        let mut receiving = Task::new(receive!(rx));
        assert!(sending.go().is_none() && receiving.go().is_none());
        far.1.end();
        assert_eq!(receiving.go(), Some(Err(Error::ConnectionLost)), "nothing is to be written");
        let sent = sending.go();
        assert!(matches!(sent, Some(Err(Error::ConnectionLost | CLOSED))), "{sent:?}");
    }
}

#[test]
fn the_end_of_the_stream_is_told_by_a_blocking_receiver_while_a_send_waits() {
    let [near, far] = socket(100);
    let (mut rx, mut tx) =
        shared::<blocking::Blocking, _, _, _, _>(PLAIN.server(near, NoClock), true);
    std::thread::scope(|scope| {
        let sending = scope.spawn(move || tx.send(Message::Binary(&[7; 150])));
        far.0.watch().wait_for(100);
        far.1.end();
        assert_eq!(rx.recv(), Err(Error::ConnectionLost));
        assert!(!sending.is_finished());
        drop(far);
        assert!(sending.join().unwrap().is_err());
    });
}
