//! Every window: what is written stays within it, and what is read may go as far and no farther.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::deflate::{Inflate, InflateError};
use socklet_core_tests::rng::TestRng;
use socklet_deflate_tests::inflating::{in_pieces, whole};
use socklet_deflate_tests::inputs;
use socklet_deflate_tests::presets::{ALL, message};
use socklet_deflate_tests::writer::Writer;
use socklet_deflate_tests::zlib::{Compressor, Decompressor, Flush, Strategy, Verdict};

/// A connection's buffer: the history moves to its front before each message.
struct Window {
    inflate: Inflate,
    history: Vec<u8>,
    len: usize,
}

impl Window {
    fn new(bits: u8) -> Self {
        Self { inflate: Inflate::new(), history: Vec::new(), len: 1 << bits }
    }

    /// Inflates a message; nothing is there but the window.
    fn check(&mut self, stream: &[u8], message: &[u8]) {
        let at = 3 + self.history.len();
        let mut buffer = vec![0xEE; at + message.len()];
        buffer[3..at].copy_from_slice(&self.history);
        let done =
            self.inflate.inflate(stream, &mut buffer, at, self.history.len(), self.len).unwrap();
        assert_eq!((done.read, done.written), (stream.len(), message.len()));
        assert!(buffer[at..] == message[..] && buffer[3..at] == self.history[..]);
        self.history.extend(message);
        self.history.drain(..self.history.len().saturating_sub(self.len));
    }
}

#[test]
fn messages_of_zlib_need_no_more_than_the_window() {
    // zlib makes no raw stream with 8 bits.
    for bits in 9..=15 {
        let mut rng = TestRng::new(5);
        let mut zlib = Compressor::new(9, bits.into(), Strategy::Default);
        let mut window = Window::new(bits);
        for message in inputs::messages(&mut rng, 400) {
            window.check(&zlib.compress(&message, Flush::Sync), &message);
        }
    }
}

#[test]
fn messages_of_ours_need_no_more_than_the_window() {
    for (_, make) in ALL {
        let mut compress = make();
        for bits in 8..=compress.max_window_bits() {
            let mut rng = TestRng::new(6);
            compress.reset(bits);
            let mut window = Window::new(bits);
            for input in inputs::messages(&mut rng, 400) {
                let stream = [&message(&mut *compress, &input)[..], &[0, 0, 0xFF, 0xFF]].concat();
                window.check(&stream, &input);
            }
        }
    }
}

/// What zlib says, a byte at a time: what it writes in one call it takes for a part of the window.
fn zlib(stream: &[u8], bits: u8, len: usize) -> Verdict {
    let mut zlib = Decompressor::new(bits.into());
    let mut read = 0;
    for _ in 0..=len {
        let outcome = zlib.inflate(&stream[read..], &mut [0]);
        read += outcome.read;
        if outcome.verdict != Verdict::Full {
            return outcome.verdict;
        }
    }
    panic!("more than {len} bytes");
}

#[test]
fn a_match_goes_as_far_as_the_window_and_no_farther() {
    let noise = TestRng::new(7).bytes(40_000);
    for bits in 8..=15_u8 {
        let window_len = 1 << bits;
        // What is before the window is there all the same.
        for before in [&noise[..window_len], &noise[..window_len + 1], &noise[..window_len + 5_000]]
        {
            let start = Writer::new().stored(false, before).block(true, 1).fixed(285);
            // 2^bits, and one more.
            let extra = u32::from(bits) - 2;
            let farthest = start.clone().fixed_distance(2 * u32::from(bits) - 1);
            let farthest = farthest.bits((1 << extra) - 1, extra).fixed(256).finish();
            let from = before.len() - window_len;
            // A match of 258 bytes, which a window of 256 is too short for.
            let copied = before[from..].iter().cycle().take(258);
            let expected: Vec<u8> = before.iter().chain(copied).copied().collect();
            for (piece, room) in [(1, 1), (1 << 16, 7), (3, 1 << 16)] {
                let inflated = in_pieces(&farthest, window_len, piece, room);
                assert!(inflated.as_deref() == Ok(&expected), "{bits} bits, {piece}, {room}");
            }
            assert_eq!(zlib(&farthest, bits, expected.len()), Verdict::Ended, "{bits} bits");

            // With 15 bits there is no code for more.
            if bits == 15 || before.len() == window_len {
                continue;
            }
            let farther = start.fixed_distance(2 * u32::from(bits)).bits(0, extra + 1);
            let farther = farther.fixed(256).finish();
            assert_eq!(whole(&farther, window_len), Err(InflateError::Distance), "{bits} bits");
            assert_eq!(in_pieces(&farther, window_len, 1, 1), Err(InflateError::Distance));
            assert_eq!(zlib(&farther, bits, expected.len()), Verdict::Damaged, "{bits} bits");
            assert!(whole(&farther, 2 * window_len).is_ok());
        }
    }
}
