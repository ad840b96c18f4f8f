//! What is reported, and the line that it becomes.

use std::fmt;

use socklet_core::{
    ProtocolError,
    wire::header::{Header, Opcode, RSV1, RSV2, RSV3},
};

/// Which way something crossed, seen from this endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the peer: displayed as `<`.
    Inbound,
    /// To the peer: displayed as `>`.
    Outbound,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inbound => "<",
            Self::Outbound => ">",
        })
    }
}

/// Something that crossed the wire; displays as one line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Which way.
    pub direction: Direction,
    /// What.
    pub crossed: Crossed<'a>,
}

/// What crossed the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Crossed<'a> {
    /// A line of the opening handshake's head (RFC 6455 section 4), or of the body of a response
    /// that declines it.
    Http {
        /// The line, or its beginning.
        line: &'a [u8],
        /// Whether the line goes on behind that.
        is_cut: bool,
    },
    /// A frame (RFC 6455 section 5.2). Reported when it is whole, or as soon as its preview is.
    Frame(Frame<'a>),
    /// A header that no frame may have. What follows it cannot be told apart and is not reported.
    Invalid {
        /// The rule that it breaks.
        error: ProtocolError,
        /// Its bytes, up to where that shows.
        header: &'a [u8],
    },
    /// The end of the stream.
    End {
        /// Whether it came within a frame or a head.
        within: bool,
    },
}

/// A frame as it crossed the wire, with the beginning of its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: Header,
    /// How its payload is to be read.
    pub form: Form,
    /// The first bytes of its payload, unmasked.
    pub preview: &'a [u8],
}

/// How a payload is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As UTF-8 text, which may be cut within a code point.
    Text,
    /// As bytes.
    Binary,
    /// As a close code and a reason (RFC 6455 section 5.5.1).
    Close,
}

impl fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.direction)?;
        match self.crossed {
            Crossed::Http { line: [], .. } => Ok(()),
            Crossed::Http { line, is_cut } => {
                f.write_str(" ")?;
                escape_line(f, line)?;
                ellipsis(f, is_cut)
            }
            Crossed::Frame(frame) => write!(f, " {frame}"),
            Crossed::Invalid { error, header } => {
                f.write_str(" INVALID ")?;
                hex(f, header)?;
                write!(f, " {}", error.reason())
            }
            Crossed::End { within: false } => f.write_str(" end of stream"),
            Crossed::End { within: true } => f.write_str(" end of stream, cut off"),
        }
    }
}

impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = &self.header;
        f.write_str(match header.opcode {
            Opcode::Continuation => "CONTINUATION",
            Opcode::Text => "TEXT",
            Opcode::Binary => "BINARY",
            Opcode::Close => "CLOSE",
            Opcode::Ping => "PING",
            Opcode::Pong => "PONG",
        })?;
        let flags = [
            (header.fin, " fin"),
            (header.reserved & RSV1 != 0, " rsv1"),
            (header.reserved & RSV2 != 0, " rsv2"),
            (header.reserved & RSV3 != 0, " rsv3"),
            (header.masking_key.is_some(), " masked"),
        ];
        for (_, flag) in flags.iter().filter(|(set, _)| *set) {
            f.write_str(flag)?;
        }
        write!(f, " {} B", header.payload_len)?;
        let is_cut = header.payload_len > self.preview.len() as u64;
        match (self.form, self.preview) {
            (Form::Text, text) => {
                f.write_str(" ")?;
                quote(f, text, is_cut)?;
            }
            (Form::Close, [high, low, reason @ ..]) => {
                write!(f, " {} ", u16::from_be_bytes([*high, *low]))?;
                quote(f, reason, is_cut)?;
            }
            (_, []) => {}
            (_, bytes) => {
                f.write_str(" ")?;
                hex(f, bytes)?;
            }
        }
        ellipsis(f, is_cut)
    }
}

fn ellipsis(f: &mut fmt::Formatter<'_>, is_cut: bool) -> fmt::Result {
    if is_cut { f.write_str("...") } else { Ok(()) }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Writes text in quotation marks, escaped; the code point that the cut goes through is left out.
fn quote(f: &mut fmt::Formatter<'_>, text: &[u8], is_cut: bool) -> fmt::Result {
    f.write_str("\"")?;
    let mut chunks = text.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        write!(f, "{}", chunk.valid().escape_debug())?;
        if !is_cut || chunks.peek().is_some() {
            escape_bytes(f, chunk.invalid())?;
        }
    }
    f.write_str("\"")
}

/// Writes a line of HTTP as it is, but for what could disturb a terminal.
fn escape_line(f: &mut fmt::Formatter<'_>, line: &[u8]) -> fmt::Result {
    for chunk in line.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '"' | '\'' | '\\' => write!(f, "{char}")?,
                char => write!(f, "{}", char.escape_debug())?,
            }
        }
        escape_bytes(f, chunk.invalid())?;
    }
    Ok(())
}

fn escape_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}
