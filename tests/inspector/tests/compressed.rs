//! Compressed messages: contexts, what is known behind a gap, bounds, and what they are made of.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use socklet_core::trace::{BlockKind, Step, Symbol};
use socklet_core_tests::rng::TestRng;
use socklet_inspector_tests::{
    capture::{Form, Tcp, file, pcap},
    connection,
    deflating::Deflater,
    messages,
    talk::Talk,
    violations,
};
use socklet_wasm::{
    Options,
    input::Format,
    inspect,
    report::{Connection, Cut, Inference, Part},
    stream::Sender::{Client, Server},
    xray,
};

/// Texts that share much with those before.
fn texts(count: usize) -> Vec<String> {
    (0..count)
        .map(|at| {
            format!(
                "{{\"sensor\":\"kitchen\",\"number\":{at},\"temperature\":{}}}",
                20 + at * 7 % 13
            )
        })
        .collect()
}

#[test]
fn contexts_of_both_directions_are_apart() {
    let (mut client, mut server) = (Deflater::new(Client), Deflater::new(Server));
    let texts = texts(200);
    let mut talk = Talk::compressed();
    for text in &texts {
        talk = talk
            .says(Client, client.frame(0x1, text.as_bytes()))
            .says(Server, server.frame(0x1, text.to_uppercase().as_bytes()));
    }
    let connection = connection(&pcap(&talk));
    assert_eq!(violations(&connection), []);
    let expected: Vec<Vec<u8>> = texts
        .iter()
        .flat_map(|text| [text.clone(), text.to_uppercase()])
        .map(String::into_bytes)
        .collect();
    assert_eq!(messages(&connection), expected);
    for frame in &connection.frames {
        let message = &connection.messages[frame.message.unwrap() as usize];
        assert_eq!(frame.inflated_len, Some(message.len));
    }
}

#[test]
fn long_messages_pass_the_window_many_times() {
    let mut deflater = Deflater::new(Client);
    let mut rng = TestRng::new(7);
    let mut talk = Talk::compressed();
    let mut expected = Vec::new();
    for _ in 0..4 {
        let mut text = String::new();
        while text.len() < 300_000 {
            text.push_str(["one ", "two ", "three ", "four, and more "][rng.below(4)]);
        }
        let data = deflater.data(text.as_bytes());
        // In fragments of any length, empty ones too.
        let mut frames = Vec::new();
        let mut rest = data.as_slice();
        while !rest.is_empty() {
            let (now, more) = rest.split_at(rng.below(rest.len().min(9000) + 1));
            let opcode = if frames.is_empty() { 0x1 } else { 0x0 };
            frames.extend(deflater.wrap(opcode, more.is_empty(), now));
            rest = more;
        }
        talk = talk.says(Client, frames);
        expected.push(text.into_bytes());
    }
    assert_eq!(messages(&connection(&pcap(&talk))), expected);
}

/// What of a message is known must be what was sent, at its place.
fn check_known(connection: &Connection, number: u32, sent: &[u8]) -> usize {
    let mut at = 0;
    let mut known = 0;
    for part in connection.message(number) {
        match part {
            Part::Known(bytes) => {
                assert_eq!(bytes, sent[at..at + bytes.len()], "message {number}");
                at += bytes.len();
                known += bytes.len();
            }
            Part::Unknown(len) => at += len as usize,
        }
    }
    assert!(at <= sent.len());
    known
}

#[test]
fn behind_a_gap_what_is_known_is_right_and_the_rest_is_marked() {
    let texts = texts(60);
    let mut deflater = Deflater::new(Server);
    let frames: Vec<_> = texts.iter().map(|text| deflater.frame(0x1, text.as_bytes())).collect();
    let talk =
        frames.iter().fold(Talk::compressed(), |talk, frame| talk.says(Server, frame.clone()));
    let tcp = Tcp::open().talk(&talk, 4096);
    let first = tcp.segments.len() - frames.len();
    for lost in [0, 1, 7, 30] {
        let kept = tcp.segments.iter().enumerate().filter(|(at, _)| *at != first + lost);
        let kept: Vec<_> = kept.map(|(_, segment)| segment.clone()).collect();
        let connection = connection(&file(&kept, Form::PLAIN));
        assert_eq!(violations(&connection), [], "lost {lost}");
        assert_eq!(connection.messages.len(), frames.len() - 1);
        let mut whole = 0;
        for number in 0..connection.messages.len() {
            let text = &texts[if number < lost { number } else { number + 1 }];
            let known = check_known(&connection, number as u32, text.as_bytes());
            let len = connection.messages[number].len;
            assert_eq!(len as usize, text.len(), "the length is known all the same");
            if number < lost {
                assert_eq!(known, text.len());
            }
            whole += usize::from(known == text.len());
        }
        assert!(whole >= lost);
        if lost == 30 {
            assert!(whole < connection.messages.len(), "something must be unknown");
        }
    }
}

#[test]
fn a_gap_within_a_compressed_message_ends_what_is_known_of_it() {
    let mut rng = TestRng::new(3);
    let noise: Vec<u8> = rng.bytes(6000);
    let mut deflater = Deflater::new(Server);
    let talk = Talk::compressed()
        .says(Server, deflater.frame(0x2, &noise))
        .says(Server, deflater.frame(0x2, b"a message that is short"));
    let tcp = Tcp::open().talk(&talk, 1000);
    let lost = tcp.segments.iter().position(|segment| segment.data.len() == 1000).unwrap() + 2;
    let kept = tcp.segments.iter().enumerate().filter(|(at, _)| *at != lost);
    let kept: Vec<_> = kept.map(|(_, segment)| segment.clone()).collect();
    let connection = connection(&file(&kept, Form::PLAIN));
    assert_eq!(violations(&connection), []);
    assert_eq!(connection.messages[0].cut, Some(Cut::Gap));
    let known = check_known(&connection, 0, &noise);
    assert!((1800..2000).contains(&known), "{known}");
    check_known(&connection, 1, b"a message that is short");
}

#[test]
fn without_a_handshake_compression_is_concluded() {
    let mut deflater = Deflater::new(Client);
    let texts = texts(5);
    let frames: Vec<u8> = texts.iter().flat_map(|t| deflater.frame(0x1, t.as_bytes())).collect();
    let options = Options { format: Some(Format::Raw), ..Options::default() };
    let report = inspect(&frames, &options).unwrap();
    let connection = &report.connections[0];
    assert!(connection.inferences.contains(&Inference::CompressionFromRsv1));
    assert!(connection.inferences.contains(&Inference::RoleFromMasking));
    assert_eq!(violations(connection), []);
    let expected: Vec<Vec<u8>> = texts.iter().map(|text| text.clone().into_bytes()).collect();
    assert_eq!(messages(connection), expected);
    // Begun late, the second message refers to what is not there.
    let mut deflater = Deflater::new(Client);
    let skipped = deflater.frame(0x1, texts[0].as_bytes()).len();
    let report = inspect(&frames[skipped..], &options).unwrap();
    let connection = &report.connections[0];
    assert_eq!(violations(connection), []);
    assert!(!connection.messages[0].unknown.is_empty());
    check_known(connection, 0, texts[1].as_bytes());
}

#[test]
fn without_context_takeover_each_message_is_known_behind_a_gap() {
    let lines = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
    let mut talk = Talk::opened_with(lines, lines);
    let texts = texts(6);
    for text in &texts {
        talk = talk.says(Server, Deflater::new(Server).frame(0x1, text.as_bytes()));
    }
    let tcp = Tcp::open().talk(&talk, 4096);
    let lost = tcp.segments.len() - 5;
    let kept = tcp.segments.iter().enumerate().filter(|(at, _)| *at != lost);
    let kept: Vec<_> = kept.map(|(_, segment)| segment.clone()).collect();
    let connection = connection(&file(&kept, Form::PLAIN));
    assert_eq!(messages(&connection).len(), 5);
    assert_eq!(violations(&connection), []);
}

#[test]
fn after_damage_the_next_message_without_references_is_known() {
    let mut deflater = Deflater::new(Server);
    let good = deflater.frame(0x1, b"good good good");
    let damaged = deflater.wrap(0x1, true, &[0x06]);
    let stored = deflater.wrap(0x1, true, b"\x00\x02\x00\xfd\xffhi\x00");
    let talk = Talk::compressed().says(Server, good).says(Server, damaged).says(Server, stored);
    let connection = connection(&pcap(&talk));
    let ids: Vec<_> = violations(&connection).iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids, ["deflate-block-type"]);
    assert_eq!(connection.messages[1].cut, Some(Cut::Damaged));
    assert_eq!(connection.message(2), [Part::Known(b"hi".to_vec())]);
}

#[test]
fn a_bomb_is_cut_at_the_limit() {
    let mut deflater = Deflater::new(Client);
    let talk = Talk::compressed()
        .says(Client, deflater.frame(0x2, &vec![0; 3 << 20]))
        .says(Client, deflater.frame(0x2, b"more"))
        .frame(Client, 0x1, b"not compressed");
    let options = Options { inflate_limit: 1 << 20, ..Options::default() };
    let report = inspect(&pcap(&talk), &options).unwrap();
    let connection = &report.connections[0];
    assert_eq!(violations(connection), []);
    assert_eq!(connection.messages[0].cut, Some(Cut::Limit));
    assert_eq!(connection.messages[0].len, 1 << 20);
    assert_eq!(connection.messages[1].cut, Some(Cut::Limit));
    assert_eq!(connection.message(2), [Part::Known(b"not compressed".to_vec())]);
    assert!(connection.inflated[0].capacity() <= 2 << 20);
}

#[test]
fn what_is_unknown_ends_where_the_limit_cuts_a_message() {
    let text = b"unlike anything that was said before ";
    let mut deflater = Deflater::new(Server);
    let lost = deflater.frame(0x1, text);
    let repeats = deflater.frame(0x1, &text.repeat(3000));
    let talk = Talk::compressed().says(Server, lost).says(Server, repeats);
    let tcp = Tcp::open().talk(&talk, 4096);
    let first = tcp.segments.len() - 2;
    let kept: Vec<_> = tcp.segments.iter().enumerate().filter(|(at, _)| *at != first).collect();
    let kept: Vec<_> = kept.into_iter().map(|(_, segment)| segment.clone()).collect();
    let options = Options { inflate_limit: 50_000, ..Options::default() };
    let report = inspect(&file(&kept, Form::PLAIN), &options).unwrap();
    let message = &report.connections[0].messages[0];
    assert_eq!((message.cut, message.len), (Some(Cut::Limit), 50_000));
    assert!(message.unknown.last().is_some_and(|range| range.end <= message.len));
    let parts = report.connections[0].message(0);
    let len = |part: &Part| match part {
        Part::Known(bytes) => bytes.len() as u64,
        Part::Unknown(len) => *len,
    };
    assert_eq!(parts.iter().map(len).sum::<u64>(), message.len);
}

/// Writes out what the steps stand for.
fn replay(data: &[u8], steps: &[Step], history: &[u8]) -> Vec<u8> {
    let mut out = history.to_vec();
    let bits = |bit: u64, len: u64| {
        (0..len).fold(0_u32, |value, at| {
            let at = bit + at;
            let set = data.get(at as usize / 8).copied().unwrap_or(0) >> (at % 8) & 1;
            value | u32::from(set) << at.saturating_sub(bit)
        })
    };
    for step in steps {
        assert_eq!(step.at + history.len(), out.len());
        match step.symbol {
            Symbol::Match { length, distance } => {
                for _ in 0..length {
                    out.push(out[out.len() - usize::from(distance)]);
                }
            }
            Symbol::Stored { len } => {
                for at in 0..len {
                    out.push(bits(step.bit + at as u64 * 8, 8) as u8);
                }
            }
            // Its code is not looked at here: what matters is that there is one byte.
            Symbol::Literal => out.push(0),
            Symbol::Block { .. } | Symbol::End => {}
        }
    }
    out
}

#[test]
fn the_steps_of_the_decoder_are_the_message() {
    let mut rng = TestRng::new(11);
    let mut deflater = Deflater::new(Server);
    let mut history = Vec::new();
    let mut kinds = std::collections::BTreeSet::new();
    for number in 0..60 {
        let len = rng.below(3000);
        let message = match number % 3 {
            0 => rng.bytes(len),
            1 => rng.text(len).into_bytes(),
            _ => b"to be or not to be ".iter().cycle().take(len).copied().collect(),
        };
        let data = deflater.data(&message);
        let mut steps = Vec::new();
        xray::read(&data, history.len(), 1 << 15, &mut |step| steps.push(step));
        // Bits follow each other, from the first to the last.
        let mut bit = 0;
        for step in &steps {
            if let Symbol::Block { kind, .. } = step.symbol {
                kinds.insert(format!("{kind:?}"));
            }
            assert!(step.bit >= bit, "{step:?} before bit {bit}");
            let is_header = matches!(
                step.symbol,
                Symbol::Stored { .. } | Symbol::Literal | Symbol::Match { .. } | Symbol::End
            );
            assert!(step.bit - bit < 4000 || !is_header);
            bit = step.bit + step.bits_len;
        }
        assert!(bit <= data.len() as u64 * 8);
        let out = replay(&data, &steps, &history);
        assert_eq!(out.len() - history.len(), message.len());
        history.extend(&message);
        if history.len() > 1 << 15 {
            history.drain(..history.len() - (1 << 15));
        }
    }
    let expected: Vec<_> = [BlockKind::Dynamic, BlockKind::Fixed, BlockKind::Stored]
        .iter()
        .map(|kind| format!("{kind:?}"))
        .collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn steps_of_a_message_that_is_known() {
    // RFC 7692 section 7.2.3.1: "Hello", in one block with fixed codes.
    let mut steps = Vec::new();
    xray::read(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], 0, 1 << 15, &mut |step| {
        steps.push(step)
    });
    let symbols: Vec<_> = steps.iter().map(|step| step.symbol).collect();
    let block = Symbol::Block { kind: BlockKind::Fixed, fin: false };
    let literal = Symbol::Literal;
    assert_eq!(symbols[..7], [block, literal, literal, literal, literal, literal, Symbol::End]);
    let bits: Vec<_> = steps.iter().map(|step| (step.bit, step.bits_len)).collect();
    assert_eq!(bits[..7], [(0, 3), (3, 8), (11, 8), (19, 8), (27, 8), (35, 8), (43, 7)]);
    // Section 7.2.3.2: the same with the context, as one match.
    steps.clear();
    xray::read(&[0xf2, 0x00, 0x11, 0x00, 0x00], 5, 1 << 15, &mut |step| steps.push(step));
    assert_eq!(steps[1].symbol, Symbol::Literal);
    assert_eq!(steps[2].symbol, Symbol::Match { length: 4, distance: 5 });
}
