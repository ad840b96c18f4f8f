//! Messages, windows and buffers of every relation to each other.

use socklet_core::{Error, Kind, ResourceError, Role};
use socklet_core_tests::{Who, frames::Frame, receiving::Seen, wire::Wire};

use crate::support::*;

/// Bytes that a buffer of less than 2 KiB keeps for what is not inflated yet.
const ZONE_LEN: usize = 256;

#[test]
fn a_whole_message_of_all_that_the_window_leaves_fits() {
    for bits in 8..=10_u8 {
        let receive_len = 1900;
        let window_len = 1 << bits;
        let longest = receive_len - window_len - ZONE_LEN;
        let mut peer = Peer::new(bits);
        let messages: Vec<String> = (0..40)
            .map(|n| {
                let mut message = json(n, longest);
                message.truncate(longest - n % 3);
                message
            })
            .collect();
        let mut frames = Vec::new();
        for (n, message) in messages.iter().enumerate() {
            // Every third is not compressed.
            frames.push(match n % 3 {
                0 => Frame::text(message),
                _ => compressed(Kind::Text, peer.compress(message.as_bytes())),
            });
        }
        frames.push(Frame::close(1000, ""));
        for who in Who::BOTH {
            let setting = Setting::new(who).receive(bits, true).receive_len(receive_len);
            let bytes = setting.encode(&frames);
            for piece_len in [1, 13, 200, usize::MAX] {
                let pieces: Vec<_> = bytes.chunks(piece_len.min(bytes.len())).collect();
                let (seen, end) = setting.receive_pieces(&pieces);
                assert!(end.is_ok(), "{bits} bits, {piece_len}: {end:?}");
                assert!(seen.iter().zip(&messages).all(|(seen, sent)| *seen == text(sent)));
                assert_eq!(seen.len(), messages.len());
            }
        }
    }
}

#[test]
fn a_message_too_long_for_the_buffer_says_so_and_is_received_in_chunks() {
    let message = json(1, 20_000);
    let mut peer = Peer::new(10);
    let frames = [
        compressed(Kind::Text, peer.compress(b"before")),
        compressed(Kind::Text, peer.compress(message.as_bytes())),
        compressed(Kind::Text, peer.compress(b"after")),
    ];
    let setting = Setting::new(Who::Client).receive(10, true).receive_len(2000);
    let mut ws = setting.client(Wire::new([setting.encode(&frames)]));
    assert_eq!(ws.recv().unwrap().unwrap().as_bytes(), b"before");
    for _ in 0..3 {
        let error = ws.recv().unwrap_err();
        let Error::Resource(ResourceError::ReceiveBuffer { needed, available }) = error else {
            panic!("{error:?}")
        };
        assert!(needed > available && available == 2000, "{error:?}");
    }
    let mut received = Vec::new();
    loop {
        let chunk = ws.recv_chunk().unwrap().unwrap();
        received.extend_from_slice(chunk.data);
        if chunk.fin {
            break;
        }
    }
    assert!(received == message.as_bytes());
    assert_eq!(ws.recv().unwrap().unwrap().as_bytes(), b"after");
}

#[test]
fn without_takeover_any_window_is_served_by_a_message_that_fits() {
    // 15 bits in a buffer of 1500 bytes.
    let messages: Vec<_> = (0..50).map(|n| json(n, 1000)).collect();
    let mut frames: Vec<_> = messages
        .iter()
        .map(|message| compressed(Kind::Text, Peer::new(10).compress(message.as_bytes())))
        .collect();
    frames.push(Frame::close(1000, ""));
    for who in Who::BOTH {
        let setting = Setting::new(who).receive(15, false).receive_len(1500);
        let bytes = setting.encode(&frames);
        for piece_len in [1, 50, 3000] {
            let pieces: Vec<_> = bytes.chunks(piece_len).collect();
            let (seen, _) = setting.receive_pieces(&pieces);
            assert_eq!(seen.len(), messages.len(), "{piece_len}");
            assert!(seen.iter().zip(&messages).all(|(seen, sent)| *seen == text(sent)));
        }
    }
}

#[test]
fn without_takeover_the_message_before_does_not_take_room() {
    let long = "x".repeat(1200);
    let setting = Setting::new(Who::Client).receive(15, false).receive_len(1500);
    let frames = [
        compressed(Kind::Text, Peer::new(9).compress(long.as_bytes())),
        Frame::text(&long),
        Frame::close(1000, ""),
    ];
    let (seen, _) = setting.receive_pieces(&[&setting.encode(&frames)]);
    assert_eq!(seen, [text(&long), text(&long)]);
}

#[test]
fn bytes_that_do_not_compress_go_through_small_buffers() {
    let mut rng = socklet_core_tests::rng::TestRng::new(3);
    let bytes = rng.bytes(10_000);
    let payload = Peer::new(8).compress(&bytes);
    let (head, tail) = payload.split_at(payload.len() / 2);
    let frames = [
        compressed(Kind::Binary, head).not_fin(),
        Frame::ping([7; 125]),
        Frame::more(tail),
        Frame::close(1000, ""),
    ];
    for receive_len in [768, 800, 1000] {
        let setting = Setting::new(Who::Server).receive(8, true).receive_len(receive_len);
        let ws = setting.server(Wire::new([setting.encode(&frames)]));
        assert_eq!(receive_chunks(ws).0, [Seen::Binary(bytes.clone())], "{receive_len}");
    }
}

#[test]
fn many_long_messages_go_through_in_chunks_whatever_the_pieces() {
    let mut peer = Peer::new(10);
    let messages: Vec<_> = (0..40).map(|n| json(n, 8000)).collect();
    let mut frames: Vec<_> = messages
        .iter()
        .map(|message| compressed(Kind::Text, peer.compress(message.as_bytes())))
        .collect();
    frames.push(Frame::close(1000, ""));
    for who in Who::BOTH {
        for (bits, receive_len) in [(11, 4096), (11, 3000), (10, 1600), (10, 2000)] {
            let setting = Setting::new(who).receive(bits, true).receive_len(receive_len);
            let bytes = setting.encode(&frames);
            for piece_len in [1, 7, 100, 1448, 100_000] {
                let wire = || Wire::cut_every(&bytes, piece_len);
                let (seen, end) = match who {
                    Who::Client => receive_chunks(setting.client(wire())),
                    Who::Server => receive_chunks(setting.server(wire())),
                };
                assert!(end.is_ok(), "{bits} bits in {receive_len}, {piece_len}: {end:?}");
                assert!(seen.iter().zip(&messages).all(|(seen, sent)| *seen == text(sent)));
            }
        }
    }
}

/// Receives the only message whole, which fails, and then in chunks.
fn too_long_then_chunks<R: Role>(mut ws: Open<Wire, R>) -> Vec<u8> {
    let error = ws.recv().unwrap_err();
    assert!(matches!(error, Error::Resource(ResourceError::ReceiveBuffer { .. })), "{error:?}");
    let mut received = Vec::new();
    loop {
        let chunk = ws.recv_chunk().unwrap().unwrap();
        received.extend_from_slice(chunk.data);
        if chunk.fin {
            return received;
        }
    }
}

#[test]
fn a_message_too_long_for_the_buffer_says_so_without_another_read() {
    // All of it has been read, and there is room to read more, when there is none to inflate it.
    let message = vec![b'x'; 20_000];
    for who in Who::BOTH {
        let setting = Setting::new(who);
        let payload = Peer::new(10).compress(&message);
        let bytes = setting.encode(&[compressed(Kind::Binary, payload)]);
        for piece_len in [bytes.len(), bytes.len() - 1, 10, 1] {
            // Behind that the wire ends: another read would be the end of the connection.
            let wire = Wire::cut_every(&bytes, piece_len);
            let received = match who {
                Who::Client => too_long_then_chunks(setting.client(wire)),
                Who::Server => too_long_then_chunks(setting.server(wire)),
            };
            assert!(received == message, "{piece_len}: {}", received.len());
        }
    }
}

#[test]
fn a_final_block_is_the_end_of_a_message_that_has_to_wait_for_room_too() {
    // Without the empty block that has to follow it, as some send it.
    for len in (4090..4110).chain([20_000]) {
        let message = vec![b'x'; len];
        let payload = miniz_oxide::deflate::compress_to_vec(&message, 9);
        let frame = compressed(Kind::Binary, payload);
        let frames = [frame.clone(), frame, Frame::close(1000, "")];
        for who in Who::BOTH {
            let setting = Setting::new(who);
            let bytes = setting.encode(&frames);
            for piece_len in [bytes.len(), 10, 1] {
                let wire = || Wire::cut_every(&bytes, piece_len);
                let (seen, end) = match who {
                    Who::Client => receive_chunks(setting.client(wire())),
                    Who::Server => receive_chunks(setting.server(wire())),
                };
                assert!(end.is_ok(), "{len} in {piece_len}: {end:?}");
                assert!(seen == [Seen::Binary(message.clone()), Seen::Binary(message.clone())]);
            }
        }
    }
}

#[test]
fn bytes_that_were_read_leave_their_room_to_what_comes_of_them() {
    // The window is larger than the buffer, so a message may fill all of it. At its end is a
    // stored block, whose header is read where its bytes are to be written.
    let (last, receive_len) = (b"12345678", 768);
    for len in receive_len - 100..=receive_len - last.len() {
        let first = Peer::new(9).compress("x".repeat(len).as_bytes());
        let head = [&first[..], &[0, 0, 0xff, 0xff]].concat();
        let tail = [&[0, 8, 0, 0xf7, 0xff][..], last, &[0]].concat();
        let setting = Setting::new(Who::Client).receive(15, false).receive_len(receive_len);
        let bytes = setting.encode(&[compressed(Kind::Binary, [&head[..], &tail].concat())]);
        let (head, tail) = bytes.split_at(bytes.len() - tail.len());
        let mut ws = setting.client(Wire::new([head, tail]));
        let mut received = Vec::new();
        while received.len() < len + last.len() {
            let chunk = ws.recv_chunk().unwrap_or_else(|error| panic!("{len}: {error:?}"));
            received.extend_from_slice(chunk.unwrap().data);
        }
        assert!(received.ends_with(last) && received.len() == len + last.len());
    }
}
