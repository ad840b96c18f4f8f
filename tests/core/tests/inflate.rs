//! DEFLATE: streams of miniz_oxide, whole and in every split. `tests/deflate` has more, and needs
//! a C library; these run on machines of 32 bits too.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use miniz_oxide::deflate::compress_to_vec;
use socklet_core::deflate::{Inflate, InflateError, InflateStatus};
use socklet_core_tests::rng::TestRng;

/// Inflates pieces with so much room at a time, 32768 bytes of history at most.
fn inflate<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    room: usize,
) -> Result<Vec<u8>, InflateError> {
    let mut inflate = Inflate::new();
    let mut out = Vec::new();
    for mut piece in pieces {
        loop {
            let at = out.len();
            out.resize(at + room, 0);
            let inflated = inflate.inflate(piece, &mut out, at, at, 32768)?;
            out.truncate(at + inflated.written);
            piece = &piece[inflated.read..];
            match inflated.status {
                InflateStatus::NeedsInput => break,
                InflateStatus::NeedsRoom => assert_eq!(inflated.written, room),
            }
        }
        assert!(piece.is_empty());
    }
    assert!(inflate.is_final() && inflate.is_at_block_start());
    Ok(out)
}

fn inputs() -> Vec<Vec<u8>> {
    let mut rng = TestRng::new(1951);
    let text = rng.text(3_000).into_bytes();
    let noise = rng.bytes(3_000);
    let far = [&text[..], &rng.bytes(29_000), &text, &[b'x'; 5_000], &noise].concat();
    let skewed = (0..40_000).map(|_| (rng.next() | 1 << 40).trailing_zeros() as u8 * 5).collect();
    vec![Vec::new(), b"a".to_vec(), vec![0; 70_000], text, noise, far, skewed]
}

#[test]
fn streams_of_miniz_oxide_in_one_go_and_in_pieces() {
    for input in inputs() {
        for level in 0..=10 {
            let stream = compress_to_vec(&input, level);
            assert!(inflate([&stream[..]], 80_000).unwrap() == input);
            for (piece, room) in [(1, 300), (5, 7), (100, 1)] {
                assert!(inflate(stream.chunks(piece), room).unwrap() == input);
            }
        }
    }
}

#[test]
fn short_streams_in_every_split() {
    let input = b"a message, a message, and another message of the same kind: aaaaaaaaaaaaaa";
    for level in [0, 1, 6] {
        let stream = compress_to_vec(input, level);
        for cut in 0..=stream.len() {
            let (first, second) = stream.split_at(cut);
            assert_eq!(inflate([first, second], 100).unwrap(), input);
        }
        for room in 1..=input.len() {
            assert_eq!(inflate([&stream[..]], room).unwrap(), input);
        }
    }
}

#[test]
fn noise_is_judged_the_same_in_one_go_and_byte_by_byte() {
    let mut rng = TestRng::new(7);
    let stream = compress_to_vec(&rng.text(200).into_bytes(), 6);
    for _ in 0..5_000 {
        let mut stream = stream.clone();
        for _ in 0..3 {
            let at = rng.below(stream.len().min(40));
            stream[at] ^= 1 << rng.below(8);
        }
        let mut out = [vec![0; 100_000], vec![0; 100_000]];
        let [whole, bytes] = &mut out;
        let in_one_go = Inflate::new().inflate(&stream, whole, 0, 0, 32768);
        let (mut inflate, mut at) = (Inflate::new(), 0);
        let by_bytes = stream.chunks(1).try_for_each(|byte| {
            at += inflate.inflate(byte, bytes, at, at, 32768)?.written;
            Ok(())
        });
        assert_eq!(in_one_go.err(), by_bytes.err());
        if let Ok(inflated) = in_one_go {
            assert!(inflated.written == at && whole[..at] == bytes[..at]);
        }
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let cases: [(&[u8], InflateError, &str); 5] = [
        (&[0b111], InflateError::BlockType, "reserved block type"),
        (&[1, 5, 0, 5, 0], InflateError::StoredLength, "stored block's length is damaged"),
        (&[0b1111_1101, 0, 0], InflateError::CodeLengths, "code lengths make no code"),
        (&[0b0001_1011, 0b11], InflateError::Symbol, "code without a symbol"),
        (&[0b11, 0b10], InflateError::Distance, "match before the history"),
    ];
    for (stream, error, reason) in cases {
        let result = inflate([stream], 10);
        assert_eq!(result, Err(error), "{reason}");
        assert_eq!((error.reason(), error.to_string()), (reason, reason.to_owned()));
    }
}

#[test]
fn the_decoder_is_small() {
    let len = size_of::<Inflate>();
    assert!(len <= if usize::BITS == 32 { 1_432 } else { 3_048 }, "{len}");
}
