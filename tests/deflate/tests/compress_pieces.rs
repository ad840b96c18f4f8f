//! Input and output may be cut anywhere: what is written is the same.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core_tests::rng::TestRng;
use socklet_deflate_tests::inputs;
use socklet_deflate_tests::presets::{ALL, Any, message};

/// Compresses with pieces of input and output whose lengths `input_len` and `out_len` say.
fn in_pieces(
    compress: &mut dyn Any,
    mut input: &[u8],
    mut input_len: impl FnMut() -> usize,
    mut out_len: impl FnMut() -> usize,
) -> Vec<u8> {
    let mut compressed = Vec::new();
    loop {
        let piece = &input[..input_len().min(input.len())];
        let flush = piece.len() == input.len();
        let mut rest = piece;
        loop {
            let mut out = vec![0xAA; out_len()];
            let result = compress.compress(rest, &mut out, flush);
            rest = &rest[result.read..];
            compressed.extend_from_slice(&out[..result.written]);
            if result.done {
                assert!(rest.is_empty());
                break;
            }
            assert_eq!(result.written, out.len(), "stops only for lack of room");
        }
        input = &input[piece.len()..];
        if flush {
            return compressed;
        }
    }
}

#[test]
fn short_inputs_in_every_two_pieces() {
    for (name, make) in ALL {
        // Each pair of cuts makes a compressor anew.
        for (kind, input) in inputs::short().into_iter().filter(|(_, input)| input.len() <= 100) {
            let mut compress = make();
            compress.reset(8);
            let whole = message(&mut *compress, &input);
            for cut in 0..=input.len() {
                for out_cut in 0..=whole.len() {
                    let mut compress = make();
                    compress.reset(8);
                    let mut cuts = [cut].into_iter();
                    let mut out_cuts = [out_cut].into_iter();
                    let pieces = in_pieces(
                        &mut *compress,
                        &input,
                        || cuts.next().unwrap_or(1000),
                        || out_cuts.next().unwrap_or(1000),
                    );
                    assert_eq!(pieces, whole, "{name} {kind} {cut} {out_cut}");
                }
            }
        }
    }
}

#[test]
fn long_inputs_byte_by_byte() {
    for (name, make) in ALL {
        for (kind, input) in inputs::long() {
            let mut compress = make();
            let whole = message(&mut *compress, &input);
            let mut compress = make();
            let pieces = in_pieces(&mut *compress, &input, || 1, || 1);
            assert!(pieces == whole, "{name} {kind}");
            let mut compress = make();
            let pieces = in_pieces(&mut *compress, &input, || 1 << 20, || 1);
            assert!(pieces == whole, "{name} {kind}");
        }
    }
}

#[test]
fn long_inputs_in_random_pieces() {
    for (name, make) in ALL {
        for (kind, input) in inputs::long() {
            let mut compress = make();
            let whole = message(&mut *compress, &input);
            for seed in 1..6 {
                let mut compress = make();
                let (mut rng, mut other) = (TestRng::new(seed), TestRng::new(seed + 99));
                let most = 1 << (2 * seed);
                let pieces =
                    in_pieces(&mut *compress, &input, || rng.below(most), || other.below(most));
                assert!(pieces == whole, "{name} {kind} {seed}");
            }
        }
    }
}

#[test]
fn an_output_without_room_loses_nothing() {
    for (_, make) in ALL {
        let mut compress = make();
        let input = inputs::text(&mut TestRng::new(2), 500);
        let result = compress.compress(&input, &mut [], true);
        assert!(!result.done && result.written == 0);
        let mut out = [0; 1000];
        let result = compress.compress(&input[result.read..], &mut out, true);
        assert!(result.done);
    }
}
