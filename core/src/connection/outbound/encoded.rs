//! A server's message whose frames have been made before, once for many connections.

use super::{Outbound, Staged, copy};
use crate::{
    buffer::Buffer,
    message::Message,
    permessage_deflate::{OutboundContext, Volume},
    role::Role,
};

/// A message of a server with its frames, which are the same on every connection: they are not
/// masked, and compressed without a context.
pub trait Encoded {
    /// The message.
    fn message(&self) -> Message<'_>;

    /// Its frames where it is not compressed.
    fn plain(&self) -> &[u8];

    /// Its frames where it is compressed by itself, with a window of so many bits, and what that was
    /// good for; `None` if it would grow.
    fn compressed(&self, window_bits: u8) -> Option<(&[u8], Volume)>;
}

impl<R: Role, B: Buffer, X: OutboundContext> Outbound<R, B, X> {
    /// Stages the frames of a message, all or none of them; `None` if this connection has to make
    /// its own: it masks, it compresses with a context, another message is half sent, or the buffer
    /// cannot hold them.
    pub(in crate::connection) fn stage_encoded(
        &mut self,
        encoded: &impl Encoded,
    ) -> Option<Staged> {
        if R::CLIENT || self.message.is_some() || self.part_sent != 0 {
            return None;
        }
        let len = encoded.message().as_bytes().len();
        let compressed = match self.context.state() {
            Some(state) if state.wanted && len >= state.threshold_len => {
                if state.takeover {
                    return None;
                }
                encoded.compressed(state.window_bits)
            }
            _ => None,
        };
        let (frames, volume) = compressed.unwrap_or((encoded.plain(), Volume::default()));
        if !self.room(frames.len()) {
            if self.start == self.end {
                return None;
            }
            self.part_waits = true;
            return Some(Staged::Partly);
        }
        let end = self.end.wrapping_add(frames.len());
        copy(frames, self.buffer.bytes_mut().get_mut(self.end..end).unwrap_or_default());
        self.end = end;
        self.part_waits = false;
        if let Some(state) = self.context.state_mut() {
            state.volume.plain = state.volume.plain.wrapping_add(volume.plain);
            state.volume.compressed = state.volume.compressed.wrapping_add(volume.compressed);
        }
        Some(Staged::Whole)
    }
}
