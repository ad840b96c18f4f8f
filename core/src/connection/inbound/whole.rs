//! The short way of a frame that is a message by itself, not compressed, and has arrived whole.
//!
//! It refuses nothing: whatever is not just that, violations too, it leaves where it is, for the
//! general way to judge.

use super::{Inbound, Mode};
use crate::{
    Limits,
    buffer::Buffer,
    connection::HAS_SHORT_WAY,
    message::Kind,
    permessage_deflate::InboundContext,
    role::Role,
    wire::{
        MAX_HEADER_LEN,
        header::{Header, Opcode},
    },
};

/// What is there for the short way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connection) enum Short {
    /// A message, which has been handed out.
    Taken,
    /// Nothing at all: no part of a message, no byte that is not decoded.
    Empty,
    /// Something else, which was left as it is.
    Other,
}

impl<B: Buffer, X: InboundContext> Inbound<B, X> {
    /// Hands out the next frame, if nothing of a message is here before it and it is one that goes
    /// this way.
    ///
    /// A text that is handed out whole is checked when it becomes a `str`; one in chunks is checked
    /// before, by the general way.
    #[inline]
    pub(in crate::connection) fn take_whole<R: Role>(
        &mut self,
        mode: Mode,
        limits: &Limits,
    ) -> Short {
        if !HAS_SHORT_WAY
            || mode != Mode::Whole
            || self.in_message
            || self.context.state().is_some()
        {
            return Short::Other;
        }
        let bytes = self.buffer.bytes_mut().get_mut(self.raw..self.filled).unwrap_or_default();
        // Of so many bytes the decoder need not ask whether each is there.
        let decoded = match bytes.first_chunk::<MAX_HEADER_LEN>() {
            Some(chunk) => Header::decode(chunk),
            None if bytes.is_empty() => {
                self.let_go();
                return Short::Empty;
            }
            None => Header::decode(bytes),
        };
        let Ok(Some((header, header_len))) = decoded else { return Short::Other };
        let kind = match header.opcode {
            Opcode::Text => Kind::Text,
            Opcode::Binary => Kind::Binary,
            _ => return Short::Other,
        };
        if !header.fin || header.reserved != 0 || header.masking_key.is_some() == R::CLIENT {
            return Short::Other;
        }
        let len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
        if limits.message_len != 0 && len > limits.message_len {
            return Short::Other;
        }
        let Some(payload) = bytes.get_mut(header_len..).and_then(|rest| rest.get_mut(..len)) else {
            return Short::Other;
        };
        if let Some(mut mask) = header.mask() {
            B::mask(&mut mask, payload);
        }
        self.start = self.raw.wrapping_add(header_len);
        self.end = self.start.wrapping_add(len);
        self.raw = self.end;
        self.checked_len = 0;
        self.kind = kind;
        self.in_frame = false;
        self.fin = true;
        self.chunked = false;
        self.first = true;
        self.handed_out = true;
        self.head = false;
        Short::Taken
    }
}
