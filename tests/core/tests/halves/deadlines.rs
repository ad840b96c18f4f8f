//! Deadlines of halves, to the millisecond of a virtual clock: of a receiver that waits, of a
//! sender that waits, and of one when the other has begun to close.

use std::{cell::RefCell, future::Future};

use socklet_core::{
    Error, Message, Server, Timeout, Timeouts, UsageError,
    io::{blocking::Blocking, nonblocking::Nonblocking, split::blocking},
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Who,
    clock::VirtualClock,
    executor::{poll_once, run_on},
    frames::{Frame, decode},
    schedule::Schedule,
};

use super::{support::*, taker::*};

const CLOSED: Ended = Error::Usage(UsageError::Closed);
const IDLE: Ended = Error::Timeout(Timeout::Idle);
const CLOSING: Ended = Error::Timeout(Timeout::Closing);

const TIMEOUTS: Timeouts =
    Timeouts { handshake_ms: 30_000, closing_ms: 20_000, idle_ms: 10_000, keep_alive: false };

/// As clients have them: an idle server is no fault.
const NO_IDLE: Timeouts = Timeouts { idle_ms: 0, ..TIMEOUTS };

type Async = Halves<Nonblocking, Schedule, Server, Local<Taker, Server>, VirtualClock>;
type Sync = Halves<Blocking, Schedule, Server, Shared<Taker, Server>, VirtualClock>;

/// An asynchronous and a blocking server with the same peer, and what each writes.
struct Pair {
    start_ms: u64,
    clocks: [VirtualClock; 2],
    logs: [Log; 2],
    nonblocking: Async,
    blocking: Sync,
}

fn pair(
    timeouts: Timeouts,
    schedule: impl Fn(Schedule) -> Schedule,
    room: usize,
    more: Option<(usize, u64)>,
) -> Pair {
    let setup = PLAIN.timeouts(timeouts);
    let clocks = [VirtualClock::new(), VirtualClock::new()];
    let make = |clock: &VirtualClock| {
        let (taker, log) = Taker::new(clock, room, more);
        ((schedule(Schedule::new(clock)), taker), log)
    };
    let (first, second) = (make(&clocks[0]), make(&clocks[1]));
    Pair {
        start_ms: clocks[0].shows_ms(),
        nonblocking: local(setup.server(first.0, clocks[0].clone())),
        blocking: shared(setup.server(second.0, clocks[1].clone()), true),
        logs: [first.1, second.1],
        clocks,
    }
}

/// The frames that were written, each with when its last byte was.
fn frames(log: &Log, start_ms: u64) -> Vec<(u64, Frame)> {
    let log = log.borrow();
    let bytes: Vec<_> = log.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
    let mut times =
        log.iter().flat_map(|(at_ms, bytes)| bytes.iter().map(move |_| at_ms - start_ms));
    let frames = decode(&bytes).into_iter();
    frames.map(|frame| (times.nth(frame.encode().len() - 1).unwrap(), frame)).collect()
}

fn to_server(frame: Frame) -> Vec<u8> {
    frame.to(Who::Server)
}

/// What comes of a future, and when.
async fn timed<T>(clock: &VirtualClock, future: impl Future<Output = T>) -> (T, u64) {
    let start_ms = clock.shows_ms();
    let output = future.await;
    (output, clock.shows_ms() - start_ms)
}

#[test]
fn a_silent_peer_is_pinged_and_then_given_up_by_both_halves() {
    let keep_alive = Timeouts { keep_alive: true, ..TIMEOUTS };
    let answers = |peer: Schedule| peer.arrives(6_000, to_server(Frame::pong("")));
    let Pair { start_ms, clocks, logs, nonblocking, blocking } =
        pair(keep_alive, answers, 1000, None);
    let pings = [(5_000, Frame::ping("")), (11_000, Frame::ping(""))];
    let (mut rx, mut tx) = nonblocking;
    let clock = &clocks[0];
    run_on(clock, async {
        assert_eq!(timed(clock, rx.recv()).await, (Err(IDLE), 16_000));
        assert_eq!(timed(clock, rx.recv()).await, (Err(IDLE), 0), "repeated");
        assert_eq!(tx.send("late").await, Err(CLOSED));
        assert_eq!(tx.flush().await, Err(IDLE));
    });
    assert_eq!(frames(&logs[0], start_ms), pings);
    let (mut rx, mut tx) = blocking;
    assert_eq!((rx.recv(), clocks[1].shows_ms()), (Err(IDLE), start_ms + 16_000));
    assert_eq!((rx.recv(), clocks[1].shows_ms()), (Err(IDLE), start_ms + 16_000));
    assert_eq!((tx.send("late"), tx.flush()), (Err(CLOSED), Err(IDLE)));
    assert_eq!(frames(&logs[1], start_ms), pings);
}

/// A peer that says something each second for a minute.
fn talks(mut peer: Schedule) -> Schedule {
    for n in 1..=60 {
        peer = peer.arrives(n * 1_000, to_server(Frame::pong("")));
    }
    peer
}

#[test]
fn a_send_that_the_peer_never_takes_ends_when_it_has_waited_for_the_idle_time() {
    let Pair { start_ms, clocks, nonblocking, blocking, .. } = pair(TIMEOUTS, talks, 100, None);
    let message = vec![7; 1000];
    let ((mut rx, mut tx), clock) = (nonblocking, &clocks[0]);
    let mut sending = Task::new(timed(clock, tx.send(Message::Binary(&message))));
    let mut receiving = Task::new(timed(clock, rx.recv()));
    run_all(clock, &mut [&mut receiving, &mut sending]);
    assert_eq!(sending.go(), Some((Err(IDLE), 10_000)), "however much the peer says");
    let received = receiving.go();
    assert!(matches!(received, Some((Err(_), _))), "{received:?}");
    let (_rx, mut tx) = blocking;
    assert_eq!(tx.send(Message::Binary(&message)), Err(IDLE));
    assert_eq!(clocks[1].shows_ms(), start_ms + 10_000);
}

#[test]
fn a_send_that_the_peer_takes_slowly_ends_when_it_has_taken_all() {
    // 20 bytes every three seconds, which is more than the idle time in all.
    for len in [150, 400] {
        let message = vec![7; len];
        let Pair { start_ms, clocks, logs, nonblocking, blocking } =
            pair(TIMEOUTS, talks, 0, Some((20, 3_000)));
        let ((mut rx, mut tx), clock) = (nonblocking, &clocks[0]);
        {
            let mut sending = Task::new(timed(clock, tx.send(Message::Binary(&message))));
            let mut receiving = Task::new(rx.recv());
            let sent = loop {
                receiving.step();
                sending.step();
                if let Some(sent) = sending.go() {
                    break sent;
                }
                assert!(receiving.go().is_none());
                let _ = clock.advance_to_next();
            };
            assert_eq!(sent.0, Ok(()));
            assert!(sent.1 >= 20_000, "{}", sent.1);
        }
        let (_rx, mut tx) = blocking;
        assert_eq!(tx.send(Message::Binary(&message)), Ok(()));
        for log in &logs {
            let sent = frames(log, start_ms).into_iter().flat_map(|(_, frame)| frame.payload);
            assert_eq!(sent.collect::<Vec<_>>(), message);
        }
    }
}

#[test]
fn a_send_has_its_whole_time_however_long_nothing_was_sent() {
    let idle = Timeouts { closing_ms: 0, ..TIMEOUTS };
    let Pair { clocks, nonblocking, .. } = pair(idle, |peer| peer, 100, Some((100, 1_000)));
    let ((_rx, mut tx), clock) = (nonblocking, &clocks[0]);
    run_on(clock, async {
        tx.send(Message::Binary(&[7; 98])).await.unwrap();
        tx.flush().await.unwrap();
        clock.advance(3_600_000);
        tx.send(Message::Binary(&[7; 98])).await.unwrap();
        tx.feed("fed").await.unwrap();
        clock.advance(500);
        assert_eq!(timed(clock, tx.flush()).await, (Ok(()), 500));
    });
}

#[test]
fn a_peer_that_does_not_answer_a_close_is_given_up_by_a_receiver_that_waits_already() {
    for timeouts in [NO_IDLE, Timeouts { idle_ms: 300_000, ..TIMEOUTS }] {
        let Pair { start_ms, clocks, nonblocking, .. } = pair(timeouts, |peer| peer, 1000, None);
        let ((mut rx, mut tx), clock) = (nonblocking, &clocks[0]);
        let mut receiving = Task::new(rx.recv());
        assert!(receiving.go().is_none());
        clock.advance(5_000);
        assert!(receiving.go().is_none());
        assert_eq!(Task::new(tx.close(CloseCode::NORMAL, "")).go(), Some(Ok(())));
        run_all(clock, &mut [&mut receiving]);
        assert_eq!(receiving.go(), Some(Err(CLOSING)));
        assert_eq!(clock.shows_ms(), start_ms + 25_000);
    }
}

type BlockingSender = blocking::SendHalf<Shared<Taker, Server>, VirtualClock>;

/// What a blocking receiver says, and when, to whom this happens while it first waits.
fn received_meanwhile(
    timeouts: Timeouts,
    schedule: impl Fn(Schedule) -> Schedule,
    room: usize,
    act: impl FnOnce(&mut BlockingSender),
) -> (Result<bool, Ended>, u64) {
    let clock = VirtualClock::new();
    let start_ms = clock.shows_ms();
    let sender = RefCell::new(None);
    let reads = schedule(Schedule::new(&clock));
    let reads = Meanwhile(reads, Some(|| act(sender.borrow_mut().as_mut().unwrap())));
    let (writes, _) = Taker::new(&clock, room, None);
    let whole = PLAIN.timeouts(timeouts).server((reads, writes), clock.clone());
    let (mut rx, tx) = shared::<Blocking, _, _, _, _>(whole, true);
    *sender.borrow_mut() = Some(tx);
    let received = rx.recv().map(|message| message.is_some());
    (received, clock.shows_ms() - start_ms)
}

#[test]
fn a_peer_that_does_not_answer_a_close_is_given_up_by_a_blocking_receiver_that_waits() {
    for timeouts in [NO_IDLE, Timeouts { idle_ms: 300_000, ..TIMEOUTS }] {
        let received = received_meanwhile(
            timeouts,
            |peer| peer,
            1000,
            |tx| {
                assert_eq!(tx.close(CloseCode::NORMAL, ""), Ok(()));
            },
        );
        // A thread that waits cannot be told; it looks each time the closing handshake could end.
        assert_eq!(received, (Err(CLOSING), 40_000));
    }
}

#[test]
fn the_reply_to_a_close_that_the_peer_never_takes_does_not_hold_up_a_blocking_receiver() {
    // With room for the reply behind what was fed, and without.
    for len in [50, 190] {
        let close = |peer: Schedule| peer.arrives(1_000, to_server(Frame::close(1000, "")));
        let fed = vec![7; len];
        let received = received_meanwhile(NO_IDLE, close, 10, |tx| {
            assert_eq!(tx.feed(Message::Binary(&fed)), Ok(()));
        });
        assert_eq!(received, (Ok(false), 21_000), "{len}");
    }
}

#[test]
fn a_close_that_the_peer_never_takes_ends_at_its_deadline() {
    for peer in [talks, |peer| peer] {
        let Pair { start_ms, clocks, nonblocking, blocking, .. } = pair(NO_IDLE, peer, 0, None);
        let ((mut rx, mut tx), clock) = (nonblocking, &clocks[0]);
        let mut receiving = Task::new(timed(clock, rx.recv()));
        let mut closing = Task::new(timed(clock, tx.close(CloseCode::NORMAL, "")));
        run_all(clock, &mut [&mut receiving, &mut closing]);
        assert_eq!(closing.go(), Some((Err(CLOSING), 20_000)));
        assert_eq!(receiving.go(), Some((Err(CLOSING), 20_000)));
        let (mut rx, mut tx) = blocking;
        assert_eq!(tx.close(CloseCode::NORMAL, ""), Err(CLOSING));
        assert_eq!(clocks[1].shows_ms(), start_ms + 20_000);
        assert!(rx.recv().is_err());
    }
}

#[test]
fn a_close_that_has_no_room_on_the_way_to_a_stuck_peer_ends_in_time_too() {
    let message = [7; 190];
    let Pair { start_ms, clocks, nonblocking, blocking, .. } =
        pair(NO_IDLE, |peer| peer, 100, None);
    let ((_rx, mut tx), clock) = (nonblocking, &clocks[0]);
    assert_eq!(poll_once(tx.send(Message::Binary(&message))), None);
    let mut closing = Task::new(timed(clock, tx.close(CloseCode::NORMAL, "")));
    run_all(clock, &mut [&mut closing]);
    assert_eq!(closing.go(), Some((Err(CLOSING), 20_000)));
    let (_rx, mut tx) = blocking;
    assert_eq!(tx.feed(Message::Binary(&message)), Ok(()));
    assert_eq!(tx.close(CloseCode::NORMAL, ""), Err(CLOSING));
    assert_eq!(clocks[1].shows_ms(), start_ms + 20_000);
}

#[test]
fn the_reply_to_a_close_that_the_peer_never_takes_holds_up_nobody_for_ever() {
    // With room for the reply behind the message that waits, and without.
    for len in [50, 190, 1000] {
        let message = vec![7; len];
        let close = |peer: Schedule| peer.arrives(1_000, to_server(Frame::close(1000, "")));
        let Pair { clocks, nonblocking, .. } = pair(NO_IDLE, close, 10, None);
        let ((mut rx, mut tx), clock) = (nonblocking, &clocks[0]);
        let mut sending = Task::new(timed(clock, tx.send(Message::Binary(&message))));
        let mut receiving = Task::new(timed(clock, async { rx.recv().await.map(|m| m.is_some()) }));
        run_all(clock, &mut [&mut receiving, &mut sending]);
        let (received, at_ms) = receiving.go().unwrap();
        assert_eq!(received, Ok(false), "{len}");
        assert!(at_ms <= 21_000, "{at_ms} for {len}");
        let (_, at_ms) = sending.go().unwrap();
        assert!(at_ms <= 21_000, "{at_ms} for {len}");
    }
}

#[test]
fn a_time_out_of_the_receiver_ends_a_send_that_waits() {
    let stuck = Timeouts { closing_ms: 0, ..TIMEOUTS };
    let Pair { clocks, nonblocking, .. } = pair(stuck, |peer| peer, 100, None);
    let ((mut rx, mut tx), clock) = (nonblocking, &clocks[0]);
    let message = [7; 150];
    let mut receiving = Task::new(timed(clock, rx.recv()));
    assert!(receiving.go().is_none());
    clock.advance(4_000);
    let mut sending = Task::new(timed(clock, tx.send(Message::Binary(&message))));
    run_all(clock, &mut [&mut receiving, &mut sending]);
    assert_eq!(receiving.go(), Some((Err(IDLE), 10_000)));
    assert_eq!(sending.go(), Some((Err(IDLE), 6_000)), "at the same time");
}

#[test]
fn the_reply_to_a_close_leaves_though_there_was_a_ping_too_and_little_room() {
    // Room for one control frame and not for two, in every way that can be.
    for len in 30..70 {
        let last_words = [Frame::ping([9; 125]), Frame::close(1000, "")].map(to_server).concat();
        let late = |peer: Schedule| peer.arrives(3_600_000, &last_words);
        let Pair { start_ms, clocks, logs, nonblocking, blocking } =
            pair(NO_IDLE, late, 1000, None);
        let fed = "x".repeat(len);
        let expected = [(0, Frame::text(&fed)), (3_600_000, Frame::close(1000, ""))];
        let mut waited = expected.clone();
        waited[0].0 = 3_600_000;
        let (mut rx, mut tx) = nonblocking;
        run_on(&clocks[0], async {
            tx.feed(fed.as_str()).await.unwrap();
            assert_eq!(rx.recv().await, Ok(None));
        });
        assert_eq!(frames(&logs[0], start_ms), expected);
        // The blocking receiver finds all of it at once.
        let (mut rx, mut tx) = blocking;
        clocks[1].advance(3_600_000);
        tx.feed(fed.as_str()).unwrap();
        assert_eq!(rx.recv(), Ok(None));
        assert_eq!(frames(&logs[1], start_ms), waited);
    }
}
