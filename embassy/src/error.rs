//! What can go wrong, and in which phase.

use core::fmt;

use embedded_io::ErrorKind;

#[cfg(feature = "tls")]
use crate::tls::TlsError;

/// Any failure of an open WebSocket.
pub type Error = socklet_core::Error<StreamError>;

/// The stream below the WebSocket failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StreamError {
    /// TCP: the peer, or a time-out, has reset the connection.
    Reset,
    /// TCP: anything else, as the network says it.
    #[cfg(feature = "nal")]
    Tcp(ErrorKind),
    /// TLS: the stream ended without `close_notify`. Somebody may have cut it (RFC 8446 section
    /// 6.1): what was received may not be all.
    #[cfg(feature = "tls")]
    Truncated,
    /// TLS: anything else.
    #[cfg(feature = "tls")]
    Tls(TlsError),
}

/// A phase on the way to an open connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Phase {
    /// The wait for link and address.
    Network,
    /// The search for the host's address.
    Resolve,
    /// The TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The opening handshake.
    Handshake,
}

/// Why there is no connection: a variant for each phase that has failures of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConnectError {
    /// The host's address was not found.
    Resolve(ResolveError),
    /// TCP did not connect.
    Tcp(TcpError),
    /// The TLS handshake failed.
    #[cfg(feature = "tls")]
    Tls(TlsError),
    /// The opening handshake failed; its own deadline is [`socklet_core::Timeout::Handshake`].
    Handshake(Error),
    /// A phase took longer than its [deadline](crate::Deadlines).
    Timeout(Phase),
}

/// Why a host has no address here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ResolveError {
    /// No name and no address; or longer than a name can be.
    InvalidName,
    /// The name server does not know it, or there is no name server.
    NotFound,
    /// An IPv6 address, and the feature `ipv6` is off; or a name, and `dns` is off.
    Unsupported,
}

/// Why TCP does not connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TcpError {
    /// The peer's machine refuses, as one does that has nobody on this port.
    Refused,
    /// There is no way to the address.
    NoRoute,
    /// A port of 0.
    InvalidPort,
    /// The [`Memory`](crate::Memory) has none for TCP, which embassy-net needs.
    #[cfg(feature = "nal")]
    NoMemory,
    /// Anything else, as the network says it.
    #[cfg(feature = "nal")]
    Other(ErrorKind),
}

impl ConnectError {
    /// The phase that failed.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        match self {
            Self::Resolve(_) => Phase::Resolve,
            Self::Tcp(_) => Phase::Connect,
            #[cfg(feature = "tls")]
            Self::Tls(_) => Phase::Tls,
            Self::Handshake(_) => Phase::Handshake,
            Self::Timeout(phase) => *phase,
        }
    }
}

impl StreamError {
    /// What a failure of TCP is.
    #[cfg(any(feature = "nal", feature = "tls"))]
    pub(crate) const fn of(kind: ErrorKind) -> Self {
        match kind {
            #[cfg(feature = "nal")]
            kind if !matches!(kind, ErrorKind::ConnectionReset) => Self::Tcp(kind),
            _ => Self::Reset,
        }
    }
}

impl embedded_io::Error for StreamError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Reset => ErrorKind::ConnectionReset,
            #[cfg(feature = "nal")]
            Self::Tcp(kind) => *kind,
            #[cfg(feature = "tls")]
            Self::Truncated => ErrorKind::ConnectionAborted,
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.kind(),
        }
    }
}

impl embedded_io::Error for ConnectError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Resolve(ResolveError::NotFound) => ErrorKind::AddrNotAvailable,
            Self::Resolve(ResolveError::InvalidName) => ErrorKind::InvalidInput,
            Self::Resolve(ResolveError::Unsupported) => ErrorKind::Unsupported,
            Self::Tcp(error) => error.kind(),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.kind(),
            Self::Handshake(error) => error.kind(),
            Self::Timeout(_) => ErrorKind::TimedOut,
        }
    }
}

impl embedded_io::Error for TcpError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused => ErrorKind::ConnectionRefused,
            Self::NoRoute => ErrorKind::AddrNotAvailable,
            Self::InvalidPort => ErrorKind::InvalidInput,
            #[cfg(feature = "nal")]
            Self::NoMemory => ErrorKind::OutOfMemory,
            #[cfg(feature = "nal")]
            Self::Other(kind) => *kind,
        }
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset => f.write_str("the TCP connection was reset"),
            #[cfg(feature = "nal")]
            Self::Tcp(kind) => write!(f, "the TCP connection failed: {kind}"),
            #[cfg(feature = "tls")]
            Self::Truncated => f.write_str("the TLS stream was cut: no close_notify"),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "TLS handshake",
            Self::Handshake => "opening handshake",
        })
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve(error) => error.fmt(f),
            Self::Tcp(error) => error.fmt(f),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.fmt(f),
            Self::Handshake(error) => error.fmt(f),
            Self::Timeout(phase) => write!(f, "{phase}: took too long"),
        }
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidName => "resolve: not a name",
            Self::NotFound => "resolve: no such name",
            Self::Unsupported => "resolve: a kind of address that is not built in",
        })
    }
}

impl fmt::Display for TcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "connect: refused",
            Self::NoRoute => "connect: no route",
            Self::InvalidPort => "connect: port 0",
            #[cfg(feature = "nal")]
            Self::NoMemory => "connect: the memory has none for TCP",
            #[cfg(feature = "nal")]
            Self::Other(kind) => return write!(f, "connect: {kind}"),
        })
    }
}

impl core::error::Error for StreamError {}
impl core::error::Error for ResolveError {}
impl core::error::Error for TcpError {}

impl core::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Handshake(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ResolveError> for ConnectError {
    fn from(error: ResolveError) -> Self {
        Self::Resolve(error)
    }
}

impl From<TcpError> for ConnectError {
    fn from(error: TcpError) -> Self {
        Self::Tcp(error)
    }
}

impl From<Error> for ConnectError {
    fn from(error: Error) -> Self {
        Self::Handshake(error)
    }
}

#[cfg(feature = "tls")]
impl From<TlsError> for ConnectError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}
