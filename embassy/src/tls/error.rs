//! What can go wrong in TLS, and what of it embedded-tls says how.

use core::fmt;

use embedded_io::ErrorKind;
use embedded_tls::TlsError as Cause;

use super::transport::Transport;
use crate::error::StreamError;

/// TLS failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TlsError {
    /// The server could not prove to be the one that it should be. Nothing was sent to it.
    Certificate(CertificateError),
    /// The server refused with an alert (RFC 8446 section 6): 40 is a handshake failure, that is
    /// no cipher or key in common; 70 an older version than TLS 1.3; 112 an unknown name.
    Alert(u8),
    /// A record, with the part of the handshake in it, that does not fit the read buffer.
    RecordTooLong {
        /// Bytes that are needed.
        needed: usize,
        /// Bytes that there are: `READ` of [`TlsMemory`](crate::TlsMemory).
        available: usize,
    },
    /// The name of the server is longer than 64 bytes.
    NameTooLong,
    /// The server has ended the connection: within the handshake, or with a `close_notify` after
    /// which nothing can be sent.
    Closed,
    /// TCP has reset the connection within the handshake.
    Reset,
    /// The server does what TLS 1.3 does not allow, or embedded-tls cannot do: a KeyUpdate, or a
    /// handshake message in more than one record. Or a record was changed on its way.
    Protocol,
}

/// Why a server's certificate is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CertificateError {
    /// The server has shown none, or has not proved that it is its own.
    Unproved,
    /// It is not signed by the authority that is trusted, nor by one that that has signed; or it
    /// is of a kind of key that is not built in.
    UnknownIssuer,
    /// It is not valid yet, or not any more.
    Date,
    /// The clock for [`Dates::Checked`](crate::Dates::Checked) does not know the time.
    UnknownTime,
    /// It is for other names.
    Name,
    /// An issuer in the chain is no authority: anybody with a certificate could have signed this.
    NotAnAuthority,
    /// It is not for servers, or says something critical that is not understood.
    Purpose,
    /// It is not a certificate (RFC 5280 section 4.1).
    Malformed,
}

/// What a failure means once the connection is open.
pub(super) fn stream_error(cause: Cause, transport: &Transport<'_>) -> StreamError {
    match cause {
        Cause::IoError => StreamError::Truncated,
        Cause::Io(kind) => StreamError::of(kind),
        cause => StreamError::Tls(tls_error(cause, transport)),
    }
}

/// What a failure means.
pub(super) fn tls_error(cause: Cause, transport: &Transport<'_>) -> TlsError {
    if let (Cause::InsufficientSpace, Some((needed, available))) = (cause, transport.too_long()) {
        return TlsError::RecordTooLong { needed, available };
    }
    match cause {
        Cause::HandshakeAborted(_, alert) => TlsError::Alert(alert as u8),
        Cause::ConnectionClosed | Cause::IoError | Cause::MissingHandshake => TlsError::Closed,
        Cause::Io(_) => TlsError::Reset,
        _ => TlsError::Protocol,
    }
}

impl embedded_io::Error for TlsError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Certificate(_) => ErrorKind::PermissionDenied,
            Self::Alert(_) => ErrorKind::ConnectionRefused,
            Self::RecordTooLong { .. } => ErrorKind::OutOfMemory,
            Self::NameTooLong => ErrorKind::InvalidInput,
            Self::Closed => ErrorKind::BrokenPipe,
            Self::Reset => ErrorKind::ConnectionReset,
            Self::Protocol => ErrorKind::InvalidData,
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(error) => error.fmt(f),
            Self::Alert(alert) => write!(f, "TLS: the server refused with alert {alert}"),
            Self::RecordTooLong { needed, available } => {
                write!(f, "TLS: read buffer too small: {needed} bytes needed, {available} there")
            }
            Self::NameTooLong => f.write_str("TLS: a name of more than 64 bytes"),
            Self::Closed => f.write_str("TLS: the server has ended the connection"),
            Self::Reset => f.write_str("TLS: the connection was reset"),
            Self::Protocol => f.write_str("TLS: the server does what is not allowed or not known"),
        }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unproved => "the server proves no identity",
            Self::UnknownIssuer => "the certificate is not from the trusted authority",
            Self::Date => "the certificate is not valid now",
            Self::UnknownTime => "the time is not known, so no certificate can be checked",
            Self::Name => "the certificate is for another name",
            Self::NotAnAuthority => "the certificate was signed by one that is no authority",
            Self::Purpose => "the certificate is not for servers",
            Self::Malformed => "not a certificate",
        })
    }
}

impl core::error::Error for TlsError {}
impl core::error::Error for CertificateError {}

impl From<CertificateError> for TlsError {
    fn from(error: CertificateError) -> Self {
        Self::Certificate(error)
    }
}
