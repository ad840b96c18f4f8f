//! Inputs of every kind that a compressor treats differently.

use std::fmt::Write as _;

use socklet_core_tests::rng::TestRng;

/// An input and its name.
pub type Input = (&'static str, Vec<u8>);

/// All kinds.
#[must_use]
pub fn all() -> Vec<Input> {
    let mut rng = TestRng::new(1951);
    let mut inputs = short();
    inputs.extend(long());
    inputs.extend((1..=40).map(|period| {
        let pattern = rng.bytes(period);
        ("period", pattern.iter().copied().cycle().take(2_000).collect())
    }));
    inputs
}

/// Long ones, some of them longer than the largest window.
#[must_use]
pub fn long() -> Vec<Input> {
    let mut rng = TestRng::new(32768);
    let text = text(&mut rng, 40_000);
    let noise = rng.bytes(70_000);
    let (head, tail) = (&text[..5_000], &text[5_000..8_000]);
    vec![
        ("JSON", json(&mut rng, 40_000)),
        ("zeros", vec![0; 70_000]),
        ("few symbols", (0..10_000).map(|_| b"ab"[rng.below(2)]).collect()),
        ("all symbols", (0..=255).cycle().take(3_000).collect()),
        ("ninths", (0..3_000).map(|n| (n % 9 * n / 7) as u8).collect()),
        ("skewed", skewed(&mut rng, 20_000)),
        ("letters", letters(&mut rng, 70_000)),
        ("mixture", mixture(&mut rng, 80_000)),
        ("far matches", [head, &noise[..27_700], head].concat()),
        ("noise in text", [tail, &noise[..3_000], tail].concat()),
        ("noise", noise),
        ("text", text),
    ]
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
        ("short noise", rng.bytes(50)),
        ("report", report(&mut rng)),
        ("short letters", letters(&mut rng, 60)),
    ]
}

/// Messages as they are sent over one connection: similar, but none like the other.
#[must_use]
pub fn messages(rng: &mut TestRng, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|_| message(rng)).collect()
}

/// A message of any kind.
pub fn message(rng: &mut TestRng) -> Vec<u8> {
    let len = rng.below(700);
    match rng.below(10) {
        0 => rng.bytes(len),
        1 | 2 => letters(rng, len),
        3 => vec![rng.next() as u8; len * 3],
        4 => text(rng, len),
        5 => Vec::new(),
        6 => mixture(rng, len * 2),
        7 => json(rng, len),
        _ => report(rng),
    }
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

/// A report of a device, in JSON.
pub fn report(rng: &mut TestRng) -> Vec<u8> {
    let (id, time) = (rng.below(10), 1_700_000_000 + rng.below(100_000));
    let (whole, tenths, battery) = (rng.below(100), rng.below(100), 30 + rng.below(4));
    let kind = ["temperature", "humidity", "pressure"][rng.below(3)];
    format!(
        "{{\"device\":\"node-{id}\",\"time\":{time},\"{kind}\":{whole}.{tenths},\"battery\":{battery}}}"
    )
    .into_bytes()
}

/// Bytes of a few values, with repetitions near and far, some of them long.
pub fn letters(rng: &mut TestRng, len: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    let letters = 1 + rng.below(30);
    while bytes.len() < len {
        if rng.once_in(3) && !bytes.is_empty() {
            let distance = 1 + rng.below(bytes.len());
            let most = if rng.once_in(20) { 2_000 } else { 40 };
            for _ in 0..rng.below(most) {
                bytes.push(bytes[bytes.len() - distance]);
            }
        } else {
            bytes.push(b'a' + rng.below(letters) as u8);
        }
    }
    bytes.truncate(len);
    bytes
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
