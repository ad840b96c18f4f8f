//! Bytes of all kinds to compress.

/// A generator of numbers that are random enough (xorshift64*).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// Bytes that do not compress.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.number() as u8).collect()
    }

    /// Bytes of a few values, with repetitions near and far.
    pub fn compressible(&mut self, len: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::new();
        let letters = 1 + self.below(30) as u8;
        while bytes.len() < len {
            if self.below(3) == 0 && !bytes.is_empty() {
                let distance = 1 + self.below(bytes.len());
                let most = if self.below(20) == 0 { 2000 } else { 40 };
                for _ in 0..self.below(most) {
                    bytes.push(bytes[bytes.len() - distance]);
                }
            } else {
                bytes.push(b'a' + (self.number() % u64::from(letters)) as u8);
            }
        }
        bytes.truncate(len);
        bytes
    }

    /// A report of a device, in JSON.
    pub fn json(&mut self) -> Vec<u8> {
        let (id, time) = (self.below(10), self.below(100_000));
        let (value, voltage) = (self.below(10_000), 300 + self.below(40));
        let kind = ["temperature", "humidity", "pressure"][self.below(3)];
        format!(
            "{{\"device\":\"node-{id}\",\"time\":{},\"{kind}\":{}.{},\"battery\":{}.{:02}}}",
            1_700_000_000 + time,
            value / 100,
            value % 100,
            voltage / 100,
            voltage % 100
        )
        .into_bytes()
    }

    /// A message of any kind.
    pub fn message(&mut self) -> Vec<u8> {
        let len = self.below(700);
        match self.below(8) {
            0 => self.bytes(len),
            1 | 2 => self.compressible(len),
            3 => vec![self.number() as u8; len * 3],
            4 => text(len),
            5 => Vec::new(),
            _ => self.json(),
        }
    }
}

/// English.
#[must_use]
pub fn text(len: usize) -> Vec<u8> {
    let text = include_str!("../../../CONTRIBUTING.md");
    text.bytes().cycle().take(len).collect()
}

/// Long inputs of all kinds, by name.
#[must_use]
pub fn long() -> Vec<(&'static str, Vec<u8>)> {
    let mut random = Random(7);
    let json = (0..300).flat_map(|_| random.json()).collect();
    vec![
        ("empty", Vec::new()),
        ("zeros", vec![0; 70_000]),
        ("text", text(20_000)),
        ("json", json),
        ("random", random.bytes(70_000)),
        ("compressible", random.compressible(70_000)),
        ("random after text", [text(3000), random.bytes(3000), text(3000)].concat()),
        ("all bytes", (0..=255).cycle().take(3000).collect()),
        ("ninths", (0..3000).map(|n| (n % 9 * n / 7) as u8).collect()),
    ]
}

/// Short inputs for every split.
#[must_use]
pub fn short() -> Vec<Vec<u8>> {
    let mut random = Random(5);
    vec![
        Vec::new(),
        b"a".to_vec(),
        b"hello hello hello".to_vec(),
        vec![b'x'; 40],
        random.bytes(20),
        random.json(),
        random.compressible(60),
    ]
}
