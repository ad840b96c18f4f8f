//! Any bytes through the decoder, with any window, in one go and in pieces: with the verdict and
//! the bytes of zlib.
//!
//! Input: window, seed of the pieces, stream.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklet_core::deflate::{Inflate, InflateError, InflateStatus};
use socklet_core_tests::rng::TestRng;
use socklet_deflate_tests::zlib::{Decompressor, Verdict};
use socklet_fuzz::Input;

/// Most bytes that are looked at: twice the largest window.
const MOST: usize = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let window_bits = 8 + input.below(8);
    let mut rng = input.rng();
    let stream = input.rest();
    let (theirs, verdict, expected) = zlib(stream, window_bits as i32);

    let mut inflate = Inflate::new();
    let mut ours = vec![0xA5; MOST];
    let result = inflate.inflate(stream, &mut ours, 0, 0, 1 << window_bits);
    assert!(ours.starts_with(&theirs), "the bytes differ");
    match verdict {
        Verdict::Damaged => assert_eq!(result.err(), expected),
        // What comes next, nobody has looked at.
        Verdict::Full => {}
        Verdict::Open | Verdict::Ended => {
            let inflated = result.expect("zlib takes it");
            assert_eq!((inflated.read, inflated.written), (stream.len(), theirs.len()));
            assert_eq!(inflated.status, InflateStatus::NeedsInput);
            assert_eq!(inflate.is_final(), verdict == Verdict::Ended);
        }
    }

    let (pieces, error, last) = in_pieces(stream, 1 << window_bits, &mut rng);
    if verdict == Verdict::Full {
        assert!(error.is_some() || pieces.starts_with(&theirs), "the bytes differ in pieces");
    } else {
        assert_eq!(error, result.err(), "in pieces");
        assert!(error.is_some() || pieces == theirs, "the bytes differ in pieces");
        assert!(error.is_some() || last.is_final() == inflate.is_final());
    }
});

/// What zlib makes of it: the bytes, the verdict, and which of our errors its message is.
///
/// Streams that follow a final block go on over the same history, as RFC 7692 has it. zlib takes
/// all that it has written in one call for a part of the window; a byte at a time, it keeps to the
/// window.
fn zlib(stream: &[u8], window_bits: i32) -> (Vec<u8>, Verdict, Option<InflateError>) {
    let mut zlib = Decompressor::new(window_bits);
    let mut bytes = vec![0; MOST];
    let (mut read, mut written) = (0, 0);
    let verdict = loop {
        let end = if window_bits == 15 { MOST } else { written + 1 };
        let outcome = zlib.inflate(&stream[read..], &mut bytes[written..end]);
        read += outcome.read;
        written += outcome.written;
        match outcome.verdict {
            _ if written == MOST => break Verdict::Full,
            Verdict::Full => {}
            Verdict::Ended if read < stream.len() => zlib.reset(&bytes[..written]),
            verdict => break verdict,
        }
    };
    bytes.truncate(written);
    (bytes, verdict, zlib.message().map(error))
}

/// What we call what zlib says.
fn error(message: &str) -> InflateError {
    match message {
        "invalid block type" => InflateError::BlockType,
        "invalid stored block lengths" => InflateError::StoredLength,
        "too many length or distance symbols"
        | "invalid code lengths set"
        | "invalid bit length repeat"
        | "invalid code -- missing end-of-block"
        | "invalid literal/lengths set"
        | "invalid distances set" => InflateError::CodeLengths,
        "invalid literal/length code" | "invalid distance code" => InflateError::Symbol,
        "invalid distance too far back" => InflateError::Distance,
        other => panic!("zlib says: {other}"),
    }
}

/// In pieces of any length, in a buffer hardly larger than the window, as a connection has it: the
/// history moves to its front when it is full, and at other times.
fn in_pieces(
    stream: &[u8],
    window_len: usize,
    rng: &mut TestRng,
) -> (Vec<u8>, Option<InflateError>, Inflate) {
    let mut inflate = Inflate::new();
    let mut buffer = vec![0xA5; window_len + 1 + rng.below(700)];
    let (most_read, most_written) = (1 + rng.below(60), 1 + rng.below(400));
    let (mut at, mut history, mut bytes, mut rest) = (0, 0, Vec::new(), stream);
    loop {
        let piece = &rest[..rng.below(most_read + 1).min(rest.len())];
        let room = rng.below(most_written + 1).min(buffer.len() - at);
        let end = at + room;
        let inflated = match inflate.inflate(piece, &mut buffer[..end], at, history, window_len) {
            Ok(inflated) => inflated,
            Err(error) => return (bytes, Some(error), inflate),
        };
        assert!(inflated.read <= piece.len() && inflated.written <= room);
        match inflated.status {
            InflateStatus::NeedsInput => assert_eq!(inflated.read, piece.len()),
            InflateStatus::NeedsRoom => assert_eq!(inflated.written, room),
        }
        bytes.extend_from_slice(&buffer[at..at + inflated.written]);
        at += inflated.written;
        history = (history + inflated.written).min(window_len);
        rest = &rest[inflated.read..];
        if at == buffer.len() || rng.once_in(9) {
            buffer.copy_within(at - history..at, 0);
            buffer[history..].fill(0xA5);
            at = history;
        }
        if bytes.len() >= MOST || rest.is_empty() && inflated.status == InflateStatus::NeedsInput {
            return (bytes, None, inflate);
        }
    }
}
