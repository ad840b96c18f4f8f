//! Any messages through any preset of the compressor, in pieces, with messages that are taken back
//! and streams that begin again: our decoder, zlib, miniz_oxide and a strict decoder all agree on
//! them, and none is longer than it may be.
//!
//! Input: preset, window, seed of the pieces, then messages: what to do, length, bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklet_core_tests::rng::TestRng;
use socklet_deflate_tests::inflating::Inflating;
use socklet_deflate_tests::oracles::Oracles;
use socklet_deflate_tests::presets::{ALL, Any};
use socklet_fuzz::Input;

/// Most bytes of all messages of an input.
const MOST: usize = 1 << 17;

/// A stream, and those who inflate it.
struct Stream {
    oracles: Oracles,
    ours: Inflating,
}

impl Stream {
    fn new(window_bits: u8) -> Self {
        Self { oracles: Oracles::new(window_bits), ours: Inflating::new(1 << window_bits) }
    }

    fn check(&mut self, compressed: &[u8], message: &[u8]) {
        self.oracles.check(compressed, message);
        let at = self.ours.written.len();
        for piece in [compressed, &[0, 0, 0xFF, 0xFF]] {
            self.ours.push(piece, || 1 << 12).expect("what we have compressed");
        }
        assert!(&self.ours.written[at..] == message, "our own decoder differs");
        assert!(self.ours.inflate.is_at_block_start() && !self.ours.inflate.is_final());
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (_, make) = input.one_of(ALL);
    let mut compress = make();
    let largest = compress.max_window_bits();
    let window = |input: &mut Input<'_>| 8 + input.below(usize::from(largest) - 7) as u8;
    let window_bits = window(&mut input);
    let mut rng = input.rng();
    compress.reset(window_bits);
    let mut stream = Stream::new(window_bits);
    let mut left = MOST;
    while !input.is_empty() && left != 0 {
        let act = input.byte();
        // Seldom long ones: they take their time.
        let len = if act >= 0xF0 { input.len() } else { input.len() % 2000 }.min(left);
        let message: Vec<u8> = match act / 8 % 4 {
            // As it is; over and over; a run; what does not compress.
            0 => input.take(len).to_vec(),
            1 => {
                let pattern = input.take(len % 300);
                pattern
                    .iter()
                    .copied()
                    .cycle()
                    .take(if pattern.is_empty() { 0 } else { len })
                    .collect()
            }
            2 => vec![input.byte(); len],
            _ => TestRng::new(input.byte().into()).bytes(len),
        };
        left -= message.len().max(1);
        match act % 8 {
            0 => {
                let window_bits = window(&mut input);
                compress.reset(window_bits);
                stream = Stream::new(window_bits);
            }
            // Not sent after all: a whole message, or one not to its end.
            1 | 2 => {
                let mark = compress.mark();
                let mut out = vec![0; if act % 8 == 1 { 1 << 18 } else { len }];
                compress.compress(&message, &mut out, act & 64 != 0);
                compress.rewind(mark);
            }
            _ => {
                let whole = act % 8 < 5;
                let compressed = in_pieces(&mut *compress, &message, whole, &mut rng);
                assert!(compressed.len() <= compress.max_compressed_len(message.len()));
                stream.check(&compressed, &message);
            }
        }
    }
});

/// Compresses a message in pieces of input and of output of any length, or in one go.
fn in_pieces(compress: &mut dyn Any, message: &[u8], whole: bool, rng: &mut TestRng) -> Vec<u8> {
    let mut compressed = Vec::new();
    let mut rest = message;
    let (most_read, most_written) = (1 + rng.below(900), 1 + rng.below(300));
    loop {
        let len = if whole { rest.len() } else { rng.below(most_read + 1).min(rest.len()) };
        let flush = len == rest.len();
        let room =
            if whole { compress.max_compressed_len(len) } else { rng.below(most_written + 1) };
        let mut out = vec![0xAA; room];
        let result = compress.compress(&rest[..len], &mut out, flush);
        rest = &rest[result.read..];
        compressed.extend_from_slice(&out[..result.written]);
        assert!(result.done || !whole, "longer than it may be");
        assert!(result.done || result.written == room, "stops only for lack of room");
        if result.done && flush {
            assert!(rest.is_empty());
            return compressed;
        }
        if flush {
            // The rest, if only of the output, with the same flush.
            compressed.extend(flushed(compress, rest, most_written));
            return compressed;
        }
    }
}

fn flushed(compress: &mut dyn Any, mut rest: &[u8], room: usize) -> Vec<u8> {
    let mut compressed = Vec::new();
    loop {
        let mut out = vec![0xAA; room];
        let result = compress.compress(rest, &mut out, true);
        rest = &rest[result.read..];
        compressed.extend_from_slice(&out[..result.written]);
        if result.done {
            assert!(rest.is_empty());
            return compressed;
        }
        assert_eq!(result.written, room, "stops only for lack of room");
    }
}
