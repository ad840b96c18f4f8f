//! Bytes that something else has read: where they go, and when there is room for them.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{Error, Message, ResourceError};
use socklet_core_tests::{frames::Frame, in_every_way, wire::Wire};

#[test]
fn bytes_that_something_else_has_read_come_before_those_of_the_next_layer() {
    let second = |who| Wire::new([Frame::text("second").to(who)]);
    in_every_way!((200, 200), second, |who, ws, wait| {
        ws.preload(&Frame::text("first").to(who)).unwrap();
        assert_eq!(wait(ws.recv()), Ok(Some(Message::Text("first"))));
        assert_eq!(wait(ws.recv()), Ok(Some(Message::Text("second"))));
    });
}

#[test]
fn bytes_that_something_else_has_read_may_come_in_pieces() {
    in_every_way!((200, 200), |_| Wire::default(), |who, ws, wait| {
        let frames = [Frame::text("one").to(who), Frame::text("two").to(who)].concat();
        for byte in &frames {
            ws.preload(&[*byte]).unwrap();
        }
        assert_eq!(wait(ws.recv()), Ok(Some(Message::Text("one"))));
        assert_eq!(wait(ws.recv()), Ok(Some(Message::Text("two"))));
        assert_eq!(wait(ws.recv()), Err(Error::ConnectionLost));
    });
}

#[test]
fn bytes_that_do_not_fit_are_not_taken_at_all() {
    in_every_way!((200, 200), |_| Wire::default(), |who, ws, wait| {
        let frame = Frame::binary([1; 100]).to(who);
        ws.preload(&frame).unwrap();
        let (needed, available) = (frame.len() + 100, 200);
        let full = Err(ResourceError::ReceiveBuffer { needed, available });
        assert_eq!(ws.preload(&[0; 100]), full);
        assert_eq!(wait(ws.recv()), Ok(Some(Message::Binary(&[1; 100]))));
        assert_eq!(wait(ws.recv()), Err(Error::ConnectionLost));
    });
}

/// A long message behind short ones that have been received: all that is not in use is room.
fn consumed_bytes_are_room(consumed: usize) {
    in_every_way!((200, 200), |_| Wire::default(), |who, ws, wait| {
        let short = Frame::binary([1; 8]).to(who);
        let long = Frame::binary([2; 60]).to(who);
        for _ in 0..consumed {
            ws.preload(&short).unwrap();
        }
        ws.preload(&long).unwrap();
        for _ in 0..consumed {
            assert_eq!(wait(ws.recv()), Ok(Some(Message::Binary(&[1; 8]))));
        }
        // What was received last is there until the next call that receives.
        let kept_len = if consumed == 0 { 0 } else { 8 };
        let room_len = 200 - kept_len - long.len();
        assert!(ws.preload(&vec![0; room_len + 1]).is_err(), "{who:?} {consumed}");
        assert_eq!(ws.preload(&vec![0; room_len]), Ok(()), "{who:?} {consumed}");
        assert_eq!(wait(ws.recv()), Ok(Some(Message::Binary(&[2; 60]))));
    });
}

#[test]
fn bytes_that_have_been_consumed_make_room_for_more() {
    for consumed in [0, 8, 9] {
        consumed_bytes_are_room(consumed);
    }
}

#[test]
fn few_bytes_that_have_been_consumed_make_room_for_more() {
    for consumed in 1..8 {
        consumed_bytes_are_room(consumed);
    }
}
