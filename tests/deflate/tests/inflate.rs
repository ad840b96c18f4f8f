//! Streams of zlib and miniz_oxide, in one go and in pieces of input and of output.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::deflate::InflateStatus;
use socklet_core_tests::rng::TestRng;
use socklet_deflate_tests::inflating::{Inflating, WINDOW_LEN, at_random, in_pieces, whole};
use socklet_deflate_tests::writer::Writer;
use socklet_deflate_tests::zlib::{Compressor, Flush, Strategy, compress};
use socklet_deflate_tests::{inputs, miniz};

/// Inflates a stream in a few ways.
fn check(name: &str, input: &[u8], stream: &[u8], window_len: usize, rng: &mut TestRng) {
    assert!(whole(stream, window_len).as_deref() == Ok(input), "{name}");
    assert!(at_random(stream, window_len, rng, 300).as_deref() == Ok(input), "{name} at random");
}

/// And in pieces of a byte.
fn check_bytes(name: &str, input: &[u8], stream: &[u8], window_len: usize) {
    for (piece, room) in [(1, 600), (1 << 18, 1), (1, 1), (2, 3), (7, 600), (1 << 18, 259)] {
        let inflated = in_pieces(stream, window_len, piece, room);
        assert!(inflated.as_deref() == Ok(input), "{name} in {piece} of input, {room} of room");
    }
}

#[test]
fn streams_of_zlib_with_every_level_strategy_and_window() {
    let mut rng = TestRng::new(1);
    let input = [inputs::text(&mut rng, 3_000), inputs::mixture(&mut rng, 9_000)].concat();
    for window_bits in 9..=15 {
        for strategy in Strategy::ALL {
            for level in 0..=9 {
                let stream = compress(&input, level, window_bits, strategy);
                let name = format!("{strategy:?} {level} {window_bits}");
                check(&name, &input, &stream, 1 << window_bits, &mut rng);
                if level % 3 == 0 {
                    check_bytes(&name, &input, &stream, 1 << window_bits);
                }
            }
        }
    }
}

#[test]
fn every_kind_of_input() {
    let mut rng = TestRng::new(2);
    for (name, input) in inputs::all() {
        for (level, window_bits) in [(0, 15), (1, 15), (1, 9), (6, 15), (6, 10), (9, 15), (9, 12)] {
            let stream = compress(&input, level, window_bits, Strategy::Default);
            check(name, &input, &stream, 1 << window_bits, &mut rng);
        }
        for strategy in Strategy::ALL {
            check(name, &input, &compress(&input, 6, 15, strategy), WINDOW_LEN, &mut rng);
        }
        check_bytes(name, &input, &compress(&input, 6, 15, Strategy::Default), WINDOW_LEN);
        for level in 0..=10 {
            check(name, &input, &miniz::compress(&input, level, 0), WINDOW_LEN, &mut rng);
        }
        for strategy in 0..=4 {
            check(name, &input, &miniz::compress(&input, 6, strategy), WINDOW_LEN, &mut rng);
        }
    }
}

#[test]
fn short_blocks_of_every_kind_in_one_stream() {
    let mut rng = TestRng::new(3);
    for _ in 0..30 {
        let mut zlib = Compressor::with_memory(6, 15, 1, Strategy::Default);
        let (mut input, mut stream) = (Vec::new(), Vec::new());
        for _ in 0..40 {
            let len = rng.below(400);
            let piece = inputs::mixture(&mut rng, len);
            input.extend(&piece);
            stream.extend(zlib.set(rng.below(10) as i32, Strategy::ALL[rng.below(5)]));
            let flush = [Flush::Sync, Flush::Full, Flush::Partial, Flush::Block][rng.below(4)];
            stream.extend(zlib.compress(&piece, flush));
        }
        stream.extend(zlib.compress(b"", Flush::Finish));
        check("blocks", &input, &stream, WINDOW_LEN, &mut rng);
        check_bytes("blocks", &input, &stream, WINDOW_LEN);
    }
}

#[test]
fn every_split_in_two_of_input_and_of_output() {
    for (name, input) in inputs::short() {
        for strategy in [Strategy::Default, Strategy::HuffmanOnly, Strategy::Fixed] {
            for level in [0, 6] {
                let stream = compress(&input, level, 15, strategy);
                for cut in 0..=stream.len() {
                    let mut ours = Inflating::new(WINDOW_LEN);
                    for piece in [&stream[..cut], &stream[cut..]] {
                        ours.push(piece, || 1_000).unwrap();
                    }
                    assert!(ours.written == input && ours.inflate.is_final(), "{name} at {cut}");
                }
                for cut in 0..=input.len() {
                    let mut ours = Inflating::new(WINDOW_LEN);
                    let first = ours.step(&stream, cut).unwrap();
                    // The end of the block takes no room.
                    let is_all = cut == input.len();
                    assert_eq!(first.status == InflateStatus::NeedsInput, is_all, "{name}");
                    assert_eq!(ours.inflate.is_final(), is_all);
                    ours.push(&stream[first.read..], || 1_000).unwrap();
                    assert!(ours.written == input && ours.inflate.is_final(), "{name} at {cut}");
                }
            }
        }
    }
}

#[test]
fn every_split_of_input_together_with_every_split_of_output() {
    for (name, input) in inputs::short() {
        for (level, strategy) in
            [(0, Strategy::Default), (9, Strategy::Default), (6, Strategy::Fixed)]
        {
            let stream = compress(&input, level, 15, strategy);
            // The others would take minutes.
            if stream.len() * input.len() > 12_000 {
                continue;
            }
            for cut in 0..=stream.len() {
                for room in 0..=input.len() {
                    let mut ours = Inflating::new(WINDOW_LEN);
                    let first = ours.step(&stream[..cut], room).unwrap();
                    ours.push(&stream[first.read..], || 1_000).unwrap();
                    assert!(ours.written == input, "{name} at {cut}, {room}");
                    assert!(ours.inflate.is_final(), "{name} at {cut}, {room}");
                }
            }
        }
    }
}

#[test]
fn messages_over_one_history() {
    let mut rng = TestRng::new(4);
    for window_bits in 9..=15 {
        let messages = inputs::messages(&mut rng, 400);
        let mut zlib = Compressor::new(6, window_bits, Strategy::Default);
        let mut ours = Inflating::new(1 << window_bits);
        for message in &messages {
            let stream = zlib.compress(message, Flush::Sync);
            let at = ours.written.len();
            for piece in stream.chunks(1 + rng.below(60)) {
                ours.push(piece, || 1 + rng.below(200)).unwrap();
            }
            assert!(ours.written[at..] == message[..]);
            assert!(ours.inflate.is_at_block_start() && !ours.inflate.is_final());
        }
    }
    let messages = inputs::messages(&mut rng, 400);
    let pieces: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let mut ours = Inflating::new(WINDOW_LEN);
    for stream in miniz::compress_messages(&pieces, 6) {
        ours.push(&stream, || 5_000).unwrap();
        assert!(ours.inflate.is_at_block_start());
    }
    assert!(ours.written == messages.concat());
}

#[test]
fn a_stream_after_a_final_block_begins_at_the_next_byte_with_the_same_history() {
    let mut rng = TestRng::new(6);
    let message = inputs::text(&mut rng, 700);
    let history = compress(&message, 6, 15, Strategy::Default);
    // A match of 258 bytes, 700 back, in the fixed code; then stored blocks.
    let stream = Writer::new().block(true, 1).fixed(285).fixed_distance(18).bits(700 - 513, 8);
    let stream = stream.fixed(256).align().stored(true, b"stored").stored(false, b"").finish();
    let expected = [&message[..], &message[..258], b"stored"].concat();
    let stream = [&history[..], &stream].concat();
    check("streams", &expected, &stream, WINDOW_LEN, &mut rng);
    check_bytes("streams", &expected, &stream, WINDOW_LEN);
    let mut ours = Inflating::new(WINDOW_LEN);
    for byte in &stream[..stream.len() - 5] {
        ours.push(&[*byte], || 300).unwrap();
    }
    assert!(ours.inflate.is_final() && ours.inflate.is_at_block_start());
    ours.push(&[0], || 0).unwrap();
    assert!(!ours.inflate.is_final() && !ours.inflate.is_at_block_start());
    ours.push(&[0, 0, 0xFF, 0xFF], || 0).unwrap();
    assert!(!ours.inflate.is_final() && ours.inflate.is_at_block_start());
}

#[test]
fn a_stream_that_ends_too_early_is_no_error_and_not_at_the_start_of_a_block() {
    for (name, input) in inputs::short() {
        for strategy in [Strategy::Default, Strategy::HuffmanOnly, Strategy::Fixed] {
            for level in [0, 6] {
                let stream = compress(&input, level, 15, strategy);
                for len in 1..stream.len() {
                    let mut ours = Inflating::new(WINDOW_LEN);
                    ours.push(&stream[..len], || 1_000).unwrap();
                    assert!(input.starts_with(&ours.written), "{name}");
                    assert!(!ours.inflate.is_at_block_start() && !ours.inflate.is_final());
                }
            }
        }
    }
}

#[test]
fn the_bits_after_a_block_that_is_neither_stored_nor_final_belong_to_the_next() {
    // Nothing but the end of a block: ten bits.
    let empty = Writer::new().block(false, 1).fixed(256);
    let mut ours = Inflating::new(WINDOW_LEN);
    ours.push(&empty.clone().finish(), || 0).unwrap();
    assert!(!ours.inflate.is_at_block_start());
    // With the three that begin a stored one: at the byte.
    ours.push(&[0, 0, 0xFF, 0xFF], || 0).unwrap();
    assert!(ours.inflate.is_at_block_start());
    // Eight of them end at a byte by themselves.
    let mut ours = Inflating::new(WINDOW_LEN);
    let eight = (0..4).fold(Writer::new(), |writer, _| writer.block(false, 1).fixed(256));
    ours.push(&eight.finish(), || 0).unwrap();
    assert!(ours.inflate.is_at_block_start() && !ours.inflate.is_final());
}

#[test]
fn a_reset_forgets_a_stream_in_any_state() {
    let (_, input) = inputs::short().swap_remove(5);
    for strategy in [Strategy::Default, Strategy::Fixed] {
        let stream = compress(&input, 6, 15, strategy);
        let mut ours = Inflating::new(WINDOW_LEN);
        for len in 0..stream.len() {
            ours.push(&stream[..len], || 1_000).unwrap();
            ours.inflate.reset();
            assert!(ours.inflate.is_at_block_start() && !ours.inflate.is_final());
            ours.written.clear();
            ours.push(&stream, || 1_000).unwrap();
            assert!(ours.written == input && ours.inflate.is_final());
            ours.written.clear();
        }
    }
}

/// Gives codes to symbols as section 3.2.2 says.
fn codes_of(lens: &[u8]) -> Vec<(u32, u32)> {
    let mut codes = vec![(0, 0); lens.len()];
    let mut code = 0;
    for len in 1..=15 {
        for (symbol, _) in lens.iter().enumerate().filter(|(_, of)| **of == len) {
            codes[symbol] = (code, len.into());
            code += 1;
        }
        code *= 2;
    }
    codes
}

#[test]
fn the_longest_codes_after_any_number_of_literals_in_every_split() {
    // Three literals of `literal_len` bits; the longest codes for a length and a distance with
    // extra bits; other codes to make them complete.
    for literal_len in 8..=11 {
        let (mut literals, mut distances) = (vec![0; 286], vec![0; 30]);
        for len in 1..=literal_len - 2 {
            literals[100 + usize::from(len)] = len;
        }
        literals[..3].fill(literal_len);
        for len in literal_len + 1..=14 {
            literals[100 + usize::from(len)] = len;
        }
        (literals[256], literals[284]) = (15, 15);
        for len in 1..=14 {
            distances[usize::from(len)] = len;
        }
        (distances[0], distances[20]) = (15, 15);
        let (literal_codes, distance_codes) = (codes_of(&literals), codes_of(&distances));
        let code = |writer: Writer, symbol: usize| {
            writer.code(literal_codes[symbol].0, literal_codes[symbol].1)
        };
        let distance = |writer: Writer, symbol: usize| {
            writer.code(distance_codes[symbol].0, distance_codes[symbol].1)
        };
        let mut writer = Writer::new().block(true, 2).lengths(&literals, &distances);
        writer = code(writer, 1);
        for _ in 0..7 {
            writer = distance(code(writer, 284).bits(30, 5), 0);
        }
        for count in 0..12 {
            for at in 0..count {
                writer = code(writer, at % 3);
            }
            // 1025 and more.
            writer =
                distance(code(writer, 284).bits(count as u32, 5), 20).bits(17 * count as u32, 9);
        }
        for count in 0..9 {
            writer = (0..count).fold(code(writer, 101), &code);
        }
        let stream = code(writer, 256).finish();
        let expected = miniz::inflate(&stream);
        for cut in 0..stream.len() {
            let mut ours = Inflating::new(WINDOW_LEN);
            for piece in [&stream[..cut], &stream[cut..]] {
                ours.push(piece, || 1 << 13).unwrap();
            }
            assert!(ours.written == expected && ours.inflate.is_final(), "{cut}");
        }
        for piece in 1..60 {
            for room in [3, 17, 300, 5_000] {
                let inflated = in_pieces(&stream, WINDOW_LEN, piece, room);
                assert!(inflated.as_deref() == Ok(&expected), "{piece}, {room}");
            }
        }
    }
}
