//! Each violation in a capture of its own: found, alone, at the exact offset.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use socklet_inspector_tests::{
    capture::pcap,
    connection,
    deflating::Deflater,
    report,
    talk::{Talk, frame},
    violations,
};
use socklet_wasm::{
    build::{Fields, build},
    stream::Sender::{self, Client, Server},
};

/// Appends bytes of a sender to an open connection, ends them with a good frame, and expects one
/// violation of them so many bytes behind their start.
#[track_caller]
fn only(talk: Talk, from: Sender, bytes: Vec<u8>, id: &str, at: u64) {
    let start = talk.len(from);
    let len = bytes.len();
    let talk = talk.says(from, bytes);
    let file = pcap(&talk.clone().frame(from, 0x9, b"still here"));
    let connection = connection(&file);
    assert_eq!(violations(&connection), [(id, from.name(), start + at)]);
    let violation = &connection.violations[0];
    assert!(violation.is_first);
    // What stands there in the file is what stands there in the stream.
    let source = violation.source.unwrap() as usize;
    let all = talk.bytes(from);
    let offset = (start + at) as usize;
    assert_eq!(file[source], all[offset], "the byte in the file");
    assert!(at < len as u64);
    // Whatever it was, the next frame is found.
    let last = connection.frames.last().unwrap();
    assert_eq!((last.opcode, last.verdict), (0x9, None));
}

fn masked(fields: Fields, payload: &[u8]) -> Vec<u8> {
    build(&Fields { masking_key: Some([1, 2, 3, 4]), ..fields }, payload)
}

#[test]
fn an_unmasked_frame_of_a_client() {
    let bytes = frame(Server, 0x1, b"hello");
    let talk = Talk::opened();
    let start = talk.len(Client);
    let connection = connection(&pcap(&talk.says(Client, bytes)));
    assert_eq!(violations(&connection), [("unmasked", "client", start + 1)]);
}

#[test]
fn a_masked_frame_of_a_server() {
    only(Talk::opened(), Server, frame(Client, 0x1, b"hello"), "masked", 1);
}

#[test]
fn bad_utf8_at_the_byte() {
    only(Talk::opened(), Server, frame(Server, 0x1, b"hi \xff!"), "invalid-utf8", 2 + 3);
    only(Talk::opened(), Client, frame(Client, 0x1, b"hi \xff!"), "invalid-utf8", 6 + 3);
    // A code point above the last one is bad at its second byte.
    only(Talk::opened(), Server, frame(Server, 0x1, b"\xf4\x90\x80\x80"), "invalid-utf8", 2 + 1);
}

#[test]
fn bad_utf8_across_fragments() {
    let mut bytes = build(&Fields { fin: false, ..Fields::new(0x1) }, b"a\xe2\x82");
    bytes.extend(frame(Server, 0x9, b"between"));
    bytes.extend(frame(Server, 0x0, b"(b"));
    only(Talk::opened(), Server, bytes, "invalid-utf8", 5 + 9 + 2);
}

#[test]
fn text_that_ends_within_a_code_point() {
    only(Talk::opened(), Server, frame(Server, 0x1, b"ab\xe2\x82"), "invalid-utf8", 2 + 3);
}

#[test]
fn bad_utf8_in_a_close_reason() {
    let talk = Talk::opened();
    let start = talk.len(Server);
    let talk = talk.frame(Server, 0x8, b"\x03\xe8ok\xc3(");
    let connection = connection(&pcap(&talk));
    assert_eq!(violations(&connection), [("invalid-utf8", "server", start + 2 + 5)]);
}

#[test]
fn a_control_frame_over_125_bytes() {
    only(Talk::opened(), Server, frame(Server, 0x9, &[b'x'; 126]), "control-too-long", 1);
    only(Talk::opened(), Client, frame(Client, 0xA, &[b'x'; 70_000]), "control-too-long", 1);
}

#[test]
fn a_fragmented_control_frame() {
    let bytes = build(&Fields { fin: false, ..Fields::new(0x9) }, b"x");
    only(Talk::opened(), Server, bytes, "fragmented-control", 0);
}

#[test]
fn non_minimal_lengths() {
    only(Talk::opened(), Server, b"\x82\x7e\x00\x7dx".to_vec().also(124), "non-minimal-length", 2);
    let mut long = b"\x82\x7f\0\0\0\0\0\0\x00\x02ab".to_vec();
    only(Talk::opened(), Server, long.clone(), "non-minimal-length", 2);
    long = b"\x82\xff\0\0\0\0\0\0\x00\x02\0\0\0\0ab".to_vec();
    only(Talk::opened(), Client, long, "non-minimal-length", 2);
}

trait Also {
    fn also(self, len: usize) -> Self;
}

impl Also for Vec<u8> {
    /// With so many bytes more.
    fn also(mut self, len: usize) -> Self {
        self.resize(self.len() + len, b'x');
        self
    }
}

#[test]
fn a_length_with_its_top_bit_set() {
    let talk = Talk::opened();
    let start = talk.len(Server);
    let talk = talk.says(Server, b"\x82\x7f\x80\0\0\0\0\0\0\x05hello".to_vec());
    let connection = connection(&pcap(&talk));
    assert_eq!(violations(&connection), [("length-top-bit", "server", start + 2)]);
    assert_eq!(connection.frames.len(), 1);
}

#[test]
fn reserved_bits() {
    for bits in [[true, false, false], [false, true, false], [false, false, true]] {
        let [rsv1, rsv2, rsv3] = bits;
        let fields = Fields { rsv1, rsv2, rsv3, ..Fields::new(0x1) };
        only(Talk::opened(), Server, build(&fields, b"x"), "reserved-bits", 0);
        only(Talk::opened(), Client, masked(fields, b"x"), "reserved-bits", 0);
    }
    // With compression too: not in a control frame, not in a continuation, not with another.
    let rsv1 = |opcode| Fields { rsv1: true, ..Fields::new(opcode) };
    only(Talk::compressed(), Server, build(&rsv1(0x9), b"x"), "reserved-bits", 0);
    let fields = Fields { rsv2: true, ..rsv1(0x2) };
    only(Talk::compressed(), Server, build(&fields, b"x"), "reserved-bits", 0);
    let mut bytes = build(&Fields { fin: false, ..Fields::new(0x2) }, b"x");
    let at = bytes.len() as u64;
    bytes.extend(build(&rsv1(0x0), b"y"));
    only(Talk::compressed(), Server, bytes, "reserved-bits", at);
}

#[test]
fn reserved_opcodes() {
    for opcode in (3..8).chain(11..16) {
        only(Talk::opened(), Server, frame(Server, opcode, b"x"), "reserved-opcode", 0);
    }
}

#[test]
fn reserved_close_codes() {
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        let bytes = frame(Server, 0x8, &code.to_be_bytes());
        only(Talk::opened(), Server, bytes, "close-code", 2);
    }
}

#[test]
fn a_close_body_of_one_byte() {
    only(Talk::opened(), Client, frame(Client, 0x8, b"x"), "close-body", 6);
}

#[test]
fn data_after_a_close_frame() {
    let mut bytes = frame(Server, 0x8, &[0x03, 0xe8]);
    bytes.extend(frame(Server, 0x1, b"more"));
    only(Talk::opened(), Server, bytes, "data-after-close", 4);
}

#[test]
fn an_unexpected_continuation() {
    only(Talk::opened(), Server, frame(Server, 0x0, b"x"), "unexpected-continuation", 0);
    let mut bytes = frame(Server, 0x1, b"whole");
    bytes.extend(frame(Server, 0x0, b"x"));
    only(Talk::opened(), Server, bytes, "unexpected-continuation", 7);
}

#[test]
fn a_missing_continuation() {
    let mut bytes = build(&Fields { fin: false, ..Fields::new(0x1) }, b"begun");
    bytes.extend(frame(Server, 0x1, b"another"));
    only(Talk::opened(), Server, bytes, "expected-continuation", 7);
}

#[test]
fn bad_deflate_data() {
    let deflater = Deflater::new(Server);
    let wrap = |data: &[u8]| deflater.wrap(0x2, true, data);
    // A block of type 3 behind a stored block.
    let stored = b"\x00\x03\x00\xfc\xffabc";
    let data = [&stored[..], &[0x06]].concat();
    only(Talk::compressed(), Server, wrap(&data), "deflate-block-type", 2 + 8);
    // A stored block whose lengths do not agree: known with the last byte of the complement.
    only(Talk::compressed(), Server, wrap(b"\x00\x03\x00\xfc\xfeabc"), "deflate-stored-length", 6);
    // Too many codes for literals and lengths: all three counts are read at once, 17 bits.
    only(Talk::compressed(), Server, wrap(b"\xf4\x00\x00\x00"), "deflate-code-lengths", 4);
    // Length 3, distance 1, of nothing: fixed codes 0000001 00000.
    only(Talk::compressed(), Server, wrap(&[0x02, 0x02, 0x00]), "deflate-distance", 2 + 1);
    // Within a block.
    only(Talk::compressed(), Server, wrap(&[0x4a, 0x4c]), "deflate-unfinished", 3);
}

#[test]
fn bad_utf8_in_compressed_text_at_the_byte_it_comes_from() {
    let mut deflater = Deflater::new(Client);
    // A stored block: its bytes stand in the frame.
    let data = [&b"\x00\x04\x00\xfb\xffab\xffc\x00"[..]].concat();
    let bytes = deflater.wrap(0x1, true, &data);
    only(Talk::compressed(), Client, bytes, "invalid-utf8", 6 + 5 + 2);
    let bytes = deflater.frame(0x1, b"good text that is long enough to be compressed \xff\xff\xff");
    let talk = Talk::compressed().says(Client, bytes);
    let connection = connection(&pcap(&talk));
    assert_eq!(connection.violations.len(), 1);
    assert_eq!(connection.violations[0].message_offset, Some(47));
}

#[test]
fn several_in_one_frame_and_on() {
    // A reserved opcode, a length too long for itself, reserved bits, and not masked.
    let talk = Talk::opened();
    let start = talk.len(Client);
    let talk = talk.says(Client, b"\xf3\x7e\x00\x02ab".to_vec());
    let talk = talk.frame(Client, 0x1, b"ok").says(Client, frame(Client, 0x1, b"\xff"));
    let connection = connection(&pcap(&talk));
    let expected = [
        ("reserved-opcode", start),
        ("non-minimal-length", start + 2),
        ("reserved-bits", start),
        ("unmasked", start + 1),
        ("invalid-utf8", start + 6 + 8 + 6),
    ];
    let found: Vec<_> = violations(&connection).iter().map(|(id, _, at)| (*id, *at)).collect();
    assert_eq!(found, expected);
    let first: Vec<_> = connection.violations.iter().map(|v| v.is_first).collect();
    assert_eq!(first, [true, false, false, false, false]);
}

#[test]
fn nothing_wrong() {
    let mut deflater = Deflater::new(Client);
    let mut talk = Talk::compressed();
    for text in ["hello", "hello", "", "hello hello hello hello hello hello hello"] {
        talk = talk.says(Client, deflater.frame(0x1, text.as_bytes()));
    }
    let talk = talk
        .frame(Server, 0x9, b"ping")
        .frame(Client, 0xA, b"ping")
        .frame(Server, 0x1, "grün".as_bytes())
        .frame(Client, 0x8, &[0x03, 0xe8])
        .frame(Server, 0x8, &[0x03, 0xe8]);
    let report = report(&pcap(&talk));
    assert_eq!(report.violations().count(), 0);
    assert_eq!(
        report.connections[0].ending.verdict.line(),
        "closed by the client, answered by the server"
    );
}
