//! The frames of one direction, one after the other, each checked as an endpoint checks it; where
//! an endpoint would stop, it goes on.
//!
//! ```text
//! decode -> header -> reserved bits -> masking -> control: judged alone
//!                                              -> data: messages
//! gap within a payload: its length tells where the next frame begins
//! gap over a header: lost, until bytes look like frames again
//! ```

use alloc::{boxed::Box, string::String, vec::Vec};

use socklet_core::{
    CloseCode, ProtocolError, trace,
    wire::{
        header::{Header, RSV1},
        utf8::Utf8,
    },
};

use super::{Found, inflater::Inflater, messages::Open, resync};
use crate::{
    pieces::{Piece, Pieces},
    report::{Cut, Frame, Inference},
    stream::{Gap, Moment, Sender, Stream},
    text::lossy,
    violation::{Rule, Violation},
};

/// Violations of a direction that are kept: what is no WebSocket at all breaks a rule every other
/// byte.
const MAX_VIOLATIONS: usize = 10_000;

/// What is known of the compression of a direction.
pub(super) enum Compression {
    /// There is none: RSV1 is a violation.
    Off,
    /// There may be: RSV1 will tell.
    Unknown,
    /// There is.
    On(Box<Inflater>),
    /// It would take more memory than is allowed.
    Exhausted,
}

/// A Close frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The number of its frame.
    pub frame: u32,
    /// The code, if there is one.
    pub code: Option<u16>,
    /// The reason; what is not UTF-8 is replaced.
    pub reason: String,
}

/// How a direction's bytes end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Behind a frame.
    Whole,
    /// Within the header of a frame, or within the head of the handshake.
    InHeader,
    /// Within the payload of a frame, of which so many bytes are missing.
    InPayload(u64),
    /// Where a frame begins cannot be told from this index on.
    Unreadable(usize),
}

/// One direction, and what has been found in it.
pub(super) struct Tap<'a> {
    pub(super) stream: &'a Stream,
    pub(super) from: Sender,
    pub(super) compression: Compression,
    /// Most inflated bytes.
    pub(super) limit: usize,
    pub(super) found: &'a mut Found,
    /// Violations that were there before.
    violations_before: usize,
    pub(super) inflated: Vec<u8>,
    /// The first Close frame, and when it was received.
    pub(super) close: Option<(Close, Moment)>,
    pub(super) tail: Tail,
    /// The message that has begun and not ended.
    pub(super) open: Option<Open>,
    /// Whether the frame that began the message may not have been seen.
    pub(super) is_after_loss: bool,
    at: usize,
    /// The next gap, by its place in the list.
    gap: usize,
    /// What is wrong first with the frame that is being read.
    verdict: Option<Rule>,
}

impl<'a> Tap<'a> {
    pub(super) fn new(
        stream: &'a Stream,
        from: Sender,
        compression: Compression,
        limit: usize,
        found: &'a mut Found,
    ) -> Self {
        Self {
            stream,
            from,
            compression,
            limit,
            violations_before: found.violations.len(),
            found,
            inflated: Vec::new(),
            close: None,
            tail: Tail::Whole,
            open: None,
            is_after_loss: false,
            at: 0,
            gap: 0,
            verdict: None,
        }
    }

    /// Reads all frames from an index on.
    pub(super) fn run(&mut self, start: usize) {
        self.at = start;
        self.gap = self.stream.gaps_before(start);
        if self.stream.is_headless && start == 0 && !self.resync(Inference::BoundaryAtStart) {
            self.tail = Tail::Unreadable(self.at);
            return;
        }
        loop {
            let island = self.stream.bytes().get(self.at..self.island_end()).unwrap_or_default();
            let gap = self.next_gap();
            if island.is_empty() && gap.is_none() {
                break;
            }
            let goes_on = match trace::Frame::decode(island) {
                Some(head) => self.frame(&head),
                None => {
                    self.part_of_header(island);
                    if gap.is_none() {
                        self.tail = Tail::InHeader;
                        break;
                    }
                    self.lost()
                }
            };
            if !goes_on {
                break;
            }
        }
        self.abandon(match self.tail {
            Tail::Unreadable(_) => Cut::Gap,
            _ => Cut::End,
        });
    }

    /// Judges a header of which the end is missing, as far as its beginning tells.
    fn part_of_header(&mut self, bytes: &[u8]) {
        if let Err(error) = Header::decode(bytes) {
            let index = self.at + trace::Frame::offset_of(error);
            self.break_rule(Rule::Protocol(error), index, None, None);
        }
    }

    fn next_gap(&self) -> Option<&'a Gap> {
        self.stream.gaps().get(self.gap)
    }

    fn island_end(&self) -> usize {
        self.next_gap().map_or(self.stream.bytes().len(), |gap| gap.at)
    }

    /// Where a frame begins is not known any more: goes on behind the next gap. False if it cannot.
    fn lost(&mut self) -> bool {
        self.lose_context();
        self.abandon(Cut::Gap);
        let from = self.at;
        while let Some(gap) = self.next_gap() {
            self.gap += 1;
            self.at = gap.at;
            if self.resync(Inference::Resynchronised) {
                return true;
            }
        }
        self.tail = Tail::Unreadable(from);
        false
    }

    /// Looks for frames up to the next gap.
    fn resync(&mut self, inference: Inference) -> bool {
        let end = self.island_end();
        let Some(at) = resync::find(self.stream, self.at..end, self.from) else { return false };
        self.at = at;
        self.is_after_loss = true;
        self.found.infer(inference);
        true
    }

    /// What was sent before is not known.
    pub(super) fn lose_context(&mut self) {
        if let Compression::On(inflater) = &mut self.compression {
            inflater.lose_history();
        }
    }

    /// Takes in a frame; false if nothing behind it can be read.
    fn frame(&mut self, head: &trace::Frame) -> bool {
        let number = self.found.frames.len() as u32;
        let start = self.at;
        let header = &head.header;
        let (mut is_endless, mut is_reserved) = (false, false);
        for error in head.errors() {
            is_endless |= error == ProtocolError::LengthTopBit;
            is_reserved |= error == ProtocolError::ReservedOpcode;
        }

        let payload = start + head.header_len;
        let mut left = if is_endless { 0 } else { header.payload_len };
        let mut at = payload;
        let mut is_lost = false;
        let mut has_ended = false;
        loop {
            let end = self.island_end();
            let here = (end - at) as u64;
            if left <= here {
                at += left as usize;
                left = 0;
                break;
            }
            left -= here;
            at = end;
            let Some(gap) = self.next_gap() else {
                has_ended = true;
                break;
            };
            if gap.len > left {
                is_lost = true;
                left = 0;
                break;
            }
            left -= gap.len;
            self.gap += 1;
        }
        self.at = at;
        let mut frame = Frame {
            from: self.from,
            start,
            header_len: head.header_len as u8,
            fin: header.fin,
            reserved: header.reserved,
            opcode: head.opcode_bits,
            masking_key: header.masking_key,
            payload_len: header.payload_len,
            present_len: at - payload,
            is_whole: !has_ended && !is_endless,
            inflated_len: None,
            moment: self.stream.moment(start),
            message: None,
            verdict: None,
        };
        if has_ended {
            self.tail = Tail::InPayload(left);
        }

        self.verdict = None;
        for error in head.errors() {
            self.violate(error, start + trace::Frame::offset_of(error), number);
        }
        let is_compressed = !is_reserved && self.may_be_compressed(head);
        if header.reserved != 0 && !is_compressed {
            self.violate(ProtocolError::ReservedBits, start, number);
        }
        let is_client = self.from == Sender::Client;
        if header.masking_key.is_some() != is_client {
            let error = if is_client { ProtocolError::Unmasked } else { ProtocolError::Masked };
            self.violate(error, start + trace::Frame::offset_of(error), number);
        }
        if self.close.is_some() && !frame.is_control() {
            self.break_rule(Rule::DataAfterClose, start, Some(number), None);
        }
        if is_endless {
            frame.verdict = self.verdict;
            self.found.frames.push(frame);
            self.tail = Tail::Unreadable(payload);
            return false;
        }
        if frame.is_control() {
            if frame.opcode == 0x8 && frame.is_whole {
                self.close_frame(&frame, number);
            }
        } else if !is_reserved {
            self.data_frame(&mut frame, number, is_compressed);
        }
        frame.verdict = self.verdict;
        self.found.frames.push(frame);
        if is_lost { self.lost() } else { !has_ended }
    }

    /// Whether RSV1, alone and in the first frame, says that the message is compressed, and may
    /// (RFC 7692 section 6).
    fn may_be_compressed(&mut self, head: &trace::Frame) -> bool {
        if head.header.reserved != RSV1 || !head.header.opcode.begins_message() {
            return false;
        }
        if matches!(self.compression, Compression::Unknown) {
            let mut inflater = Inflater::new(super::INFERRED);
            inflater.lose_history();
            self.compression = Compression::On(Box::new(inflater));
            self.found.infer(Inference::CompressionFromRsv1);
        }
        !matches!(self.compression, Compression::Off)
    }

    /// Judges the body of a Close frame (RFC 6455 sections 5.5.1 and 7.4).
    fn close_frame(&mut self, frame: &Frame, number: u32) {
        let mut body = Vec::new();
        self.payload(frame, &mut body);
        let at = frame.payload().start;
        let code = body.first_chunk().map(|code| u16::from_be_bytes(*code));
        let reason = body.get(2..).unwrap_or_default();
        if body.len() == 1 {
            self.violate(ProtocolError::CloseBody, at, number);
        }
        if code.is_some_and(|code| !CloseCode(code).is_valid_on_wire()) {
            self.violate(ProtocolError::CloseCode, at, number);
        }
        if let Some(bad) = invalid_utf8(Utf8::new(), reason, true) {
            let index = at + 2 + bad;
            self.violate(ProtocolError::InvalidUtf8, index, number);
        }
        if self.close.is_none() {
            let reason = lossy(reason);
            self.close = Some((Close { frame: number, code, reason }, frame.moment));
        }
    }

    /// Appends the payload of a frame, as far as it is there.
    pub(super) fn payload(&self, frame: &Frame, payload: &mut Vec<u8>) {
        Pieces::of(frame).read(self.stream, &mut |piece| {
            if let Piece::Bytes(bytes) = piece {
                payload.extend_from_slice(bytes);
            }
        });
    }

    /// Whether another violation will be kept: only then its byte is worth looking for.
    pub(super) const fn has_room_for_violation(&self) -> bool {
        self.found.violations.len() - self.violations_before < MAX_VIOLATIONS
    }

    pub(super) fn violate(&mut self, error: ProtocolError, index: usize, frame: u32) {
        self.break_rule(Rule::Protocol(error), index, Some(frame), None);
    }

    pub(super) fn break_rule(
        &mut self,
        rule: Rule,
        index: usize,
        frame: Option<u32>,
        message_offset: Option<u64>,
    ) {
        self.verdict = self.verdict.or(Some(rule));
        if !self.has_room_for_violation() {
            self.found.omitted += 1;
            return;
        }
        let mut violation = Violation::new(rule, self.from, self.stream, index);
        violation.frame = frame;
        violation.message_offset = message_offset;
        self.found.violations.push(violation);
    }
}

/// Finds the first byte that makes a text invalid: the validator of the core, byte by byte. At the
/// end of a text that is where it breaks off.
pub(super) fn invalid_utf8(mut utf8: Utf8, bytes: &[u8], is_end: bool) -> Option<usize> {
    let mut whole = utf8;
    if whole.push(bytes).is_ok() {
        let is_cut = is_end && whole.finish().is_err();
        return is_cut.then_some(bytes.len().saturating_sub(1));
    }
    bytes.iter().position(|byte| utf8.push(core::slice::from_ref(byte)).is_err())
}
