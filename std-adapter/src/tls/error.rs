//! What is wrong with a certificate, in words.

use std::{error, fmt, io};

use rustls::CertificateError;

/// A failure of TLS.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TlsError {
    /// The peer's certificate is not accepted, or the connection failed.
    Rustls(rustls::Error),
    /// A certificate or key is not valid PEM, or there is none in it.
    Pem,
    /// The client knows no certificate authority: the package was built without `webpki-roots`
    /// and `platform-roots`, or the system has none, and none was added.
    NoRoots,
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TLS: ")?;
        match self {
            Self::Rustls(error) => match explain(error) {
                Some(words) => write!(f, "{words} ({error})"),
                None => error.fmt(f),
            },
            Self::Pem => f.write_str("no valid PEM certificate or key"),
            Self::NoRoots => f.write_str("no certificate authority is known, so none is trusted"),
        }
    }
}

/// Says in plain words what rustls says in its own.
fn explain(error: &rustls::Error) -> Option<&'static str> {
    use rustls::Error as E;
    Some(match error {
        E::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => {
                "the certificate was issued by an unknown authority, or by itself"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate is not valid yet: check the clock"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate is for another name"
            }
            CertificateError::Revoked => "the certificate was revoked",
            _ => "the certificate is not valid",
        },
        E::InvalidMessage(_) => "the peer does not speak TLS",
        E::AlertReceived(_) => "the peer refused",
        _ => return None,
    })
}

impl error::Error for TlsError {}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Rustls(error)
    }
}

impl TryFrom<io::Error> for TlsError {
    type Error = io::Error;

    /// Finds the error of rustls in that of a TLS stream.
    fn try_from(error: io::Error) -> Result<Self, io::Error> {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(inner) => Ok(Self::Rustls(inner.clone())),
            None => Err(error),
        }
    }
}
