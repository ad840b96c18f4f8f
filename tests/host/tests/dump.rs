//! The dump layer: each line as it stands, whatever the cuts of the stream.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests panic when something is wrong"
)]

use std::cell::RefCell;
use std::io::{self, Cursor, Read, Write};

use socklet_std::dump::Dump;

/// The lines that are reported of what a server or client receives, in reads of `step` bytes.
fn inbound(bytes: &[u8], step: usize, handshake: bool) -> Vec<String> {
    let lines = RefCell::new(Vec::new());
    let report = |entry: &socklet_std::dump::Entry<'_>| lines.borrow_mut().push(entry.to_string());
    let next = Cursor::new(bytes);
    let mut layer =
        if handshake { Dump::new(next, report) } else { Dump::after_handshake(next, report) };
    let mut through = Vec::new();
    let mut buffer = vec![0; step];
    loop {
        match layer.read(&mut buffer).unwrap() {
            0 => break,
            len => through.extend_from_slice(&buffer[..len]),
        }
    }
    assert_eq!(through, bytes, "the layer changes nothing");
    drop(layer);
    lines.into_inner()
}

/// As [`inbound`], with the end of the stream taken off, the same for every cut of the bytes.
fn frames(bytes: &[u8]) -> Vec<String> {
    let mut whole = inbound(bytes, bytes.len().max(1), false);
    for step in 1..bytes.len().min(64) {
        assert_eq!(inbound(bytes, step, false), whole, "in steps of {step}");
    }
    assert_eq!(whole.pop().as_deref(), Some("< end of stream"));
    whole
}

#[test]
fn frames_are_one_line_each() {
    // The examples of RFC 6455 section 5.7, and a Close frame.
    assert_eq!(frames(b"\x81\x05Hello"), [r#"< TEXT fin 5 B "Hello""#]);
    assert_eq!(
        frames(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
        [r#"< TEXT fin masked 5 B "Hello""#]
    );
    assert_eq!(
        frames(b"\x01\x03Hel\x80\x02lo"),
        [r#"< TEXT 3 B "Hel""#, r#"< CONTINUATION fin 2 B "lo""#]
    );
    assert_eq!(frames(b"\x89\x05Hello\x8a\x00"), ["< PING fin 5 B 48656c6c6f", "< PONG fin 0 B"]);
    assert_eq!(frames(b"\x88\x06\x03\xe8done"), [r#"< CLOSE fin 6 B 1000 "done""#]);
    assert_eq!(frames(b"\x88\x00"), ["< CLOSE fin 0 B"]);
    assert_eq!(frames(b"\x88\x01\x03"), ["< CLOSE fin 1 B 03"]);
}

#[test]
fn reserved_bits_and_compressed_text_are_shown() {
    assert_eq!(frames(b"\xc1\x03\xf2\x48\x04"), ["< TEXT fin rsv1 3 B f24804"]);
    assert_eq!(frames(b"\xb2\x00"), ["< BINARY fin rsv2 rsv3 0 B"]);
    // What continues a compressed text is not text either.
    assert_eq!(
        frames(b"\x41\x01\xf2\x80\x01\x48"),
        ["< TEXT rsv1 1 B f2", "< CONTINUATION fin 1 B 48"]
    );
}

#[test]
fn control_frames_between_fragments_leave_the_kind_alone() {
    assert_eq!(
        frames(b"\x01\x01a\x89\x01b\x80\x01c"),
        [r#"< TEXT 1 B "a""#, "< PING fin 1 B 62", r#"< CONTINUATION fin 1 B "c""#]
    );
}

#[test]
fn long_payloads_are_cut_to_a_preview_and_their_length_is_told() {
    let mut binary = b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00".to_vec();
    binary.extend(std::iter::repeat_n(0xAB, 65536));
    binary.extend_from_slice(b"\x89\x00");
    let expected =
        [format!("< BINARY fin 65536 B {}...", "ab".repeat(48)), "< PING fin 0 B".to_owned()];
    for step in [1, 2, 3, 4096, 100_000] {
        assert_eq!(inbound(&binary, step, false)[..2], expected);
    }
}

#[test]
fn a_preview_does_not_end_within_a_code_point() {
    let text = "x".repeat(47) + "é" + "and so on";
    let frame = [&[0x81, text.len() as u8], text.as_bytes()].concat();
    assert_eq!(frames(&frame), [format!("< TEXT fin 58 B \"{}\"...", "x".repeat(47))]);
}

#[test]
fn what_upsets_a_terminal_is_escaped() {
    assert_eq!(
        frames(b"\x81\x08\x1b[2J\n\"\xff\x07"),
        [r#"< TEXT fin 8 B "\u{1b}[2J\n\"\xff\u{7}""#]
    );
    assert_eq!(
        inbound(b"GET / HTTP/1.1\r\nX: \x1b[2J\xff\"\r\n\r\n", 7, true)[1],
        r#"< X: \u{1b}[2J\xff""#
    );
}

#[test]
fn heads_come_first_line_by_line() {
    let bytes = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi";
    for step in 1..bytes.len() {
        assert_eq!(
            inbound(bytes, step, true),
            [
                "< HTTP/1.1 101 Switching Protocols",
                "< Upgrade: websocket",
                "<",
                r#"< TEXT fin 2 B "hi""#,
                "< end of stream"
            ]
        );
    }
}

#[test]
fn the_body_of_a_declined_handshake_is_not_taken_for_frames() {
    let bytes = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 15\r\n\r\nno\r\nadmittance";
    assert_eq!(
        inbound(bytes, 5, true),
        [
            "< HTTP/1.1 403 Forbidden",
            "< Content-Length: 15",
            "<",
            "< no",
            "< admittance",
            "< end of stream, cut off"
        ]
    );
}

#[test]
fn a_long_line_of_a_head_is_cut() {
    let head = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(10_000));
    let lines = inbound(head.as_bytes(), 100, true);
    assert_eq!(lines[1], format!("< X: {}...", "y".repeat(253)));
}

#[test]
fn a_header_that_no_frame_may_have_ends_the_report_of_that_direction() {
    let lines = inbound(b"\x81\x01a\x83\x00\x81\x01b", 1, false);
    assert_eq!(
        lines,
        [
            r#"< TEXT fin 1 B "a""#,
            "< INVALID 8300 a reserved opcode (RFC 6455 section 5.2)",
            "< end of stream"
        ]
    );
}

#[test]
fn a_frame_that_is_cut_off_is_shown_as_far_as_it_came() {
    assert_eq!(
        inbound(b"\x81\x05He", 1, false),
        [r#"< TEXT fin 5 B "He"..."#, "< end of stream, cut off"]
    );
    assert_eq!(inbound(b"\x81", 1, false), ["< end of stream, cut off"]);
}

#[test]
fn only_what_was_written_counts() {
    /// Takes three bytes at a time.
    struct Slow;
    impl Write for Slow {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            Ok(buf.len().min(3))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut lines = Vec::new();
    let mut layer = Dump::after_handshake(Slow, |entry| lines.push(entry.to_string()));
    layer.write_all(b"\x81\x05hello\x89\x00").unwrap();
    let parts = [io::IoSlice::new(b"\x82"), io::IoSlice::new(b"\x01a"), io::IoSlice::new(b"b")];
    assert_eq!(layer.write_vectored(&parts).unwrap(), 1, "as std does it for such a writer");
    layer.write_all(b"\x01a").unwrap();
    drop(layer);
    assert_eq!(lines, [r#"> TEXT fin 5 B "hello""#, "> PING fin 0 B", "> BINARY fin 1 B 61"]);
}

#[tokio::test]
async fn it_is_a_layer_of_tokio_too() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let (near, mut far) = tokio::io::duplex(5);
    let lines = RefCell::new(Vec::new());
    let mut layer = Dump::after_handshake(near, |entry| lines.borrow_mut().push(entry.to_string()));
    let peer = async {
        far.write_all(b"\x81\x05hello\x88\x00").await.unwrap();
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.unwrap();
        got
    };
    let here = async {
        let mut got = [0; 9];
        layer.read_exact(&mut got).await.unwrap();
        layer.write_all(b"\x82\x03abc").await.unwrap();
        layer.shutdown().await.unwrap();
    };
    let (got, ()) = tokio::join!(peer, here);
    assert_eq!(got, b"\x82\x03abc");
    assert_eq!(
        *lines.borrow(),
        [
            r#"< TEXT fin 5 B "hello""#,
            "< CLOSE fin 0 B",
            "> BINARY fin 3 B 616263",
            "> end of stream"
        ]
    );
}
