//! Masking (RFC 6455 section 5.3) against the definition, byte by byte.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{Client, Message, io::blocking::WebSocket, wire::mask::Mask};
use socklet_core_tests::{
    Fault, Who,
    buffers::TestBuffer,
    frames::{self, Frame, KEY},
    receiving::{Endpoint, Seen},
    rng::TestRng,
    wire::Wire,
};

/// `transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)`.
fn masked(bytes: &[u8], key: [u8; 4]) -> Vec<u8> {
    bytes.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect()
}

#[test]
fn masking_is_right_at_every_alignment_length_and_split() {
    let plain = TestRng::new(3).bytes(70);
    let mut memory = [0_u8; 70 + 32];
    for alignment in 0..16 {
        for len in 0..=70 {
            let expected = masked(&plain[..len], KEY);
            for split in 0..=len {
                let bytes = &mut memory[alignment..alignment + len];
                bytes.copy_from_slice(&plain[..len]);
                let mut mask = Mask::new(KEY);
                let (head, tail) = bytes.split_at_mut(split);
                mask.apply(head);
                mask.apply(tail);
                assert_eq!(bytes, expected, "at {alignment}, {len} bytes, split at {split}");
            }
        }
    }
}

#[test]
fn the_phase_is_kept_over_pieces_of_any_lengths() {
    let mut rng = TestRng::new(4);
    for _ in 0..2_000 {
        let key = std::array::from_fn(|_| rng.next() as u8);
        let len = rng.below(700);
        let plain = rng.bytes(len);
        let mut bytes = plain.clone();
        let (mut rest, mut mask) = (&mut bytes[..], Mask::new(key));
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at_mut(rng.below(rest.len() + 1));
            mask.apply(piece);
            rest = tail;
        }
        assert_eq!(bytes, masked(&plain, key));

        let (mut copied, mut at, mut mask) = (vec![0; len], 0, Mask::new(key));
        while at < len {
            let end = at + 1 + rng.below(len - at);
            mask.copy(&plain[at..end], &mut copied[at..end]);
            at = end;
        }
        assert_eq!(copied, masked(&plain, key));
    }
}

#[test]
fn masking_twice_gives_the_plain_bytes() {
    let plain = TestRng::new(5).bytes(1000);
    let mut bytes = plain.clone();
    Mask::new(KEY).apply(&mut bytes);
    assert_ne!(bytes, plain);
    Mask::new(KEY).apply(&mut bytes);
    assert_eq!(bytes, plain);
}

#[test]
fn mask_phase_is_kept_when_a_frame_arrives_in_pieces() {
    let payload = TestRng::new(6).bytes(70);
    let bytes = Frame::binary(&payload).to(Who::Server);
    let received = Endpoint::new(Who::Server).receive_split(&bytes);
    assert_eq!(received.seen, [Seen::Binary(payload)]);
}

#[test]
fn frames_of_a_message_have_masks_of_their_own() {
    let parts = [TestRng::new(7).bytes(33), TestRng::new(8).bytes(31)];
    let bytes = [
        Frame::binary(&parts[0]).not_fin().key(Some([1, 2, 3, 4])).encode(),
        Frame::ping(b"between").key(Some([9, 9, 9, 9])).encode(),
        Frame::more(&parts[1]).key(Some([0, 0, 0, 255])).encode(),
    ]
    .concat();
    let received = Endpoint::new(Who::Server).receive_split(&bytes);
    assert_eq!(received.seen, [Seen::Ping(b"between".to_vec()), Seen::Binary(parts.concat())]);
}

#[test]
fn large_frames_are_masked_under_a_fresh_key_like_small_ones() {
    for len in [1, 100, 5_000, 70_000] {
        let plain = vec![0x55; len];
        let buffer = || TestBuffer::fixed(80_000);
        let mut ws: WebSocket<_, Client<TestRng>, _> =
            WebSocket::client(Wire::default(), TestRng::new(9), buffer(), buffer());
        ws.assume_open::<Fault>().unwrap();
        ws.send(Message::Binary(&plain)).unwrap();
        ws.send(Message::Binary(&plain)).unwrap();
        let written = ws.into_inner().0.written;
        let frames = frames::decode(&written);
        assert_eq!(frames.iter().map(|frame| &frame.payload).collect::<Vec<_>>(), [&plain; 2]);
        assert_ne!(frames[0].key, frames[1].key);
        assert!(frames.iter().all(|frame| frame.key != Some([0; 4])));
        assert_ne!(&written[written.len() - len..], plain, "{len} bytes went out as they are");
    }
}
