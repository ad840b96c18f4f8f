//! The short way of a frame that is a message by itself, not compressed, and has arrived whole.
//!
//! It refuses nothing: whatever is not just that, violations too, it leaves where it is, for the
//! general way to judge.

use super::Inbound;
use crate::{
    Limits,
    buffer::Buffer,
    message::Kind,
    permessage_deflate::InboundContext,
    role::Role,
    wire::{
        KEY_LEN, MAX_SHORT_LEN,
        header::{FIN, MASKED, Opcode},
        mask::Mask,
    },
};

const TEXT: u8 = FIN | Opcode::Text as u8;
const BINARY: u8 = FIN | Opcode::Binary as u8;

impl<B: Buffer, X: InboundContext> Inbound<B, X> {
    /// Hands out the next frame as a message, if nothing of one is here before it and it is one
    /// that goes this way.
    ///
    /// A text is checked when it becomes a `str`, and one that is none has to be answered: it is
    /// taken only if there is room for that.
    #[inline]
    pub(in crate::connection) fn take_whole<R: Role>(
        &mut self,
        limits: &Limits,
        has_room: impl FnOnce() -> bool,
    ) -> bool {
        if self.in_message || self.context.state().is_some() {
            return false;
        }
        let Some(bytes) = self.buffer.bytes_mut().get_mut(self.raw..self.filled) else {
            return false;
        };
        let Some(([first, second], rest)) = bytes.split_first_chunk_mut() else { return false };
        let kind = match *first {
            BINARY => Kind::Binary,
            TEXT if has_room() => Kind::Text,
            _ => return false,
        };
        if (*second & MASKED != 0) == R::CLIENT {
            return false;
        }
        let len = usize::from(*second & !MASKED);
        if len > MAX_SHORT_LEN {
            return self.take_longer::<R>(kind, limits);
        }
        if may_be_too_long(len, limits) {
            return false;
        }
        let Some((mut mask, payload)) = payload::<R>(rest, len) else { return false };
        if !R::CLIENT {
            mask.apply_few(payload);
        }
        self.taken::<R>(kind, 2, len);
        true
    }

    /// Hands out a frame whose length has bytes of its own.
    #[inline(never)] // So that the others find a short function.
    fn take_longer<R: Role>(&mut self, kind: Kind, limits: &Limits) -> bool {
        let bytes = self.buffer.bytes_mut().get_mut(self.raw..self.filled).unwrap_or_default();
        let (header_len, len, rest) = match bytes {
            [_, second, a, b, rest @ ..] if *second & !MASKED == 126 => {
                let len = u16::from_be_bytes([*a, *b]);
                (4, (len > MAX_SHORT_LEN as u16).then_some(usize::from(len)), rest)
            }
            [_, _, a, b, c, d, e, f, g, h, rest @ ..] => {
                let len = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
                (10, usize::try_from(len).ok().filter(|len| len >> 16 != 0), rest)
            }
            _ => return false,
        };
        let Some(len) = len else { return false };
        if may_be_too_long(len, limits) {
            return false;
        }
        let Some((mut mask, payload)) = payload::<R>(rest, len) else { return false };
        if !R::CLIENT {
            B::mask(&mut mask, payload);
        }
        self.taken::<R>(kind, header_len, len);
        true
    }

    /// Takes note of a message that is handed out.
    #[inline(always)]
    fn taken<R: Role>(&mut self, kind: Kind, header_len: usize, len: usize) {
        let key_len = if R::CLIENT { 0 } else { KEY_LEN };
        self.start = self.raw.wrapping_add(header_len).wrapping_add(key_len);
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
    }

    /// Lets go of what has been handed out if nothing comes after it: no part of a message, no byte
    /// that is not decoded.
    #[inline]
    pub(in crate::connection) fn let_go_of_all(&mut self) -> bool {
        let is_all = self.raw == self.filled && !self.in_message && self.context.state().is_none();
        if is_all {
            self.let_go();
        }
        is_all
    }
}

/// Whether a message may be too long: one just as long as the limit goes the general way, so that to
/// look takes one comparison, without a limit too.
#[inline(always)]
const fn may_be_too_long(len: usize, limits: &Limits) -> bool {
    limits.message_len.wrapping_sub(1) < len
}

/// The payload that `bytes` begin with, or that comes behind its key, if all of it is there.
#[inline(always)]
fn payload<R: Role>(bytes: &mut [u8], len: usize) -> Option<(Mask, &mut [u8])> {
    if R::CLIENT {
        return Some((Mask::new([0; KEY_LEN]), bytes.get_mut(..len)?));
    }
    let (key, payload) = bytes.get_mut(..len.wrapping_add(KEY_LEN))?.split_first_chunk_mut()?;
    Some((Mask::new(*key), payload))
}
