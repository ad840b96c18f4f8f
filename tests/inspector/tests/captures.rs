//! Captures in every form, beside `pcap-parser` and `etherparse`; TCP put together again.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use etherparse::{LaxPacketHeaders, TransportHeader};
use pcap_parser::{Block, PcapBlockOwned, PcapError};
use socklet_core_tests::rng::TestRng;
use socklet_inspector_tests::{
    capture::{ACK, Form, Link, RST, Segment, Tcp, file},
    connection, messages, report,
    talk::Talk,
    violations,
};
use socklet_wasm::{
    Options,
    input::{DamageKind, Note},
    inspect,
    report::{Connection, Inference, Part},
    stream::Sender::{self, Client, Server},
};

fn talk() -> Talk {
    Talk::opened()
        .frame(Client, 0x1, b"hello")
        .frame(Server, 0x1, "grün".as_bytes())
        .frame(Server, 0x2, &[7; 3000])
        .frame(Client, 0x9, b"")
        .frame(Server, 0xA, b"")
        .frame(Client, 0x8, &[0x03, 0xe8])
        .frame(Server, 0x8, &[0x03, 0xe8])
}

fn is_talk(connection: &Connection, talk: &Talk) {
    assert_eq!(connection.client.bytes(), talk.bytes(Client));
    assert_eq!(connection.server.bytes(), talk.bytes(Server));
    assert!(connection.client.gaps().is_empty() && connection.server.gaps().is_empty());
    assert_eq!(violations(connection), []);
    let expected = [b"hello".to_vec(), "grün".as_bytes().to_vec(), vec![7; 3000]];
    assert_eq!(messages(connection), expected);
    let opcodes: Vec<_> = connection.frames.iter().map(|frame| frame.opcode).collect();
    assert_eq!(opcodes, [0x1, 0x1, 0x2, 0x9, 0xA, 0x8, 0x8]);
}

#[test]
fn every_form() {
    let talk = talk();
    for form in Form::all() {
        let tcp = Tcp::open().talk(&talk, 1000).finish(Client);
        let file = tcp.file(form);
        let connection = connection(&file);
        is_talk(&connection, &talk);
        let names = connection.names.as_ref().unwrap();
        let expected = if form.v6 {
            ("[2001:db8::1]:40000", "[2001:db8::2]:80")
        } else {
            ("192.0.2.1:40000", "192.0.2.2:80")
        };
        assert_eq!((names.0.as_str(), names.1.as_str()), expected);
        // Each byte stands in the file where that is said.
        for from in Sender::BOTH {
            let stream = connection.stream(from);
            for (index, byte) in stream.bytes().iter().enumerate() {
                assert_eq!(file[stream.source(index).unwrap() as usize], *byte);
            }
        }
        let first = connection.frames[0].moment.time_ns.unwrap();
        assert_eq!(first, 1_700_000_000_006_000_000, "{form:?}");
    }
}

/// The data of all segments in a file, as other crates see them.
fn as_others_see(file: &[u8], link: Link) -> Vec<(u16, Vec<u8>)> {
    let mut reader = pcap_parser::create_reader(1 << 20, file).unwrap();
    let mut data = Vec::new();
    loop {
        match reader.next() {
            Ok((offset, block)) => {
                let packet = match &block {
                    PcapBlockOwned::Legacy(packet) => Some(packet.data),
                    PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                        Some(&packet.data[..packet.caplen as usize])
                    }
                    _ => None,
                };
                if let Some(packet) = packet {
                    let parsed = match link {
                        Link::Ethernet | Link::Vlan => {
                            LaxPacketHeaders::from_ethernet(packet).unwrap()
                        }
                        Link::Cooked => LaxPacketHeaders::from_linux_sll(packet).unwrap(),
                        Link::Cooked2 => LaxPacketHeaders::from_ip(&packet[20..]).unwrap(),
                        Link::Loopback => LaxPacketHeaders::from_ip(&packet[4..]).unwrap(),
                        Link::Raw => LaxPacketHeaders::from_ip(packet).unwrap(),
                    };
                    let Some(TransportHeader::Tcp(tcp)) = parsed.transport else { panic!("TCP") };
                    data.push((tcp.source_port, parsed.payload.slice().to_vec()));
                }
                reader.consume(offset);
            }
            Err(PcapError::Eof) => return data,
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
fn other_parsers_agree() {
    let talk = talk();
    for form in Form::all() {
        let file = Tcp::open().talk(&talk, 700).finish(Server).file(form);
        let others = as_others_see(&file, form.link);
        let connection = connection(&file);
        for (from, port) in [(Client, 40_000), (Server, 80)] {
            let of_port = others.iter().filter(|(source, _)| *source == port);
            let joined: Vec<u8> = of_port.flat_map(|(_, data)| data).copied().collect();
            assert_eq!(connection.stream(from).bytes(), joined, "{form:?}");
        }
    }
}

/// Segments behind the handshake of TCP, disturbed as a network would.
fn disturbed(rng: &mut TestRng, segments: &[Segment]) -> Vec<Segment> {
    let mut disturbed: Vec<Segment> = segments[..3].to_vec();
    let mut rest: Vec<Segment> = segments[3..].to_vec();
    // Sent again, whole, in part, or together with what follows.
    for _ in 0..rng.below(12) {
        let at = rng.below(rest.len());
        let mut again = rest[at].clone();
        if again.data.len() > 1 && rng.once_in(2) {
            let cut = rng.below(again.data.len());
            again.data.drain(..cut);
            again.sequence = again.sequence.wrapping_add(cut as u32);
        }
        let next = rest.iter().find(|next| {
            next.from == again.from
                && next.sequence == again.sequence.wrapping_add(again.data.len() as u32)
        });
        if let Some(next) = next.filter(|next| !next.data.is_empty() && rng.once_in(2)) {
            again.data.extend(next.data.clone());
        }
        rest.insert(rng.below(rest.len() + 1), again);
    }
    for _ in 0..rng.below(40) {
        let at = rng.below(rest.len() - 1);
        rest.swap(at, at + 1);
    }
    disturbed.append(&mut rest);
    disturbed
}

#[test]
fn retransmitted_overlapping_and_out_of_order() {
    let talk = talk();
    for seed in 0..2000 {
        let mut rng = TestRng::new(seed);
        let most = 1 + rng.below(400);
        let segments = Tcp::open().talk(&talk, most).finish(Client).segments;
        let file = file(&disturbed(&mut rng, &segments), Form::PLAIN);
        let connection = connection(&file);
        assert_eq!(connection.client.bytes(), talk.bytes(Client), "seed {seed}");
        assert_eq!(connection.server.bytes(), talk.bytes(Server), "seed {seed}");
        assert_eq!(violations(&connection), [], "seed {seed}");
        assert_eq!(messages(&connection).len(), 3);
    }
}

#[test]
fn all_permutations_of_five_segments() {
    let talk = Talk::opened().frame(Client, 0x1, b"0123456789abcdef");
    let all = Tcp::open().talk(&talk, 4096).segments;
    let (head, last) = all.split_at(all.len() - 1);
    let pieces: Vec<Segment> = last[0]
        .data
        .chunks(5)
        .enumerate()
        .map(|(at, data)| Segment {
            data: data.to_vec(),
            sequence: last[0].sequence.wrapping_add(at as u32 * 5),
            ..last[0].clone()
        })
        .collect();
    assert_eq!(pieces.len(), 5);
    let mut order = [0, 1, 2, 3, 4];
    let mut count = 0;
    permute(&mut order, 0, &mut |order| {
        let mut segments = head.to_vec();
        segments.extend(order.iter().map(|at| pieces[*at].clone()));
        let connection = connection(&file(&segments, Form::PLAIN));
        assert_eq!(messages(&connection), [b"0123456789abcdef"], "{order:?}");
        count += 1;
    });
    assert_eq!(count, 120);
}

fn permute(order: &mut [usize; 5], from: usize, visit: &mut impl FnMut(&[usize; 5])) {
    if from == order.len() {
        return visit(order);
    }
    for at in from..order.len() {
        order.swap(from, at);
        permute(order, from + 1, visit);
        order.swap(from, at);
    }
}

/// A capture without the segments for which something holds.
fn without(tcp: &Tcp, lost: impl Fn(usize, &Segment) -> bool) -> Vec<u8> {
    let kept = tcp.segments.iter().enumerate().filter(|(at, segment)| !lost(*at, segment));
    let kept: Vec<_> = kept.map(|(_, segment)| segment.clone()).collect();
    file(&kept, Form::PLAIN)
}

#[test]
fn a_gap_within_a_payload_keeps_the_frames_behind() {
    let talk = Talk::opened()
        .frame(Server, 0x1, &[b'a'; 5000])
        .frame(Server, 0x1, b"behind")
        .frame(Client, 0x1, b"fine");
    let tcp = Tcp::open().talk(&talk, 1000);
    let start = talk.parts[1].1.len() as u64;
    let lost = tcp.segments.iter().position(|segment| segment.data.starts_with(b"aaaa")).unwrap();
    let connection = connection(&without(&tcp, |at, _| at == lost));
    assert_eq!(connection.server.gaps().len(), 1);
    assert_eq!(connection.server.gaps()[0].len, 1000);
    let gap = connection.server.gaps()[0];
    assert_eq!(connection.server.offset(gap.at) - gap.len, start + 1000);
    assert_eq!(violations(&connection), []);
    assert!(connection.inferences.is_empty());
    let parts = connection.message(0);
    let expected =
        [Part::Known(vec![b'a'; 996]), Part::Unknown(1000), Part::Known(vec![b'a'; 3004])];
    assert_eq!(parts, expected);
    assert_eq!(connection.message(1), [Part::Known(b"behind".to_vec())]);
}

#[test]
fn a_masked_payload_is_unmasked_behind_a_gap() {
    let text: Vec<u8> = (0..5000_u32).map(|at| b'a' + (at % 26) as u8).collect();
    for most in [997, 1000, 1003] {
        let talk = Talk::opened().frame(Client, 0x1, &text).frame(Client, 0x1, b"behind");
        let tcp = Tcp::open().talk(&talk, most);
        let number = tcp.segments.iter().position(|segment| segment.data.len() == most).unwrap();
        let connection = connection(&without(&tcp, |at, _| at == number + 1));
        let header_len = 8;
        let parts = connection.message(0);
        let (a, b) = (most - header_len, 2 * most - header_len);
        let expected = [
            Part::Known(text[..a].to_vec()),
            Part::Unknown(most as u64),
            Part::Known(text[b..].to_vec()),
        ];
        assert_eq!(parts, expected);
        assert_eq!(connection.message(1), [Part::Known(b"behind".to_vec())]);
    }
}

#[test]
fn a_gap_over_headers_is_marked_and_frames_are_found_again() {
    let mut talk = Talk::opened();
    for number in 0..30 {
        talk = talk.frame(Server, 0x1, format!("message {number}").as_bytes());
    }
    let tcp = Tcp::open().talk(&talk, 4096);
    let connection = connection(&without(&tcp, |at, _| (15..20).contains(&at)));
    assert_eq!(connection.inferences, [Inference::Resynchronised]);
    assert_eq!(violations(&connection), []);
    assert_eq!(connection.frames.len(), 25);
    let last = connection.message(24);
    assert_eq!(last, [Part::Known(b"message 29".to_vec())]);
    // Cut anywhere, too: what is behind is found, and nothing that was not sent.
    for most in 1..40 {
        let tcp = Tcp::open().talk(&talk, most);
        let head = tcp.segments.iter().position(|s| s.data.starts_with(b"\x81")).unwrap();
        let connection = socklet_inspector_tests::connection(&without(&tcp, |at, _| {
            (head + 6..head + 9).contains(&at)
        }));
        for number in 0..connection.messages.len() as u32 {
            if let [Part::Known(bytes)] = connection.message(number).as_slice() {
                assert!(bytes.starts_with(b"message "), "{most}");
            }
        }
    }
}

#[test]
fn a_capture_that_begins_late() {
    let mut talk = Talk::default();
    for number in 0..6 {
        talk = talk.frame(Client, 0x1, format!("question {number}").as_bytes()).frame(
            Server,
            0x1,
            format!("answer {number}").as_bytes(),
        );
    }
    let connection = connection(&Tcp::headless().talk(&talk, 4096).file(Form::PLAIN));
    assert!(connection.inferences.contains(&Inference::RoleFromMasking));
    assert!(connection.inferences.contains(&Inference::BoundaryAtStart));
    assert_eq!(violations(&connection), []);
    assert_eq!(messages(&connection).len(), 12);
    assert_eq!(connection.names.as_ref().unwrap().1, "192.0.2.2:80");
}

#[test]
fn the_end_that_was_acknowledged_and_not_captured() {
    let talk = Talk::opened().frame(Server, 0x1, b"seen").frame(Server, 0x1, b"not seen");
    let mut tcp = Tcp::open().talk(&talk, 4096);
    let lost = tcp.segments.len() - 1;
    tcp.push(Client, ACK, Vec::new());
    tcp.push(Server, ACK | 1, Vec::new());
    let connection = connection(&without(&tcp, |at, _| at == lost));
    assert_eq!(connection.server.gaps().len(), 1);
    assert_eq!(connection.server.gaps()[0].len, 10);
}

#[test]
fn ports_used_again_are_two_connections() {
    let first = Tcp::open().talk(&talk(), 1000).finish(Client).segments;
    let shift = |segment: &Segment| Segment {
        sequence: segment.sequence.wrapping_add(123_456),
        acknowledgement: segment.acknowledgement.wrapping_add(123_456),
        ..segment.clone()
    };
    let segments: Vec<_> = first.iter().cloned().chain(first.iter().map(shift)).collect();
    let report = report(&file(&segments, Form::PLAIN));
    assert_eq!(report.connections.len(), 2);
    for connection in &report.connections {
        is_talk(connection, &talk());
    }
}

#[test]
fn connections_at_once_are_told_apart_by_their_ports() {
    let plain = Tcp::open().talk(&talk(), 1000).finish(Client).file(Form::PLAIN);
    let (header, mut records) = plain.split_at(24);
    let mut file = header.to_vec();
    let ports: Vec<u16> = (0..300).map(|number| 1024 + number * 211).collect();
    while !records.is_empty() {
        let len = u32::from_le_bytes(records[8..12].try_into().unwrap()) as usize;
        let (record, rest) = records.split_at(16 + len);
        // Behind the headers of the record, of Ethernet and of IPv4.
        let at = if record[50..52] == 40_000_u16.to_be_bytes() { 50 } else { 52 };
        for port in &ports {
            let start = file.len();
            file.extend_from_slice(record);
            file[start + at..start + at + 2].copy_from_slice(&port.to_be_bytes());
        }
        records = rest;
    }
    let report = report(&file);
    assert_eq!(report.connections.len(), ports.len());
    for (connection, port) in report.connections.iter().zip(ports) {
        is_talk(connection, &talk());
        assert_eq!(connection.names.as_ref().unwrap().0, format!("192.0.2.1:{port}"));
    }
}

#[test]
fn what_is_no_websocket_is_counted() {
    let notes = |talk: Talk| {
        let report = report(&Tcp::open().talk(&talk, 1000).file(Form::PLAIN));
        assert!(report.connections.is_empty());
        report.notes
    };
    let tls = Talk::default().says(Client, b"\x16\x03\x01\x00\x05hello".to_vec());
    let found = notes(tls);
    assert_eq!(found, [Note::Tls(1)]);
    assert!(found[0].line().1.contains("key log"));
    let http = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    assert_eq!(notes(Talk::default().says(Client, http)), [Note::Http(1)]);
    let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    assert_eq!(notes(Talk::default().says(Client, http2)), [Note::Http2(1)]);
    let other = b"SSH-2.0-OpenSSH_9.2\r\n".to_vec();
    assert_eq!(notes(Talk::default().says(Client, other)), [Note::OtherTcp(1)]);
}

#[test]
fn damaged_files_tell_where() {
    let good = Tcp::open().talk(&talk(), 1000).file(Form::PLAIN);
    // A record's length that no packet has.
    let mut bad = good.clone();
    let second = 24 + 16 + u32::from_le_bytes(good[32..36].try_into().unwrap()) as usize;
    bad[second + 8..second + 12].copy_from_slice(&[0xff; 4]);
    let damage = report(&bad).damage.unwrap();
    assert_eq!((damage.kind, damage.offset), (DamageKind::Length, second as u64 + 8));
    let damage = report(&good[..good.len() - 1]).damage.unwrap();
    assert_eq!(damage.kind, DamageKind::Truncated);
    assert!(report(&good).damage.is_none());
    // A kind of link that nobody knows.
    let mut bad = good.clone();
    bad[20] = 99;
    let error = inspect(&bad, &Options::default()).unwrap_err();
    assert_eq!((error.kind, error.offset), (DamageKind::LinkType(99), 20));

    let ng = Tcp::open().talk(&talk(), 1000).file(Form { ng: true, ..Form::PLAIN });
    let mut bad = ng.clone();
    let at = 28 + 16 + 20;
    assert_eq!(bad[at], 6);
    bad[at + 4] = 13;
    let damage = report_or(&bad);
    assert_eq!((damage.kind, damage.offset), (DamageKind::Length, at as u64 + 4));
    let mut bad = ng;
    bad[at + 8] = 1;
    let damage = report_or(&bad);
    assert_eq!((damage.kind, damage.offset), (DamageKind::Interface, at as u64 + 8));
}

fn report_or(bytes: &[u8]) -> socklet_wasm::input::Damage {
    report(bytes).damage.unwrap()
}

#[test]
fn endings() {
    let verdict = |tcp: &Tcp| connection(&tcp.file(Form::PLAIN)).ending;
    let open = Talk::opened().frame(Client, 0x1, b"hello");
    let closed = |first: Sender| {
        open.clone().frame(first, 0x8, b"\x03\xe9bye").frame(first.peer(), 0x8, b"\x03\xe9")
    };
    for first in Sender::BOTH {
        let ending = verdict(&Tcp::open().talk(&closed(first), 1000).finish(Server));
        assert_eq!((ending.verdict.id(), ending.verdict.by()), ("closed", Some(first)));
        let close = ending.closes[usize::from(first == Server)].as_ref().unwrap();
        assert_eq!((close.code, close.reason.as_str()), (Some(1001), "bye"));

        let ending = verdict(&Tcp::open().talk(&open, 1000).finish(first));
        assert_eq!((ending.verdict.id(), ending.verdict.by()), ("no-close-frame", Some(first)));
        assert_eq!(ending.proxy_timeout_s, None);

        let mut tcp = Tcp::open().talk(&open, 1000).wait(60_000_000_000);
        tcp.push(first, RST, Vec::new());
        let ending = verdict(&tcp);
        assert_eq!((ending.verdict.id(), ending.verdict.by()), ("reset", Some(first)));
        assert_eq!(ending.proxy_timeout_s, Some(60));

        let talk = open.clone().frame(first, 0x8, b"");
        let ending = verdict(&Tcp::open().talk(&talk, 1000).finish(first.peer()));
        assert_eq!((ending.verdict.id(), ending.verdict.by()), ("close-unanswered", Some(first)));
    }
    assert_eq!(verdict(&Tcp::open().talk(&open, 1000)).verdict.id(), "open");
    let half = Talk::default()
        .says(Client, socklet_inspector_tests::talk::request(""))
        .says(Server, b"HTTP/1.1 1".to_vec());
    assert_eq!(verdict(&Tcp::open().talk(&half, 1000).finish(Server)).verdict.id(), "unopened");
}
