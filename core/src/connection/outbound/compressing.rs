//! Compressed messages on their way outwards (RFC 7692 section 7.2.1).
//!
//! A message is compressed into the staging buffer, behind the place of the frame's header: what
//! is there when the buffer is full, or when the message ends, is a frame.

use super::{Outbound, Part, Staged, header_len};
use crate::{
    Fragmentation,
    buffer::Buffer,
    deflate::{Compressed, Compressor},
    moving::move_down,
    permessage_deflate::{Context, OutboundContext, Volume},
    role::Role,
    wire::{
        MAX_HEADER_LEN,
        header::{Opcode, RSV1},
        utf8::Utf8,
    },
};

/// Most bytes by which a message may grow and is sent compressed all the same if the context is kept:
/// those to come may refer to it. So it is with short texts, of which no first one becomes shorter
/// by itself; what is random grows by more.
const KEPT_GROWTH: usize = 2;

impl<R: Role, B: Buffer, X: OutboundContext> Outbound<R, B, X> {
    /// From now on messages may be compressed.
    pub(in crate::connection) fn agree(&mut self, agreed: Context) {
        self.context.begin(agreed);
    }

    /// Says whether messages from the next on are to be compressed.
    pub(in crate::connection) fn set_compression(&mut self, wanted: bool) {
        self.context.set_wanted(wanted);
    }

    pub(in crate::connection) fn volume(&self) -> Option<Volume> {
        self.context.state().map(|state| state.volume)
    }

    /// Stages the next frames of a part of a message, if that is to be compressed: `None` if not.
    ///
    /// What the compressor has taken cannot be taken back, so nothing is handed to it before there
    /// is room for all that it can become, or, for a message that may be longer than the buffer,
    /// the buffer is empty.
    pub(super) fn stage_compressed(
        &mut self,
        part: &Part<'_>,
        utf8: Utf8,
        fragmentation: Fragmentation,
    ) -> Option<Staged> {
        loop {
            let state = self.context.state_mut()?;
            if self.message.is_none() {
                let is_short = part.fin && part.data.len() < state.threshold_len;
                state.compressed = state.wanted && !is_short;
                state.begun = false;
            }
            if !state.compressed {
                return None;
            }
            let rest = part.data.get(self.part_sent..).unwrap_or_default();
            let most = X::Compressor::max_compressed_len(rest.len()).saturating_add(MAX_HEADER_LEN);
            if !self.room(most) {
                if self.start != self.end {
                    self.part_waits = true;
                    return Some(Staged::Partly);
                }
                // Not known to fit one frame; if it has to, it is sent as it is.
                if fragmentation == Fragmentation::Never && part.whole {
                    return None;
                }
            }
            if self.stage_compressed_frame(part, rest, utf8)? {
                self.part_sent = 0;
                self.part_waits = false;
                return Some(Staged::Whole);
            }
        }
    }

    /// Compresses the rest of a part into one frame, and says whether that is all of it: if not,
    /// the buffer is full. `None` if the message is not to be compressed after all.
    fn stage_compressed_frame(&mut self, part: &Part<'_>, rest: &[u8], utf8: Utf8) -> Option<bool> {
        let begins = self.message.is_none();
        let (state, compressor) = self.context.parts()?;
        let room = self.buffer.bytes_mut().get_mut(self.end..)?;

        // Behind the longest header that can be needed.
        let longest = header_len::<R>(room.len());
        if begins && !(state.takeover && state.is_reset) {
            compressor.reset(state.window_bits);
            state.is_reset = true;
        }
        let mark = compressor.mark();
        let body = room.get_mut(longest..)?;
        let Compressed { read, written, done } = compressor.compress(rest, body, part.fin);
        let is_worse = match state.takeover {
            true => written > read.saturating_add(KEPT_GROWTH),
            false => written >= read,
        };
        if begins && written != 0 && is_worse {
            // It grows: it is sent as it is.
            compressor.rewind(mark);
            state.compressed = false;
            return None;
        }
        self.part_sent = self.part_sent.saturating_add(read);
        if done || self.part_sent != 0 {
            self.utf8 = utf8;
            self.part_len = part.data.len();
        }
        state.volume.add(read, written);

        let fin = part.fin && done;
        self.message = (!fin).then_some(part.kind);
        if written != 0 {
            let (opcode, reserved) =
                if state.begun { (Opcode::Continuation, 0) } else { (part.kind.opcode(), RSV1) };
            state.begun = true;
            move_down(room, longest..longest.wrapping_add(written), header_len::<R>(written));
            self.seal_frame(opcode, fin, reserved, written);
        }
        Some(done)
    }
}
