//! The content of test messages, made as it is needed: no message is ever kept whole.

use socklet_embassy::core::Kind;

/// A generator of the bytes of one message. Text is ASCII and compresses well, octets do not.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    kind: Kind,
    position: usize,
    state: u32,
}

/// What text repeats, with a digit that counts in between.
const PHRASE: &[u8] = b"{\"sensor\":\"boiler\",\"celsius\":61.5,\"n\":";

impl Pattern {
    /// A message of this kind; another seed makes other octets.
    pub(crate) const fn new(kind: Kind, seed: u32) -> Self {
        Self { kind, position: 0, state: seed.wrapping_mul(2_654_435_761) | 1 }
    }

    fn next(&mut self) -> u8 {
        match self.kind {
            Kind::Text => {
                let place = self.position % (PHRASE.len() + 1);
                let count = self.position / (PHRASE.len() + 1);
                self.position = self.position.wrapping_add(1);
                PHRASE.get(place).copied().unwrap_or(b'0' + (count % 10) as u8)
            }
            Kind::Binary => {
                // Marsaglia's xorshift.
                self.state ^= self.state << 13;
                self.state ^= self.state >> 17;
                self.state ^= self.state << 5;
                self.state as u8
            }
        }
    }

    /// Writes the next bytes.
    pub(crate) fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            *byte = self.next();
        }
    }

    /// Says whether these are the next bytes.
    pub(crate) fn is_next(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().fold(true, |same, &byte| same & (byte == self.next()))
    }
}
