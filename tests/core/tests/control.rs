//! Control frames (RFC 6455 section 5.5) and the closing handshake (section 7).
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    ConfigError, Error, Kind, Message, ProtocolError, Side, UsageError, io::nonblocking,
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault, Who,
    buffers::TestBuffer,
    clock::VirtualClock,
    executor::{poll_once, run_pair},
    frames::{Frame, decode},
    pipe::{Pipe, duplex},
    receiving::{Endpoint, Seen, WasClosed, open},
    wire::Wire,
};

fn opcodes(written: &[u8]) -> Vec<u8> {
    decode(written).iter().map(|frame| frame.opcode).collect()
}

/// An open server on a pipe of that capacity, with buffers of 140 bytes.
fn server(
    capacity: usize,
) -> (nonblocking::WebSocket<Pipe, socklet_core::Server, TestBuffer>, Pipe) {
    let (near, far) = duplex(capacity);
    let buffer = || TestBuffer::fixed(140);
    (open(nonblocking::WebSocket::server(near, buffer(), buffer())), far)
}

#[test]
fn a_pong_has_the_payload_of_its_ping() {
    for who in Who::BOTH {
        for len in 0..=125 {
            let payload: Vec<u8> = (0..len).collect();
            let received =
                Endpoint::new(who).buffers(131, 131).receive_all(Frame::ping(&payload).to(who));
            assert_eq!(received.seen, [Seen::Ping(payload.clone())]);
            let pongs = decode(&received.written);
            assert_eq!((pongs.len(), pongs[0].opcode, &pongs[0].payload), (1, 10, &payload));
        }
    }
}

#[test]
fn a_pong_that_nobody_asked_for_is_not_answered() {
    for who in Who::BOTH {
        let received = Endpoint::new(who).receive_split(&Frame::pong("heartbeat").to(who));
        assert_eq!(received.seen, [Seen::Pong(b"heartbeat".to_vec())]);
        assert_eq!(received.written, []);
    }
}

#[test]
fn a_ping_finds_room_when_the_staging_buffer_is_nearly_full() {
    for fed_len in 0..=138 {
        let bytes = Frame::ping([b'?'; 125]).to(Who::Server);
        let endpoint = Endpoint::new(Who::Server).buffers(140, 140);
        let mut ws = endpoint.blocking_server(Wire::new([bytes]));
        let fed = vec![b'x'; fed_len];
        // As long as it fits without being fragmented.
        ws.feed(Message::Binary(&fed[..fed_len.min(136)])).unwrap();
        assert_eq!(ws.recv(), Err(Error::ConnectionLost));
        let frames = decode(&ws.into_inner().0.written);
        assert_eq!(frames.iter().map(|f| f.opcode).collect::<Vec<_>>(), [2, 10]);
        assert_eq!(frames[1].payload, [b'?'; 125]);
    }
}

#[test]
fn a_pong_sent_during_a_fragmented_send_stands_between_its_frames() {
    let (mut ws, far) = server(200);
    let message: Vec<u8> = (0..2_000_u32).map(|n| n as u8).collect();
    let mut received = Vec::new();
    let mut pings = 0;
    assert_eq!(poll_once(ws.send(Message::Binary(&message))), None);
    while ws.unfinished().is_some() {
        // Between two tries to go on, a Ping comes and is answered.
        far.put(&Frame::ping([pings]).to(Who::Server));
        pings += 1;
        while poll_once(ws.recv_event()).is_none() {
            received.extend(far.take());
        }
        let _ = poll_once(ws.send(Message::Binary(&message)));
        received.extend(far.take());
    }
    while poll_once(ws.flush()).is_none() {
        received.extend(far.take());
    }
    received.extend(far.take());
    let frames = decode(&received);
    let (pongs, data): (Vec<_>, Vec<_>) = frames.iter().partition(|frame| frame.opcode == 10);
    assert!(pings > 3);
    assert_eq!(
        pongs.iter().map(|f| f.payload[0]).collect::<Vec<_>>(),
        (0..pings).collect::<Vec<_>>()
    );
    assert_eq!(data.iter().flat_map(|f| f.payload.clone()).collect::<Vec<_>>(), message);
    assert!(data.iter().skip(1).all(|frame| frame.opcode == 0));
    assert!(frames[1..frames.len() - 1].iter().any(|frame| frame.opcode == 10));
}

#[test]
fn a_ping_of_one_s_own_may_stand_within_a_message_too() {
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::default());
    ws.send_part(Kind::Text, b"a", false).unwrap();
    ws.ping(b"alive?").unwrap();
    ws.sender().pong(b"alive").unwrap();
    ws.send_part(Kind::Text, b"b", true).unwrap();
    assert_eq!(opcodes(&ws.inner().written), [1, 9, 10, 0]);
    let too_long = Err(Error::Config(ConfigError::ControlPayloadTooLong));
    assert_eq!(ws.ping(&[0; 126]), too_long);
    assert_eq!(ws.sender().pong(&[0; 126]), too_long);
    assert_eq!(ws.ping(&[0; 125]), Ok(()));
}

#[test]
fn a_ping_after_our_close_is_not_answered() {
    for who in Who::BOTH {
        let bytes = [
            Frame::ping("1").to(who),
            Frame::text("late").to(who),
            Frame::ping("2").to(who),
            Frame::close(1000, "").to(who),
        ];
        let close = |written: Vec<u8>, closed: WasClosed| {
            assert_eq!(opcodes(&written), [8]);
            assert_eq!((closed.by, closed.code), (Side::Local, Some(1000)));
        };
        let wire = Wire::new([bytes.concat()]);
        match who {
            Who::Client => {
                let mut ws = Endpoint::new(who).blocking_client(wire);
                let closed = ws.close(CloseCode::NORMAL, "").map(WasClosed::of).unwrap();
                close(ws.into_inner().0.written, closed);
            }
            Who::Server => {
                let mut ws = Endpoint::new(who).blocking_server(wire);
                let closed = ws.close(CloseCode::NORMAL, "").map(WasClosed::of).unwrap();
                close(ws.into_inner().0.written, closed);
            }
        }
    }
}

#[test]
fn what_follows_the_peer_s_close_is_ignored() {
    for who in Who::BOTH {
        let bytes = [
            Frame::close(1001, "going").to(who),
            Frame::text("more").to(who),
            Frame::ping("?").to(who),
            vec![0xFF; 20],
        ];
        let received = Endpoint::new(who).receive_split(&bytes.concat());
        let (by, reason) = (Side::Peer, "going".to_owned());
        assert_eq!(received.seen, []);
        assert_eq!(received.end, Ok(WasClosed { by, code: Some(1001), reason }));
        assert_eq!(opcodes(&received.written), [8]);
    }
}

#[test]
fn both_may_close_at_the_same_time() {
    let (near, far) = duplex(1000);
    let buffer = || TestBuffer::fixed(140);
    let rng = socklet_core_tests::rng::TestRng::new(1);
    let mut client = open(nonblocking::WebSocket::client(near, rng, buffer(), buffer()));
    let mut server = open(nonblocking::WebSocket::server(far, buffer(), buffer()));
    let (a, b) = run_pair(
        &VirtualClock::new(),
        async { client.close(CloseCode(3000), "client").await.map(WasClosed::of) },
        async { server.close(CloseCode(3001), "server").await.map(WasClosed::of) },
    );
    let closed = |code, reason: &str| {
        Ok(WasClosed { by: Side::Local, code: Some(code), reason: reason.to_owned() })
    };
    assert_eq!((a, b), (closed(3001, "server"), closed(3000, "client")));
}

#[test]
fn a_close_within_a_message_ends_both() {
    for who in Who::BOTH {
        let bytes = [Frame::text("half").not_fin().to(who), Frame::close(1000, "why").to(who)];
        let received = Endpoint::new(who).receive_split(&bytes.concat());
        assert_eq!(received.seen, []);
        assert_eq!(received.end.map(|closed| closed.reason), Ok("why".to_owned()));
    }
}

#[test]
fn how_it_was_closed_is_known_only_when_it_is_and_stays_known() {
    let bytes = [Frame::text("a").to(Who::Server), Frame::close(4000, "reason").to(Who::Server)];
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::new([bytes.concat()]));
    assert!(ws.is_open());
    assert_eq!(ws.recv(), Ok(Some(Message::Text("a"))));
    assert_eq!(ws.closed(), None);
    for _ in 0..3 {
        assert_eq!(ws.recv(), Ok(None));
        assert!(!ws.is_open());
        let closed = ws.close(CloseCode::NORMAL, "too late").map(WasClosed::of);
        let (by, reason) = (Side::Peer, "reason".to_owned());
        assert_eq!(closed, Ok(WasClosed { by, code: Some(4000), reason }));
    }
    assert_eq!(opcodes(&ws.into_inner().0.written), [8]);
}

#[test]
fn nothing_can_be_sent_after_close() {
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::default());
    ws.sender().close(CloseCode::GOING_AWAY, "").unwrap();
    let closed = Err(Error::Usage(UsageError::Closed));
    assert_eq!(ws.send("x"), closed);
    assert_eq!(ws.feed("x"), closed);
    assert_eq!(ws.ping(b""), closed);
    assert_eq!(ws.sender().pong(b""), closed);
    assert_eq!(ws.send_part(Kind::Text, b"", true), closed);
    assert_eq!(ws.sender().close(CloseCode::NORMAL, ""), closed);
    assert_eq!(ws.flush(), Ok(()));
    assert_eq!(opcodes(&ws.into_inner().0.written), [8]);
}

#[test]
fn an_end_without_close_is_a_lost_connection() {
    for who in Who::BOTH {
        let frame = Frame::text("whole").to(who);
        for len in 0..=frame.len() {
            let received = Endpoint::new(who).receive_all(&frame[..len]);
            assert_eq!(received.end, Err(Error::ConnectionLost));
            assert_eq!(received.seen.len(), usize::from(len == frame.len()));
        }
    }
}

#[test]
fn an_end_instead_of_the_answer_to_our_close_is_a_lost_connection() {
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::default());
    let closed = ws.close(CloseCode::NORMAL, "").map(|_| ());
    assert_eq!(closed, Err(Error::ConnectionLost));
    assert_eq!(ws.closed(), None);
    assert_eq!(ws.recv(), Err(Error::ConnectionLost));
}

#[test]
fn a_violation_is_told_once_to_the_peer_and_always_to_the_caller() {
    let bytes = [Frame::text("ok").to(Who::Server), vec![0x83, 0x80, 0, 0, 0, 0]];
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::new([bytes.concat()]));
    assert_eq!(ws.recv(), Ok(Some(Message::Text("ok"))));
    let error = Error::<Fault>::Protocol(ProtocolError::ReservedOpcode);
    for _ in 0..3 {
        assert_eq!(ws.recv().map(|_| ()), Err(error));
        assert_eq!(ws.recv_chunk().map(|_| ()), Err(error));
        assert_eq!(ws.recv_event().map(|_| ()), Err(error));
        assert_eq!(ws.close(CloseCode::NORMAL, "").map(|_| ()), Err(error));
        assert!(ws.send("x").is_err());
    }
    assert_eq!(ws.into_inner().0.written, Frame::close(1002, "").encode());
}

#[test]
fn a_violation_after_our_close_sends_no_second_one() {
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::new([[0xFF; 10]]));
    let closed = ws.close(CloseCode::NORMAL, "").map(|_| ());
    assert!(matches!(closed, Err(Error::Protocol(_))));
    assert_eq!(ws.into_inner().0.written, Frame::close(1000, "").encode());
}

#[test]
fn parts_make_one_message_of_one_kind_whose_text_may_be_cut_anywhere() {
    let text = "grüße 🦀";
    for cut in 0..=text.len() {
        let mut ws = Endpoint::new(Who::Client).blocking_client(Wire::default());
        let (head, tail) = text.as_bytes().split_at(cut);
        ws.send_part(Kind::Text, head, false).unwrap();
        let unfinished = Err(Error::Usage(UsageError::MessageUnfinished));
        assert_eq!(ws.send("another"), unfinished);
        assert_eq!(ws.feed(&[1]), unfinished);
        let changed = Err(Error::Usage(UsageError::KindChanged));
        assert_eq!(ws.send_part(Kind::Binary, tail, true), changed);
        ws.send_part(Kind::Text, tail, true).unwrap();
        let frames = decode(&ws.into_inner().0.written);
        let joined: Vec<_> = frames.iter().flat_map(|frame| frame.payload.clone()).collect();
        assert_eq!((frames.len(), &joined[..]), (2, text.as_bytes()));
        assert_eq!((frames[0].fin, frames[1].fin), (false, true));
    }
}

#[test]
fn text_that_is_not_utf8_is_not_sent() {
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::default());
    let invalid = Err(Error::Usage(UsageError::InvalidUtf8));
    assert_eq!(ws.send_part(Kind::Text, b"\xff", false), invalid);
    assert_eq!(ws.send_part(Kind::Text, b"\xe2\x82", true), invalid);
    assert_eq!(ws.send_part(Kind::Text, b"\xe2\x82", false), Ok(()));
    assert_eq!(ws.send_part(Kind::Text, b"x", true), invalid);
    assert_eq!(ws.send_part(Kind::Text, b"", true), invalid);
    assert_eq!(ws.send_part(Kind::Text, b"\xac", true), Ok(()));
    assert_eq!(ws.send_part(Kind::Binary, b"\xff", true), Ok(()));
    let frames = decode(&ws.into_inner().0.written);
    assert_eq!(frames.iter().map(|f| f.payload.len()).collect::<Vec<_>>(), [2, 1, 1]);
}
