//! A few bytes that inflate to very many.

use socklet_core::{Error, Kind, ProtocolError, buffer::Buffer, permessage_deflate::Settings};
use socklet_core_tests::{Who, frames::Frame, wire::Wire};

use crate::support::*;

/// A megabyte of zeros: a thousandth of that.
fn bomb() -> Vec<u8> {
    let payload = miniz_oxide::deflate::compress_to_vec(&vec![0; 1 << 20], 9);
    assert!(payload.len() < (1 << 20) / 900, "{}", payload.len());
    payload
}

#[test]
fn a_bomb_is_stopped_by_the_limit_on_the_length_with_the_memory_unchanged() {
    for limit in [1, 100, 2000, 100_000] {
        let mut setting = Setting::new(Who::Server);
        setting.config.limits.message_len = limit;
        let bytes = setting.encode(&[compressed(Kind::Binary, bomb())]);
        // In chunks, or the buffer would be too small before the message is too long.
        let mut ws = setting.server(Wire::new([&bytes]));
        let mut received = 0;
        let error = loop {
            match ws.recv_chunk() {
                Ok(chunk) => received += chunk.unwrap().data.len(),
                Err(error) => break error,
            }
        };
        assert_eq!(error, Error::Protocol(ProtocolError::MessageTooLong));
        assert!(received <= limit, "{received} of {limit}");
        let (_, buffer, _) = ws.into_inner();
        assert_eq!((buffer.bytes().len(), buffer.growths), (4096, 0));
    }
}

#[test]
fn the_limit_acts_in_fragments_and_in_whole_messages_too() {
    let mut setting = Setting::new(Who::Client);
    setting.config.limits.message_len = 1000;
    let payload = Peer::new(9).compress(&[b'x'; 1001]);
    let (head, tail) = payload.split_at(3);
    let frames = [compressed(Kind::Text, head).not_fin(), Frame::more(tail)];
    let (seen, end) = setting.receive_frames(&frames);
    assert_eq!((seen, end), (vec![], Err(Error::Protocol(ProtocolError::MessageTooLong))));

    let payload = Peer::new(9).compress(&[b'x'; 1000]);
    let frames = [compressed(Kind::Text, payload), Frame::close(1000, "")];
    let (seen, _) = setting.receive_frames(&frames);
    assert_eq!(seen, [text(&"x".repeat(1000))], "as long as it may be");
}

#[test]
fn an_expansion_can_be_limited_whatever_the_length() {
    let mut setting = Setting::new(Who::Server);
    setting.settings = Settings { expansion: 100, ..setting.settings };
    let mut ws = setting.server(Wire::new([setting.encode(&[compressed(Kind::Binary, bomb())])]));
    let mut received = 0;
    let error = loop {
        match ws.recv_chunk() {
            Ok(chunk) => received += chunk.unwrap().data.len(),
            Err(error) => break error,
        }
    };
    assert_eq!(error, Error::Protocol(ProtocolError::Expansion));
    assert_eq!(ProtocolError::Expansion.close_code().0, 1009);
    // The first 64 KiB are free, and so are 100 bytes for each of the 200 that had been read.
    assert!(received < (64 << 10) + 100 * 300, "{received}");
}

#[test]
fn what_expands_less_than_the_limit_passes() {
    let mut setting = Setting::new(Who::Server);
    setting.settings = Settings { expansion: 100, ..setting.settings };
    let message = json(5, 200_000);
    let payload = Peer::new(10).compress(message.as_bytes());
    let frames = [compressed(Kind::Text, payload), Frame::close(1000, "")];
    let ws = setting.server(Wire::new([setting.encode(&frames)]));
    assert_eq!(receive_chunks(ws).0, [text(&message)]);
}
