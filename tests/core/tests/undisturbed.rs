//! The whole conversation while nothing goes wrong: what the other files compare with.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use std::thread;

use socklet_core::Side;
use socklet_core_tests::{
    clock::VirtualClock,
    conversation::{
        Account, PLAIN, everything, play_blocking_client, play_blocking_server, play_client,
        play_server,
    },
    dropping::Dropper,
    executor::run_pair,
    frames,
    pipe::duplex,
    receiving::{Seen, WasClosed},
    rng::TestRng,
};

/// The accounts of both sides and what each has written.
type Outcome = (Account, Account, Vec<u8>, Vec<u8>);

fn nonblocking(capacity: usize) -> Outcome {
    let (near, far) = duplex(capacity);
    let taps = (near.tap(), far.tap());
    let (client, server) = everything();
    let (a, b) = run_pair(
        &VirtualClock::new(),
        play_client(PLAIN, near, &client, &Dropper::never()),
        play_server(PLAIN, far, &server, &Dropper::never()),
    );
    (a, b, taps.0.bytes(), taps.1.bytes())
}

fn blocking(capacity: usize) -> Outcome {
    let (near, far) = duplex(capacity);
    let taps = (near.tap(), far.tap());
    let (client, server) = everything();
    let (a, b) = thread::scope(|scope| {
        let server = scope.spawn(move || play_blocking_server(PLAIN, far, &server));
        (play_blocking_client(PLAIN, near, &client), server.join().unwrap())
    });
    (a, b, taps.0.bytes(), taps.1.bytes())
}

fn frames_of(written: &[u8]) -> Vec<frames::Frame> {
    let head_len = socklet_core::handshake::head_len(written).unwrap();
    frames::decode(&written[head_len..])
}

#[test]
fn each_side_receives_what_the_other_sent_in_order() {
    let (client, server, ..) = nonblocking(1 << 16);
    assert_eq!((&client.result, &server.result), (&Ok(()), &Ok(())));
    let mut rng = TestRng::new(7);
    let (long_text, long_bytes) = (rng.text(700), rng.bytes(900));
    let text = |text: &str| Seen::Text(text.to_owned());
    assert_eq!(
        client.seen,
        [
            text("hello back"),
            Seen::Pong(b"between".to_vec()),
            text(&long_text),
            Seen::Pong(vec![9; 125]),
            text("x"),
            Seen::Binary(vec![0; 64]),
        ]
    );
    assert_eq!(
        server.seen,
        [
            text("hello"),
            Seen::Binary(rng.bytes(200)),
            text(""),
            Seen::Ping(b"between".to_vec()),
            text("grüße"),
            text(&long_text),
            Seen::Binary(long_bytes),
            text("1"),
            text("2"),
            text("3"),
        ]
    );
}

#[test]
fn both_sides_agree_on_how_it_was_closed() {
    let (client, server, ..) = nonblocking(1 << 16);
    let reason = String::from("done, grüße");
    assert_eq!(server.closed, Some(WasClosed { by: Side::Peer, code: Some(1000), reason }));
    let reason = String::new();
    assert_eq!(client.closed, Some(WasClosed { by: Side::Local, code: Some(1000), reason }));
}

#[test]
fn every_frame_of_the_client_has_a_masking_key_of_its_own_and_none_of_the_server_has_one() {
    let (_, _, client, server) = nonblocking(1 << 16);
    let (client, server) = (frames_of(&client), frames_of(&server));
    let mut keys: Vec<_> = client.iter().map(|frame| frame.key.unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), client.len());
    assert!(server.iter().all(|frame| frame.key.is_none()));
}

#[test]
fn long_messages_go_out_as_frames_that_fit_the_staging_buffer() {
    let (_, _, client, server) = nonblocking(1 << 16);
    for (written, staging_len) in [(client, 260), (server, 200)] {
        let frames = frames_of(&written);
        assert!(frames.iter().all(|frame| frame.encode().len() <= staging_len));
        assert!(frames.iter().any(|frame| !frame.fin));
    }
}

#[test]
fn blocking_and_asynchronous_streams_write_the_same_bytes() {
    assert_eq!(nonblocking(1 << 16), blocking(1 << 16));
}

#[test]
fn a_pipe_that_holds_a_control_frame_is_enough() {
    let undisturbed = nonblocking(1 << 16);
    // With less, both could wait for room: one to answer a Ping, the other amid a message.
    for capacity in [30, 64, 131, 199, 1000] {
        assert_eq!(nonblocking(capacity), undisturbed, "asynchronous, {capacity}");
        assert_eq!(blocking(capacity), undisturbed, "blocking, {capacity}");
    }
}
