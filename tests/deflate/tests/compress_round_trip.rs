//! What is compressed is the same when decompressed, by whoever.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core_tests::rng::TestRng;
use socklet_deflate_tests::inputs;
use socklet_deflate_tests::oracles::Oracles;
use socklet_deflate_tests::presets::{ALL, is_direct, message};

#[test]
fn long_inputs_come_back_with_every_window() {
    for (name, make) in ALL {
        let mut compress = make();
        for window_bits in 8..=compress.max_window_bits() {
            for (kind, input) in inputs::long() {
                compress.reset(window_bits);
                let mut oracles = Oracles::new(window_bits);
                let compressed = message(&mut *compress, &input);
                let blocks = oracles.check(&compressed, &input);
                println!("{name} {window_bits} {kind}: {} {blocks:?}", compressed.len());
            }
        }
    }
}

#[test]
fn messages_of_all_kinds_come_back_over_one_context() {
    for (name, make) in ALL {
        let mut compress = make();
        for window_bits in 8..=compress.max_window_bits() {
            compress.reset(window_bits);
            let mut rng = TestRng::new(3 + u64::from(window_bits));
            let mut oracles = Oracles::new(window_bits);
            let mut kinds = [0; 3];
            for _ in 0..200 {
                let input = inputs::message(&mut rng);
                let compressed = message(&mut *compress, &input);
                let blocks = oracles.check(&compressed, &input);
                for (sum, kind) in kinds.iter_mut().zip(blocks.kinds) {
                    *sum += kind;
                }
            }
            let expected = [!is_direct(name), true, !is_direct(name)];
            assert_eq!(kinds.map(|kind| kind > 0), expected, "{name}: {kinds:?}");
        }
    }
}

#[test]
fn an_empty_message_is_one_zero() {
    for (_, make) in ALL {
        let mut compress = make();
        assert_eq!(message(&mut *compress, b""), [0]);
        message(&mut *compress, b"something");
        assert_eq!(message(&mut *compress, b""), [0]);
    }
}

#[test]
fn random_bytes_grow_by_no_more_than_stored_blocks() {
    let mut rng = TestRng::new(1);
    for (name, make) in ALL {
        let mut compress = make();
        for len in (0..600).chain([1000, 5000, 66_000, 200_000]) {
            let input = rng.bytes(len);
            let compressed = message(&mut *compress, &input);
            assert!(compressed.len() <= compress.max_compressed_len(len), "{name}");
            // One block, if it fits.
            if len < 60 {
                assert!(compressed.len() <= len + 6, "{name}");
            }
        }
    }
}

#[test]
fn a_larger_window_than_there_is_memory_for_is_harmless() {
    for (_, make) in ALL {
        let mut compress = make();
        compress.reset(15);
        let bits = compress.max_window_bits();
        let input = inputs::text(&mut TestRng::new(2), 20_000);
        Oracles::new(bits).check(&message(&mut *compress, &input), &input);
    }
}
