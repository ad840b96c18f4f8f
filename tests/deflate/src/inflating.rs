//! The decoder under test, run in one go and in pieces.

use socklet_core::deflate::{Inflate, InflateError, InflateStatus, Inflated};
use socklet_core_tests::rng::TestRng;

/// The largest window there is.
pub const WINDOW_LEN: usize = 32768;

/// A decoder and all that it has written.
#[derive(Debug, Clone)]
pub struct Inflating {
    /// The decoder.
    pub inflate: Inflate,
    /// What it has written.
    pub written: Vec<u8>,
    window_len: usize,
}

impl Inflating {
    /// Begins a stream with a window of so many bytes.
    #[must_use]
    pub fn new(window_len: usize) -> Self {
        Self { inflate: Inflate::new(), written: Vec::new(), window_len }
    }

    /// Hands over a piece of input and so much room, once.
    ///
    /// # Errors
    /// The decoder's.
    ///
    /// # Panics
    /// If what the decoder says of itself cannot be true.
    pub fn step(&mut self, input: &[u8], room: usize) -> Result<Inflated, InflateError> {
        let at = self.written.len();
        self.written.resize(at + room, 0xA5);
        let result =
            self.inflate.inflate(input, &mut self.written, at, at.min(WINDOW_LEN), self.window_len);
        self.written.truncate(at + result.map_or(0, |inflated| inflated.written));
        let inflated = result?;
        assert!(inflated.read <= input.len() && inflated.written <= room);
        match inflated.status {
            InflateStatus::NeedsInput => assert_eq!(inflated.read, input.len()),
            InflateStatus::NeedsRoom => assert_eq!(inflated.written, room),
        }
        Ok(inflated)
    }

    /// Hands over a piece of input, with so much room each time, until it is used up.
    ///
    /// # Errors
    /// The decoder's.
    ///
    /// # Panics
    /// If the decoder makes no progress.
    pub fn push(
        &mut self,
        mut input: &[u8],
        mut room: impl FnMut() -> usize,
    ) -> Result<(), InflateError> {
        let mut idle = 0;
        loop {
            let inflated = self.step(input, room())?;
            input = &input[inflated.read..];
            if inflated.status == InflateStatus::NeedsInput {
                return Ok(());
            }
            idle = if inflated.written == 0 && inflated.read == 0 { idle + 1 } else { 0 };
            assert!(idle < 1_000, "no progress");
        }
    }
}

/// Inflates a stream in one go.
///
/// # Errors
/// The decoder's.
pub fn whole(input: &[u8], window_len: usize) -> Result<Vec<u8>, InflateError> {
    let mut ours = Inflating::new(window_len);
    ours.push(input, || 1 << 18)?;
    Ok(ours.written)
}

/// Inflates a stream with so many bytes of input and of room at a time.
///
/// # Errors
/// The decoder's.
pub fn in_pieces(
    input: &[u8],
    window_len: usize,
    piece: usize,
    room: usize,
) -> Result<Vec<u8>, InflateError> {
    let mut ours = Inflating::new(window_len);
    for piece in input.chunks(piece) {
        ours.push(piece, || room)?;
    }
    Ok(ours.written)
}

/// Inflates a stream in pieces of any length up to `most`, none included.
///
/// # Errors
/// The decoder's.
pub fn at_random(
    input: &[u8],
    window_len: usize,
    rng: &mut TestRng,
    most: usize,
) -> Result<Vec<u8>, InflateError> {
    let mut ours = Inflating::new(window_len);
    let mut rest = input;
    while !rest.is_empty() {
        let (piece, others) = rest.split_at(rng.below(most + 1).min(rest.len()));
        ours.push(piece, || rng.below(most + 1))?;
        rest = others;
    }
    Ok(ours.written)
}
