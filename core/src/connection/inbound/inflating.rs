//! Compressed messages on their way inwards (RFC 7692 section 7.2.2).
//!
//! A message cannot be inflated where it lies: it grows. So once compression has been agreed on,
//! the buffer is used in another way:
//!
//! ```text
//! 0         history_end                 end       raw           filled  len
//! |   free   | ...... message, inflated  |  room   |  not decoded  |  free |
//!       +-----+--- history ----+                   +-------- zone ---------+
//! ```
//!
//! The next layer reads into a zone at the upper end, an eighth of the buffer; what is inflated
//! is put in front of it. What was inflated last, across messages if the peer keeps its context,
//! is the history to which the compressed data refer: there is no window of its own. When there
//! is no more room for output, history and message move down to the start of the buffer.
//!
//! A message that is not compressed is joined in the zone, as ever, and goes past the history.

use super::Inbound;
use crate::{
    Limits,
    buffer::Buffer,
    deflate::{InflateError, InflateStatus},
    error::ProtocolError,
    moving::{move_down, shift},
    permessage_deflate::{Context, InboundContext, Volume, zone_len},
    role::Role,
    wire::header::{Header, RSV1},
};

/// What the sender has left off the end of a message (RFC 7692 section 7.2.1): the length of an
/// empty stored block, and its complement.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Bytes that a message may inflate to, however few it was compressed to.
const EXPANSION_FREE_LEN: usize = 64 << 10;

/// Most bytes that are inflated at once: so few, that what they may expand to can be counted.
const MOST_AT_ONCE: usize = 64 << 10;

impl<B: Buffer, X: InboundContext> Inbound<B, X> {
    /// From now on frames are received, and messages may be compressed if that has been agreed on.
    pub(in crate::connection) fn open(&mut self, agreed: Option<Context>) {
        self.context.open(agreed);
    }

    /// The longest that the buffer can become.
    pub(in crate::connection) fn max_len(&self) -> usize {
        self.buffer.max_len()
    }

    pub(in crate::connection) fn volume(&self) -> Option<Volume> {
        self.context.state().map(|state| state.volume)
    }

    /// Whether the message that is being received is compressed.
    pub(super) fn is_compressed(&self) -> bool {
        self.context.state().is_some_and(|state| state.compressed)
    }

    /// Whether the reserved bits of this header say that its message is compressed, and may:
    /// RSV1 and no other, in the first frame (RFC 7692 section 6).
    pub(super) fn may_be_compressed(&self, header: &Header) -> bool {
        self.context.state().is_some() && header.reserved == RSV1 && header.opcode.begins_message()
    }

    /// A message begins, compressed or not, or ends.
    pub(super) fn set_compressed(&mut self, compressed: bool) {
        if compressed {
            let Some((state, inflate)) = self.context.parts() else { return };
            state.compressed = true;
            state.tail_len = 0;
            state.is_empty = true;
            state.expansion_left = EXPANSION_FREE_LEN;
            // With takeover too: what came of an earlier connection may have ended anywhere, and between
            // messages there is nothing in it but what a reset keeps. The history is in the buffer.
            inflate.reset();
            self.start = state.history_end;
            self.end = state.history_end;
            self.checked_len = 0;
        } else if let Some(state) = self.context.state_mut() {
            state.compressed = false;
            if !state.takeover {
                state.history_end = 0;
                state.history_len = 0;
            }
        }
    }

    /// Inflates what there is of the frame's payload, and the tail behind the last frame. Says
    /// whether that is used up: if not, there is no more room for what it becomes.
    #[inline(never)] // Few connections come here, and all of them pass the place that calls it.
    pub(super) fn inflate<R: Role>(&mut self, limits: &Limits) -> Result<bool, ProtocolError> {
        loop {
            let Some((state, inflate)) = self.context.parts() else { return Ok(true) };
            let bytes = self.buffer.bytes_mut();
            let Some(filled) = bytes.get_mut(..self.filled) else { return Ok(true) };
            let Some((room, raw)) = filled.split_at_mut_checked(self.raw) else { return Ok(true) };

            let payload_len = self.frame_left.min(raw.len()).min(MOST_AT_ONCE);
            let payload = raw.get_mut(..payload_len).unwrap_or_default();
            if !R::CLIENT
                && let Some(masked) = payload.get_mut(state.plain_len..)
            {
                B::mask(&mut self.mask, masked);
            }
            state.plain_len = payload_len;

            let is_end = self.fin && self.frame_left == 0;
            let input: &[u8] = match is_end {
                false => payload,
                // Some leave off more than the tail: of an empty message all, of a final block
                // the empty one that has to follow it. Whether that block is the last shows when
                // all of it has found room.
                true if state.tail_len == 0
                    && (state.is_empty || state.needs_room || inflate.is_final()) =>
                {
                    &[]
                }
                true => TAIL.get(state.tail_len..).unwrap_or_default(),
            };
            if input.is_empty() && !state.needs_room {
                return if is_end && !inflate.is_at_block_start() {
                    Err(InflateError::Unfinished.into())
                } else {
                    Ok(true)
                };
            }

            let left = match limits.message_len {
                0 => usize::MAX,
                limit => limit.saturating_sub(self.message_len),
            };
            let room_len = room.len().min(self.end.saturating_add(left));
            let room = room.get_mut(..room_len).unwrap_or_default();
            let inflated =
                inflate.inflate(input, room, self.end, state.history_len, state.window_len)?;
            let (read, written) = (inflated.read, inflated.written);
            // The tail belongs to no frame.
            let (taken, tail_taken) = if is_end { (0, read) } else { (read, 0) };
            state.tail_len = state.tail_len.wrapping_add(tail_taken);
            state.volume.add(written, taken);
            self.raw = self.raw.wrapping_add(taken);
            self.frame_left = self.frame_left.wrapping_sub(taken);
            state.plain_len = state.plain_len.wrapping_sub(taken);
            state.is_empty &= taken == 0;
            self.end = self.end.wrapping_add(written);
            self.message_len = self.message_len.saturating_add(written);
            state.history_end = self.end;
            state.history_len = state.history_len.wrapping_add(written).min(state.window_len);
            state.needs_room = inflated.status == InflateStatus::NeedsRoom;

            if state.expansion != 0 {
                let gained = taken.wrapping_mul(state.expansion.into());
                let left = state.expansion_left.saturating_add(gained).checked_sub(written);
                state.expansion_left = left.ok_or(ProtocolError::Expansion)?;
            }
            if state.needs_room {
                if written == left {
                    return Err(ProtocolError::MessageTooLong);
                }
                if !self.make_output_room() {
                    return Ok(false);
                }
            }
        }
    }

    /// Makes room between what has been inflated and what is not decoded; false if there is none.
    fn make_output_room(&mut self) -> bool {
        loop {
            // What has just been read to get here leaves room, too.
            if self.end < self.raw {
                return true;
            }
            if self.filled < self.capacity() {
                let capacity = self.capacity();
                self.move_raw(capacity.wrapping_sub(self.filled.wrapping_sub(self.raw)));
                return true;
            }
            if !self.reclaim() {
                return false;
            }
        }
    }

    /// Makes the free end of the zone longer, by a byte at least if it can.
    pub(super) fn make_raw_room(&mut self) {
        if self.handed_out {
            self.let_go();
        }
        loop {
            let Some(state) = self.context.state() else { return };
            let history_end = state.history_end;
            if self.start == self.end && !state.compressed && self.raw == self.filled {
                // Nothing is there but the history.
                self.buffer.release(history_end, history_end);
            }
            let capacity = self.capacity();
            let zone = self.kept_end().max(capacity.saturating_sub(zone_len(capacity)));
            if self.raw == self.filled || self.raw > zone && self.filled == capacity {
                self.move_raw(zone);
            }
            if self.filled < capacity || !self.reclaim() {
                return;
            }
        }
    }

    /// Moves what is not decoded, to begin at `to`; what is in front of it stays, but for a
    /// message of no bytes, which begins where the next payload will.
    fn move_raw(&mut self, to: usize) {
        let len = self.filled.wrapping_sub(self.raw);
        if to != self.raw && to.saturating_add(len) <= self.capacity() {
            if self.start == self.end && !self.is_compressed() {
                self.start = to;
                self.end = to;
            }
            shift(self.buffer.bytes_mut(), self.raw..self.filled, to);
            self.raw = to;
            self.filled = to.saturating_add(len);
        }
    }

    /// Where the history and the message end.
    fn kept_end(&self) -> usize {
        match self.context.state() {
            Some(state) if self.start == self.end && !state.compressed => state.history_end,
            Some(state) => state.history_end.max(self.end),
            None => self.end,
        }
    }

    /// Gains room behind the history and the message, by moving them down or by growing, whatever
    /// costs less; false if there is none to be gained.
    fn reclaim(&mut self) -> bool {
        let Some(state) = self.context.state() else { return false };
        // What is kept first begins where this says; a message that is not compressed is apart.
        let mut from = state.history_end.wrapping_sub(state.history_len);
        let mut message_len = self.end.wrapping_sub(self.start);
        if state.compressed {
            from = from.min(self.start);
            message_len = 0;
        }
        let gap_len = if message_len == 0 { 0 } else { self.start.wrapping_sub(state.history_end) };
        let gained_len = from.wrapping_add(gap_len);
        let kept_len = state.history_end.wrapping_sub(from).wrapping_add(message_len);
        let capacity = self.capacity();
        let is_worth_it = gained_len != 0 && gained_len.saturating_mul(2) >= kept_len;
        if !is_worth_it {
            self.buffer.grow(capacity.saturating_add(1));
            if self.capacity() > capacity {
                return true;
            }
        }
        if gained_len != 0
            && let Some(state) = self.context.state_mut()
        {
            let bytes = self.buffer.bytes_mut();
            move_down(bytes, from..state.history_end, 0);
            state.history_end = state.history_end.wrapping_sub(from);
            if state.compressed {
                self.start = self.start.wrapping_sub(from);
                self.end = state.history_end;
            } else if message_len != 0 {
                move_down(bytes, self.start..self.end, state.history_end);
                self.start = state.history_end;
                self.end = self.start.wrapping_add(message_len);
            }
        }
        gained_len != 0
    }
}
