//! Captures of other implementations: every message is what was sent, every frame what tshark sees.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{fs, path::Path};

use socklet_inspector_tests::{connection, messages, violations};
use socklet_wasm::{
    report::{Connection, Cut, Inference, Kind},
    stream::Sender::{self, Client, Server},
};

/// A capture, which has nothing wrong in it and in which tshark sees the same frames.
fn capture(name: &str) -> Connection {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let connection = connection(&fs::read(path.with_extension("pcap")).unwrap());
    assert_eq!(violations(&connection), [], "{name}");
    let is_whole = Sender::BOTH.map(|from| connection.stream(from).gaps().is_empty());
    assert_eq!(connection.inferences.is_empty(), is_whole == [true, true], "{name}");
    let seen = fs::read_to_string(path.with_extension("tshark")).unwrap();
    let frames = connection.frames.iter().map(|frame| {
        format!(
            "{} {} {} {} {} {}",
            frame.from.name(),
            u8::from(frame.fin),
            frame.reserved >> 4,
            frame.opcode,
            u8::from(frame.masking_key.is_some()),
            frame.payload_len
        )
    });
    for from in Sender::BOTH {
        // What came first of both ends in one moment is as it may be.
        let of = |line: &String| line.starts_with(from.name());
        let ours: Vec<String> = frames.clone().filter(of).collect();
        let theirs: Vec<String> = seen.lines().map(str::to_owned).filter(of).collect();
        assert_eq!(ours, theirs, "{name}");
    }
    assert_eq!(connection.frames.len(), seen.lines().count());
    connection
}

/// The messages of an end.
fn of(connection: &Connection, from: Sender) -> Vec<(Kind, Vec<u8>)> {
    let all = connection.messages.iter().zip(messages(connection));
    all.filter(|(message, _)| message.from == from).map(|(m, bytes)| (m.kind, bytes)).collect()
}

fn text(len: usize) -> (Kind, Vec<u8>) {
    (Kind::Text, ("é".repeat(len / 2) + &"x".repeat(len % 2)).into_bytes())
}

fn binary(len: usize) -> (Kind, Vec<u8>) {
    (Kind::Binary, (0..len).map(|at| (at % 251) as u8).collect())
}

/// The n-th message of many, as `commands.mjs` and `commands.py` of `tests/interop` have it.
fn message(n: usize) -> (Kind, Vec<u8>) {
    let text = match n % 5 {
        0 => format!(
            r#"{{"number":{n},"name":"a value","on":{},"of":{}}}"#,
            n.is_multiple_of(3),
            n * 7919 % 1000
        ),
        1 => "grüße 🦀 ".repeat(n % 40),
        2 => {
            let byte =
                |at: usize| (((n * 331 + at) as u32).wrapping_mul(2_654_435_761) >> 24) as u8;
            return (Kind::Binary, (0..n % 300).map(byte).collect());
        }
        3 => String::new(),
        _ if n % 100 == 4 => format!("{n} and so on, ").repeat(10_000),
        _ => return (Kind::Binary, vec![0; n % 200]),
    };
    (Kind::Text, text.into_bytes())
}

/// Both ends have said the same.
fn both_said(connection: &Connection, expected: &[(Kind, Vec<u8>)]) {
    for from in Sender::BOTH {
        assert!(of(connection, from) == expected, "{}", from.name());
    }
}

fn closed(connection: &Connection, by: Sender, code: u16, reason: &str) {
    assert_eq!(
        (connection.ending.verdict.id(), connection.ending.verdict.by()),
        ("closed", Some(by))
    );
    for close in &connection.ending.closes {
        let close = close.as_ref().unwrap();
        assert_eq!((close.code, close.reason.as_str()), (Some(code), reason));
    }
}

#[test]
fn ws_and_websockets_with_contexts_kept() {
    let connection = capture("ws-websockets-deflate");
    let mut expected: Vec<_> = (0..40).map(message).collect();
    expected.push(text(1001));
    both_said(&connection, &expected);
    closed(&connection, Client, 1000, "done");
    assert!(connection.messages.iter().filter(|message| message.is_compressed).count() > 60);
}

#[test]
fn websockets_and_ws_with_small_windows() {
    let connection = capture("websockets-ws-bits");
    let mut expected: Vec<_> = (0..40).map(message).collect();
    expected.push(text(501));
    both_said(&connection, &expected);
    closed(&connection, Client, 1001, "away");
    let bits = Sender::BOTH.map(|from| connection.context(from).unwrap().window_bits);
    assert_eq!(bits, [9, 10]);
}

#[test]
fn ws_without_contexts() {
    let connection = capture("ws-ws-no-takeover");
    both_said(&connection, &(0..30).map(message).collect::<Vec<_>>());
    let kept = Sender::BOTH.map(|from| connection.context(from).unwrap().takeover);
    assert_eq!(kept, [false, false]);
}

#[test]
fn chromium_and_ws() {
    let connection = capture("chromium-ws-deflate");
    both_said(&connection, &(0..40).map(message).collect::<Vec<_>>());
    closed(&connection, Client, 1000, "done");
}

#[test]
fn ws_and_websockets_without_compression() {
    let connection = capture("ws-websockets-plain");
    let said = [text(0), text(125), text(126), binary(66_000), text(1001)];
    assert!(of(&connection, Client) == said);
    let mut expected = vec![text(1001)];
    expected.extend(said);
    assert!(of(&connection, Server) == expected);
    assert_eq!(connection.handshake.agreed, None);
    let lens = [2_u8, 4, 10];
    assert!(lens.iter().all(|len| connection.frames.iter().any(|frame| frame.header_len == *len)));
}

#[test]
fn a_gap_that_a_capture_really_had() {
    let connection = capture("ws-websockets-gap");
    let gaps = connection.server.gaps();
    assert_eq!((gaps.len(), gaps[0].len), (1, 8));
    assert_eq!(connection.inferences, [Inference::Resynchronised]);
    // The end of a message is missing. It is not taken for whole, and all behind it is there.
    assert_eq!(connection.messages[0].cut, Some(Cut::Gap));
    let said = [text(0), text(125), text(126), binary(66_000), text(1001)];
    assert!(of(&connection, Client) == said);
    assert!(of(&connection, Server)[1..] == said);
    closed(&connection, Client, 1000, "done");
}

#[test]
fn closed_by_the_server() {
    closed(&capture("ws-ws-closed-by-server"), Server, 4001, "enough");
}

#[test]
fn a_client_that_was_killed() {
    let connection = capture("ws-websockets-killed");
    both_said(&connection, &[text(10)]);
    assert_eq!(connection.ending.verdict.by(), Some(Client));
    assert!(["no-close-frame", "reset"].contains(&connection.ending.verdict.id()));
}
