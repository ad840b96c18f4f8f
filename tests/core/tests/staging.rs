//! Control frames and the staging buffer: one that finds no room waits for it and is sent, and one
//! that must not be sent is refused before anything is written.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    Client, Config, ConfigError, Error, Message, Role, Server, UsageError,
    connection::{Connection, Staged},
    permessage_deflate::NoCompression,
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault, Who,
    buffers::TestBuffer,
    clock::VirtualClock,
    executor::poll_once,
    frames::{Frame, decode},
    in_every_way,
    receiving::open,
    rng::TestRng,
    schedule::Schedule,
    timed,
    wire::Wire,
};

/// A payload that leaves room for no control frame in a staging buffer of 300 bytes.
const FILLING: [u8; 280] = [7; 280];

/// What these frames say, whatever their masking keys are.
fn said(frames: &[Frame]) -> Vec<(u8, Vec<u8>)> {
    frames.iter().map(|frame| (frame.opcode, frame.payload.clone())).collect()
}

#[test]
fn a_ping_that_finds_no_room_is_sent_after_what_fills_it() {
    in_every_way!((1024, 300), |_| Wire::default(), |who, ws, wait| {
        wait(ws.feed(&FILLING)).unwrap();
        assert_eq!(ws.inner().writes, 0);
        assert_eq!(wait(ws.ping(b"here?")), Ok(()));
        let sent = [(2, FILLING.to_vec()), (9, b"here?".to_vec())];
        assert_eq!(said(&decode(&ws.inner().written)), sent, "{who:?}");
    });
}

#[test]
fn a_pong_that_finds_no_room_is_sent_after_what_fills_it() {
    in_every_way!((1024, 300), |_| Wire::default(), |who, ws, wait| {
        wait(ws.feed(&FILLING)).unwrap();
        assert_eq!(wait(ws.pong(b"here")), Ok(()));
        wait(ws.feed(&FILLING)).unwrap();
        assert_eq!(wait(ws.sender().pong(b"still")), Ok(()));
        let filling = (2, FILLING.to_vec());
        let sent = [filling.clone(), (10, b"here".to_vec()), filling, (10, b"still".to_vec())];
        assert_eq!(said(&decode(&ws.inner().written)), sent, "{who:?}");
    });
}

#[test]
fn a_close_that_finds_no_room_is_sent_after_what_fills_it() {
    in_every_way!((1024, 300), |_| Wire::default(), |who, ws, wait| {
        wait(ws.feed(&FILLING)).unwrap();
        assert_eq!(wait(ws.sender().close(CloseCode::NORMAL, "a reason")), Ok(()));
        assert!(!ws.is_open());
        let close = Frame::close(1000, "a reason");
        let sent = said(&[Frame::binary(FILLING), close]);
        assert_eq!(said(&decode(&ws.inner().written)), sent, "{who:?}");
    });
}

#[test]
fn a_closing_handshake_that_finds_no_room_is_made_after_what_fills_it() {
    let answer = |who| Wire::new([Frame::close(1000, "done").to(who)]);
    in_every_way!((1024, 300), answer, |who, ws, wait| {
        wait(ws.feed(&FILLING)).unwrap();
        let closed = wait(ws.close(CloseCode::NORMAL, "")).unwrap();
        assert_eq!((closed.code, closed.reason), (Some(CloseCode::NORMAL), "done"));
        let sent = said(&[Frame::binary(FILLING), Frame::close(1000, "")]);
        assert_eq!(said(&decode(&ws.inner().written)), sent, "{who:?}");
    });
}

#[test]
fn a_ping_after_a_fed_message_of_any_length_follows_its_last_frame() {
    in_every_way!((1024, 140), |_| Wire::default(), |who, ws, wait| {
        for len in 0..300 {
            let payload = vec![len as u8; len];
            wait(ws.feed(Message::Binary(&payload))).unwrap();
            assert_eq!(wait(ws.ping(&[])), Ok(()));
            let frames = decode(&std::mem::take(&mut ws.inner_mut().written));
            let (ping, data) = frames.split_last().unwrap();
            assert_eq!(ping.opcode, 9, "{who:?} {len}");
            let joined: Vec<u8> = data.iter().flat_map(|frame| frame.payload.clone()).collect();
            assert_eq!(joined, payload);
        }
    });
}

/// An open connection without I/O whose staging buffer has room for no control frame.
fn filled<R: Role>(role: R) -> Connection<R, TestBuffer> {
    let buffer = || TestBuffer::fixed(300);
    let mut connection = Connection::new(role, buffer(), buffer(), Config::SERVER, NoCompression);
    connection.assume_open::<Fault>(None).unwrap();
    let staged = connection.write_side_mut().stage::<Fault>(Message::Binary(&FILLING));
    assert_eq!(staged, Ok(Staged::Whole));
    connection
}

fn stages_whole_or_not_at_all<R: Role>(role: fn() -> R) {
    type Outcome = Result<Staged, Error<Fault>>;
    type Stage<R> = fn(&mut socklet_core::connection::WriteSide<R, TestBuffer>) -> Outcome;
    let stages: [(Stage<R>, Frame); 3] = [
        (|side| side.stage_ping(b"1"), Frame::ping("1")),
        (|side| side.stage_pong(b"2"), Frame::pong("2")),
        (|side| side.stage_close(CloseCode::NORMAL, "3", None), Frame::close(1000, "3")),
    ];
    for (stage, frame) in stages {
        let mut connection = filled(role());
        let side = connection.write_side_mut();
        let before = side.staged().to_vec();
        for _ in 0..3 {
            assert_eq!(stage(side), Ok(Staged::Partly));
            assert_eq!(side.staged(), before, "nothing is staged");
            assert!(side.is_open());
        }
        // Half of what is staged is not enough to go.
        side.written(before.len() / 2);
        assert_eq!(stage(side), Ok(Staged::Partly));
        side.written(side.staged().len());
        assert_eq!(stage(side), Ok(Staged::Whole));
        assert_eq!(said(&decode(side.staged())), said(std::slice::from_ref(&frame)));
        assert_eq!(side.is_open(), frame.opcode != 8);
    }
}

#[test]
fn a_control_frame_is_staged_whole_or_not_at_all() {
    stages_whole_or_not_at_all(|| Server);
    stages_whole_or_not_at_all(|| Client(TestRng::new(1)));
}

#[test]
fn a_close_that_is_given_up_for_want_of_room_leaves_the_connection_open() {
    let mut connection = filled(Server);
    let side = connection.write_side_mut();
    let close = |side: &mut socklet_core::connection::WriteSide<_, _>| {
        side.stage_close::<Fault>(CloseCode::NORMAL, "", None)
    };
    assert_eq!(close(side), Ok(Staged::Partly));
    side.written(side.staged().len());
    assert_eq!(side.stage::<Fault>(Message::Text("more")), Ok(Staged::Whole));
    assert_eq!(said(&decode(side.staged())), [(1, b"more".to_vec())]);
    assert_eq!(close(side), Ok(Staged::Whole));
}

#[test]
fn a_control_frame_that_must_not_be_sent_is_refused_before_anything_is_written() {
    let too_long = Err(Error::Config(ConfigError::ControlPayloadTooLong));
    let reason_too_long = Err(Error::Config(ConfigError::CloseReasonTooLong));
    let invalid_code = Err(Error::Config(ConfigError::InvalidCloseCode));
    let reason = "r".repeat(124);
    in_every_way!((1024, 300), |_| Wire::default(), |who, ws, wait| {
        wait(ws.feed(&FILLING)).unwrap();
        assert_eq!(wait(ws.ping(&[0; 126])), too_long);
        assert_eq!(wait(ws.pong(&[0; 126])), too_long);
        assert_eq!(wait(ws.sender().close(CloseCode::NORMAL, &reason)), reason_too_long);
        assert_eq!(wait(ws.close(CloseCode::NORMAL, &reason)).map(|_| ()), reason_too_long);
        for code in [0, 999, 1004, 1006, 1015, 5000] {
            assert_eq!(wait(ws.sender().close(CloseCode(code), "")), invalid_code);
            assert_eq!(wait(ws.close(CloseCode(code), "")).map(|_| ()), invalid_code);
        }
        assert_eq!((ws.inner().writes, ws.is_open()), (0, true), "{who:?}");
        assert_eq!(wait(ws.flush()), Ok(()));
        assert_eq!(said(&decode(&ws.inner().written)), [(2, FILLING.to_vec())]);
    });
}

#[test]
fn what_is_refused_after_the_end_does_not_wait_for_the_last_frames_to_leave() {
    let clock = VirtualClock::new();
    // The answer to the peer's Close is staged, and the peer does not take it.
    let close = Frame::close(1000, "").to(Who::Server);
    let next = Schedule::new(&clock).takes(0).arrives(0, close);
    let mut ws = open(timed::nonblocking_server(next, Config::SERVER, &clock));
    assert_eq!(poll_once(ws.recv()), None);
    let closed = Some(Err(Error::Usage(UsageError::Closed)));
    assert_eq!(poll_once(ws.ping(b"")), closed);
    assert_eq!(poll_once(ws.ping(&[0; 200])), closed);
    assert_eq!(poll_once(ws.pong(b"")), closed);
    assert_eq!(poll_once(ws.sender().close(CloseCode::NORMAL, "")), closed);
    assert_eq!(poll_once(ws.send("x")), closed);
    assert_eq!(poll_once(ws.feed("x")), closed);
}
