//! Inputs of every kind that a compressor treats differently.

use std::fmt::Write as _;

use socklet_core_tests::rng::TestRng;

/// An input and its name.
pub type Input = (&'static str, Vec<u8>);

/// All kinds, some of them longer than the largest window.
#[must_use]
pub fn all() -> Vec<Input> {
    let mut rng = TestRng::new(1951);
    let text = text(&mut rng, 60_000);
    let mut inputs = short();
    inputs.extend([
        ("text", text.clone()),
        ("JSON", json(&mut rng, 40_000)),
        ("noise", rng.bytes(70_000)),
        ("zeros", vec![0; 100_000]),
        ("few symbols", (0..30_000).map(|_| b"ab"[rng.below(2)]).collect()),
        ("skewed", skewed(&mut rng, 40_000)),
        ("mixture", mixture(&mut rng, 80_000)),
        ("far matches", [&text[..5_000], &rng.bytes(27_700), &text[..5_000]].concat()),
    ]);
    inputs.extend((1..=40).map(|period| {
        let pattern = rng.bytes(period);
        ("period", pattern.iter().copied().cycle().take(2_000).collect())
    }));
    inputs
}

/// Short ones: for each of these every split can be tried.
#[must_use]
pub fn short() -> Vec<Input> {
    let mut rng = TestRng::new(7692);
    vec![
        ("nothing", Vec::new()),
        ("a byte", vec![0]),
        ("two bytes", b"ab".to_vec()),
        ("hello", b"Hello, Hello, Hello".to_vec()),
        ("short run", vec![b'x'; 300]),
        ("short text", text(&mut rng, 400)),
        ("short JSON", json(&mut rng, 300)),
        ("short noise", rng.bytes(100)),
    ]
}

/// Messages as they are sent over one connection: similar, but none like the other.
#[must_use]
pub fn messages(rng: &mut TestRng, count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|at| match at % 5 {
            0 => text(rng, 1 + at),
            1 => rng.bytes(rng.clone().below(200)),
            2 => Vec::new(),
            3 => mixture(rng, 3 * at),
            _ => json(rng, 100 + at),
        })
        .collect()
}

/// Words, the first ones more often.
pub fn text(rng: &mut TestRng, len: usize) -> Vec<u8> {
    let words: Vec<Vec<u8>> = (0..400)
        .map(|_| {
            let letters = b"etaoinshrdlucmfwypvbgkjqxz";
            (0..2 + rng.below(8)).map(|_| letters[rng.below(1 + rng.clone().below(26))]).collect()
        })
        .collect();
    let mut text = Vec::new();
    while text.len() < len {
        let most = 1 + rng.below(words.len());
        text.extend(&words[rng.below(most)]);
        text.extend(if rng.once_in(12) { &b". "[..] } else { b" " });
    }
    text.truncate(len);
    text
}

/// Reports with numbers that change.
pub fn json(rng: &mut TestRng, len: usize) -> Vec<u8> {
    let mut text = String::from("[");
    while text.len() < len {
        let (id, value) = (rng.below(100), rng.below(1_000_000));
        let on = rng.once_in(2);
        let entry =
            format_args!("{{\"id\":{id},\"value\":{value},\"on\":{on},\"unit\":\"mV\"}},\n");
        text.write_fmt(entry).unwrap();
    }
    text.truncate(len);
    text.into_bytes()
}

/// Bytes of which each is half as frequent as the one before: the longest codes there are.
fn skewed(rng: &mut TestRng, len: usize) -> Vec<u8> {
    (0..len).map(|_| (rng.next() | 1 << 40).trailing_zeros() as u8 * 5).collect()
}

/// Pieces of all kinds, and of what was there before.
pub fn mixture(rng: &mut TestRng, len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < len {
        let piece = 1 + rng.below(600);
        match rng.below(6) {
            0 => bytes.extend(rng.bytes(piece)),
            1 => bytes.extend(text(rng, piece)),
            2 => bytes.extend(json(rng, piece)),
            3 => bytes.resize(bytes.len() + piece, rng.next() as u8),
            _ if bytes.is_empty() => {}
            _ => {
                let from = rng.below(bytes.len());
                let to = bytes.len().min(from + piece);
                bytes.extend_from_within(from..to);
            }
        }
    }
    bytes.truncate(len);
    bytes
}
