//! What can go wrong, in one type.
//!
//! The families are those of [`socklet_core::Error`]; beside them stand what only a program on an
//! operating system meets: addresses, sockets, certificates, HTTP responses.

use std::{error, fmt, io};

use socklet_core::{
    ConfigError, HandshakeError, ProtocolError, ResourceError, Timeout, UsageError,
};

#[cfg(feature = "blocking-tls")]
use crate::tls::TlsError;
use crate::{ProxyError, io_error::IoError, url::UrlError};

/// Any failure of a WebSocket.
///
/// Every error but [`Config`](Self::Config), [`Resource`](Self::Resource) and
/// [`Usage`](Self::Usage) ends the connection; those three lose nothing. Nor does an interrupted
/// call ([`blocking::WebSocket::set_interrupt`](crate::blocking::WebSocket::set_interrupt)), whose
/// [`Io`](Self::Io) error is of the kind [`Interrupted`](io::ErrorKind::Interrupted).
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The address is not one of a WebSocket.
    Url(UrlError),
    /// The operating system: no such host, connection refused, connection reset.
    Io(io::Error),
    /// TLS: a certificate that is not trusted, a peer that does not speak TLS.
    #[cfg(feature = "blocking-tls")]
    Tls(TlsError),
    /// The proxy did not lead to the server.
    Proxy(ProxyError),
    /// The server answered with an HTTP response in place of a WebSocket.
    Declined(Box<Declined>),
    /// A setting or an argument that can never work.
    Config(ConfigError),
    /// The opening handshake failed.
    Handshake(HandshakeError),
    /// The peer broke the protocol or one of the limits, and was told so by a Close frame.
    Protocol(ProtocolError),
    /// A message does not fit the buffers.
    Resource(ResourceError),
    /// The operation does not fit the state of the connection.
    Usage(UsageError),
    /// A deadline passed.
    Timeout(Timeout),
    /// The peer went away without a closing handshake (close code 1006).
    ConnectionLost,
}

/// An HTTP response in place of a WebSocket
/// ([RFC 6455 section 4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2)).
///
/// A redirect is one: [`location`](Self::location) says where to. Unless
/// [`Client::follow_redirects`](crate::Client::follow_redirects) is set, none is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    /// The status, such as 401 or 302; anything but 101.
    pub status: u16,
    /// All headers in their order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What came of the body: up to 64 KiB of it, within a second. A `Transfer-Encoding` is not
    /// undone.
    pub body: Vec<u8>,
}

impl Declined {
    /// The value of the first header of this name, without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// Where a redirect (a status of 300 to 399) points to.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        let location = self.header("Location").filter(|_| matches!(self.status, 300..=399))?;
        std::str::from_utf8(location).ok()
    }
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server declined the upgrade with status {}", self.status)?;
        match self.location() {
            Some(location) => write!(f, ", a redirect to {location}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            #[cfg(feature = "blocking-tls")]
            Self::Tls(error) => error.fmt(f),
            Self::Proxy(error) => error.fmt(f),
            Self::Declined(declined) => declined.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Handshake(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
            Self::Resource(error) => error.fmt(f),
            Self::Usage(error) => error.fmt(f),
            Self::Timeout(error) => error.fmt(f),
            Self::ConnectionLost => f.write_str("connection lost without a closing handshake"),
        }
    }
}

impl error::Error for Error {
    // The families print as themselves; what lies behind them is the next in the chain.
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            #[cfg(feature = "blocking-tls")]
            Self::Tls(error) => error.source(),
            _ => None,
        }
    }
}

impl Error {
    /// Whether it is of no use to try again with the same address and the same settings.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::Url(_) | Self::Config(_))
    }

    /// Whether it ends the connection.
    #[cfg(any(feature = "tokio", feature = "tracing", feature = "log"))]
    pub(crate) fn is_end(&self) -> bool {
        match self {
            Self::Config(_) | Self::Resource(_) | Self::Usage(_) => false,
            Self::Io(error) => error.kind() != io::ErrorKind::Interrupted,
            _ => true,
        }
    }

    /// Whether it says no more than that the connection has ended.
    #[cfg(feature = "tokio")]
    pub(crate) const fn is_closed(&self) -> bool {
        matches!(self, Self::Usage(UsageError::Closed))
    }

    /// Whether the connection ended with a frame of ours on its way, so that it has to be shut
    /// down in order for the peer to see it.
    pub(crate) const fn wants_teardown(&self) -> bool {
        matches!(self, Self::Protocol(_) | Self::Handshake(_) | Self::ConnectionLost)
    }
}

impl From<socklet_core::Error<IoError>> for Error {
    fn from(error: socklet_core::Error<IoError>) -> Self {
        use socklet_core::Error as Core;
        match error {
            Core::Config(error) => Self::Config(error),
            Core::Handshake(error) => Self::Handshake(error),
            Core::Protocol(error) => Self::Protocol(error),
            Core::Resource(error) => Self::Resource(error),
            Core::Usage(error) => Self::Usage(error),
            Core::Timeout(error) => Self::Timeout(error),
            Core::Transport(IoError(error)) => error.into(),
            // `ConnectionLost`, and whatever the core may add.
            _ => Self::ConnectionLost,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        #[cfg(feature = "blocking-tls")]
        let error = match TlsError::try_from(error) {
            Ok(error) => return Self::Tls(error),
            Err(error) => error,
        };
        Self::Io(error)
    }
}

macro_rules! families {
    ($($variant:ident: $family:ty),* $(,)?) => {$(
        impl From<$family> for Error {
            fn from(error: $family) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

families! {
    Url: UrlError,
    Proxy: ProxyError,
    Config: ConfigError,
    Handshake: HandshakeError,
    Protocol: ProtocolError,
    Resource: ResourceError,
    Usage: UsageError,
    Timeout: Timeout,
}

#[cfg(feature = "blocking-tls")]
impl From<TlsError> for Error {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}
