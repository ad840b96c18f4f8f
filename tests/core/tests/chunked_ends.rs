//! A connection that ends within a message of which chunks were handed out: whoever then receives
//! whole messages is told how it ended, not that a message is unfinished.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{Error, ProtocolError, UsageError};
use socklet_core_tests::{Fault, Who, frames::Frame, in_every_way, wire::Wire};

type End = Result<bool, Error<Fault>>;

const UNFINISHED: End = Err(Error::Usage(UsageError::MessageUnfinished));

/// Begins a message, and then, in another piece, `tail`.
fn begun(who: Who, tail: Vec<u8>) -> Wire {
    Wire::new([Frame::binary([1, 2, 3]).not_fin().to(who), tail])
}

/// Receives the first chunk and then the end, which must be this one however it is asked for.
macro_rules! ends_within_a_message {
    ($tail:expr, $end:expr) => {{
        let tail: fn(Who) -> Wire = $tail;
        let end: End = $end;
        in_every_way!((300, 300), tail, |who, ws, wait| {
            assert_eq!(wait(ws.recv_chunk()).unwrap().unwrap().data, [1, 2, 3]);
            assert_eq!(wait(ws.recv()).map(|message| message.is_some()), UNFINISHED);
            assert_eq!(wait(ws.recv_event()).map(|event| event.is_some()), UNFINISHED);
            assert_eq!(wait(ws.recv_chunk()).map(|chunk| chunk.is_some()), end, "{who:?}");
            for _ in 0..2 {
                assert_eq!(wait(ws.recv()).map(|message| message.is_some()), end, "{who:?}");
                assert_eq!(wait(ws.recv_event()).map(|event| event.is_some()), end, "{who:?}");
                let message = wait(ws.recv_with_sender());
                assert_eq!(message.map(|message| message.is_some()), end, "{who:?}");
                assert_eq!(wait(ws.recv_chunk()).map(|chunk| chunk.is_some()), end, "{who:?}");
            }
            assert_eq!(ws.closed().is_some(), end.is_ok());
        });
    }};
}

#[test]
fn a_close_within_a_chunked_message_is_told() {
    ends_within_a_message!(|who| begun(who, Frame::close(1000, "bye").to(who)), Ok(false));
}

#[test]
fn a_lost_connection_within_a_chunked_message_is_told() {
    ends_within_a_message!(|who| begun(who, Vec::new()), Err(Error::ConnectionLost));
    // Within a frame, too.
    ends_within_a_message!(|who| begun(who, vec![0x80]), Err(Error::ConnectionLost));
}

#[test]
fn a_violation_within_a_chunked_message_is_told() {
    ends_within_a_message!(
        |who| begun(who, Frame::text("another").to(who)),
        Err(Error::Protocol(ProtocolError::ExpectedContinuation))
    );
    ends_within_a_message!(
        |who| begun(who, Frame::more("x").rsv(4).to(who)),
        Err(Error::Protocol(ProtocolError::ReservedBits))
    );
}

#[test]
fn a_closing_handshake_within_a_chunked_message_is_told() {
    let answer = |who| begun(who, Frame::close(1000, "").to(who));
    in_every_way!((300, 300), answer, |who, ws, wait| {
        assert_eq!(wait(ws.recv_chunk()).unwrap().unwrap().data, [1, 2, 3]);
        assert!(wait(ws.close(socklet_core::wire::close::CloseCode::NORMAL, "")).is_ok());
        assert_eq!(wait(ws.recv()), Ok(None), "{who:?}");
        assert_eq!(wait(ws.recv_event()), Ok(None), "{who:?}");
    });
}
