//! Everything that can be wrong with traffic, in one table: a name, the section, one line.

use socklet_core::{HandshakeError, ProtocolError};

use crate::stream::{Moment, Sender, Stream};

/// A violation in a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What is wrong.
    pub rule: Rule,
    /// Whose bytes they are.
    pub from: Sender,
    /// Where the byte is that breaks the rule, counted in bytes of that sender's stream, gaps
    /// included.
    pub offset: u64,
    /// The same in the file, if the stream's bytes stand in it as they are.
    pub source: Option<u64>,
    /// The number of the frame.
    pub frame: Option<u32>,
    /// Where it is in the message, in bytes, after decompression.
    pub message_offset: Option<u64>,
    /// When it was received.
    pub moment: Moment,
    /// Whether an endpoint has failed the connection at it: whether it is its sender's first.
    pub is_first: bool,
}

impl Violation {
    /// A violation at an index of a stream, of which no more is known.
    pub(crate) fn new(rule: Rule, from: Sender, stream: &Stream, index: usize) -> Self {
        Self {
            rule,
            from,
            offset: stream.offset(index),
            source: stream.source(index),
            frame: None,
            message_offset: None,
            moment: stream.moment(index),
            is_first: false,
        }
    }
}

/// A rule that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// One that an endpoint checks in frames and messages.
    Protocol(ProtocolError),
    /// One that an endpoint checks in the opening handshake.
    Handshake(HandshakeError),
    /// Data after the Close frame: an endpoint does not look at it any more (RFC 6455 section
    /// 5.5.1).
    DataAfterClose,
}

/// What the table has about a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// A name for programs, stable.
    pub id: &'static str,
    /// The number of the RFC.
    pub rfc: u16,
    /// The section.
    pub section: &'static str,
    /// What is wrong, in one line.
    pub line: &'static str,
}

impl Rule {
    /// What the table has about this rule.
    #[must_use]
    pub fn entry(self) -> Entry {
        let (id, rfc, section, line) = match self {
            Self::Protocol(error) => protocol(error),
            Self::Handshake(error) => handshake(error),
            Self::DataAfterClose => (
                "data-after-close",
                6455,
                "5.5.1",
                "data after a Close frame: its sender has promised to send no more",
            ),
        };
        Entry { id, rfc, section, line }
    }

    /// The close code with which an endpoint fails the connection; none in the opening handshake.
    #[must_use]
    pub const fn close_code(self) -> Option<u16> {
        match self {
            Self::Protocol(error) => Some(error.close_code().0),
            Self::Handshake(_) | Self::DataAfterClose => None,
        }
    }
}

type Row = (&'static str, u16, &'static str, &'static str);

#[rustfmt::skip] // A table: one rule a line.
fn protocol(error: ProtocolError) -> Row {
    use ProtocolError as E;
    match error {
        E::ReservedBits => ("reserved-bits", 6455, "5.2", "a reserved bit is set, and no extension gives it a meaning here"),
        E::ReservedOpcode => ("reserved-opcode", 6455, "5.2", "an opcode that is reserved: 3 to 7 and 11 to 15"),
        E::Unmasked => ("unmasked", 6455, "5.1", "a client's frame is not masked"),
        E::Masked => ("masked", 6455, "5.1", "a server's frame is masked"),
        E::NonMinimalLength => ("non-minimal-length", 6455, "5.2", "the length is written in more bytes than it needs"),
        E::LengthTopBit => ("length-top-bit", 6455, "5.2", "the top bit of a 64-bit length is set: where the next frame begins cannot be known"),
        E::FragmentedControl => ("fragmented-control", 6455, "5.5", "a control frame without FIN: it must not be fragmented"),
        E::ControlTooLong => ("control-too-long", 6455, "5.5", "a control frame with more than 125 bytes of payload"),
        E::UnexpectedContinuation => ("unexpected-continuation", 6455, "5.4", "a continuation, and there is no message to continue"),
        E::ExpectedContinuation => ("expected-continuation", 6455, "5.4", "a message begins before the last one has ended"),
        E::CloseBody => ("close-body", 6455, "5.5.1", "a Close body of one byte: a code has two"),
        E::CloseCode => ("close-code", 6455, "7.4", "a close code that must not be on the wire"),
        E::InvalidUtf8 => ("invalid-utf8", 6455, "8.1", "text that is not UTF-8"),
        E::InflateBlockType => ("deflate-block-type", 1951, "3.2.3", "a compressed block of the reserved type 3"),
        E::InflateStoredLength => ("deflate-stored-length", 1951, "3.2.4", "the length of a stored block and its complement do not agree"),
        E::InflateCodeLengths => ("deflate-code-lengths", 1951, "3.2.7", "the code lengths of a compressed block make no codes"),
        E::InflateSymbol => ("deflate-symbol", 1951, "3.2.5", "a code in the compressed data that stands for no symbol"),
        E::InflateDistance => ("deflate-distance", 7692, "7.2.2", "compressed data refer to what is beyond the window or was never sent"),
        E::InflateUnfinished => ("deflate-unfinished", 7692, "7.2.2", "the compressed message ends within a block"),
        // Limits of an endpoint, of which there are none here.
        _ => ("limit", 6455, "10.4", "more than an endpoint takes, by a limit of its own"),
    }
}

#[rustfmt::skip] // A table: one rule a line.
fn handshake(error: HandshakeError) -> Row {
    use HandshakeError as E;
    match error {
        E::MalformedHead => ("malformed-head", 9112, "2.1", "the head is not HTTP: a control byte, a bare line end, a folded line or a bad name is in it"),
        E::HttpVersion => ("http-version", 6455, "4.1", "the version is not HTTP/1.1"),
        E::Declined { .. } => ("declined", 6455, "4.2.2", "the server declined the upgrade"),
        E::ConnectionHeader => ("connection-header", 6455, "4.1", "Connection does not list the token upgrade"),
        E::UpgradeHeader => ("upgrade-header", 6455, "4.1", "Upgrade is not websocket"),
        E::AcceptMissing => ("accept-missing", 6455, "4.2.2", "Sec-WebSocket-Accept is missing"),
        E::AcceptMismatch => ("accept-mismatch", 6455, "4.2.2", "Sec-WebSocket-Accept is not the digest of the key"),
        E::UnsolicitedSubprotocol => ("unsolicited-subprotocol", 6455, "4.1", "the server chose a subprotocol that was not offered, or more than one"),
        E::UnsolicitedExtension => ("unsolicited-extension", 6455, "9.1", "the server accepted an extension that was not offered"),
        E::ExtensionResponse => ("extension-response", 7692, "7.1", "the server's parameters of permessage-deflate do not fit the offer"),
        E::Method => ("method", 6455, "4.1", "the method is not GET"),
        E::Host => ("host", 6455, "4.1", "there is not one valid Host"),
        E::Key => ("key", 6455, "4.1", "Sec-WebSocket-Key is not base64 of 16 bytes, or not there once"),
        E::VersionMissing => ("version-missing", 6455, "4.1", "Sec-WebSocket-Version is missing"),
        E::Version => ("version", 6455, "4.1", "Sec-WebSocket-Version is not 13"),
        E::Body => ("body", 6455, "4.1", "the request announces a body, which would be read as frames"),
        // What only an endpoint can tell: a head longer than its buffer, or its application's no.
        _ => ("handshake", 6455, "4", "the opening handshake was not finished"),
    }
}
