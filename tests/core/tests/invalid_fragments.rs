//! Text that is not UTF-8 in a fragment that is not the last (RFC 6455 section 8.1): it fails the
//! connection with 1007 before anything behind it is looked at, however the bytes are cut.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{Error, ProtocolError};
use socklet_core_tests::{
    Who,
    frames::{Frame, decode},
    receiving::Endpoint,
};

/// Fragments that make no text, whatever follows; none is the last of its message.
fn fragments() -> Vec<Vec<Frame>> {
    let text = |bytes: &[u8]| Frame::text(bytes).not_fin();
    let more = |bytes: &[u8]| Frame::more(bytes).not_fin();
    vec![
        vec![text(b"\xff\xfe")],
        vec![text(b"gr\xc3(")],
        vec![text(b"\xed\xa0\x80")],
        vec![text(b"fine "), more(b"\xc0\xaf")],
        vec![text(b"cut \xe2\x82"), more(b"x")],
        vec![text(b"\xf0\x9f"), more(b""), more(b"\xa6\xff")],
        vec![text(b"fine"), more(b"\xf5"), more(b"never looked at")],
    ]
}

/// What may come behind them, whole or not, right or wrong.
fn tails(who: Who) -> Vec<Vec<u8>> {
    vec![
        Vec::new(),
        Frame::close(1000, "").to(who),
        Frame::close(1002, "violated").to(who),
        Frame::close_body([0]).to(who),
        Frame::binary("x").to(who),
        Frame::more("x").rsv(4).to(who),
        Frame::more("x").to(who),
        Frame::new(0x3, "").to(who),
        vec![0x80],
    ]
}

#[test]
fn invalid_text_before_the_last_fragment_is_told_before_what_follows() {
    for who in Who::BOTH {
        for fragments in fragments() {
            let begun: Vec<u8> = fragments.iter().flat_map(|frame| frame.clone().to(who)).collect();
            for tail in tails(who) {
                let received = Endpoint::new(who).receive_split(&[&begun[..], &tail].concat());
                let invalid = Err(Error::Protocol(ProtocolError::InvalidUtf8));
                assert_eq!(received.end, invalid, "{who:?} {fragments:?} {tail:?}");
                assert_eq!(received.seen, []);
                let written = decode(&received.written);
                assert_eq!((written.len(), written[0].opcode), (1, 8));
                assert_eq!(written[0].payload, 1007_u16.to_be_bytes());
            }
        }
    }
}

#[test]
fn a_code_point_that_is_cut_by_a_close_is_no_violation() {
    for who in Who::BOTH {
        let begun = Frame::text(b"\xf0\x9f\xa6").not_fin().to(who);
        let received =
            Endpoint::new(who).receive_split(&[begun, Frame::close(1000, "").to(who)].concat());
        assert_eq!(received.end.map(|closed| closed.code), Ok(Some(1000)));
    }
}

#[test]
fn a_ping_between_invalid_text_and_a_close_is_not_answered() {
    for who in Who::BOTH {
        let bytes = [
            Frame::text(b"\xff").not_fin().to(who),
            Frame::ping("?").to(who),
            Frame::close(1000, "").to(who),
        ];
        let received = Endpoint::new(who).receive_split(&bytes.concat());
        assert_eq!(received.end, Err(Error::Protocol(ProtocolError::InvalidUtf8)));
        assert_eq!((received.seen.len(), decode(&received.written).len()), (0, 1));
    }
}
