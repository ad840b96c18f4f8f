//! A line for each frame, at level trace, for people and for tools.
//!
//! ```text
//! ws > head len=181
//! ws < head len=129
//! ws > fin=1 rsv1=0 opcode=1 len=5 masked=1 wire=81851f2e3d4c774b51202a
//! ws < fin=1 rsv1=0 opcode=2 len=3000 masked=0 wire=827e0bb8010203..+
//! ws < invalid wire=8305
//! ```
//! `>` is to the peer, `<` from it. `wire` are the bytes as they crossed, above TLS, from the first
//! byte of the frame on, at most 32 of them in lower-case hexadecimal digits: the header, and as
//! much of the payload as there is room for, masked as it was. A `+` says that the frame goes on. A
//! line comes as soon as its bytes have crossed. After `invalid`, a header that no frame may have,
//! and after a head that opens no WebSocket, nothing can be told apart, and no line comes.

use core::fmt;

use socklet_core::wire::header::{Header, RSV1};

/// How many bytes of a frame are shown.
const SHOWN_LEN: usize = 32;

/// Looks at one direction of a stream.
#[derive(Debug)]
pub(crate) struct Tracer {
    direction: &'static str,
    state: State,
}

#[derive(Debug)]
enum State {
    Head(Head),
    Frame(Frame),
    Off,
}

/// A head of the opening handshake, up to its empty line.
#[derive(Debug)]
struct Head {
    len: usize,
    /// The last four bytes.
    end: [u8; 4],
    /// `HTTP/1.1 101`, if it is a response.
    start: [u8; 12],
}

#[derive(Debug, Default)]
struct Frame {
    wire: [u8; SHOWN_LEN],
    wire_len: usize,
    header: Option<Header>,
    /// Bytes of the payload that have not crossed.
    left: u64,
    shown: bool,
}

impl Head {
    const NEW: Self = Self { len: 0, end: [0; 4], start: [0; 12] };

    /// Takes a byte and says whether it was the last.
    fn push(&mut self, byte: u8) -> bool {
        if let Some(place) = self.start.get_mut(self.len) {
            *place = byte;
        }
        self.len = self.len.saturating_add(1);
        let [_, rest @ ..] = self.end;
        let [second, third, fourth] = rest;
        self.end = [second, third, fourth, byte];
        self.end == *b"\r\n\r\n"
    }

    /// Whether frames follow: after a request, and after the response 101.
    fn opens(&self) -> bool {
        !self.start.starts_with(b"HTTP/") || self.start.ends_with(b" 101")
    }
}

impl Frame {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.wire.get_mut(self.wire_len) {
            *place = byte;
            self.wire_len = self.wire_len.saturating_add(1);
        }
    }

    fn wire(&self) -> Hex<'_> {
        Hex(self.wire.get(..self.wire_len).unwrap_or_default())
    }
}

impl Tracer {
    pub(crate) const fn inbound() -> Self {
        Self { direction: "<", state: State::Head(Head::NEW) }
    }

    pub(crate) const fn outbound() -> Self {
        Self { direction: ">", state: State::Head(Head::NEW) }
    }

    /// Takes bytes that have crossed.
    pub(crate) fn pass(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let [first, others @ ..] = rest {
            let direction = self.direction;
            match &mut self.state {
                State::Head(head) => {
                    rest = others;
                    if head.push(*first) {
                        trace!("ws {} head len={}", direction, head.len);
                        let opens = head.opens();
                        self.state =
                            if opens { State::Frame(Frame::default()) } else { State::Off };
                    }
                }
                State::Frame(frame) if frame.header.is_none() => {
                    rest = others;
                    frame.push(*first);
                    if !frame.begin() {
                        trace!("ws {} invalid wire={}", direction, frame.wire());
                        self.state = State::Off;
                    }
                }
                State::Frame(frame) => rest = frame.payload(rest),
                State::Off => return,
            }
            if let State::Frame(frame) = &mut self.state {
                frame.show(direction);
            }
        }
    }
}

impl Frame {
    /// Reads the header, if it is all there, and says whether it can be one.
    fn begin(&mut self) -> bool {
        match Header::decode(self.wire.get(..self.wire_len).unwrap_or_default()) {
            Ok(Some((header, _))) => {
                self.left = header.payload_len;
                self.header = Some(header);
                true
            }
            Ok(None) => true,
            Err(_) => false,
        }
    }

    /// Takes what belongs to the payload and returns the rest.
    fn payload<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        let (payload, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        for byte in payload.iter().take(SHOWN_LEN) {
            self.push(*byte);
        }
        self.left = self.left.saturating_sub(len as u64);
        rest
    }

    /// Writes the line, once its bytes are there, and begins anew behind the frame.
    fn show(&mut self, direction: &str) {
        let Some(header) = self.header else { return };
        let (ended, full) = (self.left == 0, self.wire_len == SHOWN_LEN);
        if !self.shown && (ended || full) {
            self.shown = true;
            trace!(
                "ws {} fin={} rsv1={} opcode={} len={} masked={} wire={}{}",
                direction,
                u8::from(header.fin),
                u8::from(header.reserved & RSV1 != 0),
                header.opcode as u8,
                header.payload_len,
                u8::from(header.masking_key.is_some()),
                self.wire(),
                // The header is within what is shown, so its length is what the payload leaves.
                if header.encoded_len() as u64 + header.payload_len > self.wire_len as u64 {
                    "+"
                } else {
                    ""
                }
            );
        }
        if ended {
            *self = Self::default();
        }
    }
}

/// Bytes as two digits each.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Hex<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        for byte in self.0 {
            defmt::write!(f, "{=u8:02x}", byte);
        }
    }
}
