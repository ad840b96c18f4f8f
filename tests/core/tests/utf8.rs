//! UTF-8 in pieces (RFC 6455 section 8.1): every short sequence in every segmentation against
//! the grammar of RFC 3629 and against the standard library, and failing as early as can be.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{Error, ProtocolError, wire::utf8::Utf8};
use socklet_core_tests::{
    Who,
    frames::{Frame, decode},
    receiving::{Endpoint, Seen},
};

/// What a start of a text can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judgement {
    /// A text.
    Whole,
    /// A text with more bytes.
    Open,
    /// No text whatever follows.
    Impossible,
}

/// The grammar of RFC 3629 section 4, written down.
fn by_grammar(mut bytes: &[u8]) -> Judgement {
    while let [first, rest @ ..] = bytes {
        let (second, more) = match first {
            0x00..=0x7F => (0..=0, 0),
            0xC2..=0xDF => (0x80..=0xBF, 1),
            0xE0 => (0xA0..=0xBF, 2),
            0xE1..=0xEC | 0xEE | 0xEF => (0x80..=0xBF, 2),
            0xED => (0x80..=0x9F, 2),
            0xF0 => (0x90..=0xBF, 3),
            0xF1..=0xF3 => (0x80..=0xBF, 3),
            0xF4 => (0x80..=0x8F, 3),
            _ => return Judgement::Impossible,
        };
        for at in 0..more {
            let range = if at == 0 { second.clone() } else { 0x80..=0xBF };
            match rest.get(at) {
                None => return Judgement::Open,
                Some(byte) if range.contains(byte) => {}
                Some(_) => return Judgement::Impossible,
            }
        }
        bytes = &rest[more..];
    }
    Judgement::Whole
}

fn by_library(bytes: &[u8]) -> Judgement {
    match std::str::from_utf8(bytes) {
        Ok(_) => Judgement::Whole,
        Err(error) if error.error_len().is_none() => Judgement::Open,
        Err(_) => Judgement::Impossible,
    }
}

/// The validator's judgement of a text in pieces.
fn judge<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Judgement {
    let mut utf8 = Utf8::new();
    for piece in pieces {
        if utf8.push(piece).is_err() {
            return Judgement::Impossible;
        }
    }
    if utf8.finish().is_ok() { Judgement::Whole } else { Judgement::Open }
}

/// Checks a text, and so each of its starts when called for each, in every segmentation.
fn check(text: &[u8]) -> Judgement {
    let expected = by_grammar(text);
    assert_eq!(by_library(text), expected, "{text:x?}");
    let cuts = text.len().saturating_sub(1);
    for segmentation in 0..1_u32 << cuts {
        let mut utf8 = Utf8::new();
        let mut impossible = false;
        let mut from = 0;
        for to in 1..=text.len() {
            if to == text.len() || segmentation >> (to - 1) & 1 == 1 {
                impossible |= utf8.push(&text[from..to]).is_err();
                from = to;
                if impossible {
                    break;
                }
            }
        }
        let judgement = match utf8.finish() {
            _ if impossible => Judgement::Impossible,
            Ok(()) => Judgement::Whole,
            Err(_) => Judgement::Open,
        };
        assert_eq!(judgement, expected, "{text:x?} cut by {segmentation:b}");
    }
    expected
}

/// Checks each text that goes on with `tails` from one that can.
fn check_onward(start: &[u8], tails: &[u8], len: usize) {
    for tail in tails {
        let text = [start, &[*tail]].concat();
        if check(&text) != Judgement::Impossible && text.len() < len {
            check_onward(&text, tails, len);
        }
    }
}

/// Both sides of every border in the grammar.
const BORDERS: [u8; 24] = [
    0x00, 0x41, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
    0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5,
];

#[test]
fn all_sequences_of_one_and_two_bytes() {
    let all: Vec<u8> = (0..=255).collect();
    for first in 0..=255 {
        check(&[first]);
        for second in &all {
            check(&[first, *second]);
        }
    }
}

#[test]
fn all_sequences_of_three_bytes_whose_first_two_can_go_on() {
    // What follows an impossible start is never looked at, and an ASCII start changes nothing
    // that the test of two bytes has not seen.
    let all: Vec<u8> = (0..=255).collect();
    for first in 0xC2..=0xF4 {
        check_onward(&[first], &all, 3);
    }
}

#[test]
fn all_borders_of_sequences_of_four_bytes_and_one_more() {
    for first in [0x41, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF] {
        check_onward(&[first], &BORDERS, 5);
    }
}

#[test]
fn all_code_points_in_pieces_of_one_byte() {
    for point in '\0'..=char::MAX {
        let mut bytes = [0; 4];
        let text = point.encode_utf8(&mut bytes).as_bytes();
        assert_eq!(judge(text.chunks(1)), Judgement::Whole, "{point:?}");
        assert_eq!(judge(text[..text.len() - 1].chunks(1)) == Judgement::Open, text.len() > 1);
    }
}

#[test]
fn longer_texts_in_pieces_of_every_length() {
    let text = "κόσμε — 日本語 🦀 ascii in between, ÿ\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}";
    for len in 1..text.len() {
        assert_eq!(judge(text.as_bytes().chunks(len)), Judgement::Whole, "{len}");
        assert_eq!(judge(text.as_bytes()[..text.len() - 1].chunks(len)), Judgement::Open);
    }
}

/// From Kuhn's stress test and the Autobahn suite, section 6: what no text may hold.
const IMPOSSIBLE: [&[u8]; 26] = [
    b"\x80",
    b"\xbf",
    b"\x80\xbf\x80\xbf",
    b"\xc0 ",
    b"\xe0 ",
    b"\xf0 ",
    b"\xf8 ",
    b"\xfc ",
    b"\xfe",
    b"\xff",
    b"\xfe\xfe\xff\xff",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xf8\x80\x80\x80\xaf",
    b"\xfc\x80\x80\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
];

/// And what it may hold.
const POSSIBLE: [&str; 12] = [
    "Hello-µ@ßöäüàá-UTF-8!!",
    "κόσμε",
    "\0",
    "\u{80}",
    "\u{7ff}",
    "\u{800}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{ffff}\u{fffe}",
    "\u{10000}",
    "\u{10ffff}\u{1fffe}",
];

#[test]
fn a_connection_receives_texts_that_are_utf8_in_every_split() {
    for who in Who::BOTH {
        for text in POSSIBLE {
            let received = Endpoint::new(who).receive_split(&Frame::text(text).to(who));
            assert_eq!(received.seen, [Seen::Text(text.to_owned())]);
        }
    }
}

#[test]
fn a_connection_fails_with_1007_for_texts_that_are_not_in_every_split() {
    for who in Who::BOTH {
        for text in IMPOSSIBLE {
            let received = Endpoint::new(who).receive_split(&Frame::text(text).to(who));
            assert_eq!(received.seen, [], "{text:x?}");
            assert_eq!(received.end, Err(Error::Protocol(ProtocolError::InvalidUtf8)));
            let close = &decode(&received.written)[0];
            assert_eq!((close.opcode, &close.payload[..]), (8, &1007_u16.to_be_bytes()[..]));
        }
    }
}

#[test]
fn a_text_that_ends_within_a_code_point_is_not_utf8() {
    for who in Who::BOTH {
        for cut in ["é", "€", "🦀"] {
            for len in 1..cut.len() {
                let text = [b"abc", &cut.as_bytes()[..len]].concat();
                let whole = Frame::text(&text).to(who);
                let fragments =
                    [Frame::text(&text).not_fin().to(who), Frame::more(b"").to(who)].concat();
                for bytes in [whole, fragments] {
                    let received = Endpoint::new(who).receive_split(&bytes);
                    assert_eq!(received.end, Err(Error::Protocol(ProtocolError::InvalidUtf8)));
                }
            }
        }
    }
}

#[test]
fn a_connection_fails_at_the_first_impossible_byte_and_waits_before_it() {
    for who in Who::BOTH {
        for text in IMPOSSIBLE {
            let first =
                (1..=text.len()).find(|len| by_grammar(&text[..*len]) == Judgement::Impossible);
            let (at, padding) = (first.unwrap() - 1, vec![b'x'; 60]);
            let bytes = Frame::text([text, &padding].concat()).to(who);
            let header_len = if who == Who::Server { 6 } else { 2 };
            let received = Endpoint::new(who).receive_all(&bytes[..header_len + at]);
            assert_eq!(received.end, Err(Error::ConnectionLost), "before {text:x?}");
            let received = Endpoint::new(who).receive_all(&bytes[..=header_len + at]);
            let invalid = Err(Error::Protocol(ProtocolError::InvalidUtf8));
            assert_eq!(received.end, invalid, "at {at} of {text:x?}");
        }
    }
}

#[test]
fn code_points_may_be_cut_by_fragments_and_by_pings_between_them() {
    let text = "aé€🦀z";
    for who in Who::BOTH {
        let mut bytes = Vec::new();
        for (at, byte) in text.bytes().enumerate() {
            let frame = if at == 0 { Frame::text([byte]) } else { Frame::more([byte]) };
            bytes.extend(frame.not_fin().to(who));
            bytes.extend(Frame::ping([at as u8]).to(who));
        }
        bytes.extend(Frame::more(b"").to(who));
        let received = Endpoint::new(who).receive_split(&bytes);
        assert_eq!(received.seen.last(), Some(&Seen::Text(text.to_owned())));
        assert_eq!(received.seen.len(), 1 + text.len());
    }
}

#[test]
fn bytes_are_not_taken_for_text() {
    for who in Who::BOTH {
        for bytes in IMPOSSIBLE {
            let received = Endpoint::new(who).receive_split(&Frame::binary(bytes).to(who));
            assert_eq!(received.seen, [Seen::Binary(bytes.to_vec())]);
        }
    }
}
