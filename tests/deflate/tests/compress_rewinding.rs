//! Messages that are taken back, and streams that begin again.
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
use socklet_deflate_tests::presets::{ALL, message};

#[test]
fn what_is_taken_back_is_never_referred_to() {
    for (name, make) in ALL {
        let mut compress = make();
        let input = TestRng::new(9).bytes(200);
        let before = message(&mut *compress, b"before");
        let mark = compress.mark();
        message(&mut *compress, &input);
        compress.rewind(mark);
        assert_eq!(compress.mark(), mark, "{name}");
        let again = message(&mut *compress, &input);
        let mut oracles = Oracles::new(8);
        oracles.check(&before, b"before");
        let blocks = oracles.check(&again, &input);
        assert_eq!(blocks.farthest, 0, "{name}");
    }
}

#[test]
fn history_before_a_mark_is_kept() {
    for (name, make) in ALL {
        let mut compress = make();
        let mut oracles = Oracles::new(8);
        let input = TestRng::new(9).bytes(70);
        oracles.check(&message(&mut *compress, &input), &input);
        let mark = compress.mark();
        message(&mut *compress, b"another");
        compress.rewind(mark);
        let again = message(&mut *compress, &input);
        oracles.check(&again, &input);
        // One that remembers a single place does not find it.
        assert!(again.len() < 20 || name == "least", "{name}: {}", again.len());
    }
}

#[test]
fn any_order_of_messages_rewinds_and_resets_comes_back() {
    for (name, make) in ALL {
        let mut compress = make();
        let mut rng = TestRng::new(4);
        let mut oracles = Oracles::new(compress.max_window_bits());
        let mut rewound = 0;
        for _ in 0..1500 {
            match rng.below(40) {
                0 => {
                    let bits = 8 + rng.below(usize::from(compress.max_window_bits()) - 7) as u8;
                    compress.reset(bits);
                    oracles = Oracles::new(bits);
                }
                1..10 => {
                    // Some messages that are not sent, the last in pieces or not to its end.
                    let mark = compress.mark();
                    for _ in 0..rng.below(3) {
                        message(&mut *compress, &inputs::message(&mut rng));
                    }
                    let input = inputs::message(&mut rng);
                    let mut out = vec![0; rng.below(600)];
                    compress.compress(&input, &mut out, rng.below(2) == 0);
                    compress.rewind(mark);
                    rewound += 1;
                }
                10 => {
                    let mark = compress.mark();
                    let input = inputs::letters(&mut rng, 100_000);
                    message(&mut *compress, &input);
                    compress.rewind(mark);
                    compress.rewind(mark);
                }
                _ => {
                    let input = inputs::message(&mut rng);
                    let compressed = message(&mut *compress, &input);
                    oracles.check(&compressed, &input);
                }
            }
        }
        assert!(rewound > 100, "{name}");
    }
}

#[test]
fn a_mark_from_before_a_reset_empties_the_history() {
    for (_, make) in ALL {
        let mut compress = make();
        message(&mut *compress, &inputs::text(&mut TestRng::new(2), 100));
        let mark = compress.mark();
        message(&mut *compress, &inputs::text(&mut TestRng::new(2), 300));
        compress.reset(8);
        message(&mut *compress, &inputs::text(&mut TestRng::new(2), 300));
        compress.rewind(mark);
        let input = inputs::text(&mut TestRng::new(2), 200);
        Oracles::new(8).check(&message(&mut *compress, &input), &input);
    }
}
