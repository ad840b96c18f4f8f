//! Buffers of a connection: of a fixed length, or growing and counting.

use socklet_core::buffer::Buffer;

/// A buffer that may grow, and remembers how it did.
#[derive(Debug, Clone)]
pub struct TestBuffer {
    bytes: Vec<u8>,
    max_len: usize,
    /// The longest it has ever been.
    pub peak_len: usize,
    /// How many times it has grown.
    pub growths: usize,
}

impl TestBuffer {
    /// One that keeps its length.
    #[must_use]
    pub fn fixed(len: usize) -> Self {
        Self::growing(len, len)
    }

    /// One that begins with `len` bytes and grows up to `max_len`, to no more than was asked for.
    #[must_use]
    pub fn growing(len: usize, max_len: usize) -> Self {
        Self { bytes: vec![0; len], max_len, peak_len: len, growths: 0 }
    }
}

impl Buffer for TestBuffer {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn grow(&mut self, len: usize) -> bool {
        if len > self.bytes.len() && len <= self.max_len {
            self.bytes.resize(len, 0);
            self.growths += 1;
            self.peak_len = self.peak_len.max(len);
        }
        len <= self.bytes.len()
    }

    fn max_len(&self) -> usize {
        self.max_len
    }
}
