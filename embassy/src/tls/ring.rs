//! Bytes that wait, in the order in which they came, in memory that somebody else owns.

/// A ring over `bytes`.
#[derive(Debug)]
pub(super) struct Ring<'m> {
    bytes: &'m mut [u8],
    /// Where the first byte is: below the length, unless that is 0.
    start: usize,
    /// How many there are: at most the length.
    len: usize,
}

impl<'m> Ring<'m> {
    pub(super) const fn new(bytes: &'m mut [u8]) -> Self {
        Self { bytes, start: 0, len: 0 }
    }

    /// Puts in what fits, and says how much that was.
    pub(super) fn put(&mut self, bytes: &[u8]) -> usize {
        let (free_end, free_start) = self.free();
        let first = copy(bytes, free_end);
        let second = copy(bytes.get(first..).unwrap_or_default(), free_start);
        let put = first.saturating_add(second);
        self.len = self.len.saturating_add(put);
        put
    }

    /// Takes out what there is and `out` holds, and says how much that was.
    pub(super) fn take(&mut self, out: &mut [u8]) -> usize {
        let to_end = self.bytes.get(self.start..).unwrap_or_default();
        let first = copy(to_end.get(..self.len).unwrap_or(to_end), out);
        let left = self.len.saturating_sub(first);
        // Only what reaches the end of the memory goes on at its beginning.
        let (wrapped, out) = if first == to_end.len() {
            (self.bytes.get(..left).unwrap_or_default(), out.get_mut(first..).unwrap_or_default())
        } else {
            (&[][..], &mut [][..])
        };
        let taken = first.saturating_add(copy(wrapped, out));
        self.len = self.len.saturating_sub(taken);
        self.start = if self.len == 0 { 0 } else { self.wrap(self.start.saturating_add(taken)) };
        taken
    }

    /// The free memory: first what is written first.
    fn free(&mut self) -> (&mut [u8], &mut [u8]) {
        let end = self.start.saturating_add(self.len);
        match end.checked_sub(self.bytes.len()) {
            // The bytes go on at the beginning, up to here.
            Some(end) => (self.bytes.get_mut(end..self.start).unwrap_or_default(), &mut []),
            None => {
                let (before, behind) = self.bytes.split_at_mut_checked(end).unwrap_or_default();
                (behind, before.get_mut(..self.start).unwrap_or_default())
            }
        }
    }

    const fn wrap(&self, at: usize) -> usize {
        match at.checked_sub(self.bytes.len()) {
            Some(at) => at,
            None => at,
        }
    }
}

/// Copies what fits, and says how much that was.
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let len = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..len), to.get_mut(..len)) {
        to.copy_from_slice(from);
    }
    len
}

#[cfg(test)]
mod tests {
    use super::Ring;

    /// Every way to put in and take out up to the length, from every start.
    #[test]
    fn bytes_come_out_in_the_order_in_which_they_went_in() {
        for len in 0..=5 {
            let mut memory = [0; 5];
            let mut ring = Ring::new(&mut memory[..len]);
            let (mut next_in, mut next_out, mut held) = (0_u8, 0_u8, 0);
            for step in 0..2000_usize {
                let (put, take) = (step % 4, step / 4 % 7);
                let bytes: [u8; 3] = core::array::from_fn(|at| next_in.wrapping_add(at as u8));
                let taken_in = ring.put(&bytes[..put.min(3)]);
                assert_eq!(taken_in, put.min(3).min(len - held));
                held += taken_in;
                next_in = next_in.wrapping_add(taken_in as u8);
                let mut out = [0; 6];
                let taken = ring.take(&mut out[..take]);
                assert_eq!(taken, take.min(held));
                held -= taken;
                for byte in &out[..taken] {
                    assert_eq!(*byte, next_out);
                    next_out = next_out.wrapping_add(1);
                }
            }
            assert!(len == 0 || next_out > 0);
        }
    }
}
