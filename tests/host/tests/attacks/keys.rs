//! Masking keys that nobody can foresee, of the generator that clients use (RFC 6455 section 10.3).
//!
//! What is asked of chance here fails by chance less than once in a hundred million runs.

use std::collections::HashSet;

use crate::support::{client_frames, masking_keys};

/// Keys of one connection.
const COUNT: usize = 100_000;

fn keys() -> Vec<u32> {
    let wire = client_frames(|ws| {
        for _ in 0..COUNT {
            ws.feed("x")?;
        }
        ws.flush()
    });
    let keys = masking_keys(&wire);
    assert_eq!(keys.len(), COUNT);
    keys
}

/// How far a count of fair coins is from its half, in standard deviations.
fn deviations(ones: usize) -> f64 {
    let (ones, count) = (ones as f64, COUNT as f64);
    (ones - count / 2.0).abs() / (count / 4.0).sqrt()
}

#[test]
fn no_key_can_be_foreseen_from_those_before() {
    let keys = keys();
    // Each bit, and whether it changes from one key to the next.
    for bit in 0..u32::BITS {
        let is_set = |key: &u32| key >> bit & 1 == 1;
        let ones = keys.iter().filter(|key| is_set(key)).count();
        assert!(deviations(ones) < 7.0, "bit {bit}: {ones} of {COUNT}");
        let changes = keys.windows(2).filter(|two| is_set(&(two[0] ^ two[1]))).count();
        assert!(deviations(changes) < 7.0, "bit {bit} changes {changes} times of {COUNT}");
    }
    // Each value of each byte: 255 degrees of freedom.
    for shift in [0, 8, 16, 24] {
        let mut counts = [0_usize; 256];
        for key in &keys {
            counts[(key >> shift & 255) as usize] += 1;
        }
        let expected = COUNT as f64 / 256.0;
        let chi: f64 =
            counts.iter().map(|count| (*count as f64 - expected).powi(2) / expected).sum();
        println!("byte {}: chi squared {chi:.0}, 255 expected", shift / 8);
        assert!(chi < 450.0, "{chi}");
    }
}

#[test]
fn no_key_is_used_again_and_none_is_zero_twice_in_a_row() {
    let keys = keys();
    let distinct: HashSet<_> = keys.iter().collect();
    let repeated = COUNT - distinct.len();
    // Among so many of 2^32 about one is there twice by chance.
    println!("{repeated} of {COUNT} keys were there before, {:.1} expected", 1.16);
    assert!(repeated < 20, "{repeated} of {COUNT} were there before");
    let same = keys.windows(2).filter(|two| two[0] == two[1]).count();
    assert!(same < 2, "{same} keys are those before them");
    assert!(!keys.windows(2).any(|two| two == [0, 0]), "zero twice in a row");
    let steps: HashSet<_> = keys.windows(2).map(|two| two[1].wrapping_sub(two[0])).collect();
    assert!(COUNT - steps.len() < 20, "the steps repeat");
}

#[test]
fn connections_do_not_share_their_keys() {
    let first = || masking_keys(&client_frames(|ws| ws.send("x")))[0];
    let keys: HashSet<_> = (0..1000).map(|_| first()).collect();
    assert!(keys.len() > 995, "{} first keys of 1000 connections", keys.len());
}
