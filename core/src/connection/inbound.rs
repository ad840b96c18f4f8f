//! The way inwards: header, unmask, join, check UTF-8, hand out a message that borrows the bytes.
//!
//! One buffer holds everything:
//!
//! ```text
//! 0        start          end    raw              filled        len
//! |  free  |   message    |  gap |  not decoded   |    free     |
//!          +-- fragments --+      +-- next frames --+
//! ```
//!
//! The next layer reads into the free end. A frame's payload is unmasked where it lies; that of
//! a first frame stays there, that of a continuation is moved down over its header to join the
//! message. Control frames are taken out between. What is handed out stays until the next call.
//!
//! A compressed message does not stay where it is: [`inflating`] says where it goes.

mod inflating;
mod whole;

use core::{num::NonZeroUsize, ops::Range, str};

use super::HAS_SHORT_WAY;
use crate::moving::move_down;
use crate::{
    Limits,
    buffer::{Buffer, range},
    error::{ProtocolError, ResourceError},
    handshake::head_len,
    message::{Chunk, Kind},
    permessage_deflate::{InboundContext, zone_len},
    role::Role,
    wire::{close::CloseCode, header::Header, header::Opcode, mask::Mask, utf8::Utf8},
};

/// Bytes of the blank line that ends a head, less the last.
const HEAD_END_LEN: usize = 3;

/// How messages are to be handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Whole, or not at all.
    Whole,
    /// As they arrive, in chunks.
    Chunks,
}

/// What the bytes so far hold next; the bytes are to be had from the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoded {
    /// Nothing whole: more bytes are needed.
    Incomplete,
    /// The message, or the next chunk of it: [`Inbound::handed_out`].
    Data,
    /// A Ping: [`Inbound::control`].
    Ping,
    /// A Pong: [`Inbound::control`].
    Pong,
    /// A Close frame: [`Inbound::close_code`], and its reason is handed out.
    Close,
}

/// The receive buffer and what is known of the bytes in it.
#[derive(Debug)]
#[repr(C)] // The small fields first: a microcontroller reaches them by short offsets.
pub(super) struct Inbound<B, X> {
    /// The kind of the message that is received or has been handed out.
    kind: Kind,
    /// Whether the last frame of the message has not ended.
    in_message: bool,
    /// Whether the payload of a data frame is being received.
    in_frame: bool,
    /// Whether that frame is the last of its message.
    fin: bool,
    /// Whether a part of the message has been handed out, and more is to come.
    chunked: bool,
    /// Whether what has been handed out is the beginning of its message.
    first: bool,
    /// Whether what lies between `start` and `end` has been handed out, and may go.
    handed_out: bool,
    /// Whether that is the head of the opening handshake.
    head: bool,
    /// Bytes of the control frame that was taken out last; they end at `raw`.
    control_len: u8,
    mask: Mask,
    utf8: Utf8,
    buffer: B,
    start: usize,
    end: usize,
    raw: usize,
    filled: usize,
    /// Bytes between `start` and `end` that are known to be UTF-8.
    checked_len: usize,
    /// Payload bytes of the current data frame that are still to come.
    frame_left: usize,
    /// Bytes of the current message in all frames begun so far.
    message_len: usize,
    fragments: u32,
    /// What compressed messages need.
    context: X,
    bytes_received: u64,
}

impl<B: Buffer, X: InboundContext> Inbound<B, X> {
    pub(super) const fn new(buffer: B, context: X) -> Self {
        Self {
            buffer,
            start: 0,
            end: 0,
            raw: 0,
            filled: 0,
            checked_len: 0,
            frame_left: 0,
            message_len: 0,
            fragments: 0,
            mask: Mask::new([0; 4]),
            utf8: Utf8::new(),
            control_len: 0,
            kind: Kind::Binary,
            in_message: false,
            bytes_received: 0,
            in_frame: false,
            fin: false,
            chunked: false,
            first: false,
            handed_out: false,
            head: false,
            context,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.buffer.bytes().len()
    }

    /// Whether the buffer is, or can be, `len` bytes long.
    pub(super) fn holds(&mut self, len: usize) -> bool {
        len <= self.capacity() || self.buffer.grow(len)
    }

    /// The free end of the buffer for the next layer to read into, one byte at least.
    pub(super) fn space(&mut self) -> Result<&mut [u8], ResourceError> {
        self.make_room(1);
        let available = self.capacity();
        let most = if self.context.bounds_reads() { zone_len(available) } else { usize::MAX };
        if self.filled < available
            && let Some(space) = self.buffer.bytes_mut().get_mut(self.filled..)
        {
            let len = space.len().min(most);
            return Ok(space.get_mut(..len).unwrap_or_default());
        }
        let message_len = self.end.wrapping_sub(self.start).saturating_add(self.frame_left);
        let needed = message_len.max(available.saturating_add(1));
        Err(ResourceError::ReceiveBuffer { needed, available })
    }

    /// Takes note that the next layer has read `len` bytes into the [`space`](Self::space).
    pub(super) fn received(&mut self, len: NonZeroUsize) {
        self.filled = self.filled.saturating_add(len.get()).min(self.capacity());
        self.bytes_received = self.bytes_received.wrapping_add(len.get() as u64);
        // With compression, what is read lies at the end of the buffer anyway.
        if self.filled == self.capacity() && self.context.state().is_none() {
            self.buffer.filled();
        }
    }

    pub(super) const fn bytes_received(&self) -> u64 {
        self.bytes_received
    }

    /// Puts in bytes that something else has read already.
    pub(super) fn preload(&mut self, bytes: &[u8]) -> Result<(), ResourceError> {
        self.make_room(bytes.len());
        let available = self.capacity();
        let needed = self.filled.saturating_add(bytes.len());
        if needed > available && !self.buffer.grow(needed) {
            return Err(ResourceError::ReceiveBuffer { needed, available });
        }
        // `skip` keeps an overflow check where there are such checks.
        let room = self.buffer.bytes_mut().get_mut(self.filled..).unwrap_or_default();
        for (slot, byte) in room.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        self.filled = needed;
        Ok(())
    }

    /// All bytes that have been read and not decoded.
    pub(super) fn undecoded(&self) -> &[u8] {
        self.buffer.bytes().get(self.raw..self.filled).unwrap_or_default()
    }

    /// Looks for the end of the opening handshake's head, and hands the head out if it is whole.
    ///
    /// Goes on where it stopped the last time, so bytes that come one by one cost no more.
    pub(super) fn find_head(&mut self) -> bool {
        let from = self.checked_len.saturating_sub(HEAD_END_LEN);
        let received = range(self.buffer.bytes(), 0..self.filled);
        self.checked_len = received.len();
        if let Some(len) = received.get(from..).and_then(head_len) {
            self.raw = from.saturating_add(len);
            self.end = self.raw;
            self.handed_out = true;
            self.head = true;
        }
        self.head
    }

    /// The head of the opening handshake, until the first frame is decoded.
    pub(super) fn head(&self) -> Option<&[u8]> {
        self.head.then(|| self.handed_out())
    }

    /// What was handed out last: a message, a chunk, a head, or the reason of a Close frame.
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub(super) fn handed_out(&self) -> &[u8] {
        range(self.buffer.bytes(), self.start..self.end)
    }

    /// Payload bytes of the current data frame that are still to come.
    pub(super) const fn frame_left(&self) -> usize {
        self.frame_left
    }

    /// Whether a message is received in part, and that part has been handed out.
    pub(super) const fn is_chunked(&self) -> bool {
        self.chunked
    }

    /// What has been handed out, as a chunk.
    pub(super) fn chunk(&self) -> Chunk<'_> {
        Chunk { kind: self.kind, data: self.handed_out(), first: self.first, fin: !self.chunked }
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// The payload of the control frame that was taken out last.
    pub(super) fn control(&self) -> &[u8] {
        let start = self.raw.wrapping_sub(usize::from(self.control_len));
        range(self.buffer.bytes(), start..self.raw)
    }

    /// The code of the Close frame that was taken out last.
    pub(super) fn close_code(&self) -> Option<CloseCode> {
        self.control().first_chunk().map(|code| CloseCode(u16::from_be_bytes(*code)))
    }

    /// Decodes the bytes so far up to the next thing to be handed out.
    pub(super) fn decode<R: Role>(
        &mut self,
        mode: Mode,
        limits: &Limits,
    ) -> Result<Decoded, ProtocolError> {
        if self.handed_out {
            self.let_go();
        }
        // So it is before each read between two messages.
        if self.raw == self.filled && !self.in_message {
            return Ok(Decoded::Incomplete);
        }
        loop {
            if self.in_frame {
                let used_up = if self.is_compressed() {
                    self.inflate::<R>(limits)?
                } else {
                    self.join::<R>();
                    true
                };
                if self.frame_left != 0 || !used_up {
                    return self.part(mode);
                }
                self.in_frame = false;
                if self.fin {
                    return self.finish(mode);
                }
                self.check_utf8()?;
            }
            let Some((header, header_len)) = Header::decode(self.undecoded())? else {
                return self.part(mode);
            };
            if header.reserved != 0 && !self.may_be_compressed(&header) {
                return Err(ProtocolError::ReservedBits);
            }
            match header.masking_key {
                None if !R::CLIENT => return Err(ProtocolError::Unmasked),
                Some(_) if R::CLIENT => return Err(ProtocolError::Masked),
                _ => {}
            }
            if header.opcode.is_control() {
                match self.control_frame(&header, header_len)? {
                    Decoded::Incomplete => return self.part(mode),
                    control => return Ok(control),
                }
            }
            self.begin_frame(&header, header_len, limits)?;
        }
    }

    /// Lets go of what has been handed out.
    fn let_go(&mut self) {
        self.handed_out = false;
        self.head = false;
        // What is inflated goes on where it ended; anything else begins anew.
        if !self.is_compressed() {
            self.end = self.raw;
        }
        self.start = self.end;
        self.checked_len = 0;
    }

    /// Accepts the header of a data frame.
    fn begin_frame(
        &mut self,
        header: &Header,
        header_len: usize,
        limits: &Limits,
    ) -> Result<(), ProtocolError> {
        let begins = match header.opcode {
            Opcode::Text => Some(Kind::Text),
            Opcode::Binary => Some(Kind::Binary),
            _ => None,
        };
        match begins {
            Some(_) if self.in_message => return Err(ProtocolError::ExpectedContinuation),
            None if !self.in_message => return Err(ProtocolError::UnexpectedContinuation),
            None => {
                self.fragments = self.fragments.saturating_add(1);
                if limits.fragments != 0 && self.fragments > limits.fragments {
                    return Err(ProtocolError::TooManyFragments);
                }
            }
            Some(kind) => {
                self.kind = kind;
                self.in_message = true;
                self.message_len = 0;
                self.fragments = 1;
                self.utf8 = Utf8::new();
                self.chunked = false;
            }
        }
        // A length that cannot be counted is refused, never cut short.
        let Ok(payload_len) = usize::try_from(header.payload_len) else {
            return Err(ProtocolError::MessageTooLong);
        };
        if begins.is_some() {
            self.set_compressed(header.reserved != 0);
        }
        // The length of a compressed message is that of what it inflates to.
        if !self.is_compressed() {
            self.message_len = self.message_len.saturating_add(payload_len);
            if limits.message_len != 0 && self.message_len > limits.message_len {
                return Err(ProtocolError::MessageTooLong);
            }
        }
        if let Some(mask) = header.mask() {
            self.mask = mask;
        }
        self.frame_left = payload_len;
        self.fin = header.fin;
        self.in_frame = true;
        self.raw = self.raw.wrapping_add(header_len);
        if self.start == self.end && !self.is_compressed() {
            // The payload stays where it is: the message, or the rest of it, begins there.
            self.start = self.raw;
            self.end = self.raw;
            self.checked_len = 0;
        }
        Ok(())
    }

    /// Unmasks what there is of the frame's payload and joins it to the message.
    fn join<R: Role>(&mut self) {
        let len = self.frame_left.min(self.filled.wrapping_sub(self.raw));
        let payload = self.raw..self.raw.wrapping_add(len);
        let bytes = self.buffer.bytes_mut();
        if !R::CLIENT
            && let Some(payload) = bytes.get_mut(payload.clone())
        {
            B::mask(&mut self.mask, payload);
        }
        move_down(bytes, payload, self.end);
        self.raw = self.raw.wrapping_add(len);
        self.end = self.end.wrapping_add(len);
        self.frame_left = self.frame_left.wrapping_sub(len);
    }

    /// Nothing whole is there: hands out the part that is, or waits, failing as early as it can.
    fn part(&mut self, mode: Mode) -> Result<Decoded, ProtocolError> {
        if !self.in_message {
            return Ok(Decoded::Incomplete);
        }
        self.check_utf8()?;
        if mode == Mode::Chunks && self.start != self.end {
            Ok(self.hand_out(false))
        } else {
            Ok(Decoded::Incomplete)
        }
    }

    /// The last frame of the message is whole.
    ///
    /// A text that is handed out whole is checked when it becomes a `str`, all of it at once,
    /// unless that was begun with its parts.
    fn finish(&mut self, mode: Mode) -> Result<Decoded, ProtocolError> {
        self.in_message = false;
        self.set_compressed(false);
        if self.kind == Kind::Text && (mode == Mode::Chunks || self.checked_len != 0) {
            self.check_utf8()?;
            self.utf8.finish()?;
        }
        Ok(self.hand_out(true))
    }

    fn hand_out(&mut self, fin: bool) -> Decoded {
        self.first = !self.chunked;
        self.chunked = !fin;
        self.handed_out = true;
        Decoded::Data
    }

    /// Checks what has been joined to a text since the last time.
    fn check_utf8(&mut self) -> Result<(), ProtocolError> {
        if self.kind == Kind::Text {
            let from = self.start.wrapping_add(self.checked_len);
            self.utf8.push(range(self.buffer.bytes(), from..self.end))?;
            self.checked_len = self.end.wrapping_sub(self.start);
        }
        Ok(())
    }

    /// Takes out a control frame if it is whole.
    fn control_frame(
        &mut self,
        header: &Header,
        header_len: usize,
    ) -> Result<Decoded, ProtocolError> {
        let len = header.payload_len as u8;
        let start = self.raw.wrapping_add(header_len);
        let end = start.wrapping_add(usize::from(len));
        if end > self.filled {
            return Ok(Decoded::Incomplete);
        }
        if let (Some(mut mask), Some(payload)) =
            (header.mask(), self.buffer.bytes_mut().get_mut(start..end))
        {
            mask.apply(payload);
        }
        self.raw = end;
        self.control_len = len;
        match header.opcode {
            Opcode::Ping => Ok(Decoded::Ping),
            Opcode::Pong => Ok(Decoded::Pong),
            _ => self.close_frame(),
        }
    }

    /// Reads the body of a Close frame, and keeps its reason instead of what was received of a
    /// message (RFC 6455 section 5.5.1).
    fn close_frame(&mut self) -> Result<Decoded, ProtocolError> {
        if self.control_len == 1 {
            return Err(ProtocolError::CloseBody);
        }
        if self.close_code().is_some_and(|code| !code.is_valid_on_wire()) {
            return Err(ProtocolError::CloseCode);
        }
        let reason_len = self.control_len.saturating_sub(2);
        self.end = self.raw;
        self.start = self.raw.wrapping_sub(usize::from(reason_len));
        if str::from_utf8(self.handed_out()).is_err() {
            return Err(ProtocolError::InvalidUtf8);
        }
        Ok(Decoded::Close)
    }

    /// Makes the free end longer: from the beginning if nothing is stored, by moving what is
    /// stored down if that costs no more than it gains or `len` would not fit, by growing.
    fn make_room(&mut self, len: usize) {
        if self.context.state().is_some() {
            self.make_raw_room();
            return;
        }
        let message_len = self.end.wrapping_sub(self.start);
        let stored_len = message_len.wrapping_add(self.filled.wrapping_sub(self.raw));
        let peak_len = self.filled;
        let gained_len = self.filled.wrapping_sub(stored_len);
        let free_len = self.capacity().wrapping_sub(self.filled);
        if gained_len != 0 && (gained_len >= stored_len || free_len < len) {
            if !HAS_SHORT_WAY || stored_len != 0 {
                let bytes = self.buffer.bytes_mut();
                move_down(bytes, self.start..self.start.wrapping_add(message_len), 0);
                move_down(bytes, self.raw..self.filled, message_len);
            }
            self.start = 0;
            self.end = message_len;
            self.raw = message_len;
            self.filled = stored_len;
        }
        if stored_len == 0 {
            self.buffer.release(0, peak_len);
        }
        if self.filled == self.capacity() {
            self.buffer.grow(self.filled.saturating_add(1));
        }
    }

    /// Lets the buffer rest if nothing is in it. With compression there is the window of the
    /// messages before.
    pub(super) fn rest(&mut self) {
        let is_empty = self.start == self.end && self.raw == self.filled;
        if is_empty && !self.in_message && self.context.state().is_none() {
            (self.start, self.end, self.raw, self.filled) = (0, 0, 0, 0);
            self.buffer.rest();
        }
    }

    /// Gives the buffer back, and where in it the undecoded bytes are.
    pub(super) fn into_parts(self) -> (B, Range<usize>) {
        (self.buffer, self.raw..self.filled)
    }
}
