//! The short way of a message that goes out as one frame, not compressed, at once.

use super::{Outbound, Part, copy, header_len};
use crate::{
    buffer::Buffer,
    connection::HAS_SHORT_WAY,
    permessage_deflate::OutboundContext,
    role::Role,
    wire::{
        KEY_LEN, MAX_HEADER_LEN, MAX_SHORT_LEN,
        header::{FIN, Header, MASKED},
        mask::Mask,
    },
};

impl<R: Role, B: Buffer, X: OutboundContext> Outbound<R, B, X> {
    /// Stages a whole message if no other is half sent, nothing is to be compressed, and there is
    /// room for it: masked on its way from its owner. Else does nothing. A short one makes no room:
    /// the general way does.
    #[inline]
    pub(super) fn stage_whole(&mut self, part: &Part<'_>) -> bool {
        if !self.is_short(part) {
            return false;
        }
        let len = part.data.len();
        if len > MAX_SHORT_LEN {
            return self.stage_longer(part);
        }
        self.forget_written();
        let key_len = if R::CLIENT { KEY_LEN } else { 0 };
        let end = self.end.wrapping_add(2 + key_len).wrapping_add(len);
        let Some(frame) = self.buffer.bytes_mut().get_mut(self.end..end) else { return false };
        let Some((start, rest)) = frame.split_first_chunk_mut() else { return false };
        let first = FIN | part.kind.opcode() as u8;
        match self.role.masking_key() {
            Some(key) => {
                let Some((field, payload)) = rest.split_first_chunk_mut() else { return false };
                (*start, *field) = ([first, MASKED | len as u8], key);
                Mask::new(key).copy_few(part.data, payload);
            }
            None => {
                *start = [first, len as u8];
                copy(part.data, rest);
            }
        }
        self.staged_whole(end)
    }

    /// Stages a message whose length has bytes of its own.
    #[inline(never)] // So that the others find a short function.
    fn stage_longer(&mut self, part: &Part<'_>) -> bool {
        let len = header_len::<R>(part.data.len()).wrapping_add(part.data.len());
        if !self.room(len) {
            return false;
        }
        let end = self.end.wrapping_add(len);
        let Some(frame) = self.buffer.bytes_mut().get_mut(self.end..end) else { return false };
        let key = self.role.masking_key();
        let header = Header::new(part.kind.opcode(), true, key, part.data.len() as u64);
        let Some(payload) = header.encode(frame) else { return false };
        match header.mask() {
            Some(mut mask) => B::mask_copy(&mut mask, part.data, payload),
            None => copy(part.data, payload),
        }
        self.staged_whole(end)
    }

    /// Takes note of a message that is staged up to `end`.
    #[inline(always)]
    const fn staged_whole(&mut self, end: usize) -> bool {
        self.end = end;
        self.part_waits = false;
        true
    }

    /// Writes a whole message without a copy, if nothing is staged before it and it need not be
    /// masked, or does nothing: `None`. `write` is handed its header and its payload, and says how
    /// many bytes of both have been written; the others are staged. False if there was no room for
    /// them: then the stream is torn, which no buffer does that becomes as long as it says.
    pub(in crate::connection) fn write_whole(
        &mut self,
        part: &Part<'_>,
        write: impl FnOnce(&[u8], &[u8]) -> usize,
    ) -> Option<bool> {
        if R::CLIENT || !self.is_short(part) || self.start != self.end {
            return None;
        }
        let mut header = [0; MAX_HEADER_LEN];
        let header_len = header_len::<R>(part.data.len());
        Header::new(part.kind.opcode(), true, None, part.data.len() as u64).encode(&mut header)?;
        let header = header.get(..header_len)?;
        let len = header_len.wrapping_add(part.data.len());
        if len > self.buffer.max_len() {
            return None;
        }
        let written = write(header, part.data).min(len);
        self.part_waits = false;
        self.unflushed |= written != 0;
        self.bytes_sent = self.bytes_sent.wrapping_add(written as u64);
        let (header, payload) = match written.checked_sub(header_len) {
            None => (header.get(written..).unwrap_or_default(), part.data),
            Some(written) => (&[][..], part.data.get(written..).unwrap_or_default()),
        };
        let rest_len = header.len().wrapping_add(payload.len());
        if rest_len == 0 {
            return Some(true);
        }
        if !self.room(rest_len) {
            return Some(false);
        }
        let end = self.end.wrapping_add(rest_len);
        let rest = self.buffer.bytes_mut().get_mut(self.end..end).unwrap_or_default();
        let (head, body) = rest.split_at_mut_checked(header.len())?;
        copy(header, head);
        copy(payload, body);
        self.end = end;
        Some(true)
    }

    /// Whether a part is a message that goes out as it is, and may go now.
    #[inline]
    fn is_short(&self, part: &Part<'_>) -> bool {
        HAS_SHORT_WAY
            && part.whole
            && self.message.is_none()
            && self.part_sent == 0
            && self.context.state().is_none()
    }
}
