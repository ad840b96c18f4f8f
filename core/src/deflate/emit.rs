//! A block that is written piece by piece, as the caller has room.

use super::{
    block::{Kind, Tables},
    symbols::{self, END_OF_BLOCK},
    tokens::List,
    writer::{Bits, Output},
};

/// What of a block is written next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    /// The lengths of the codes of code lengths.
    LensOfLens,
    /// The code lengths.
    Lens,
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
    pub(super) fn begin(&mut self, kind: Kind, tables: &Tables) {
        self.at = 0;
        self.bits.put((kind as u64) << 1, 3);
        self.step = match kind {
            Kind::Stored => Step::StoredLen,
            Kind::Fixed => Step::Tokens,
            Kind::Dynamic => {
                let (bits, len) = tables.header.sizes();
                self.bits.put(bits, len);
                Step::LensOfLens
            }
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
        tables: &Tables,
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
                Step::LensOfLens => match tables.header.len_of_len(self.at) {
                    Some((bits, len)) => {
                        self.bits.put(bits, len);
                        self.at = self.at.wrapping_add(1);
                    }
                    None => self.go(Step::Lens),
                },
                Step::Lens => match tables.header.run_at(&tables.lens, self.at) {
                    Some((bits, len, next)) => {
                        self.bits.put(bits, len);
                        self.at = next;
                    }
                    None => self.go(Step::Tokens),
                },
                Step::Tokens => {
                    if self.emit_tokens(tables, tokens, out) {
                        let (bits, len) = tables.code(END_OF_BLOCK);
                        self.bits.put(bits, len);
                        self.step = Step::End;
                    }
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
                    let len = rest.len().min(room.len());
                    if let (Some(room), Some(rest)) = (room.get_mut(..len), rest.get(..len)) {
                        room.copy_from_slice(rest);
                    }
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

    /// Writes tokens until none is left, and says whether so; or until `out` is full.
    fn emit_tokens(&mut self, tables: &Tables, tokens: &List<'_>, out: &mut Output<'_>) -> bool {
        while self.at < tokens.len() {
            let token = tokens.get(self.at);
            self.at = self.at.wrapping_add(1);
            if token.distance == 0 {
                let (bits, len) = tables.code(usize::from(token.value));
                self.bits.put(bits, len);
            } else {
                for symbol in [symbols::length(token.value), symbols::distance(token.distance)] {
                    let (bits, len) = tables.code(symbol.index);
                    self.bits.put(bits, len);
                    self.bits.put(u64::from(symbol.extra), u32::from(symbol.extra_len));
                }
            }
            if !self.bits.drain(out) {
                return false;
            }
        }
        true
    }
}
