//! Streams bit by bit, good ones and bad ones.

/// The order in which the lengths of the codes of lengths come (RFC 1951 section 3.2.7).
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Writes bits, the lowest first.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    /// Bits of the last byte that are used.
    used: u32,
}

impl Writer {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a number of `len` bits.
    #[must_use]
    pub fn bits(mut self, value: u32, len: u32) -> Self {
        for at in 0..len {
            self.bit(value >> at & 1);
        }
        self
    }

    /// Writes a code of `len` bits, whose first bit is the highest.
    #[must_use]
    pub fn code(mut self, code: u32, len: u32) -> Self {
        for at in (0..len).rev() {
            self.bit(code >> at & 1);
        }
        self
    }

    fn bit(&mut self, bit: u32) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= (bit << self.used) as u8;
        }
        self.used = (self.used + 1) % 8;
    }

    /// Fills up the byte.
    #[must_use]
    pub fn align(mut self) -> Self {
        self.used = 0;
        self
    }

    /// Writes the header of a block: 0 stored, 1 fixed codes, 2 codes of its own.
    #[must_use]
    pub fn block(self, is_final: bool, kind: u32) -> Self {
        self.bits(is_final.into(), 1).bits(kind, 2)
    }

    /// Writes a stored block.
    #[must_use]
    pub fn stored(self, is_final: bool, bytes: &[u8]) -> Self {
        let len = bytes.len() as u32;
        let mut writer = self.block(is_final, 0).align().bits(len, 16).bits(!len, 16);
        writer.bytes.extend_from_slice(bytes);
        writer
    }

    /// Writes a literal, a length or the end of a block in the fixed code.
    #[must_use]
    pub fn fixed(self, symbol: u32) -> Self {
        match symbol {
            0..144 => self.code(0x30 + symbol, 8),
            144..256 => self.code(0x190 + symbol - 144, 9),
            256..280 => self.code(symbol - 256, 7),
            _ => self.code(0xC0 + symbol - 280, 8),
        }
    }

    /// Writes the symbol of a distance in the fixed code.
    #[must_use]
    pub fn fixed_distance(self, symbol: u32) -> Self {
        self.code(symbol, 5)
    }

    /// Writes the header of a block with these lengths of codes, each as itself: with 4 bits,
    /// without repetitions. The numbers of lengths may be out of range.
    #[must_use]
    pub fn lengths(self, literals: &[u8], distances: &[u8]) -> Self {
        let mut writer = self.counts(literals.len() as u32, distances.len() as u32);
        for len in literals.iter().chain(distances) {
            writer = writer.length(*len);
        }
        writer
    }

    /// Begins such a header: a code of 4 bits for each length below 16, or of 5 for 14, 15 and
    /// the repetitions.
    #[must_use]
    pub fn counts(self, literals: u32, distances: u32) -> Self {
        let writer = self.bits(literals - 257, 5).bits(distances - 1, 5);
        writer.length_lengths(|symbol| match symbol {
            0..13 => 4,
            _ => 5,
        })
    }

    /// Writes the number of the lengths of codes of lengths, all 19, and these.
    #[must_use]
    pub fn length_lengths(self, len: impl Fn(usize) -> u32) -> Self {
        ORDER.iter().fold(self.bits(15, 4), |writer, symbol| writer.bits(len(*symbol), 3))
    }

    /// Writes a length, or one of the repetitions 16 to 18 without its extra bits, in the code
    /// that [`counts`](Self::counts) has begun.
    #[must_use]
    pub fn length(self, symbol: u8) -> Self {
        let symbol = u32::from(symbol);
        if symbol < 13 { self.code(symbol, 4) } else { self.code(26 + symbol - 13, 5) }
    }

    /// The stream.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
