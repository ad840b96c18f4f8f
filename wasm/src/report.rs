//! What is found: everything that a table, a page or a program shows.

use alloc::{string::String, vec, vec::Vec};
use core::ops::Range;

use socklet_core::permessage_deflate::Context;

use crate::{
    input::{Damage, Format, Note},
    judge::{Ending, Handshake},
    pieces::{Piece, Pieces},
    stream::{Moment, Sender, Stream},
    text::find,
    violation::{Rule, Violation},
};

/// What was found in an input.
#[derive(Debug, Clone)]
pub struct Report {
    /// How the input was read.
    pub format: Format,
    /// Whether that was recognised, not told.
    pub is_guess: bool,
    /// What could not be read; what stands before it was.
    pub damage: Option<Damage>,
    /// What there is to say about the input as a whole.
    pub notes: Vec<Note>,
    /// The WebSocket connections.
    pub connections: Vec<Connection>,
}

impl Report {
    /// All violations.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.connections.iter().flat_map(|connection| &connection.violations)
    }
}

/// A conclusion that nothing in the traffic proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inference {
    /// Who is the client, from who masks.
    RoleFromMasking,
    /// Who is the client, from who sent first.
    RoleFromOrder,
    /// That messages are compressed, from RSV1.
    CompressionFromRsv1,
    /// Where frames begin again behind a gap, from what looks like frames.
    Resynchronised,
    /// That frames begin where the capture does.
    BoundaryAtStart,
}

impl Inference {
    /// The conclusion in words.
    #[must_use]
    pub const fn line(self) -> &'static str {
        match self {
            Self::RoleFromMasking => "no handshake: who masks is taken for the client",
            Self::RoleFromOrder => {
                "no handshake, and masking does not tell: the first to send is taken for the client"
            }
            Self::CompressionFromRsv1 => "no handshake: RSV1 is taken for permessage-deflate",
            Self::Resynchronised => {
                "behind a gap: frames are taken to begin where bytes look like them"
            }
            Self::BoundaryAtStart => {
                "the beginning is missing: frames are taken to begin where bytes look like them"
            }
        }
    }
}

/// A WebSocket connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The addresses of client and server.
    pub names: Option<(String, String)>,
    /// What the client sent.
    pub client: Stream,
    /// What the server sent.
    pub server: Stream,
    /// What compressed messages of the client and of the server inflate to, one after the other.
    pub inflated: [Vec<u8>; 2],
    /// The opening handshake.
    pub handshake: Handshake,
    /// What is concluded and not proven.
    pub inferences: Vec<Inference>,
    /// The frames of both in the order in which they were received.
    pub frames: Vec<Frame>,
    /// The messages of both in the order in which they began.
    pub messages: Vec<Message>,
    /// The violations in the order in which their bytes were received, 10,000 of each end at most.
    pub violations: Vec<Violation>,
    /// How many more there are.
    pub omitted_violations: u64,
    /// How it ended.
    pub ending: Ending,
}

/// A frame.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Who sent it.
    pub from: Sender,
    /// Index of its first byte in the stream.
    pub start: usize,
    /// Bytes of its header.
    pub header_len: u8,
    /// FIN.
    pub fin: bool,
    /// RSV1 to RSV3, as they stand in the first byte.
    pub reserved: u8,
    /// The opcode's four bits.
    pub opcode: u8,
    /// The masking key.
    pub masking_key: Option<[u8; 4]>,
    /// Bytes of payload as the header says.
    pub payload_len: u64,
    /// Bytes of payload that are there.
    pub present_len: usize,
    /// Whether all of it has been received, in a gap or not.
    pub is_whole: bool,
    /// Bytes that its payload inflates to, if it is compressed and that is known.
    pub inflated_len: Option<u64>,
    /// When its first byte was received.
    pub moment: Moment,
    /// The number of its message.
    pub message: Option<u32>,
    /// What is wrong with it first.
    pub verdict: Option<Rule>,
}

impl Frame {
    /// Where in the stream its payload is, as far as it is there.
    #[must_use]
    pub fn payload(&self) -> Range<usize> {
        let start = self.start + usize::from(self.header_len);
        start..start + self.present_len
    }

    /// The name of its opcode.
    #[must_use]
    pub const fn opcode_name(&self) -> &'static str {
        match self.opcode {
            0x0 => "continuation",
            0x1 => "text",
            0x2 => "binary",
            0x8 => "close",
            0x9 => "ping",
            0xA => "pong",
            _ => "reserved",
        }
    }

    /// Whether this is a control frame, of a reserved opcode too.
    #[must_use]
    pub const fn is_control(&self) -> bool {
        self.opcode & 0x8 != 0
    }
}

/// What a message holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Who sent it.
    pub from: Sender,
    /// What it holds.
    pub kind: Kind,
    /// The number of its first frame.
    pub first_frame: u32,
    /// How many frames it has.
    pub frames: u32,
    /// Whether its last frame has been received whole.
    pub is_whole: bool,
    /// Whether it is compressed.
    pub is_compressed: bool,
    /// Bytes of payload on the wire.
    pub wire_len: u64,
    /// Bytes of the message, as far as they are there; unknown ones between known ones count.
    pub len: u64,
    /// Where those of a compressed message are in [`Connection::inflated`].
    pub inflated: Range<usize>,
    /// Bytes before it to which a compressed message could refer.
    pub history_len: usize,
    /// How far back it can refer at most.
    pub window_len: usize,
    /// Bytes that cannot be known: missing, or copies of what is missing.
    pub unknown: Vec<Range<u64>>,
    /// Why there is no more of it.
    pub cut: Option<Cut>,
    /// Given as a whole by the input, without frames.
    pub given: Option<Vec<u8>>,
    /// When its first byte was received.
    pub moment: Moment,
}

/// Why a message is not there to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The stream ends.
    End,
    /// Bytes are missing, and what follows cannot be read without them.
    Gap,
    /// Its compressed data are damaged.
    Damaged,
    /// It inflates to more than the limit.
    Limit,
    /// Another message began in it.
    Abandoned,
}

impl Message {
    /// A message of which nothing is there yet. Out of line: there are many fields.
    #[inline(never)]
    pub(crate) const fn new(from: Sender, kind: Kind, moment: Moment) -> Self {
        Self {
            from,
            kind,
            first_frame: 0,
            frames: 0,
            is_whole: false,
            is_compressed: false,
            wire_len: 0,
            len: 0,
            inflated: 0..0,
            history_len: 0,
            window_len: 0,
            unknown: Vec::new(),
            cut: None,
            given: None,
            moment,
        }
    }
}

impl Cut {
    /// The reason in words.
    #[must_use]
    pub const fn line(self) -> &'static str {
        match self {
            Self::End => "the stream ends",
            Self::Gap => "bytes are missing",
            Self::Damaged => "compressed data are damaged",
            Self::Limit => "inflates to more than the limit",
            Self::Abandoned => "another message began",
        }
    }
}

impl Connection {
    /// What an endpoint sent.
    #[must_use]
    pub const fn stream(&self, from: Sender) -> &Stream {
        match from {
            Sender::Client => &self.client,
            Sender::Server => &self.server,
        }
    }

    /// The payload of a frame as it was before masking, as far as it is there; not inflated.
    #[must_use]
    pub fn payload(&self, frame: &Frame) -> Vec<Part> {
        let mut parts = Vec::new();
        self.join(frame, &mut parts);
        parts
    }

    /// Appends the payload of a frame.
    fn join(&self, frame: &Frame, parts: &mut Vec<Part>) {
        Pieces::of(frame).read(
            self.stream(frame.from),
            &mut |piece| match (piece, parts.last_mut()) {
                (Piece::Gap(len), _) => parts.push(Part::Unknown(len)),
                (Piece::Bytes(more), Some(Part::Known(bytes))) => bytes.extend_from_slice(more),
                (Piece::Bytes(bytes), _) => parts.push(Part::Known(bytes.to_vec())),
            },
        );
    }

    /// What is known of a message.
    #[must_use]
    pub fn message(&self, number: u32) -> Vec<Part> {
        let Some(message) = self.messages.get(number as usize) else { return Vec::new() };
        if let Some(given) = &message.given {
            return vec![Part::Known(given.clone())];
        }
        if message.is_compressed {
            let [client, server] = &self.inflated;
            let inflated = if message.from == Sender::Client { client } else { server };
            let inflated = inflated.get(message.inflated.clone()).unwrap_or_default();
            return split_unknown(inflated, &message.unknown);
        }
        self.joined(number)
    }

    /// What is known of a message as its frames carry it: unmasked, not inflated.
    #[must_use]
    pub fn joined(&self, number: u32) -> Vec<Part> {
        let Some(message) = self.messages.get(number as usize) else { return Vec::new() };
        let frames = self.frames.get(message.first_frame as usize..).unwrap_or_default();
        let frames = frames.iter().filter(|frame| frame.message == Some(number));
        let mut joined = Vec::new();
        for frame in frames.take(message.frames as usize) {
            self.join(frame, &mut joined);
        }
        joined
    }

    /// The numbers of messages with these bytes in them.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Vec<u32> {
        let is_in = |part: &Part| match part {
            Part::Known(known) => bytes.is_empty() || find(known, 0, bytes).is_some(),
            Part::Unknown(_) => false,
        };
        let mut numbers = Vec::new();
        for number in 0..self.messages.len() as u32 {
            if self.message(number).iter().any(is_in) {
                numbers.push(number);
            }
        }
        numbers
    }

    /// The compression of an endpoint, if that has been agreed on.
    #[must_use]
    pub const fn context(&self, from: Sender) -> Option<Context> {
        match (from, self.handshake.agreed) {
            (Sender::Client, Some((client, _))) => Some(client),
            (Sender::Server, Some((_, server))) => Some(server),
            (_, None) => None,
        }
    }
}

/// A part of a message or a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// These bytes.
    Known(Vec<u8>),
    /// So many bytes that cannot be known.
    Unknown(u64),
}

/// Takes bytes apart where some of them are unknown.
fn split_unknown(bytes: &[u8], unknown: &[Range<u64>]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    for range in unknown {
        let start = usize::try_from(range.start).unwrap_or(usize::MAX);
        if let Some(known) = bytes.get(at..start).filter(|known| !known.is_empty()) {
            parts.push(Part::Known(known.to_vec()));
        }
        parts.push(Part::Unknown(range.end - range.start));
        at = usize::try_from(range.end).unwrap_or(usize::MAX);
    }
    if let Some(known) = bytes.get(at..).filter(|known| !known.is_empty()) {
        parts.push(Part::Known(known.to_vec()));
    }
    parts
}
