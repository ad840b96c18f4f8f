//! Close codes (RFC 6455 section 7.4): all of them, both ways, in both roles.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    ConfigError, Error, ProtocolError, Side,
    wire::close::{CloseCode, MAX_REASON_LEN},
};
use socklet_core_tests::{
    Who,
    frames::{Frame, decode},
    receiving::{Endpoint, WasClosed},
    wire::Wire,
};

/// As the registry of IANA has them, and RFC 6455 section 7.4.2 the ranges.
fn may_be_sent(code: u16) -> bool {
    let reserved = [1004, 1005, 1006, 1015].contains(&code);
    (1000..=1014).contains(&code) && !reserved || (3000..5000).contains(&code)
}

#[test]
fn each_code_that_is_received_is_answered_with_itself_or_with_1002() {
    for who in Who::BOTH {
        let endpoint = Endpoint::new(who).buffers(131, 131);
        for code in 0..=u16::MAX {
            let received = endpoint.receive_all(Frame::close(code, "").to(who));
            let answer = decode(&received.written);
            assert_eq!((answer.len(), answer[0].opcode), (1, 8));
            let answered = u16::from_be_bytes(answer[0].payload[..].try_into().unwrap());
            if may_be_sent(code) {
                let (by, reason) = (Side::Peer, String::new());
                assert_eq!(received.end, Ok(WasClosed { by, code: Some(code), reason }));
                assert_eq!(answered, code);
            } else {
                let error = Error::Protocol(ProtocolError::CloseCode);
                assert_eq!(received.end, Err(error), "{code}");
                assert_eq!(answered, 1002);
            }
        }
    }
}

#[test]
fn each_code_is_sent_or_refused_before_anything_is_sent() {
    let endpoint = Endpoint::new(Who::Server).buffers(131, 131);
    for code in 0..=u16::MAX {
        assert_eq!(CloseCode(code).is_valid_on_wire(), may_be_sent(code), "{code}");
        if CloseCode(code) == CloseCode::NO_STATUS {
            continue;
        }
        let mut ws = endpoint.blocking_server(Wire::default());
        let sent = ws.sender().close(CloseCode(code), "");
        if may_be_sent(code) {
            assert_eq!(sent, Ok(()));
            assert_eq!(ws.into_inner().0.written, Frame::close(code, "").encode());
        } else {
            assert_eq!(sent, Err(Error::Config(ConfigError::InvalidCloseCode)), "{code}");
            assert!(ws.is_open());
            assert_eq!(ws.into_inner().0.written, []);
        }
    }
}

#[test]
fn a_close_without_a_code_is_answered_with_1000() {
    for who in Who::BOTH {
        let received = Endpoint::new(who).receive_split(&Frame::close_body([]).to(who));
        let (by, reason) = (Side::Peer, String::new());
        assert_eq!(received.end, Ok(WasClosed { by, code: None, reason }));
        assert_eq!(decode(&received.written)[0].payload, 1000_u16.to_be_bytes());
    }
}

#[test]
fn a_close_without_a_code_is_sent_as_one_without_a_body() {
    let endpoint = Endpoint::new(Who::Server);
    let mut ws = endpoint.blocking_server(Wire::default());
    assert_eq!(ws.sender().close(CloseCode::NO_STATUS, ""), Ok(()));
    assert_eq!(ws.into_inner().0.written, [0x88, 0]);
    let mut ws = endpoint.blocking_server(Wire::default());
    let refused = Err(Error::Config(ConfigError::InvalidCloseCode));
    assert_eq!(ws.sender().close(CloseCode::NO_STATUS, "but why"), refused);
}

#[test]
fn a_close_body_of_one_byte_is_refused() {
    for who in Who::BOTH {
        let received = Endpoint::new(who).receive_split(&Frame::close_body([3]).to(who));
        assert_eq!(received.end, Err(Error::Protocol(ProtocolError::CloseBody)));
        assert_eq!(decode(&received.written)[0].payload, 1002_u16.to_be_bytes());
    }
}

#[test]
fn the_reason_is_kept_up_to_its_greatest_length() {
    for who in Who::BOTH {
        for reason in ["bye".to_owned(), "ü".repeat(61), "x".repeat(MAX_REASON_LEN)] {
            let bytes = Frame::close(4321, &reason).to(who);
            let received = Endpoint::new(who).buffers(131, 131).receive_split(&bytes);
            let by = Side::Peer;
            assert_eq!(received.end, Ok(WasClosed { by, code: Some(4321), reason }));
        }
    }
}

#[test]
fn a_reason_cut_inside_a_code_point_is_refused() {
    for who in Who::BOTH {
        for len in 1..4 {
            let body = [&1000_u16.to_be_bytes()[..], b"bye", &"🦀".as_bytes()[..len]].concat();
            let received = Endpoint::new(who).receive_split(&Frame::close_body(body).to(who));
            assert_eq!(received.end, Err(Error::Protocol(ProtocolError::InvalidUtf8)));
            assert_eq!(decode(&received.written)[0].payload, 1007_u16.to_be_bytes());
        }
    }
}

#[test]
fn a_close_frame_of_202_bytes_is_neither_sent_nor_accepted() {
    let reason = "x".repeat(200);
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::default());
    let sent = ws.close(CloseCode::NORMAL, &reason).map(|_| ());
    assert_eq!(sent, Err(Error::Config(ConfigError::CloseReasonTooLong)));
    assert!(ws.is_open());
    assert_eq!(ws.into_inner().0.written, []);
    for who in Who::BOTH {
        let received = Endpoint::new(who).receive_split(&Frame::close(1000, &reason).to(who));
        assert_eq!(received.end, Err(Error::Protocol(ProtocolError::ControlTooLong)));
    }
}

#[test]
fn a_reason_of_123_bytes_is_sent_and_one_more_is_refused() {
    let reason = "é".repeat(61) + "x";
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::default());
    let longer = ws.sender().close(CloseCode::NORMAL, &(reason.clone() + "x"));
    assert_eq!(longer, Err(Error::Config(ConfigError::CloseReasonTooLong)));
    assert_eq!(ws.sender().close(CloseCode::NORMAL, &reason), Ok(()));
    assert_eq!(ws.into_inner().0.written, Frame::close(1000, &reason).encode());
}
