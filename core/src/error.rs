//! What can go wrong, in families that tell whose fault it was.
//!
//! | family | whose fault | what to do |
//! |---|---|---|
//! | [`ConfigError`] | the caller: a value that can never work | fix the program |
//! | [`HandshakeError`] | the peer, before the connection was open | look at the head, connect elsewhere |
//! | [`ProtocolError`] | the peer: broke RFC 6455 or a limit | the connection has been failed |
//! | [`ResourceError`] | a buffer of the caller is too small | says what is needed and what is there |
//! | [`UsageError`] | the caller: not in this state | nothing was sent, nothing is lost |
//! | [`Timeout`] | nobody answered in time | the connection has been failed |
//! | [`Error::ConnectionLost`] | the peer went away without a Close frame | reconnect |
//! | [`Error::Transport`] | the next layer | its own error |

use core::fmt;

use crate::{deflate::InflateError, wire::close::CloseCode};

/// Any failure of a WebSocket stream over a next layer whose errors are `E`.
///
/// Every error but [`Resource`](Error::Resource), [`Config`](Error::Config) and
/// [`Usage`](Error::Usage) ends the connection; those three lose nothing. So does a
/// [`Transport`](Error::Transport) time-out of a blocking next layer, if there is no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// A setting or an argument that can never work.
    Config(ConfigError),
    /// The opening handshake failed (RFC 6455 section 4).
    Handshake(HandshakeError),
    /// The peer broke the protocol or one of the limits; the connection was failed with
    /// [`ProtocolError::close_code`] (RFC 6455 section 7.1.7).
    Protocol(ProtocolError),
    /// A caller-owned buffer is too small for what was asked.
    Resource(ResourceError),
    /// The operation does not fit the state of the connection.
    Usage(UsageError),
    /// A deadline passed.
    Timeout(Timeout),
    /// The next layer ended without a closing handshake (close code 1006).
    ConnectionLost,
    /// The next layer failed.
    Transport(E),
}

/// A setting or an argument that can never work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConfigError {
    /// A host that is empty or holds a byte that a Host header cannot.
    InvalidHost,
    /// A request target that does not start with `/` or holds a space or control byte.
    InvalidTarget,
    /// A header name that is not a token (RFC 9110 section 5.1).
    InvalidHeaderName,
    /// A header value with a control byte: it would begin another header.
    InvalidHeaderValue,
    /// A header that the handshake writes itself.
    ReservedHeader,
    /// A subprotocol that is not a token, or stands in the list twice.
    InvalidSubprotocol,
    /// A server's choice of a subprotocol that the client has not offered.
    SubprotocolNotOffered,
    /// A status that cannot reject an upgrade: only 300 to 599 can.
    InvalidStatus,
    /// A close code that must not be sent (RFC 6455 section 7.4).
    InvalidCloseCode,
    /// A close reason of more than 123 bytes.
    CloseReasonTooLong,
    /// A ping or pong payload of more than 125 bytes.
    ControlPayloadTooLong,
    /// The staging buffer cannot hold a control frame and a frame with one byte of data.
    StagingBufferTooSmall,
    /// The receive buffer cannot hold a control frame.
    ReceiveBufferTooSmall,
}

/// Why the opening handshake failed (RFC 6455 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum HandshakeError {
    /// The head is not HTTP (RFC 9112).
    MalformedHead,
    /// The head is longer than the limit, which is in bytes.
    HeadTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The peer ended the connection within the handshake.
    EndOfStream,
    /// Not HTTP/1.1.
    HttpVersion,

    /// The server answered with another status than 101; the response can be read.
    Declined {
        /// The status of the response.
        status: u16,
    },
    /// `Connection` has no `upgrade` token.
    ConnectionHeader,
    /// `Upgrade` has no `websocket` token.
    UpgradeHeader,
    /// `Sec-WebSocket-Accept` is missing.
    AcceptMissing,
    /// `Sec-WebSocket-Accept` is not the digest of the key that was sent.
    AcceptMismatch,
    /// The server chose a subprotocol that was not offered, or more than one.
    UnsolicitedSubprotocol,
    /// The server accepted an extension that was not offered.
    UnsolicitedExtension,
    /// The server's answer to permessage-deflate does not fit the offer (RFC 7692 section 7.1).
    ExtensionResponse,

    /// The request's method is not GET.
    Method,
    /// The request has no `Host`, or two.
    Host,
    /// `Sec-WebSocket-Key` is missing or is not 16 bytes in base64.
    Key,
    /// `Sec-WebSocket-Version` is missing.
    VersionMissing,
    /// `Sec-WebSocket-Version` is not 13.
    Version,
    /// The request announces a body, which would be read as frames.
    Body,
    /// The request was answered with this status by the caller's decision.
    Rejected {
        /// The status that was sent.
        status: u16,
    },
}

/// How the peer broke RFC 6455, or which of the caller's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProtocolError {
    /// RSV1, RSV2 or RSV3 is set without an extension that gives it a meaning (section 5.2).
    ReservedBits,
    /// An opcode of 3 to 7 or 11 to 15 (section 5.2).
    ReservedOpcode,
    /// A client's frame is not masked (section 5.1).
    Unmasked,
    /// A server's frame is masked (section 5.1).
    Masked,
    /// A payload length in more bytes than it needs (section 5.2).
    NonMinimalLength,
    /// A 64-bit payload length with its top bit set (section 5.2).
    LengthTopBit,
    /// A Ping, Pong or Close frame without FIN (section 5.5).
    FragmentedControl,
    /// A control frame of more than 125 bytes (section 5.5).
    ControlTooLong,
    /// A continuation without a message to continue (section 5.4).
    UnexpectedContinuation,
    /// A new message before the last one ended (section 5.4).
    ExpectedContinuation,
    /// A Close frame with a body of one byte (section 5.5.1).
    CloseBody,
    /// A close code that must not be on the wire (section 7.4).
    CloseCode,
    /// Text, or a close reason, that is not UTF-8 (section 8.1).
    InvalidUtf8,
    /// A compressed message with a block of the reserved type (RFC 1951 section 3.2.3).
    InflateBlockType,
    /// A compressed message with a stored block whose lengths do not agree (RFC 1951 section
    /// 3.2.4).
    InflateStoredLength,
    /// A compressed message with code lengths that make no codes (RFC 1951 section 3.2.7).
    InflateCodeLengths,
    /// A compressed message with a code that stands for no symbol (RFC 1951 section 3.2.5).
    InflateSymbol,
    /// A compressed message that refers to what is beyond the window, or was never sent (RFC 7692
    /// section 7.2.2).
    InflateDistance,
    /// A compressed message that ends within a block (RFC 7692 section 7.2.2).
    InflateUnfinished,
    /// A message longer than [`Limits::message_len`](crate::Limits::message_len), or a frame
    /// longer than a `usize` can count.
    MessageTooLong,
    /// A message that inflates to more times its compressed length than
    /// [`Settings::expansion`](crate::permessage_deflate::Settings::expansion).
    Expansion,
    /// More fragments than [`Limits::fragments`](crate::Limits::fragments).
    TooManyFragments,
    /// More control frames than
    /// [`Limits::control_per_second`](crate::Limits::control_per_second).
    ControlFlood,
}

/// A caller-owned buffer that is too small; nothing was lost or sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ResourceError {
    /// The message does not fit the receive buffer: receive it in chunks, or close.
    ReceiveBuffer {
        /// Bytes that are needed at least, as far as is known.
        needed: usize,
        /// Bytes that there are for a message.
        available: usize,
    },
    /// A head or an unfragmented frame does not fit the staging buffer.
    StagingBuffer {
        /// Bytes that are needed at least.
        needed: usize,
        /// Bytes that there are.
        available: usize,
    },
}

/// The operation does not fit the state of the connection; nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum UsageError {
    /// The opening handshake has not been made.
    NotOpen,
    /// The opening handshake has been made already.
    AlreadyOpen,
    /// A Close frame has been sent, or the connection has ended.
    Closed,
    /// A message is half sent: continue it with the same arguments.
    MessageUnfinished,
    /// The kind of the message cannot change between its parts.
    KindChanged,
    /// Text to be sent is not UTF-8 (section 8.1).
    InvalidUtf8,
}

/// Which deadline passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Timeout {
    /// [`Timeouts::handshake_ms`](crate::Timeouts::handshake_ms).
    Handshake,
    /// [`Timeouts::closing_ms`](crate::Timeouts::closing_ms).
    Closing,
    /// [`Timeouts::idle_ms`](crate::Timeouts::idle_ms).
    Idle,
}

impl ProtocolError {
    /// The close code with which the connection is failed (RFC 6455 section 7.4.1).
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        // The variants stand in the order of their codes: three comparisons instead of a table.
        match self as u8 {
            at if at >= Self::TooManyFragments as u8 => CloseCode::POLICY,
            at if at >= Self::MessageTooLong as u8 => CloseCode::TOO_BIG,
            at if at >= Self::InvalidUtf8 as u8 => CloseCode::INVALID_PAYLOAD,
            _ => CloseCode::PROTOCOL,
        }
    }

    /// The rule that was broken, in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ReservedBits => "a reserved bit is set (RFC 6455 section 5.2)",
            Self::ReservedOpcode => "a reserved opcode (RFC 6455 section 5.2)",
            Self::Unmasked => "a client's frame is not masked (RFC 6455 section 5.1)",
            Self::Masked => "a server's frame is masked (RFC 6455 section 5.1)",
            Self::NonMinimalLength => "a length in more bytes than needed (RFC 6455 section 5.2)",
            Self::LengthTopBit => "a length with its top bit set (RFC 6455 section 5.2)",
            Self::FragmentedControl => "a fragmented control frame (RFC 6455 section 5.5)",
            Self::ControlTooLong => "a control frame of more than 125 bytes (RFC 6455 section 5.5)",
            Self::UnexpectedContinuation => "nothing to continue (RFC 6455 section 5.4)",
            Self::ExpectedContinuation => "a message in a message (RFC 6455 section 5.4)",
            Self::InvalidUtf8 => "text that is not UTF-8 (RFC 6455 section 8.1)",
            Self::CloseBody => "a close body of one byte (RFC 6455 section 5.5.1)",
            Self::CloseCode => "a close code that is not allowed (RFC 6455 section 7.4)",
            Self::InflateBlockType => InflateError::BlockType.reason(),
            Self::InflateStoredLength => InflateError::StoredLength.reason(),
            Self::InflateCodeLengths => InflateError::CodeLengths.reason(),
            Self::InflateSymbol => InflateError::Symbol.reason(),
            Self::InflateDistance => InflateError::Distance.reason(),
            Self::InflateUnfinished => InflateError::Unfinished.reason(),
            Self::Expansion => "a message that inflates to more than the limit",
            Self::MessageTooLong => "a message longer than the limit",
            Self::TooManyFragments => "a message of more fragments than the limit",
            Self::ControlFlood => "more control frames a second than the limit",
        }
    }
}

/// A variant for each, not one that holds them: so programs without compression stay as small as
/// if there were none.
impl From<InflateError> for ProtocolError {
    fn from(error: InflateError) -> Self {
        match error {
            InflateError::BlockType => Self::InflateBlockType,
            InflateError::StoredLength => Self::InflateStoredLength,
            InflateError::CodeLengths => Self::InflateCodeLengths,
            InflateError::Symbol => Self::InflateSymbol,
            InflateError::Distance => Self::InflateDistance,
            InflateError::Unfinished => Self::InflateUnfinished,
        }
    }
}

impl HandshakeError {
    /// What is wrong with the head, in words; a server sends it as the body of its 400.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::MalformedHead => "malformed HTTP head",
            Self::HeadTooLong { .. } => "HTTP head too long",
            Self::EndOfStream => "connection ended within the opening handshake",
            Self::HttpVersion => "not HTTP/1.1",
            Self::Declined { .. } => "the server declined the upgrade",
            Self::ConnectionHeader => "no upgrade token in Connection",
            Self::UpgradeHeader => "no websocket token in Upgrade",
            Self::AcceptMissing => "no Sec-WebSocket-Accept",
            Self::AcceptMismatch => "wrong Sec-WebSocket-Accept",
            Self::UnsolicitedSubprotocol => "a subprotocol that was not offered",
            Self::UnsolicitedExtension => "an extension that was not offered",
            Self::ExtensionResponse => {
                "an answer to permessage-deflate that does not fit the offer"
            }
            Self::Method => "the method is not GET",
            Self::Host => "not one Host header",
            Self::Key => "no valid Sec-WebSocket-Key",
            Self::VersionMissing => "no Sec-WebSocket-Version",
            Self::Version => "Sec-WebSocket-Version is not 13",
            Self::Body => "a request with a body",
            Self::Rejected { .. } => "the upgrade was rejected",
        }
    }
}

impl<E> Error<E> {
    /// Turns the error of the next layer into another.
    pub fn map_transport<F>(self, convert: impl FnOnce(E) -> F) -> Error<F> {
        match self {
            Self::Config(error) => Error::Config(error),
            Self::Handshake(error) => Error::Handshake(error),
            Self::Protocol(error) => Error::Protocol(error),
            Self::Resource(error) => Error::Resource(error),
            Self::Usage(error) => Error::Usage(error),
            Self::Timeout(error) => Error::Timeout(error),
            Self::ConnectionLost => Error::ConnectionLost,
            Self::Transport(error) => Error::Transport(convert(error)),
        }
    }
}

impl<E: embedded_io::Error + 'static> embedded_io::Error for Error<E> {
    fn kind(&self) -> embedded_io::ErrorKind {
        use embedded_io::ErrorKind;
        match self {
            Self::Config(_) => ErrorKind::InvalidInput,
            Self::Handshake(HandshakeError::Declined { .. }) => ErrorKind::ConnectionRefused,
            Self::Handshake(_) | Self::Protocol(_) => ErrorKind::InvalidData,
            Self::Resource(_) => ErrorKind::OutOfMemory,
            Self::Usage(UsageError::Closed | UsageError::NotOpen) => ErrorKind::NotConnected,
            Self::Usage(_) => ErrorKind::InvalidInput,
            Self::Timeout(_) => ErrorKind::TimedOut,
            Self::ConnectionLost => ErrorKind::ConnectionReset,
            Self::Transport(error) => error.kind(),
        }
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Handshake(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
            Self::Resource(error) => error.fmt(f),
            Self::Usage(error) => error.fmt(f),
            Self::Timeout(error) => error.fmt(f),
            Self::ConnectionLost => f.write_str("connection lost without a closing handshake"),
            Self::Transport(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Transport(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidHost => "invalid host",
            Self::InvalidTarget => "invalid request target",
            Self::InvalidHeaderName => "invalid header name",
            Self::InvalidHeaderValue => "invalid header value",
            Self::ReservedHeader => "a header that the handshake writes itself",
            Self::InvalidSubprotocol => "invalid subprotocol",
            Self::SubprotocolNotOffered => "a subprotocol that the client has not offered",
            Self::InvalidStatus => "a status that cannot reject an upgrade",
            Self::InvalidCloseCode => "a close code that must not be sent",
            Self::CloseReasonTooLong => "a close reason of more than 123 bytes",
            Self::ControlPayloadTooLong => "a control payload of more than 125 bytes",
            Self::StagingBufferTooSmall => "the staging buffer cannot hold a control frame",
            Self::ReceiveBufferTooSmall => "the receive buffer cannot hold a control frame",
        })
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("opening handshake: ")?;
        f.write_str(self.reason())?;
        match self {
            Self::Declined { status } | Self::Rejected { status } => {
                write!(f, " with status {status}")
            }
            Self::HeadTooLong { limit } => write!(f, ", more than {limit} bytes"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("protocol violation: ")?;
        f.write_str(self.reason())
    }
}

impl fmt::Display for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReceiveBuffer { needed, available } => {
                write!(f, "receive buffer too small: {needed} bytes needed, {available} there")
            }
            Self::StagingBuffer { needed, available } => {
                write!(f, "staging buffer too small: {needed} bytes needed, {available} there")
            }
        }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOpen => "the opening handshake has not been made",
            Self::AlreadyOpen => "the opening handshake has been made already",
            Self::Closed => "the connection is closed",
            Self::MessageUnfinished => "a message is half sent",
            Self::KindChanged => "a part of another kind than the message",
            Self::InvalidUtf8 => "text to be sent is not UTF-8",
        })
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handshake => "the opening handshake took too long",
            Self::Closing => "the closing handshake took too long",
            Self::Idle => "nothing came from the peer for too long",
        })
    }
}

macro_rules! families {
    ($($variant:ident: $family:ty),* $(,)?) => {$(
        impl core::error::Error for $family {}

        impl<E> From<$family> for Error<E> {
            fn from(error: $family) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

families! {
    Config: ConfigError,
    Handshake: HandshakeError,
    Protocol: ProtocolError,
    Resource: ResourceError,
    Usage: UsageError,
    Timeout: Timeout,
}
