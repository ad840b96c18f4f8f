//! The decoder with somebody who watches: each block, literal and match, and where its bits are.

use super::{Inflate, InflateError, Inflated, Output, State, Stop};
use crate::deflate::bits::Bits;

/// How a block is coded (RFC 1951 section 3.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// Its bytes stand as they are (section 3.2.4).
    Stored,
    /// With the codes of section 3.2.6.
    Fixed,
    /// With codes of its own (section 3.2.7).
    Dynamic,
}

/// What stands in the compressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    /// A block begins.
    Block {
        /// How it is coded.
        kind: BlockKind,
        /// Whether it is the last one of its stream.
        fin: bool,
    },
    /// A byte.
    Literal,
    /// Bytes of a stored block.
    Stored {
        /// How many.
        len: usize,
    },
    /// Bytes that have been there before.
    Match {
        /// How many, 3 to 258.
        length: u16,
        /// How far back they begin, 1 to 32768.
        distance: u16,
    },
    /// The block ends.
    End,
}

/// A step of the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its first bit, counted from the start of the input.
    pub bit: u64,
    /// Its bits. The bits of a stored block's bytes are among them.
    pub bits_len: u64,
    /// Where in the buffer its first byte goes.
    pub at: usize,
    /// What it is.
    pub symbol: Symbol,
}

impl Inflate {
    /// Inflates as [`inflate`](Self::inflate) does, and reports each step.
    ///
    /// Bits are counted from the start of `input`, so a message is to be given whole, or what has
    /// been given before added up by the caller.
    ///
    /// # Errors
    /// Those of [`inflate`](Self::inflate); the steps before it have been reported.
    pub fn inflate_traced(
        &mut self,
        input: &[u8],
        buffer: &mut [u8],
        at: usize,
        history: usize,
        window_len: usize,
        report: &mut dyn FnMut(Step),
    ) -> Result<Inflated, InflateError> {
        let oldest = at.saturating_sub(history);
        let output = Output { buffer, at, oldest, window_len };
        self.inflate_by(input, output, |decoder, bits, output| {
            decoder.run_traced(bits, output, report)
        })
    }

    /// Takes steps as `run` does, one at a time.
    fn run_traced(
        &mut self,
        bits: &mut Bits<'_>,
        output: &mut Output<'_>,
        report: &mut dyn FnMut(Step),
    ) -> Stop {
        let (waiting, input_len) = (u64::from(bits.len), bits.input.len());
        let position = |bits: &Bits<'_>| {
            let read = input_len.saturating_sub(bits.input.len()) as u64;
            read.saturating_mul(8).saturating_add(waiting).saturating_sub(bits.len.into())
        };
        // Of a match, which takes several steps of the decoder: where it begins.
        let mut from = 0;
        loop {
            let before = self.progress.state;
            let (bit, start) = (position(bits), output.at);
            if !matches!(before, State::Distance | State::DistanceBits) {
                from = bit;
            }
            let next = match before {
                // Not the inner loop, which decodes many at once.
                State::Symbol => self.read_symbol(bits, output),
                _ => self.step(bits, output),
            };
            if let Ok(next) = next {
                self.progress.enter(next, bits);
            }
            let written = output.at.saturating_sub(start);
            let symbol = match (before, next) {
                (State::Block, Ok(State::StoredLength)) => Some(self.block(BlockKind::Stored)),
                (State::Block, Ok(State::Symbol)) => Some(self.block(BlockKind::Fixed)),
                (State::Block, Ok(State::Counts)) => Some(self.block(BlockKind::Dynamic)),
                (State::Symbol, Ok(State::Symbol)) => Some(Symbol::Literal),
                (State::Symbol | State::Stored, Ok(State::Block)) => {
                    if written != 0 {
                        report(Step {
                            bit,
                            bits_len: (written as u64).saturating_mul(8),
                            at: start,
                            symbol: Symbol::Stored { len: written },
                        });
                        from = position(bits);
                    }
                    Some(Symbol::End)
                }
                (State::Stored, _) if written != 0 => Some(Symbol::Stored { len: written }),
                (State::DistanceBits, Ok(State::Match)) => Some(Symbol::Match {
                    length: self.progress.length,
                    distance: self.progress.distance,
                }),
                _ => None,
            };
            if let Some(symbol) = symbol {
                let bits_len = position(bits).saturating_sub(from);
                // A block ends behind its bytes.
                let at = if symbol == Symbol::End { output.at } else { start };
                report(Step { bit: from, bits_len, at, symbol });
            }
            if let Err(stop) = next {
                return stop;
            }
        }
    }

    const fn block(&self, kind: BlockKind) -> Symbol {
        Symbol::Block { kind, fin: self.progress.is_final }
    }
}
