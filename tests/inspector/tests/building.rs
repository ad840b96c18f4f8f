//! What the builder makes, the decoder reads.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use socklet_core::wire::header::Header;
use socklet_core_tests::rng::TestRng;
use socklet_wasm::{
    Options,
    build::{Fields, build, close_body},
    input::Format,
    inspect,
    report::Part,
};

#[test]
fn frames_of_all_fields() {
    let mut rng = TestRng::new(1);
    for number in 0..4000_u32 {
        let fields = Fields {
            fin: rng.once_in(2),
            rsv1: rng.once_in(2),
            rsv2: rng.once_in(2),
            rsv3: rng.once_in(2),
            opcode: (number % 16) as u8,
            masking_key: rng.once_in(2).then(|| (rng.next() as u32).to_ne_bytes()),
            compress: false,
        };
        let len = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000][rng.below(8)];
        let payload = rng.bytes(if number % 50 == 0 { len } else { len.min(130) });
        let frame = build(&fields, &payload);
        let options = Options { format: Some(Format::Raw), ..Options::default() };
        let report = inspect(&frame, &options).unwrap();
        let connection = &report.connections[0];
        let [read] = connection.frames.as_slice() else { panic!("one frame") };
        assert_eq!(read.fin, fields.fin);
        assert_eq!(read.opcode, fields.opcode);
        assert_eq!(read.reserved & 0x40 != 0, fields.rsv1);
        assert_eq!(read.reserved & 0x20 != 0, fields.rsv2);
        assert_eq!(read.reserved & 0x10 != 0, fields.rsv3);
        assert_eq!(read.masking_key, fields.masking_key);
        assert_eq!(read.payload_len, payload.len() as u64);
        let known: Vec<u8> = connection
            .payload(read)
            .into_iter()
            .flat_map(|part| match part {
                Part::Known(bytes) => bytes,
                Part::Unknown(_) => panic!("unknown"),
            })
            .collect();
        assert_eq!(known, payload);
        // What the core's decoder accepts is what is not wrong by itself.
        let is_wrong = ["reserved-opcode", "fragmented-control", "control-too-long"];
        let found = connection.violations.iter().any(|v| is_wrong.contains(&v.rule.entry().id));
        assert_eq!(Header::decode(&frame).is_err(), found, "{fields:?}");
    }
}

#[test]
fn the_frames_of_rfc_6455_section_5_7() {
    let text = Fields::new(0x1);
    assert_eq!(build(&text, b"Hello"), b"\x81\x05Hello");
    let masked = Fields { masking_key: Some([0x37, 0xfa, 0x21, 0x3d]), ..text };
    assert_eq!(build(&masked, b"Hello"), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    assert_eq!(build(&Fields { fin: false, ..text }, b"Hel"), b"\x01\x03Hel");
    assert_eq!(build(&Fields::new(0x0), b"lo"), b"\x80\x02lo");
    assert_eq!(build(&Fields::new(0x9), b"Hello"), b"\x89\x05Hello");
    assert_eq!(build(&Fields::new(0x2), &[0; 256])[..4], *b"\x82\x7e\x01\x00");
    assert_eq!(build(&Fields::new(0x2), &vec![0; 65_536])[..10], *b"\x82\x7f\0\0\0\0\0\x01\0\0");
    let close = build(&Fields::new(0x8), &close_body(1000, "bye"));
    assert_eq!(close, b"\x88\x05\x03\xe8bye");
}

#[test]
fn compressed_frames() {
    for text in ["", "hello", "grün grün grün grün grün", &"abc".repeat(5000)] {
        let fields = Fields { compress: true, ..Fields::new(0x1) };
        let report = inspect(
            &build(&fields, text.as_bytes()),
            &Options { format: Some(Format::Raw), ..Options::default() },
        )
        .unwrap();
        let connection = &report.connections[0];
        assert_eq!(connection.violations, []);
        let expected =
            if text.is_empty() { vec![] } else { vec![Part::Known(text.as_bytes().to_vec())] };
        assert_eq!(connection.message(0), expected);
        assert!(connection.messages[0].is_compressed);
    }
}
