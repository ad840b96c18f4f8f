//! The verdict is the device's: what an endpoint of the core fails with is what is found first in
//! the same bytes, and what it received is what is found before.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use socklet_core::{Error, Limits, ProtocolError};
use socklet_core_tests::{
    Who,
    receiving::{Endpoint, Seen},
    rng::TestRng,
};
use socklet_inspector_tests::{connection, talk::Talk};
use socklet_wasm::{
    Options,
    build::{Fields, build},
    judge::judge,
    report::{Connection, Part},
    stream::{Conversation, Sender, Stream},
    violation::Rule,
};

/// Judges the frames of an endpoint alone.
fn judged(from: Sender, bytes: Vec<u8>, compression: bool) -> Connection {
    let conversation = Conversation { first: Stream::of(bytes), ..Conversation::default() };
    let options =
        Options { first_sender: Some(from), compression: Some(compression), ..Options::default() };
    judge(conversation, &options)
}

/// A frame that is often wrong.
fn random_frame(rng: &mut TestRng, from: Sender) -> Vec<u8> {
    let opcode = match rng.below(12) {
        0 => rng.below(16) as u8,
        1..=2 => 0x0,
        3 => 0x8,
        4 => 0x9,
        5 => 0xA,
        6..=8 => 0x1,
        _ => 0x2,
    };
    let is_masked = (from == Sender::Client) != rng.once_in(40);
    let fields = Fields {
        fin: !rng.once_in(4),
        rsv1: rng.once_in(40),
        rsv2: rng.once_in(60),
        rsv3: rng.once_in(60),
        opcode,
        masking_key: is_masked.then(|| (rng.next() as u32).to_ne_bytes()),
        compress: false,
    };
    let len = match rng.below(10) {
        0 => 126 + rng.below(20),
        1 => 0,
        2 => 1,
        _ => rng.below(30),
    };
    let mut payload = match rng.below(20) {
        0 => rng.bytes(len),
        _ => rng.text(len).into_bytes(),
    };
    if opcode == 0x8 {
        payload.truncate(120);
        let code = if rng.once_in(3) { rng.below(5000) as u16 } else { 1000 };
        if !rng.once_in(4) {
            payload.splice(0..0, code.to_be_bytes());
        }
    }
    let mut frame = build(&fields, &payload);
    if rng.once_in(60) {
        let at = rng.below(frame.len().min(4));
        frame[at] ^= 1 << rng.below(8);
    }
    frame
}

/// The first thing that is wrong for an endpoint, limits aside.
fn first_error(connection: &Connection) -> Option<ProtocolError> {
    connection.violations.iter().find_map(|violation| match violation.rule {
        Rule::Protocol(error) => Some(error),
        _ => None,
    })
}

/// The number behind that of a message's last frame.
fn end_of(connection: &Connection, message: u32) -> u32 {
    let last = connection.frames.iter().rposition(|frame| frame.message == Some(message));
    last.unwrap() as u32 + 1
}

#[test]
fn the_first_violation_is_what_the_core_fails_with() {
    let mut failures = 0;
    for seed in 0..6000 {
        let mut rng = TestRng::new(seed);
        let (from, who) = if seed % 2 == 0 {
            (Sender::Client, Who::Server)
        } else {
            (Sender::Server, Who::Client)
        };
        let mut bytes = Vec::new();
        for _ in 0..=rng.below(8) {
            bytes.extend(random_frame(&mut rng, from));
        }
        if rng.once_in(4) {
            bytes.truncate(rng.below(bytes.len()));
        }
        let limits =
            Limits { message_len: 0, fragments: 0, control_per_second: 0, ..Limits::DEFAULT };
        let endpoint = Endpoint::new(who).config(|config| config.limits = limits);
        let received = endpoint.receive_all(&bytes);
        let connection = judged(from, bytes.clone(), false);
        match received.end {
            Err(Error::Protocol(error)) => {
                failures += 1;
                assert_eq!(first_error(&connection), Some(error), "seed {seed}: {bytes:02x?}");
            }
            Err(Error::ConnectionLost) => {
                assert_eq!(first_error(&connection), None, "seed {seed}: {bytes:02x?}");
            }
            // What follows a Close frame the core does not look at.
            Ok(closed) => {
                let close = connection.ending.closes.iter().flatten().next().unwrap();
                assert_eq!((close.code, &close.reason), (closed.code, &closed.reason));
                let wrong = connection.violations.iter().filter_map(|v| v.frame);
                assert!(wrong.min().is_none_or(|frame| frame > close.frame), "seed {seed}");
            }
            // A length that no buffer holds.
            Err(Error::Resource(_)) => {}
            end => panic!("seed {seed}: {end:?}"),
        }
        let limit = connection.violations.first().and_then(|violation| violation.frame);
        let whole: Vec<_> = connection
            .messages
            .iter()
            .zip(0..)
            .filter(|(message, _)| message.is_whole)
            .map(|(message, number)| (end_of(&connection, number), message, number))
            .filter(|(end, ..)| limit.is_none_or(|limit| *end <= limit))
            .map(|(_, message, number)| {
                let bytes = match connection.message(number).as_slice() {
                    [] => Vec::new(),
                    [Part::Known(bytes)] => bytes.clone(),
                    parts => panic!("{parts:?}"),
                };
                match message.kind {
                    socklet_wasm::report::Kind::Text => {
                        Seen::Text(String::from_utf8(bytes).unwrap())
                    }
                    socklet_wasm::report::Kind::Binary => Seen::Binary(bytes),
                }
            })
            .collect();
        let seen: Vec<_> = received.seen.into_iter().filter(Seen::is_message).collect();
        assert!(whole.starts_with(&seen) || seen.starts_with(&whole), "seed {seed}: {whole:?}");
    }
    assert!((2000..5500).contains(&failures), "{failures} of 6000 were wrong");
}

#[test]
fn compressed_messages_end_as_in_the_core() {
    use socklet_core::permessage_deflate::{Agreed, Context};
    use socklet_core_tests::{buffers::TestBuffer, deflating, wire::Wire};
    use socklet_inspector_tests::deflating::Deflater;

    let mut errors = std::collections::BTreeMap::new();
    for seed in 0..3000 {
        let mut rng = TestRng::new(seed);
        let mut deflater = Deflater::new(Sender::Server);
        let mut bytes = Vec::new();
        let mut texts = Vec::new();
        for _ in 0..=rng.below(4) {
            let len = rng.below(300);
            let text = rng.text(len);
            let mut data = deflater.data(text.as_bytes());
            if rng.once_in(3) && !data.is_empty() {
                let at = rng.below(data.len());
                data[at] ^= 1 << rng.below(8);
            }
            let cut = rng.below(data.len() + 1);
            bytes.extend(deflater.wrap(0x1, false, &data[..cut]));
            bytes.extend(deflater.wrap(0x0, true, &data[cut..]));
            texts.push(text);
        }
        let context = Context { window_bits: 15, takeover: true };
        let agreed = Agreed { send: context, receive: context };
        let compression = deflating::deflate(deflating::EAGER).with_agreed(agreed);
        let (receive, staging) = (TestBuffer::fixed(200_000), TestBuffer::fixed(400));
        let mut ws = socklet_core::io::blocking::WebSocket::client_with(
            Wire::new([&bytes]),
            TestRng::new(1),
            receive,
            staging,
            socklet_core::Config::CLIENT,
            compression,
            socklet_core::io::NoClock,
        );
        ws.assume_open::<socklet_core_tests::Fault>().unwrap();
        let mut seen = 0;
        let end = loop {
            match ws.recv() {
                Ok(Some(_)) => seen += 1,
                Ok(None) => break None,
                Err(Error::Protocol(error)) => break Some(error),
                Err(Error::ConnectionLost) => break None,
                Err(error) => panic!("seed {seed}: {error:?}"),
            }
        };
        let connection = connected(&bytes);
        if let Some(error) = end {
            *errors.entry(format!("{error:?}")).or_insert(0) += 1;
            // Text that comes at once is checked when all of it is inflated: which of two errors in
            // one message is the first depends on how its bytes arrive.
            let message = connection.violations[0].frame.unwrap() / 2;
            assert_eq!(message, seen, "seed {seed}");
            let of_message = connection.violations.iter().filter(|v| v.frame.unwrap() / 2 == seen);
            let found: Vec<_> = of_message.map(|violation| violation.rule).collect();
            assert!(found.contains(&Rule::Protocol(error)), "seed {seed}: {error:?} {found:?}");
        } else {
            assert_eq!(connection.violations, [], "seed {seed}");
            assert_eq!(seen as usize, texts.len());
        }
    }
    assert!(errors.len() >= 4, "{errors:?}");
}

/// The frames of a server behind a handshake that agrees on compression.
fn connected(bytes: &[u8]) -> Connection {
    let talk = Talk::compressed().says(Sender::Server, bytes.to_vec());
    connection(&socklet_inspector_tests::capture::pcap(&talk))
}
