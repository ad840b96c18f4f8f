//! A block that is written piece by piece, as the caller has room.

use super::{
    block::Kind,
    strategy::Steps,
    tokens::List,
    writer::{Bits, Output},
};

/// What of a block is written next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    /// The codes of a dynamic block.
    Header,
    Tokens,
    /// The two lengths of a stored block.
    StoredLen,
    /// Its bytes.
    Stored,
    /// The last bytes of the block.
    End,
    /// The end of a flush.
    Flush,
}

/// A block that is being written.
pub(super) struct Emission {
    pub(super) bits: Bits,
    step: Step,
    /// What of this step is next.
    at: usize,
}

impl Emission {
    pub(super) const fn new() -> Self {
        Self { bits: Bits::new(), step: Step::Nothing, at: 0 }
    }

    /// Drops what is not written.
    pub(super) fn clear(&mut self) {
        self.bits.clear();
        self.step = Step::Nothing;
    }

    /// Whether nothing is left to write, but for bits that do not make a byte.
    pub(super) fn is_done(&self) -> bool {
        self.step == Step::Nothing
    }

    /// Whether the end of a flush is being written.
    pub(super) fn is_flush(&self) -> bool {
        self.step == Step::Flush
    }

    /// Begins a block. There is room in `bits`: nothing is being written.
    pub(super) fn begin(&mut self, kind: Kind) {
        self.at = 0;
        self.bits.put((kind as u64) << 1, 3);
        self.step = match kind {
            Kind::Stored => Step::StoredLen,
            Kind::Fixed => Step::Tokens,
            Kind::Dynamic => Step::Header,
        };
    }

    /// Begins the end of a flush: the header of an empty stored block, without its lengths.
    pub(super) fn begin_flush(&mut self) {
        self.bits.put(0, 3);
        self.bits.align();
        self.step = Step::Flush;
    }

    /// Writes until `out` is full or all is written, and says whether it is.
    pub(super) fn emit(
        &mut self,
        strategy: &impl Steps,
        tokens: &List<'_>,
        raw: &[u8],
        out: &mut Output<'_>,
    ) -> bool {
        loop {
            if !self.bits.drain(out) {
                return false;
            }
            match self.step {
                Step::Nothing | Step::End | Step::Flush => {
                    self.step = Step::Nothing;
                    return true;
                }
                Step::Header => match strategy.header(self.at) {
                    Some((bits, len, next)) => {
                        self.bits.put(bits, len);
                        self.at = next;
                    }
                    None => self.go(Step::Tokens),
                },
                Step::Tokens => {
                    if !strategy.emit_tokens(tokens, &mut self.at, &mut self.bits, out) {
                        return false;
                    }
                    self.step = Step::End;
                }
                Step::StoredLen => {
                    self.bits.align();
                    let len = raw.len() as u16;
                    self.bits.put(u64::from(len) | u64::from(!len) << 16, 32);
                    self.go(Step::Stored);
                }
                Step::Stored => {
                    let rest = raw.get(self.at..).unwrap_or_default();
                    let room = out.rest_mut();
                    let len = super::copy(rest, room);
                    out.written = out.written.wrapping_add(len);
                    self.at = self.at.wrapping_add(len);
                    if len < rest.len() {
                        return false;
                    }
                    self.step = Step::End;
                }
            }
        }
    }

    fn go(&mut self, step: Step) {
        self.step = step;
        self.at = 0;
    }
}
