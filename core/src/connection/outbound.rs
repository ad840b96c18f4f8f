//! The way outwards: message, frames, header, mask, staged bytes for the next layer to write.
//!
//! ```text
//! 0        start           end          len
//! | written |   staged     |    room    |
//! ```
//!
//! Frames are staged whole or not at all, so whatever happens to a write, to a future or to the
//! caller, the stream is never torn within a frame by this endpoint.

mod compressing;
mod encoded;
mod whole;

pub use encoded::Encoded;

use crate::{
    Fragmentation,
    buffer::{Buffer, range},
    error::{ConfigError, Error, ResourceError, UsageError},
    message::{Kind, Message},
    permessage_deflate::OutboundContext,
    role::Role,
    wire::{
        MAX_CONTROL_FRAME_LEN,
        close::{CloseCode, MAX_REASON_LEN},
        header::{Header, Opcode},
        utf8::Utf8,
    },
};

/// How much of a part of a message has been staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staged {
    /// All of it.
    Whole,
    /// Not all: what is staged must be written before more fits.
    Partly,
}

/// A part of a message to be sent, or a whole [`Message`].
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    kind: Kind,
    data: &'a [u8],
    fin: bool,
    /// Whether it is a message of its own, and then of a type that says whether it is UTF-8.
    whole: bool,
}

impl<'a> Part<'a> {
    /// A part of a message of this kind; the last one has `fin`. Text may be cut anywhere.
    #[must_use]
    pub const fn new(kind: Kind, data: &'a [u8], fin: bool) -> Self {
        Self { kind, data, fin, whole: false }
    }
}

impl<'a> From<Message<'a>> for Part<'a> {
    fn from(message: Message<'a>) -> Self {
        Self { kind: message.kind(), data: message.as_bytes(), fin: true, whole: true }
    }
}

/// The staging buffer and the message that is being sent.
#[derive(Debug)]
pub(super) struct Outbound<R, B, X> {
    role: R,
    buffer: B,
    start: usize,
    end: usize,
    /// Bytes of the current part that are in frames already, and of the whole part.
    part_sent: usize,
    part_len: usize,
    /// Whether the current part waits for room.
    part_waits: bool,
    /// The kind of the message whose last frame has not been staged.
    message: Option<Kind>,
    utf8: Utf8,
    unflushed: bool,
    bytes_sent: u64,
    /// What compressed messages need.
    context: X,
}

impl<R: Role, B: Buffer, X: OutboundContext> Outbound<R, B, X> {
    pub(super) const fn new(role: R, buffer: B, context: X) -> Self {
        Self {
            role,
            buffer,
            start: 0,
            end: 0,
            part_sent: 0,
            part_len: 0,
            part_waits: false,
            message: None,
            utf8: Utf8::new(),
            unflushed: false,
            bytes_sent: 0,
            context,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.buffer.bytes().len()
    }

    pub(super) const fn role(&mut self) -> &mut R {
        &mut self.role
    }

    /// What is staged and not written.
    pub(super) fn staged(&self) -> &[u8] {
        range(self.buffer.bytes(), self.start..self.end)
    }

    /// Takes note that the next layer has written `len` of the staged bytes.
    pub(super) fn written(&mut self, len: usize) {
        self.start = self.start.saturating_add(len).min(self.end);
        self.unflushed = true;
        self.bytes_sent = self.bytes_sent.wrapping_add(len as u64);
    }

    pub(super) const fn bytes_sent(&self) -> u64 {
        self.bytes_sent
    }

    pub(super) const fn is_unflushed(&self) -> bool {
        self.unflushed
    }

    pub(super) const fn flushed(&mut self) {
        self.unflushed = false;
    }

    /// Whether the next layer has taken, and flushed, all that was staged.
    pub(super) const fn is_drained(&self) -> bool {
        self.start == self.end && !self.unflushed
    }

    /// Forgets what is staged: the next layer will never take it.
    pub(super) const fn discard(&mut self) {
        self.start = self.end;
        self.unflushed = false;
    }

    /// The staging buffer, empty, for a head to be written to it whole.
    pub(super) fn head_room(&mut self) -> &mut [u8] {
        self.buffer.bytes_mut()
    }

    /// Grows the staging buffer towards `len` bytes.
    pub(super) fn grow(&mut self, len: usize) -> bool {
        self.buffer.grow(len)
    }

    /// Stages the `len` bytes that have been written to the [`head_room`](Self::head_room).
    pub(super) fn stage_head(&mut self, len: usize) {
        self.start = 0;
        self.end = len.min(self.capacity());
    }

    /// The head that was staged last: it stays until the first frame is staged.
    pub(super) fn head(&self) -> &[u8] {
        range(self.buffer.bytes(), 0..self.end)
    }

    /// Whether any control frame would fit. One may become due with each frame received but a whole
    /// binary message, so nothing else is decoded without that room.
    pub(super) fn has_control_room(&mut self) -> bool {
        self.room(MAX_CONTROL_FRAME_LEN)
    }

    /// Whether any control frame would fit as the buffer is.
    #[inline]
    pub(super) fn has_free_control_room(&self) -> bool {
        self.capacity().wrapping_sub(self.end) >= MAX_CONTROL_FRAME_LEN
    }

    /// Lets the buffer rest if nothing is in it.
    pub(super) fn rest(&mut self) {
        if self.is_drained() {
            (self.start, self.end) = (0, 0);
            self.buffer.rest();
        }
    }

    /// Begins at the front again if all that was staged has been written.
    #[inline(always)]
    pub(super) fn forget_written(&mut self) {
        if self.start == self.end && self.start != 0 {
            self.buffer.release(0, self.end);
            self.start = 0;
            self.end = 0;
        }
    }

    /// Makes room for `len` bytes if that takes no writing.
    fn room(&mut self, len: usize) -> bool {
        self.forget_written();
        let end = self.end.saturating_add(len);
        let may_grow = self.start == self.end || end <= self.buffer.queue_len();
        end <= self.capacity() || may_grow && self.buffer.grow(end)
    }

    /// Stages the next frames of a part of a message, all of them if there is room.
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub(super) fn stage_part<E>(
        &mut self,
        part: Part<'_>,
        fragmentation: Fragmentation,
    ) -> Result<Staged, Error<E>> {
        if self.stage_whole(&part) {
            return Ok(Staged::Whole);
        }
        self.stage_frames(part, fragmentation)
    }

    /// Stages the next frames of a part by the general way.
    #[cfg_attr(target_pointer_width = "64", inline(never))] // Not where the short way stands.
    fn stage_frames<E>(
        &mut self,
        part: Part<'_>,
        fragmentation: Fragmentation,
    ) -> Result<Staged, Error<E>> {
        let Part { kind, data, fin, .. } = part;
        let utf8 = if self.part_sent == 0 {
            self.check_part(&part)?
        } else if self.part_len == data.len() && self.message == Some(kind) {
            self.utf8
        } else {
            return Err(UsageError::MessageUnfinished.into());
        };
        if let Some(staged) = self.stage_compressed(&part, utf8, fragmentation) {
            return Ok(staged);
        }
        loop {
            let rest = data.get(self.part_sent..).unwrap_or_default();
            let opcode = if self.message.is_some() { Opcode::Continuation } else { kind.opcode() };
            let header_len = header_len::<R>(rest.len());
            let needed = header_len.wrapping_add(rest.len());
            let (payload, fin) = if self.room(needed) {
                (rest, fin)
            } else if self.start != self.end {
                self.part_waits = true;
                return Ok(Staged::Partly);
            } else {
                let available = self.capacity();
                let longest = available.saturating_sub(header_len);
                match (fragmentation, rest.get(..longest)) {
                    (Fragmentation::Automatic, Some(payload)) if longest != 0 => (payload, false),
                    _ => return Err(ResourceError::StagingBuffer { needed, available }.into()),
                }
            };
            self.stage_frame(opcode, fin, &[], payload);
            self.message = (!fin).then_some(kind);
            self.utf8 = utf8;
            self.part_len = data.len();
            self.part_sent = self.part_sent.wrapping_add(payload.len());
            if payload.len() == rest.len() {
                self.part_sent = 0;
                self.part_waits = false;
                return Ok(Staged::Whole);
            }
        }
    }

    /// Checks that a part may come now, and that the text is UTF-8 up to its end.
    fn check_part(&self, part: &Part<'_>) -> Result<Utf8, UsageError> {
        let mut utf8 = match self.message {
            None => Utf8::new(),
            Some(_) if part.whole => return Err(UsageError::MessageUnfinished),
            Some(kind) if kind == part.kind => self.utf8,
            Some(_) => return Err(UsageError::KindChanged),
        };
        if part.kind == Kind::Text && !part.whole {
            let valid = utf8.push(part.data);
            valid
                .and_then(|()| if part.fin { utf8.finish() } else { Ok(()) })
                .map_err(|_| UsageError::InvalidUtf8)?;
        }
        Ok(utf8)
    }

    /// Stages one frame, which must fit; its payload is in two pieces.
    fn stage_frame(&mut self, opcode: Opcode, fin: bool, start: &[u8], rest: &[u8]) {
        // No overflow: slices are no longer than half of all addresses.
        let payload_len = start.len().wrapping_add(rest.len());
        let at = self.end.wrapping_add(header_len::<R>(payload_len));
        let Some(body) = self.buffer.bytes_mut().get_mut(at..) else { return };
        let Some((head, tail)) = body.split_at_mut_checked(start.len()) else { return };
        copy(start, head);
        copy(rest, tail);
        self.seal_frame(opcode, fin, 0, payload_len);
    }

    /// Stages the frame whose payload lies where it has to: puts the header in front of it, and
    /// masks it with a fresh key.
    fn seal_frame(&mut self, opcode: Opcode, fin: bool, reserved: u8, payload_len: usize) {
        let masking_key = self.role.masking_key();
        let header = Header { fin, reserved, opcode, masking_key, payload_len: payload_len as u64 };
        let end = self.end.wrapping_add(header.encoded_len()).wrapping_add(payload_len);
        let Some(frame) = self.buffer.bytes_mut().get_mut(self.end..end) else { return };
        let Some(payload) = header.encode(frame) else { return };
        if let Some(mut mask) = header.mask() {
            B::mask(&mut mask, payload);
        }
        self.end = end;
    }

    /// Stages a Ping or a Pong of at most 125 bytes; there must be
    /// [room](Self::has_control_room).
    pub(super) fn stage_control(&mut self, opcode: Opcode, payload: &[u8]) {
        self.stage_frame(opcode, true, &[], payload);
    }

    /// Stages a Close frame with a reason of at most 123 bytes; there must be
    /// [room](Self::has_control_room). Without a code it has no body.
    pub(super) fn stage_close(&mut self, code: Option<CloseCode>, reason: &str) {
        let code = code.map(|code| code.0.to_be_bytes());
        let code = code.as_ref().map_or(&[][..], |code| code);
        self.stage_frame(Opcode::Close, true, code, reason.as_bytes());
    }

    /// Bytes of the current part that are in frames, if not all of it is.
    pub(super) const fn unfinished(&self) -> Option<usize> {
        if self.part_waits { Some(self.part_sent) } else { None }
    }

    pub(super) fn into_buffer(self) -> B {
        self.buffer
    }
}

/// Bytes of the header of a frame of ours with so long a payload.
fn header_len<R: Role>(payload_len: usize) -> usize {
    let key = R::CLIENT.then_some([0; 4]);
    Header::new(Opcode::Binary, true, key, payload_len as u64).encoded_len()
}

/// Copies all, to the front of what is long enough: so no panic is left in the program.
fn copy(from: &[u8], to: &mut [u8]) {
    if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
}

/// Checks what a caller wants to put into a Close frame.
pub(super) fn check_close(code: CloseCode, reason: &str) -> Result<(), ConfigError> {
    let bodiless = code == CloseCode::NO_STATUS && reason.is_empty();
    if !code.is_valid_on_wire() && !bodiless {
        return Err(ConfigError::InvalidCloseCode);
    }
    if reason.len() > MAX_REASON_LEN {
        return Err(ConfigError::CloseReasonTooLong);
    }
    Ok(())
}
