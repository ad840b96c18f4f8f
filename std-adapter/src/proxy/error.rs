//! What can go wrong with a proxy.

use std::{error, fmt};

/// Why no proxy led to the server.
///
/// That a proxy cannot be reached is an [`Error::Io`](crate::Error::Io).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyError {
    /// The address is not one of a proxy.
    Address,
    /// The proxy's protocol is none of `http`, `socks5` and `socks5h`.
    Scheme,
    /// The user or the password cannot be sent: too long for SOCKS, a colon in the user's name for
    /// HTTP, a control character.
    Credentials,
    /// The server's name is too long for SOCKS: more than 255 bytes.
    HostTooLong,
    /// An HTTP proxy refused with this status: 407 wants other credentials, 403 another server.
    Refused {
        /// Any but 200 to 299.
        status: u16,
    },
    /// A SOCKS proxy refused with this code of RFC 1928 section 6: 2 forbids it, 3 to 5 do not
    /// reach the server.
    Socks {
        /// Any but 0.
        code: u8,
    },
    /// A SOCKS proxy wants a user and a password, or other ones.
    Login,
    /// The answer was none of the protocol.
    Malformed,
    /// The answer was longer than 16 KiB.
    TooLong,
    /// The proxy ended the connection before it had answered.
    Closed,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "the address of the proxy is not valid",
            Self::Scheme => "the proxy is none of http://, socks5:// and socks5h://",
            Self::Credentials => "the user or the password for the proxy cannot be sent",
            Self::HostTooLong => "the server's name is too long for a SOCKS proxy",
            Self::Refused { status } => {
                return write!(f, "the proxy refused with status {status}");
            }
            Self::Socks { code } => {
                let meaning = match code {
                    1 => "general failure",
                    2 => "not allowed",
                    3 => "network unreachable",
                    4 => "host unreachable",
                    5 => "connection refused",
                    6 => "TTL expired",
                    7 => "command not supported",
                    8 => "kind of address not supported",
                    _ => "unknown",
                };
                return write!(f, "the proxy refused with code {code}: {meaning}");
            }
            Self::Login => "the proxy does not accept the user and the password, or their lack",
            Self::Malformed => "the answer of the proxy is malformed",
            Self::TooLong => "the answer of the proxy is too long",
            Self::Closed => "the proxy ended the connection",
        })
    }
}

impl error::Error for ProxyError {}
