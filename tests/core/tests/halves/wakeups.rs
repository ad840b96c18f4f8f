//! Who writes what is owed, and who is woken for it: the sender idle, waiting, held, dropped.

use std::pin::pin;

use socklet_core::Message;
use socklet_core_tests::{
    Who,
    frames::{Frame, decode},
    rng::TestRng,
};

use super::support::*;

fn ping(payload: &[u8]) -> Vec<u8> {
    Frame::ping(payload).to(Who::Server)
}

fn text(text: &str) -> Vec<u8> {
    Frame::text(text).to(Who::Server)
}

/// The message that frames are of, and the positions of Pongs between them.
fn joined(frames: &[Frame]) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = Vec::new();
    let mut pongs = Vec::new();
    for (n, frame) in frames.iter().enumerate() {
        match frame.opcode {
            0xA => pongs.push(n),
            0x0 | 0x2 => bytes.extend(&frame.payload),
            _ => panic!("{frame:?}"),
        }
    }
    (bytes, pongs)
}

#[test]
fn a_ping_is_answered_while_the_sender_is_idle() {
    let ((mut rx, _tx), far) = served(1000, PLAIN);
    let mut receiving = Task::new(async move { rx.recv().await.map(|m| m.map(Seen::message)) });
    assert!(receiving.go().is_none());
    far.1.put(ping(b"1"));
    assert!(receiving.go().is_none());
    assert_eq!(decode(&far.0.take()), [Frame::pong("1")]);
    far.1.put([ping(b"2"), text("hello")].concat());
    assert_eq!(receiving.go(), Some(Ok(Some(Seen::Text("hello".into())))));
}

#[test]
fn a_ping_is_answered_between_two_frames_of_a_send_that_waits() {
    let message = TestRng::new(3).bytes(1000);
    let ((mut rx, mut tx), far) = served(100, PLAIN);
    let mut sending = Task::new(tx.send(Message::Binary(&message)));
    let mut receiving = Task::new(rx.recv());
    assert!(sending.go().is_none() && receiving.go().is_none());
    far.1.put(ping(b"now"));
    let mut wire = Vec::new();
    let sent = loop {
        assert!(receiving.go().is_none());
        wire.extend(far.0.take());
        if let Some(sent) = sending.go() {
            break sent;
        }
    };
    assert_eq!(sent, Ok(()));
    wire.extend(far.0.take());
    let (bytes, pongs) = joined(&decode(&wire));
    assert_eq!(bytes, message);
    assert_eq!(pongs, [1], "behind the frame that was on its way");
}

#[test]
fn a_ping_that_comes_before_a_send_can_be_written_is_answered() {
    // The receiver waits for room, then the sender does, then neither has to.
    let message = TestRng::new(3).bytes(300);
    for take_first in [false, true] {
        let ((mut rx, mut tx), far) = served(100, PLAIN);
        tx_fill(&mut tx, 98);
        let mut receiving = Task::new(rx.recv());
        far.1.put(ping(b"now"));
        assert!(receiving.go().is_none());
        let mut wire = if take_first { far.0.take() } else { Vec::new() };
        let mut sending = Task::new(tx.send(Message::Binary(&message)));
        while sending.go().is_none() {
            assert!(receiving.go().is_none());
            wire.extend(far.0.take());
        }
        wire.extend(far.0.take());
        let frames = decode(&wire);
        let (bytes, pongs) = joined(&frames);
        assert_eq!(bytes[98..], message);
        assert_eq!(pongs, [1]);
    }
}

/// Fills the way to the peer with one message of that length.
fn tx_fill<W, R, T>(
    tx: &mut socklet_core::io::split::nonblocking::SendHalf<Local<W, R>, T>,
    len: usize,
) where
    W: embedded_io_async::Write,
    R: socklet_core::Role,
    T: socklet_core::io::nonblocking::Timer,
{
    let message = vec![7; len];
    assert!(Task::new(tx.send(Message::Binary(&message))).go().is_some_and(|sent| sent.is_ok()));
}

#[test]
fn a_ping_is_answered_while_a_send_is_held_and_not_polled() {
    let message = TestRng::new(3).bytes(1000);
    let ((mut rx, mut tx), far) = served(100, PLAIN);
    let mut both = Task::new(async {
        let mut sending = pin!(tx.send(Message::Binary(&message)));
        assert_eq!(poll_once(sending.as_mut()).await, None);
        let received = rx.recv().await.map(|m| m.map(Seen::message));
        assert_eq!(received, Ok(Some(Seen::Text("go on".into()))));
        sending.await
    });
    assert!(both.go().is_none());
    far.1.put(ping(b"now"));
    let mut wire = Vec::new();
    for _ in 0..10 {
        assert!(both.go().is_none());
        wire.extend(far.0.take());
    }
    let (_, pongs) = joined(&decode(&wire));
    assert_eq!(pongs, [1], "behind the frame that was on its way");
    far.1.put(text("go on"));
    while both.go().is_none() {
        wire.extend(far.0.take());
    }
    wire.extend(far.0.take());
    assert_eq!(joined(&decode(&wire)).0, message);
}

#[test]
fn a_ping_is_answered_after_a_send_was_dropped_half_way() {
    let message = TestRng::new(3).bytes(1000);
    let ((mut rx, mut tx), far) = served(100, PLAIN);
    let mut sending = Task::new(tx.send(Message::Binary(&message)));
    assert!(sending.go().is_none());
    drop(sending);
    let taken = tx.unfinished().expect("half sent");
    let mut receiving = Task::new(rx.recv());
    far.1.put(ping(b"now"));
    let mut wire = Vec::new();
    for _ in 0..10 {
        assert!(receiving.go().is_none());
        wire.extend(far.0.take());
    }
    let (bytes, pongs) = joined(&decode(&wire));
    assert_eq!((&bytes[..], &pongs[..]), (&message[..taken], &[1][..]));
    let mut sending = Task::new(tx.send(Message::Binary(&message)));
    while sending.go().is_none() {
        wire.extend(far.0.take());
    }
    drop(sending);
    assert_eq!(tx.unfinished(), None);
    wire.extend(far.0.take());
    assert_eq!(joined(&decode(&wire)).0, message);
}

#[test]
fn what_a_dropped_send_has_begun_is_finished_by_a_receiver_that_waits_already() {
    let message = TestRng::new(3).bytes(150);
    let ((mut rx, mut tx), far) = served(100, PLAIN);
    let mut receiving = Task::new(rx.recv());
    assert!(receiving.go().is_none());
    let mut sending = Task::new(tx.send(Message::Binary(&message)));
    assert!(sending.go().is_none());
    drop(sending);
    assert_eq!(tx.unfinished(), None, "taken whole");
    let mut wire = Vec::new();
    for _ in 0..3 {
        assert!(receiving.go().is_none());
        wire.extend(far.0.take());
    }
    assert_eq!(decode(&wire), [Frame::binary(&message)]);
}

#[test]
fn a_receiver_whose_pong_waits_is_woken_after_a_dropped_send() {
    let message = "x".repeat(196);
    for way in ["flush", "send", "feed", "ping"] {
        let ((mut rx, mut tx), far) = served(100, PLAIN);
        tx_fill(&mut tx, 98);
        far.1.put(ping(b"now"));
        let mut receiving = Task::new(rx.recv());
        assert!(receiving.go().is_none());
        // Sockets wake the one that asked last.
        let mut sending = Task::new(async {
            match way {
                "flush" => tx.flush().await,
                "send" => tx.send(message.as_str()).await,
                "feed" => tx.feed(message.as_str()).await,
                _ => tx.ping(b"mine").await,
            }
        });
        assert!(sending.go().is_none());
        drop(sending);
        let mut wire = Vec::new();
        for _ in 0..3 {
            assert!(receiving.go().is_none());
            wire.extend(far.0.take());
        }
        let frames = decode(&wire);
        assert!(frames.contains(&Frame::pong("now")), "{way}: {frames:?}");
    }
}

#[test]
fn only_the_latest_of_many_unanswered_pings_is_answered() {
    let message = TestRng::new(3).bytes(300);
    let ((mut rx, mut tx), far) = served(100, PLAIN);
    let mut sending = Task::new(tx.send(Message::Binary(&message)));
    assert!(sending.go().is_none());
    let mut receiving = Task::new(rx.recv());
    for n in 0..50_u8 {
        far.1.put(ping(&[n; 125]));
        assert!(receiving.go().is_none());
    }
    let mut wire = Vec::new();
    while sending.go().is_none() {
        wire.extend(far.0.take());
    }
    wire.extend(far.0.take());
    let frames = decode(&wire);
    assert_eq!(frames[1], Frame::pong([49; 125]));
    assert_eq!(joined(&frames), (message.clone(), vec![1]));
}

#[test]
fn pings_are_answered_though_there_is_always_more_to_be_read() {
    let setup = PLAIN.lens(160, 200);
    let ((mut rx, _tx), far) = served(1000, setup);
    let burst = [ping(b"!"), text(&"x".repeat(100))].concat();
    far.1.put(burst.repeat(100));
    for n in 0..100 {
        assert!(Task::new(rx.recv()).go().is_some());
        let answered = decode(&far.0.take()).len();
        assert!(n == 0 || answered == 1, "{answered} at message {n}");
    }
}

#[test]
fn what_is_fed_leaves_when_the_receiver_begins_to_wait() {
    let ((mut rx, mut tx), far) = served(1000, PLAIN);
    far.1.put([text("1"), text("2")].concat());
    for n in ["1", "2"] {
        let received = Task::new(async { rx.recv().await.map(|m| m.map(Seen::message)) }).go();
        assert_eq!(received, Some(Ok(Some(Seen::Text(n.into())))));
        assert_eq!(Task::new(tx.feed(n)).go(), Some(Ok(())));
        assert_eq!(far.0.take(), [], "nobody waits");
    }
    assert!(Task::new(rx.recv()).go().is_none());
    assert_eq!(decode(&far.0.take()), [Frame::text("1"), Frame::text("2")]);
    assert_eq!(Task::new(tx.feed("3")).go(), Some(Ok(())));
    assert_eq!(Task::new(tx.flush()).go(), Some(Ok(())));
    assert_eq!(decode(&far.0.take()), [Frame::text("3")]);
}
