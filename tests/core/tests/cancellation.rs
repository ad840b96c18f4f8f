//! The whole conversation while futures are dropped at their awaits, on either side: what is
//! received and every byte on the wire are those of the undisturbed conversation. With compression
//! and without.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::permessage_deflate::Compression;
use socklet_core_tests::{
    Who,
    clock::VirtualClock,
    conversation::{Account, Endpoints, PLAIN, everything, play_client, play_server},
    deflating::DEFLATED,
    dropping::{Dropper, drop_at},
    executor::{run, run_pair},
    faulty::{Faulty, Plan},
    pipe::{Pipe, duplex},
};

/// Bytes that a compressor may hold back of the message of a conversation.
const HELD_BACK_LEN: usize = 1000;

/// The accounts of client and server, and what each wrote.
type Outcome = ([Account; 2], [Vec<u8>; 2]);

/// Over pipes of that capacity whose operations all wait once, so that each is an await.
fn play<C: Compression>(
    endpoints: Endpoints<C>,
    capacity: usize,
    plan: Plan,
    droppers: [&Dropper; 2],
) -> Outcome {
    let (near, far) = duplex(capacity);
    let taps = [near.tap(), far.tap()];
    let layer = |pipe: Pipe| Faulty::new(pipe, plan);
    let (client, server) = everything();
    let (a, b) = run_pair(
        &VirtualClock::new(),
        play_client(endpoints, layer(near), &client, droppers[0]),
        play_server(endpoints, layer(far), &server, droppers[1]),
    );
    ([a, b], taps.map(|tap| tap.bytes()))
}

fn undisturbed<C: Compression>(endpoints: Endpoints<C>) -> Outcome {
    let outcome = play(endpoints, 1 << 16, Plan::NONE, [&Dropper::never(), &Dropper::never()]);
    assert!(outcome.0.iter().all(|account| account.result.is_ok()), "{outcome:?}");
    outcome
}

/// Drops the future that waits at each await in turn.
fn drop_at_every_await(who: Who, capacity: usize, plan: Plan) {
    drop_at_every_await_of(PLAIN, who, capacity, plan);
    // What a compressor holds back may come when the peer has a Pong to write: it must find room.
    drop_at_every_await_of(DEFLATED, who, capacity.max(HELD_BACK_LEN), plan);
}

fn drop_at_every_await_of<C: Compression>(
    endpoints: Endpoints<C>,
    who: Who,
    capacity: usize,
    plan: Plan,
) {
    let undisturbed = undisturbed(endpoints);
    for n in 0.. {
        let (chosen, other) = (Dropper::at(n), Dropper::never());
        let droppers = match who {
            Who::Client => [&chosen, &other],
            Who::Server => [&other, &chosen],
        };
        let outcome = play(endpoints, capacity, plan, droppers);
        assert_eq!(outcome, undisturbed, "{who:?} dropped at {n}, {plan:?}");
        if chosen.awaits() <= n {
            assert!(n > 20, "the conversation has more awaits than {n}");
            return;
        }
    }
}

const STALLING: Plan = Plan { stalls: 1, ..Plan::NONE };

#[test]
fn a_client_dropped_at_any_await_goes_on_as_if_nothing_had_been() {
    drop_at_every_await(Who::Client, 1 << 16, STALLING);
}

#[test]
fn a_server_dropped_at_any_await_goes_on_as_if_nothing_had_been() {
    drop_at_every_await(Who::Server, 1 << 16, STALLING);
}

#[test]
fn nor_does_it_matter_when_little_is_read_and_written_at_a_time() {
    let plan = Plan { stalls: 1, read_len: 61, write_len: 47, ..Plan::NONE };
    for who in Who::BOTH {
        drop_at_every_await(who, 50, plan);
    }
}

#[test]
fn every_future_of_both_sides_can_be_dropped_at_its_first_await() {
    drop_every_future(PLAIN, [30, 64, 1 << 16]);
    drop_every_future(DEFLATED, [HELD_BACK_LEN, 1 << 16]);
}

fn drop_every_future<C: Compression, const N: usize>(
    endpoints: Endpoints<C>,
    capacities: [usize; N],
) {
    let undisturbed = undisturbed(endpoints);
    for capacity in capacities {
        for len in [1, 3, 7, 100, usize::MAX] {
            for stalls in 0..3 {
                let plan = Plan { read_len: len, write_len: len, stalls, ..Plan::NONE };
                let outcome =
                    play(endpoints, capacity, plan, [&Dropper::every(), &Dropper::every()]);
                assert_eq!(outcome, undisturbed, "{capacity}, {plan:?}");
            }
        }
    }
}

#[test]
fn a_dropped_send_that_was_not_taken_sends_nothing() {
    use socklet_core::io::nonblocking::WebSocket;
    use socklet_core_tests::{Fault, buffers::TestBuffer, executor::poll_once};

    // The pipe takes nothing more, so neither does the staging buffer once it is full.
    let (near, far) = duplex(1);
    near.put(b"!");
    let buffer = || TestBuffer::fixed(140);
    let mut ws = WebSocket::server(near, buffer(), buffer());
    ws.assume_open::<Fault>().unwrap();
    assert_eq!(poll_once(ws.send(&[1; 100])), None);
    assert_eq!(poll_once(ws.send(&[2; 100])), None);
    assert_eq!(ws.unfinished(), Some(0), "nothing was taken, and it can be given up");
    let _ = far.take();
    let mut received = Vec::new();
    while poll_once(ws.flush()).is_none() {
        received.extend(far.take());
    }
    received.extend(far.take());
    assert_eq!(received, [&[0x82, 100][..], &[1; 100]].concat());
}

#[test]
fn a_message_after_an_unfinished_one_is_refused_and_the_unfinished_one_goes_on() {
    use socklet_core::{Error, UsageError, io::nonblocking::WebSocket};
    use socklet_core_tests::{Fault, buffers::TestBuffer, executor::poll_once, frames};

    let (near, far) = duplex(1);
    let buffer = || TestBuffer::fixed(140);
    let mut ws = WebSocket::server(near, buffer(), buffer());
    ws.assume_open::<Fault>().unwrap();
    let message = [7; 500];
    assert_eq!(poll_once(ws.send(&message)), None);
    assert!(ws.unfinished().is_some_and(|len| len > 0 && len < message.len()));
    let refused = Some(Err(Error::Usage(UsageError::MessageUnfinished)));
    assert_eq!(poll_once(ws.send("another")), refused);
    assert_eq!(poll_once(ws.feed(&[7; 499])), refused);
    let mut received = Vec::new();
    while poll_once(ws.send(&message)).is_none() && ws.unfinished().is_some() {
        received.extend(far.take());
    }
    while poll_once(ws.flush()).is_none() {
        received.extend(far.take());
    }
    received.extend(far.take());
    let frames = frames::decode(&received);
    let joined: Vec<_> = frames.iter().flat_map(|frame| frame.payload.clone()).collect();
    assert_eq!(joined, message);
    assert_eq!(frames.iter().map(|frame| frame.fin).filter(|fin| *fin).count(), 1);
}

#[test]
fn an_operation_is_dropped_at_the_await_that_was_asked_for() {
    use socklet_core_tests::executor::yield_now;

    for n in 0..4 {
        let (mut begun, mut done) = (0, 0);
        run(drop_at(n, async || {
            begun += 1;
            for _ in 0..3 {
                yield_now().await;
                done += 1;
            }
        }));
        let dropped = n < 3;
        assert_eq!((begun, done), (1 + i32::from(dropped), 3 + n * u64::from(dropped)));
    }
}
