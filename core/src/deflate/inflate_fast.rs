//! The decoder's inner loop for machines with words of 64 bits: one look at the input for a
//! length and a distance, and no look at the state. It stops before it could run short of input
//! or room, and [`Inflate::inflate`] goes on step by step.

use crate::deflate::{
    Inflate, InflateError,
    bits::{Bits, IS_WIDE},
    huffman::{Alphabet, END, LITERAL_BITS, LITERALS, LONG, SPECIAL, USED, VALUE},
    inflate::{State, Stop, high},
    output::Output,
};

/// Literals that an iteration may write whose codes the table knows, before any other symbol.
const LITERAL_RUN: usize = 3;
/// Bits that these and the symbol take at most, its code and the extra bits of a length.
const SYMBOL_BITS: u32 = LITERAL_RUN as u32 * LITERAL_BITS + 15 + 5;
/// Bits that a distance takes at most, its code and the extra bits.
const DISTANCE_BITS: u32 = 15 + 13;
/// Both must be there after [`refill`].
const _: () = assert!(!IS_WIDE || SYMBOL_BITS <= usize::BITS - 8);
/// Bytes that are copied at once.
const CHUNK: usize = 16;

impl Inflate {
    /// Decodes symbols as long as there is plenty of input and room.
    pub(super) fn run_fast(
        &mut self,
        bits: &mut Bits<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Stop> {
        let result = self.decode(bits, output);
        bits.cut();
        result
    }

    #[inline]
    fn decode(&mut self, bits: &mut Bits<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
        while refill(bits) >= SYMBOL_BITS
            && let Some(room) = output.buffer.get_mut(output.at..)
            && let Some(room) = room.first_chunk_mut::<LITERAL_RUN>()
        {
            let mut entry = self.codes.short(Alphabet::Literals, bits.word);
            let mut count = 0;
            for slot in room {
                if entry >= LITERALS {
                    break;
                }
                *slot = (entry >> VALUE) as u8;
                consume(bits, entry);
                count += 1;
                entry = self.codes.short(Alphabet::Literals, bits.word);
            }
            output.at = output.at.wrapping_add(count);
            if entry < LITERALS {
                continue;
            }
            if entry >= SPECIAL {
                if entry == LONG {
                    entry = self.codes.long(Alphabet::Literals, bits.word);
                }
                if entry < LITERALS {
                    let Ok(()) = output.push((entry >> VALUE) as u8) else { break };
                    consume(bits, entry);
                    continue;
                }
                if entry & !USED == END {
                    consume(bits, entry);
                    self.progress.enter(State::Block, bits);
                    break;
                }
                if entry >= SPECIAL {
                    return Err(InflateError::Symbol.into());
                }
            }
            let length = number(Alphabet::Literals, entry, bits).wrapping_add(3);
            if refill(bits) < DISTANCE_BITS {
                self.progress.length = length as u16;
                self.progress.state = State::Distance;
                break;
            }
            let entry = self.codes.entry(Alphabet::Distances, bits.word);
            if entry >= SPECIAL {
                return Err(InflateError::Symbol.into());
            }
            let distance = number(Alphabet::Distances, entry, bits).wrapping_add(1);
            if copy(output, length, distance)?.is_none() {
                self.progress.length = length as u16;
                self.progress.distance = distance as u16;
                self.progress.state = State::Match;
                break;
            }
        }
        Ok(())
    }
}

/// Uses a code and its extra bits, and returns the number counted from 0.
#[inline(always)]
fn number(alphabet: Alphabet, entry: u16, bits: &mut Bits<'_>) -> usize {
    let extra = u32::from(entry >> alphabet.extra_at()).wrapping_sub(1);
    let low = bits.word.wrapping_shr(u32::from(entry & USED).wrapping_sub(extra));
    let low = low & !usize::MAX.wrapping_shl(extra);
    consume(bits, entry);
    usize::from(high(alphabet, entry)).wrapping_shl(extra).wrapping_add(low)
}

/// Takes input until at least 56 bits wait, or all there are, and returns how many. Bits of the
/// next byte may already stand behind them.
#[inline(always)]
fn refill(bits: &mut Bits<'_>) -> u32 {
    if let Some(bytes) = bits.input.first_chunk::<{ size_of::<usize>() }>() {
        bits.word |= usize::from_le_bytes(*bytes).wrapping_shl(bits.len);
        let taken = (usize::BITS - 1).wrapping_sub(bits.len) / 8;
        bits.input = bits.input.get(taken as usize..).unwrap_or_default();
        bits.len |= usize::BITS - 8;
    } else {
        bits.fill_by_bytes();
    }
    bits.len
}

#[inline(always)]
fn consume(bits: &mut Bits<'_>, entry: u16) {
    let used = u32::from(entry & USED);
    bits.word = bits.word.wrapping_shr(used);
    bits.len = bits.len.wrapping_sub(used);
}

/// Copies a match by chunks; `None` if there is no room for whole ones.
#[inline(always)]
fn copy(output: &mut Output<'_>, length: usize, distance: usize) -> Result<Option<()>, Stop> {
    let mut from = output.source(distance)?;
    let mut to = output.at;
    let end = to.wrapping_add(length);
    if output.buffer.len().wrapping_sub(end) < CHUNK || end > output.buffer.len() {
        return Ok(None);
    }
    output.at = end;
    let buffer = &mut *output.buffer;
    if distance == 1 {
        let byte = buffer.get(from).copied().unwrap_or_default();
        if let Some(to) = buffer.get_mut(to..end) {
            to.fill(byte);
        }
        return Ok(Some(()));
    }
    // What is repeated grows until it is as long as a chunk.
    let mut step = distance;
    while step < CHUNK && to < end {
        copy_chunk(buffer, from, to);
        to = to.wrapping_add(step);
        step = step.wrapping_mul(2);
    }
    while to < end {
        copy_chunk(buffer, from, to);
        from = from.wrapping_add(CHUNK);
        to = to.wrapping_add(CHUNK);
    }
    Ok(Some(()))
}

#[inline(always)]
fn copy_chunk(buffer: &mut [u8], from: usize, to: usize) {
    if let Some(chunk) = buffer.get(from..).and_then(<[u8]>::first_chunk::<CHUNK>).copied()
        && let Some(to) = buffer.get_mut(to..).and_then(<[u8]>::first_chunk_mut)
    {
        *to = chunk;
    }
}
