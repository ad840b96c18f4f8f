//! What every compressor does: messages of one stream, each of which may refer to those before.

use core::fmt;

use super::writer::Output;

/// What a call of [`Compressor::compress`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compressed {
    /// Bytes taken from the input.
    pub read: usize,
    /// Bytes written to the output.
    pub written: usize,
    /// Whether all is done that was asked for.
    pub done: bool,
}

/// A place in a stream, between two messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub(super) usize);

/// What every [`Compress`](super::Compress) and [`Direct`](super::Direct) does. Sealed.
pub trait Compressor: Steps + fmt::Debug {
    /// The largest window in bits, 8 to 15, that there is memory for.
    const MAX_WINDOW_BITS: u8;

    /// Begins a stream, without history, in which no match goes back farther than 2^`window_bits`
    /// bytes: 8 bits at least, [`MAX_WINDOW_BITS`](Self::MAX_WINDOW_BITS) at most.
    fn reset(&mut self, window_bits: u8);

    /// Compresses `input` to the front of `out`, which may be of any length.
    ///
    /// With `flush` the message ends with `input`: its last block is written, and the three bits
    /// that begin an empty stored block, filled up to a byte. The four bytes 00 00 FF FF that
    /// complete that block are not written: RFC 7692 section 7.2.1 wants them left off. While
    /// the result is not [`done`](Compressed::done), `out` is full: call it again with the rest of
    /// the input, and the same `flush`.
    ///
    /// Without `flush` bytes may be held back, as many as there is memory for.
    fn compress(&mut self, input: &[u8], out: &mut [u8], flush: bool) -> Compressed {
        let mut out = Output { bytes: out, written: 0 };
        let mut read = 0_usize;
        let done = loop {
            let Some(is_flushed) = self.emit(&mut out) else { break false };
            let rest = input.get(read..).unwrap_or_default();
            if is_flushed && rest.is_empty() {
                break true;
            }
            let taken = self.take(rest);
            read = read.wrapping_add(taken);
            let last = flush && taken == rest.len();
            if !last && !self.is_full() {
                break !flush;
            }
            self.advance(last);
        };
        Compressed { read, written: out.written, done }
    }

    /// The most bytes that a message of `len` bytes can become, flushed, if nothing is held back
    /// from before: all of it in stored blocks.
    fn max_compressed_len(len: usize) -> usize;

    /// Where the stream is. To be called between two messages.
    fn mark(&self) -> Mark;

    /// Takes back what has been compressed since `mark`, for a message that is not sent after all:
    /// the history is what it was. If that has been pushed out of the buffer there is none, which
    /// is always right: nothing obliges a compressor to refer to it.
    fn rewind(&mut self, mark: Mark);
}

/// The steps of a [`Compressor`], which differ; and its seal.
pub trait Steps {
    /// Writes what is left of what was begun, and says whether that was the end of a flush; `None`
    /// if not all found room.
    fn emit(&mut self, out: &mut Output<'_>) -> Option<bool>;

    /// Takes as many bytes as there is room for, and says how many.
    fn take(&mut self, input: &[u8]) -> usize;

    /// Whether there is no room for more bytes.
    fn is_full(&self) -> bool;

    /// Begins something to be written, or makes room for more bytes; `last` if none follow before
    /// the flush.
    fn advance(&mut self, last: bool);
}
