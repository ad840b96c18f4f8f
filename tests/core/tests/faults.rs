//! The whole conversation over a next layer that caps, stalls, ends, or fails at its n-th
//! operation, for every n, on either side, blocking and asynchronous.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use std::{
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    thread,
};

use socklet_core::{Error, HandshakeError, UsageError, permessage_deflate::Compression};
use socklet_core_tests::{
    Fault, Who,
    clock::VirtualClock,
    conversation::{
        Account, Endpoints, PLAIN, everything, play_blocking_client, play_blocking_server,
        play_client, play_server,
    },
    deflating::DEFLATED,
    dropping::Dropper,
    executor::run_pair,
    faulty::{Faulty, Plan},
    pipe::duplex,
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Blocking,
    Nonblocking,
}

/// The accounts of client and server, and what each wrote.
type Outcome = ([Account; 2], [Vec<u8>; 2]);

/// Plays the conversation; also how many operations each side has made.
fn play<C: Compression>(
    endpoints: Endpoints<C>,
    way: Way,
    plans: [Plan; 2],
) -> (Outcome, [u64; 2]) {
    let (near, far) = duplex(1 << 16);
    let taps = [near.tap(), far.tap()];
    let (near, far) = (Faulty::new(near, plans[0]), Faulty::new(far, plans[1]));
    let operations: [Arc<AtomicU64>; 2] = [near.operations(), far.operations()];
    let (client, server) = everything();
    let (a, b) = match way {
        Way::Nonblocking => run_pair(
            &VirtualClock::new(),
            play_client(endpoints, near, &client, &Dropper::never()),
            play_server(endpoints, far, &server, &Dropper::never()),
        ),
        Way::Blocking => thread::scope(|scope| {
            let server = scope.spawn(move || play_blocking_server(endpoints, far, &server));
            (play_blocking_client(endpoints, near, &client), server.join().unwrap())
        }),
    };
    let written = taps.map(|tap| tap.bytes());
    (([a, b], written), operations.map(|count| count.load(Ordering::Relaxed)))
}

fn undisturbed<C: Compression>(endpoints: Endpoints<C>) -> Outcome {
    let outcome = play(endpoints, Way::Nonblocking, [Plan::NONE; 2]).0;
    assert!(outcome.0.iter().all(|account| account.result.is_ok()), "{outcome:?}");
    outcome
}

/// Whether this is how a connection may end for the side where it broke, or for its peer.
fn is_typed(error: Error<Fault>) -> bool {
    matches!(
        error,
        Error::Transport(Fault::Injected | Fault::Broken)
            | Error::ConnectionLost
            | Error::Handshake(HandshakeError::EndOfStream)
            | Error::Usage(UsageError::Closed)
    )
}

/// Breaks one side at each of its operations in turn, until it plays through untouched.
fn break_at_every_operation(way: Way, who: Who, plan: fn(u64) -> Plan) {
    break_at_every_operation_of(PLAIN, way, who, plan);
    break_at_every_operation_of(DEFLATED, way, who, plan);
}

fn break_at_every_operation_of<C: Compression>(
    endpoints: Endpoints<C>,
    way: Way,
    who: Who,
    plan: fn(u64) -> Plan,
) {
    let undisturbed = undisturbed(endpoints);
    for n in 0.. {
        let mut plans = [Plan::NONE; 2];
        plans[who as usize] = plan(n);
        let ((accounts, written), operations) = play(endpoints, way, plans);
        if operations[who as usize] <= n {
            assert_eq!((accounts, written), undisturbed);
            assert!(n > 20, "the conversation has more operations than {n}");
            return;
        }
        for side in 0..2 {
            let (account, whole) = (&accounts[side], &undisturbed.0[side]);
            let at = format!("{way:?}, {who:?} broken at {n}, side {side}: {account:?}");
            assert!(whole.seen.starts_with(&account.seen), "{at}");
            assert!(undisturbed.1[side].starts_with(&written[side]), "{at}");
            match account.result {
                Ok(()) => assert_eq!(account, whole, "{at}"),
                Err(error) => assert!(is_typed(error), "{at}"),
            }
        }
    }
}

fn fails(n: u64) -> Plan {
    Plan { fail_at: Some(n), ..Plan::NONE }
}

fn ends(n: u64) -> Plan {
    Plan { end_at: Some(n), ..Plan::NONE }
}

#[test]
fn a_client_that_fails_at_any_operation_says_so_and_nothing_wrong_is_received() {
    break_at_every_operation(Way::Nonblocking, Who::Client, fails);
    break_at_every_operation(Way::Blocking, Who::Client, fails);
}

#[test]
fn a_server_that_fails_at_any_operation_says_so_and_nothing_wrong_is_received() {
    break_at_every_operation(Way::Nonblocking, Who::Server, fails);
    break_at_every_operation(Way::Blocking, Who::Server, fails);
}

#[test]
fn a_stream_that_ends_at_any_operation_is_lost_and_nothing_wrong_is_received() {
    for who in Who::BOTH {
        break_at_every_operation(Way::Nonblocking, who, ends);
        break_at_every_operation(Way::Blocking, who, ends);
    }
}

#[test]
fn short_reads_and_writes_change_nothing() {
    read_and_write_little(PLAIN);
    read_and_write_little(DEFLATED);
}

fn read_and_write_little<C: Compression>(endpoints: Endpoints<C>) {
    let undisturbed = undisturbed(endpoints);
    for read_len in 1..=7 {
        for write_len in 1..=7 {
            let plan = Plan { read_len, write_len, ..Plan::NONE };
            let (outcome, _) = play(endpoints, Way::Nonblocking, [plan; 2]);
            assert_eq!(outcome, undisturbed, "{read_len}, {write_len}");
        }
        let plan = Plan { read_len, write_len: 8 - read_len, ..Plan::NONE };
        assert_eq!(
            play(endpoints, Way::Blocking, [plan; 2]).0,
            undisturbed,
            "blocking, {read_len}"
        );
    }
}

#[test]
fn stalls_before_each_operation_change_nothing() {
    stall(PLAIN);
    stall(DEFLATED);
}

fn stall<C: Compression>(endpoints: Endpoints<C>) {
    let undisturbed = undisturbed(endpoints);
    for stalls in 1..=3 {
        for len in [1, 5, 100] {
            let plan = Plan { stalls, read_len: len, write_len: len, ..Plan::NONE };
            let (outcome, _) = play(endpoints, Way::Nonblocking, [plan; 2]);
            assert_eq!(outcome, undisturbed, "{stalls} stalls, {len} bytes");
        }
    }
}

#[test]
fn a_time_out_of_the_next_layer_before_every_operation_loses_nothing() {
    time_out(PLAIN);
    time_out(DEFLATED);
}

fn time_out<C: Compression>(endpoints: Endpoints<C>) {
    let undisturbed = undisturbed(endpoints);
    for stalls in 1..=3 {
        for len in [1, 5, 100, usize::MAX] {
            let plan = Plan { stalls, read_len: len, write_len: len, ..Plan::NONE };
            let (outcome, _) = play(endpoints, Way::Blocking, [plan; 2]);
            assert_eq!(outcome, undisturbed, "{stalls} time-outs, {len} bytes");
        }
    }
}

#[test]
fn an_interruption_before_every_operation_is_not_even_seen() {
    interrupt(PLAIN);
    interrupt(DEFLATED);
}

fn interrupt<C: Compression>(endpoints: Endpoints<C>) {
    let stall = Fault::Interrupted;
    let plan = Plan { stalls: 2, stall, read_len: 9, write_len: 9, ..Plan::NONE };
    assert_eq!(play(endpoints, Way::Blocking, [plan; 2]).0, undisturbed(endpoints));
}
