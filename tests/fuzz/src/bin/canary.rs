//! Fails for one input in 2^40: the proof that `cargo xtask fuzz` is led by the branches taken, and
//! notices a failure.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes.iter();
    // One at a time: a comparison of all five is one branch.
    for expected in b"fuzz!" {
        if rest.next() != Some(expected) {
            return;
        }
    }
    panic!("found, as it has to be");
});
