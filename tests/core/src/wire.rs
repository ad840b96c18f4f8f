//! A next layer whose reads are given beforehand and whose writes are kept.

use std::collections::VecDeque;

use crate::Fault;

/// Gives one piece a read, then ends; takes all that is written.
#[derive(Debug, Default)]
pub struct Wire {
    reads: VecDeque<Vec<u8>>,
    /// All that was written.
    pub written: Vec<u8>,
    /// In how many calls.
    pub writes: usize,
    /// How many times it was flushed.
    pub flushes: usize,
}

impl Wire {
    /// Whose reads give these pieces; a piece longer than the room for it is given in parts.
    pub fn new<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let reads = pieces.into_iter().map(|piece| piece.as_ref().to_vec());
        Self { reads: reads.filter(|piece| !piece.is_empty()).collect(), ..Self::default() }
    }

    /// Whose reads give at most `len` bytes each.
    #[must_use]
    pub fn cut_every(bytes: &[u8], len: usize) -> Self {
        Self::new(bytes.chunks(len.max(1)))
    }

    fn take(&mut self, out: &mut [u8]) -> usize {
        let Some(piece) = self.reads.front_mut() else { return 0 };
        let len = piece.len().min(out.len());
        out[..len].copy_from_slice(&piece[..len]);
        piece.drain(..len);
        if piece.is_empty() {
            self.reads.pop_front();
        }
        len
    }

    fn put(&mut self, bytes: &[u8]) -> usize {
        self.written.extend(bytes);
        self.writes += 1;
        bytes.len()
    }
}

impl embedded_io::ErrorType for Wire {
    type Error = Fault;
}

impl embedded_io::Read for Wire {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        Ok(self.take(out))
    }
}

impl embedded_io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        Ok(self.put(bytes))
    }

    fn flush(&mut self) -> Result<(), Fault> {
        self.flushes += 1;
        Ok(())
    }
}

impl embedded_io_async::Read for Wire {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        Ok(self.take(out))
    }
}

impl embedded_io_async::Write for Wire {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        Ok(self.put(bytes))
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        self.flushes += 1;
        Ok(())
    }
}
