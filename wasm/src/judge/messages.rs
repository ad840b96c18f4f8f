//! Fragments joined to messages (RFC 6455 section 5.4), inflated, and text checked.

use alloc::vec::Vec;

use socklet_core::{ProtocolError, deflate::InflateError, wire::utf8::Utf8};

use super::{
    frames::{Compression, Tap, invalid_utf8},
    inflater::{Output, Stop},
};
use crate::{
    pieces::{Piece, Pieces},
    report::{Cut, Frame, Kind, Message},
    violation::Rule,
    xray,
};

/// The message that has begun and not ended.
pub(super) struct Open {
    message: Message,
    /// Checks a text, as long as all of it so far is known.
    utf8: Option<Utf8>,
    /// Whether no more of it can be inflated.
    is_stuck: bool,
}

impl Open {
    /// Checks more of a text, and finds the byte that is wrong in it.
    fn check(&mut self, bytes: &[u8]) -> Option<usize> {
        let before = self.utf8?;
        if self.utf8.as_mut()?.push(bytes).is_ok() {
            return None;
        }
        self.utf8 = None;
        invalid_utf8(before, bytes, false)
    }
}

impl Tap<'_> {
    /// Takes in a data frame.
    pub(super) fn data_frame(&mut self, frame: &mut Frame, number: u32, is_compressed: bool) {
        let begins = match frame.opcode {
            0x1 => Some(Kind::Text),
            0x2 => Some(Kind::Binary),
            _ => None,
        };
        if let Some(kind) = begins {
            if self.open.is_some() {
                self.violate(ProtocolError::ExpectedContinuation, frame.start, number);
                self.abandon(Cut::Abandoned);
            }
            self.is_after_loss = false;
            self.begin_message(frame, number, kind, is_compressed);
        }
        let Some(mut open) = self.open.take() else {
            // Behind a gap it may well continue a message that was not seen.
            if !self.is_after_loss {
                self.violate(ProtocolError::UnexpectedContinuation, frame.start, number);
            }
            self.is_after_loss &= !frame.fin;
            return;
        };
        frame.message = Some(self.found.messages.len() as u32);
        let before = open.message.len;
        let mut index = frame.payload().start;
        Pieces::of(frame).read(self.stream, &mut |piece| match piece {
            Piece::Bytes(bytes) => {
                self.bytes(&mut open, bytes, index, frame, number);
                index += bytes.len();
            }
            Piece::Gap(len) => self.missing(&mut open, len),
        });
        let message = &mut open.message;
        message.frames += 1;
        message.wire_len = message.wire_len.saturating_add(frame.payload_len);
        message.is_whole = frame.fin && frame.is_whole;
        if message.is_whole {
            self.end_message(&mut open, frame, number);
        }
        if open.message.is_compressed && open.message.cut.is_none() {
            frame.inflated_len = Some(open.message.len - before);
        }
        if open.message.is_whole {
            self.found.messages.push(open.message);
        } else {
            self.open = Some(open);
        }
    }

    fn begin_message(&mut self, frame: &Frame, number: u32, kind: Kind, is_compressed: bool) {
        let mut message = Message::new(self.from, kind, frame.moment);
        message.first_frame = number;
        message.is_compressed = is_compressed;
        message.inflated = self.inflated.len()..self.inflated.len();
        match &mut self.compression {
            Compression::On(inflater) if is_compressed => {
                inflater.begin();
                message.history_len = inflater.begin_history_len();
                message.window_len = inflater.window_len();
            }
            Compression::Exhausted if is_compressed => message.cut = Some(Cut::Limit),
            _ => {}
        }
        // What reserved bits say about a payload is not known.
        let is_checked = kind == Kind::Text && (frame.reserved == 0 || is_compressed);
        self.open = Some(Open {
            utf8: is_checked.then(Utf8::new),
            is_stuck: message.cut.is_some(),
            message,
        });
    }

    /// Takes in bytes of a payload, unmasked; the first has this index in the stream.
    fn bytes(&mut self, open: &mut Open, bytes: &[u8], index: usize, frame: &Frame, number: u32) {
        let Open { message, .. } = open;
        if !message.is_compressed {
            let offset = message.len;
            message.len = offset.saturating_add(bytes.len() as u64);
            if let Some(bad) = open.check(bytes) {
                let offset = offset.saturating_add(bad as u64);
                let rule = Rule::Protocol(ProtocolError::InvalidUtf8);
                self.break_rule(rule, index + bad, Some(number), Some(offset));
            }
            return;
        }
        if open.is_stuck {
            return;
        }
        let Compression::On(inflater) = &mut self.compression else { return };
        let from = self.inflated.len();
        let mut out = Output {
            bytes: &mut self.inflated,
            start: message.inflated.start,
            unknown: &mut message.unknown,
            limit: self.limit,
        };
        let pushed = inflater.push(bytes, &mut out);
        self.inflated_from(open, from, frame, number);
        if let Err(stop) = pushed {
            self.stop(open, stop, frame, number);
        }
    }

    /// Takes note of what has been inflated, and checks it if it is text.
    fn inflated_from(&mut self, open: &mut Open, from: usize, frame: &Frame, number: u32) {
        let message = &mut open.message;
        message.inflated.end = self.inflated.len();
        message.len = message.inflated.len() as u64;
        let offset = from - message.inflated.start;
        if !message.unknown.is_empty() {
            open.utf8 = None;
        }
        let Some(bad) = open.check(self.inflated.get(from..).unwrap_or_default()) else { return };
        // A byte of a compressed text is wrong.
        let (message, offset) = (&open.message, offset + bad);
        let index = self.blame(message, frame, &|data| {
            xray::locate(data, message.history_len, message.window_len, offset)
        });
        let rule = Rule::Protocol(ProtocolError::InvalidUtf8);
        self.break_rule(rule, index, Some(number), Some(offset as u64));
    }

    /// No more of the message can be inflated.
    fn stop(&mut self, open: &mut Open, stop: Stop, frame: &Frame, number: u32) {
        open.is_stuck = true;
        open.utf8 = None;
        let message = &mut open.message;
        match stop {
            Stop::Limit => {
                message.cut = Some(Cut::Limit);
                self.compression = Compression::Exhausted;
            }
            Stop::Damaged(error) => {
                message.cut = Some(Cut::Damaged);
                let len = message.len;
                let message = &open.message;
                let index = self.blame(message, frame, &|data| match error {
                    InflateError::Unfinished => data.len().saturating_sub(1),
                    _ => xray::error_at(data, message.history_len, message.window_len),
                });
                self.break_rule(Rule::Protocol(error.into()), index, Some(number), Some(len));
                self.lose_context();
            }
        }
    }

    /// Bytes of a payload are missing.
    fn missing(&mut self, open: &mut Open, len: u64) {
        open.utf8 = None;
        let message = &mut open.message;
        if message.is_compressed {
            message.cut = message.cut.or(Some(Cut::Gap));
            if !open.is_stuck {
                self.lose_context();
            }
            open.is_stuck = true;
        } else {
            let end = message.len.saturating_add(len);
            message.unknown.push(message.len..end);
            message.len = end;
        }
    }

    /// The last frame is whole.
    fn end_message(&mut self, open: &mut Open, frame: &Frame, number: u32) {
        let message = &mut open.message;
        if message.is_compressed
            && !open.is_stuck
            && let Compression::On(inflater) = &mut self.compression
        {
            let from = self.inflated.len();
            let mut out = Output {
                bytes: &mut self.inflated,
                start: message.inflated.start,
                unknown: &mut message.unknown,
                limit: self.limit,
            };
            let finished = inflater.finish(&mut out);
            self.inflated_from(open, from, frame, number);
            if let Err(stop) = finished {
                self.stop(open, stop, frame, number);
            }
        }
        if open.utf8.take().is_some_and(|utf8| utf8.finish().is_err()) {
            let len = open.message.len;
            let last = frame.payload().end.saturating_sub(1).max(frame.start);
            let rule = Rule::Protocol(ProtocolError::InvalidUtf8);
            self.break_rule(rule, last, Some(number), Some(len - 1));
        }
    }

    /// The message that has begun will not end.
    pub(super) fn abandon(&mut self, cut: Cut) {
        if let Some(Open { mut message, .. }) = self.open.take() {
            message.cut = message.cut.or(Some(cut));
            if message.is_compressed {
                self.lose_context();
            }
            self.found.messages.push(message);
        }
    }

    /// Where in the stream the byte is that `find` finds in the compressed data of the message, which
    /// are looked at up to the end of this frame; only if the violation will be kept.
    fn blame(&self, message: &Message, frame: &Frame, find: &dyn Fn(&[u8]) -> usize) -> usize {
        if !self.has_room_for_violation() {
            return frame.start;
        }
        let number = self.found.messages.len() as u32;
        let before = self.found.frames.get(message.first_frame as usize..).unwrap_or_default();
        let mut frames: Vec<&Frame> = Vec::new();
        for before in before {
            if before.message == Some(number) {
                frames.push(before);
            }
        }
        frames.push(frame);
        let mut data = Vec::new();
        for frame in &frames {
            self.payload(frame, &mut data);
        }
        let mut at = find(&data);
        for frame in frames {
            if at < frame.present_len {
                return frame.payload().start + at;
            }
            at -= frame.present_len;
        }
        frame.payload().end
    }
}
