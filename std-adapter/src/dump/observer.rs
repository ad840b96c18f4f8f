//! The decoder that looks at the bytes of both directions, wherever they are cut.

use std::fmt;

use socklet_core::wire::{
    MAX_CONTROL_LEN, MAX_HEADER_LEN,
    header::{Header, Opcode, RSV1},
    mask::Mask,
};

use super::{
    Observe,
    entry::{Crossed, Direction, Entry, Form, Frame},
};

/// Payload bytes shown of any frame but a Close frame, which is shown whole.
const PREVIEW_LEN: usize = 48;

/// Bytes shown of a line of HTTP.
const LINE_LEN: usize = 256;

/// Decodes what crosses in both directions, and reports it.
pub struct Frames<F: FnMut(&Entry<'_>)> {
    report: F,
    inbound: Way,
    outbound: Way,
}

impl<F: FnMut(&Entry<'_>)> Frames<F> {
    pub(super) const fn new(report: F, handshake: bool) -> Self {
        Self { report, inbound: Way::new(handshake), outbound: Way::new(handshake) }
    }

    fn tap(&mut self, direction: Direction) -> (&mut Way, impl FnMut(Crossed<'_>)) {
        let tap = match direction {
            Direction::Inbound => &mut self.inbound,
            Direction::Outbound => &mut self.outbound,
        };
        let report = &mut self.report;
        (tap, move |crossed: Crossed<'_>| report(&Entry { direction, crossed }))
    }
}

impl<F: FnMut(&Entry<'_>)> Observe for Frames<F> {
    fn observe(&mut self, direction: Direction, bytes: &[u8]) {
        let (tap, mut report) = self.tap(direction);
        tap.push(bytes, &mut report);
    }

    /// The first time counts.
    fn end(&mut self, direction: Direction) {
        let (tap, mut report) = self.tap(direction);
        if !matches!(tap.state, State::Ended) {
            let within = tap.report_rest(&mut report);
            tap.state = State::Ended;
            report(Crossed::End { within });
        }
    }
}

impl<F: FnMut(&Entry<'_>)> Drop for Frames<F> {
    fn drop(&mut self) {
        for direction in [Direction::Outbound, Direction::Inbound] {
            let (tap, mut report) = self.tap(direction);
            tap.report_rest(&mut report);
        }
    }
}

impl<F: FnMut(&Entry<'_>)> fmt::Debug for Frames<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").finish_non_exhaustive()
    }
}

/// Where one direction is.
enum State {
    /// Within the head of the opening handshake.
    Head(Line),
    /// Within the body of a response that declined it.
    Body(Line),
    /// Within the header of a frame.
    Header(Bytes<MAX_HEADER_LEN>),
    /// Within the payload of a frame.
    Payload(Payload),
    /// Behind a header that no frame may have.
    Lost,
    /// Behind the end of the stream.
    Ended,
}

/// One direction.
struct Way {
    state: State,
    /// How the payload of the message that is being sent is to be read.
    message: Form,
}

/// A line of HTTP so far.
struct Line {
    bytes: Bytes<LINE_LEN>,
    is_cut: bool,
    /// Whether the head is that of a response that declines the handshake.
    declines: bool,
    /// Whether this is the first line of the head.
    first: bool,
}

/// A frame whose payload has not crossed whole.
struct Payload {
    header: Header,
    form: Form,
    mask: Option<Mask>,
    preview: Bytes<MAX_CONTROL_LEN>,
    /// Bytes of the preview when it is whole.
    preview_len: usize,
    /// Payload bytes that are still to come.
    left: u64,
    is_reported: bool,
}

impl Way {
    const fn new(handshake: bool) -> Self {
        let state = if handshake { State::Head(Line::FIRST) } else { State::Header(Bytes::EMPTY) };
        Self { state, message: Form::Binary }
    }

    fn push(&mut self, mut bytes: &[u8], report: &mut impl FnMut(Crossed<'_>)) {
        while let [first, rest @ ..] = bytes {
            bytes = match &mut self.state {
                State::Head(line) => {
                    if line.push(*first, report) {
                        self.state = match (line.bytes.is_empty(), line.declines) {
                            (true, true) => State::Body(Line::NEXT),
                            (true, false) => State::Header(Bytes::EMPTY),
                            (false, declines) => State::Head(Line { declines, ..Line::NEXT }),
                        };
                    }
                    rest
                }
                State::Body(line) => {
                    if line.push(*first, report) {
                        *line = Line::NEXT;
                    }
                    rest
                }
                State::Header(header) => {
                    header.push(&[*first]);
                    match Header::decode(header.filled()) {
                        Ok(None) => {}
                        Ok(Some((header, _))) => self.begin(header, report),
                        Err(error) => {
                            report(Crossed::Invalid { error, header: header.filled() });
                            self.state = State::Lost;
                        }
                    }
                    rest
                }
                State::Payload(payload) => {
                    let rest = payload.push(bytes, report);
                    if payload.left == 0 {
                        self.state = State::Header(Bytes::EMPTY);
                    }
                    rest
                }
                State::Lost | State::Ended => return,
            };
        }
    }

    /// A header is whole.
    fn begin(&mut self, header: Header, report: &mut impl FnMut(Crossed<'_>)) {
        let form = match header.opcode {
            Opcode::Close => Form::Close,
            Opcode::Ping | Opcode::Pong => Form::Binary,
            Opcode::Continuation => self.message,
            // A compressed text is bytes.
            Opcode::Text if header.reserved & RSV1 == 0 => Form::Text,
            Opcode::Text | Opcode::Binary => Form::Binary,
        };
        if !header.opcode.is_control() {
            self.message = form;
        }
        let shown_len = if form == Form::Close { MAX_CONTROL_LEN } else { PREVIEW_LEN };
        let preview_len = usize::try_from(header.payload_len).unwrap_or(shown_len).min(shown_len);
        let mut payload = Payload {
            header,
            form,
            mask: header.mask(),
            preview: Bytes::EMPTY,
            preview_len,
            left: header.payload_len,
            is_reported: false,
        };
        self.state = if payload.left == 0 {
            payload.report(report);
            State::Header(Bytes::EMPTY)
        } else {
            State::Payload(payload)
        };
    }

    /// Reports what has begun to cross and will not go on; says whether there was such a thing.
    fn report_rest(&mut self, report: &mut impl FnMut(Crossed<'_>)) -> bool {
        match &mut self.state {
            State::Head(line) | State::Body(line) if !line.bytes.is_empty() => {
                line.report(report);
                true
            }
            State::Head(line) => !line.first,
            State::Header(header) => !header.is_empty(),
            State::Payload(payload) => {
                payload.report(report);
                true
            }
            State::Body(_) | State::Lost | State::Ended => false,
        }
    }
}

impl Line {
    const FIRST: Self = Self { first: true, ..Self::NEXT };
    const NEXT: Self = Self { bytes: Bytes::EMPTY, is_cut: false, declines: false, first: false };

    /// Takes the next byte; reports the line and returns true if it ends there.
    fn push(&mut self, byte: u8, report: &mut impl FnMut(Crossed<'_>)) -> bool {
        match byte {
            b'\n' => {
                let line = self.bytes.filled();
                if self.first {
                    self.declines = line.starts_with(b"HTTP/")
                        && line.split(|b| *b == b' ').nth(1) != Some(b"101");
                }
                self.report(report);
                true
            }
            b'\r' => false,
            byte => {
                self.is_cut |= self.bytes.push(&[byte]) == 0;
                false
            }
        }
    }

    fn report(&self, report: &mut impl FnMut(Crossed<'_>)) {
        report(Crossed::Http { line: self.bytes.filled(), is_cut: self.is_cut });
    }
}

impl Payload {
    /// Takes what of `bytes` belongs to the payload and returns the rest.
    fn push<'b>(&mut self, bytes: &'b [u8], report: &mut impl FnMut(Crossed<'_>)) -> &'b [u8] {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        let (part, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        self.left = self.left.saturating_sub(part.len() as u64);
        let before = self.preview.len;
        let missing = self.preview_len.saturating_sub(before);
        self.preview.push(part.get(..missing).unwrap_or(part));
        if let (Some(mask), Some(shown)) =
            (&mut self.mask, self.preview.bytes.get_mut(before..self.preview.len))
        {
            mask.apply(shown);
        }
        if self.preview.len == self.preview_len {
            self.report(report);
        }
        rest
    }

    /// Reports the frame, once.
    fn report(&mut self, report: &mut impl FnMut(Crossed<'_>)) {
        if !self.is_reported {
            self.is_reported = true;
            let (header, form) = (self.header, self.form);
            report(Crossed::Frame(Frame { header, form, preview: self.preview.filled() }));
        }
    }
}

/// The first `N` bytes of what is pushed.
struct Bytes<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Bytes<N> {
    const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    const fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn filled(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Takes as many bytes as there is room for, and says how many.
    fn push(&mut self, bytes: &[u8]) -> usize {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        let taken = room.iter_mut().zip(bytes).map(|(slot, byte)| *slot = *byte).count();
        self.len += taken;
        taken
    }
}
