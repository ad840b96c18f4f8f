//! Damaged streams: each with its error, the same in every split, and whatever else they are, with
//! the verdict of zlib.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::deflate::{Inflate, InflateError, InflateStatus};
use socklet_core_tests::rng::TestRng;
use socklet_deflate_tests::inflating::{Inflating, WINDOW_LEN, in_pieces, whole};
use socklet_deflate_tests::inputs;
use socklet_deflate_tests::writer::Writer;
use socklet_deflate_tests::zlib::{self, Compressor, Decompressor, Flush, Strategy, Verdict};

/// Lengths of a complete code for 257 symbols: the last one, the end of a block, and a literal.
fn two_literals() -> Vec<u8> {
    let mut lens = vec![0; 257];
    lens[0] = 1;
    lens[256] = 1;
    lens
}

fn dynamic() -> Writer {
    Writer::new().block(true, 2)
}

fn fixed() -> Writer {
    Writer::new().block(true, 1)
}

/// Checks that a stream fails with this error, also in pieces, and only at its last byte.
fn check(name: &str, stream: Writer, error: InflateError) {
    let stream = stream.finish();
    let zlib = zlib::inflate(&mut Decompressor::new(15), &stream, &mut [0; 1000]);
    assert_eq!(zlib.verdict, Verdict::Damaged, "{name}: zlib");
    // More bytes would change nothing.
    for tail in [&b""[..], &[0; 40], &[0xFF; 40]] {
        let stream = [&stream, tail].concat();
        assert_eq!(whole(&stream, WINDOW_LEN), Err(error), "{name}");
        for (piece, room) in [(1, 300), (1 << 10, 1), (1, 1), (3, 2)] {
            let result = in_pieces(&stream, WINDOW_LEN, piece, room);
            assert_eq!(result, Err(error), "{name} by {piece}, {room}");
        }
    }
    let start = &stream[..stream.len() - 1];
    assert!(whole(start, WINDOW_LEN).is_ok(), "{name}: too early");
}

#[test]
fn block_types() {
    check("type 3", Writer::new().block(false, 3), InflateError::BlockType);
    check(
        "type 3 later",
        Writer::new().stored(false, b"ab").block(true, 3),
        InflateError::BlockType,
    );
}

#[test]
fn stored_lengths() {
    for (len, not_len) in [(0, 0), (5, 0xFFF8), (0xFFFF, 0xFFFF), (0x1234, 0x1234)] {
        let stream = Writer::new().block(true, 0).align().bits(len, 16).bits(not_len, 16);
        check("stored", stream, InflateError::StoredLength);
    }
}

#[test]
fn numbers_of_lengths() {
    for (literals, distances) in [(287, 1), (288, 30), (257, 31), (286, 32), (288, 32)] {
        let stream = dynamic().bits(literals - 257, 5).bits(distances - 1, 5).bits(15, 4);
        check("too many symbols", stream, InflateError::CodeLengths);
    }
    let mut literals = two_literals();
    literals.resize(286, 0);
    let stream = dynamic().lengths(&literals, &[0; 30]).code(0, 1).code(1, 1).finish();
    assert_eq!(whole(&stream, WINDOW_LEN).unwrap(), [0]);
}

#[test]
fn codes_of_lengths() {
    type Len = fn(usize) -> u32;
    let bad: [(&str, Len); 6] = [
        ("three of one bit", |symbol| u32::from(symbol < 3)),
        ("all of four bits", |_| 4),
        ("one of one bit", |symbol| u32::from(symbol == 1)),
        ("one of seven bits", |symbol| if symbol == 18 { 7 } else { 0 }),
        ("one and two bits", |symbol| if symbol < 2 { 1 + symbol as u32 } else { 0 }),
        ("one too many", |symbol| if symbol < 9 { 3 } else { 0 }),
    ];
    for (name, len) in bad {
        // Only four bits of the last one are in the last byte.
        let stream = dynamic().bits(0, 10).length_lengths(len);
        check(name, stream, InflateError::CodeLengths);
    }
    // Without any code zlib takes each bit for a length of zero.
    let stream = dynamic().bits(0, 10).length_lengths(|_| 0).bits(0, 16);
    assert!(whole(&stream.clone().finish(), WINDOW_LEN).is_ok());
    let stream = (0..242).fold(stream, |stream, _| stream.bits(1, 1));
    check("none", stream, InflateError::CodeLengths);
}

#[test]
fn repetitions() {
    check("of nothing", dynamic().counts(257, 1).length(16).bits(0, 2), InflateError::CodeLengths);
    let ones = |count| (0..count).fold(dynamic().counts(257, 2), |stream, _| stream.length(9));
    check("16 past the end", ones(257).length(16).bits(0, 2), InflateError::CodeLengths);
    check("16 far past it", ones(255).length(16).bits(3, 2), InflateError::CodeLengths);
    check("17 past the end", ones(257).length(17).bits(0, 3), InflateError::CodeLengths);
    check("17 far past it", ones(250).length(17).bits(7, 3), InflateError::CodeLengths);
    check("18 past the end", ones(249).length(18).bits(0, 7), InflateError::CodeLengths);
    check("18 far past it", ones(258).length(18).bits(127, 7), InflateError::CodeLengths);
    // From the literals into the distances, and to the very end: all is well.
    let stream = dynamic().counts(257, 2).length(1).length(18).bits(127, 7);
    let stream = stream.length(18).bits(117 - 11, 7).length(1).length(17).bits(0, 3);
    check("17 past the end by one", stream, InflateError::CodeLengths);
    let stream = dynamic().counts(257, 4).length(1).length(18).bits(127, 7);
    let stream = stream.length(18).bits(117 - 11, 7).length(2).length(16).bits(1, 2);
    let stream = stream.finish();
    assert_eq!(whole(&stream, WINDOW_LEN), Err(InflateError::CodeLengths), "incomplete literals");
    let stream = dynamic().counts(257, 3).length(1).length(18).bits(127, 7);
    let stream = stream.length(18).bits(117 - 11, 7).length(1).length(17).bits(0, 3);
    assert_eq!(whole(&stream.code(0, 1).code(1, 1).finish(), WINDOW_LEN).unwrap(), [0]);
}

#[test]
fn codes() {
    let with = |changes: &[(usize, u8)]| {
        let mut lens = vec![0; 286];
        for (symbol, len) in changes {
            lens[*symbol] = *len;
        }
        lens
    };
    let one = [1, 1];
    let cases: [(&str, Vec<u8>, &[u8]); 11] = [
        ("no end of the block", with(&[(0, 1), (1, 1)]), &one),
        ("no codes at all", with(&[]), &[0]),
        ("three literals of one bit", with(&[(0, 1), (1, 1), (256, 1)]), &one),
        ("one of two bits", with(&[(256, 2)]), &one),
        ("one and two bits", with(&[(0, 1), (256, 2)]), &one),
        ("one too many of 15 bits", with(&[(0, 1), (1, 1), (256, 15)]), &one),
        ("one too few of 15 bits", with(&[(0, 1), (1, 2), (2, 3), (256, 15)]), &one),
        ("three distances of one bit", two_literals(), &[1, 1, 1]),
        ("one distance of two bits", two_literals(), &[2]),
        ("two distances of two bits", two_literals(), &[2, 0, 2]),
        ("one and 15 bits", two_literals(), &[1, 15]),
    ];
    for (name, literals, distances) in cases {
        check(name, dynamic().lengths(&literals, distances), InflateError::CodeLengths);
    }
}

#[test]
fn a_code_of_one_symbol_and_none_of_distances_are_allowed() {
    // Nothing but the end of the block.
    let mut end = vec![0; 257];
    end[256] = 1;
    let stream = dynamic().lengths(&end, &[0]);
    assert_eq!(whole(&stream.clone().code(0, 1).finish(), WINDOW_LEN).unwrap(), []);
    check("the other code", stream.code(1, 1), InflateError::Symbol);
    // One distance of one bit; length 3 is symbol 257.
    let mut literals = vec![0; 258];
    (literals[7], literals[256], literals[257]) = (1, 2, 2);
    let stream = dynamic().lengths(&literals, &[1]).code(0, 1).code(0b11, 2);
    let good = stream.clone().code(0, 1).code(0b10, 2).finish();
    assert_eq!(whole(&good, WINDOW_LEN).unwrap(), [7; 4]);
    check("the other distance", stream.code(1, 1), InflateError::Symbol);
    // No distance, and a match.
    for bit in [0, 1] {
        let stream = dynamic().lengths(&literals, &[0]).code(0, 1).code(0b11, 2);
        check("no distance", stream.code(bit, 1), InflateError::Symbol);
    }
}

#[test]
fn reserved_symbols() {
    for symbol in [286, 287] {
        check("length", fixed().fixed(65).fixed(symbol), InflateError::Symbol);
    }
    for symbol in [30, 31] {
        let stream = fixed().fixed(65).fixed(257).fixed_distance(symbol);
        check("distance", stream, InflateError::Symbol);
    }
}

#[test]
fn distances_before_the_history() {
    let far = |symbol, bits, len| {
        fixed().fixed(65).fixed(66).fixed(257).fixed_distance(symbol).bits(bits, len)
    };
    check("three of two", far(2, 0, 0), InflateError::Distance);
    check("32768 of two", far(29, 0x1FFF, 13), InflateError::Distance);
    let good = far(1, 0, 0).fixed(256).finish();
    assert_eq!(whole(&good, WINDOW_LEN).unwrap(), b"ABABA");
    // Before the window, though it was written by the same call.
    assert_eq!(whole(&good, 2).unwrap(), b"ABABA");
    for (piece, room) in [(100, 100), (1, 100), (100, 1), (1, 1)] {
        assert_eq!(in_pieces(&good, 1, piece, room), Err(InflateError::Distance));
    }
    assert_eq!(whole(&good, 0), Err(InflateError::Distance));
}

#[test]
fn a_distance_is_judged_before_there_is_room() {
    let stream = fixed().fixed(65).fixed(257).fixed_distance(1).finish();
    let mut ours = Inflating::new(WINDOW_LEN);
    assert_eq!(ours.step(&stream, 1), Err(InflateError::Distance));
}

#[test]
fn less_history_than_before_fails_a_match_that_was_begun() {
    let stream = fixed().fixed(65).fixed(66).fixed(285).fixed_distance(1).finish();
    for (at, history, window_len) in [(0, 0, 9), (0, 9, 9), (1, 1, 9), (9, 1, 9), (9, 9, 1)] {
        let mut inflate = Inflate::new();
        let first = inflate.inflate(&stream, &mut [0; 20], 0, 0, 9).unwrap();
        assert_eq!((first.written, first.status), (20, InflateStatus::NeedsRoom));
        let second = inflate.inflate(&[], &mut [0; 20], at, history, window_len);
        assert_eq!(second, Err(InflateError::Distance));
    }
}

#[test]
fn nothing_panics_whatever_the_arguments() {
    let (_, input) = inputs::short().swap_remove(5);
    let stream = zlib::compress(&input, 6, 15, Strategy::Default);
    let numbers = [0, 1, 20, 300, 401, usize::MAX - 1, usize::MAX];
    for at in numbers {
        for history in numbers {
            for window_len in numbers {
                for len in [0, 1, 30, 300, 1_000] {
                    let mut inflate = Inflate::new();
                    let mut buffer = vec![0; len];
                    for piece in stream.chunks(50) {
                        let result = inflate.inflate(piece, &mut buffer, at, history, window_len);
                        if at >= len
                            && let Ok(inflated) = result
                        {
                            assert_eq!(inflated.written, 0);
                        }
                    }
                }
            }
        }
    }
}

/// Streams with a few bits changed, cut or put together.
fn damaged(rng: &mut TestRng, streams: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = streams[rng.below(streams.len())].clone();
    if rng.once_in(10) {
        stream.extend(&streams[rng.below(streams.len())]);
    }
    if rng.once_in(20) {
        let len = rng.below(60);
        stream = rng.bytes(len);
    }
    for _ in 0..rng.below(4) {
        if stream.is_empty() {
            break;
        }
        // Headers are where most can go wrong.
        let end = if rng.once_in(2) { stream.len() } else { stream.len().min(20) };
        let at = rng.below(end);
        match rng.below(6) {
            0 => stream[at] = rng.next() as u8,
            3 => stream.truncate(stream.len() - at),
            1 => drop(stream.remove(at)),
            2 => stream.insert(at, rng.next() as u8),
            _ => stream[at] ^= 1 << rng.below(8),
        }
    }
    stream
}

/// Short streams of every kind.
fn streams(rng: &mut TestRng) -> Vec<Vec<u8>> {
    let mut streams = Vec::new();
    for at in 0..120 {
        let len = rng.below(300);
        let input = match at % 4 {
            0 => inputs::text(rng, len),
            1 => inputs::json(rng, len),
            2 => inputs::mixture(rng, len),
            _ => (0..len).map(|_| (rng.next() | 1 << 20).trailing_zeros() as u8).collect(),
        };
        let strategy = Strategy::ALL[rng.below(5)];
        let mut zlib = Compressor::with_memory(rng.below(10) as i32, 15, 1, strategy);
        let mut stream = zlib.compress(&input[..len / 2], Flush::Sync);
        stream.extend(zlib.compress(&input[len / 2..], Flush::Finish));
        streams.push(stream);
    }
    streams
}

#[test]
fn damaged_streams_have_the_verdict_of_zlib() {
    let mut rng = TestRng::new(20);
    let streams = streams(&mut rng);
    let mut zlib = Decompressor::new(15);
    let (mut theirs, mut ours) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let (mut errors, mut opens, mut ends) = (0, 0, 0);
    for _ in 0..20_000 {
        let stream = damaged(&mut rng, &streams);
        let expected = zlib::inflate(&mut zlib, &stream, &mut theirs);
        let mut inflate = Inflate::new();
        let result = inflate.inflate(&stream, &mut ours, 0, 0, WINDOW_LEN);
        assert!(ours[..expected.written] == theirs[..expected.written], "{stream:x?}");
        match result {
            Err(_) => {
                errors += 1;
                assert_eq!(expected.verdict, Verdict::Damaged, "{stream:x?}");
            }
            Ok(inflated) => {
                assert_eq!(inflated.status, InflateStatus::NeedsInput);
                assert_eq!(inflated.written, expected.written, "{stream:x?}");
                if expected.verdict == Verdict::Ended {
                    ends += 1;
                } else {
                    opens += 1;
                    assert_eq!(expected.verdict, Verdict::Open, "{stream:x?}");
                }
                assert_eq!(inflate.is_final(), expected.verdict == Verdict::Ended, "{stream:x?}");
            }
        }
        // In pieces it is the same.
        let mut pieces = Inflating::new(WINDOW_LEN);
        let in_pieces: Result<(), _> = stream
            .chunks(1 + rng.below(30))
            .try_for_each(|piece| pieces.push(piece, || rng.below(400)));
        assert_eq!(in_pieces.err(), result.err(), "{stream:x?}");
        if result.is_ok() {
            assert!(pieces.written == ours[..expected.written]);
        }
    }
    assert!(errors > 5_000 && opens > 1_000 && ends > 1_000, "{errors}, {opens}, {ends}");
}
