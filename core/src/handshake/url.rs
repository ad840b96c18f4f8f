//! WebSocket URIs ([RFC 6455 section 3](https://www.rfc-editor.org/rfc/rfc6455#section-3)).
//!
//! ```text
//! wss://example.com:8443/chat?room=1
//!       |host      |port|target
//!       |authority      |
//! ```

use core::{fmt, net::Ipv6Addr};

use crate::grammar::position;

/// A `ws://` or `wss://` address in its parts, which borrow it and stand as they are written there.
///
/// ```
/// use socklet_core::handshake::url::Url;
///
/// let url = Url::parse("wss://example.com/chat?room=1")?;
/// assert_eq!((url.host, url.port, url.target), ("example.com", 443, "/chat?room=1"));
/// # Ok::<(), socklet_core::handshake::url::UrlError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Url<'a> {
    /// Whether it is `wss`: over TLS.
    pub is_secure: bool,
    /// Host and port as they are given: a value for the `Host` header.
    pub authority: &'a str,
    /// A name or an address, an IPv6 one without its brackets.
    pub host: &'a str,
    /// The port: 80 or 443 if none is given.
    pub port: u16,
    /// The path and, if there is one, `?` and the query. Without either it is `/`; a query without
    /// a path begins with its `?`, and a `/` is missing before it.
    pub target: &'a str,
}

/// Why an address is not one of a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum UrlError {
    /// It begins neither with `ws://` nor with `wss://`.
    Scheme,
    /// It has no host, or one with a byte that no host has.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// It has a user name or password: those belong into an `Authorization` header.
    UserInfo,
    /// It has a `#`, which a WebSocket's address must not (RFC 6455 section 3).
    Fragment,
    /// The path or query holds a byte that has to be percent-encoded.
    Target,
    /// It is `wss://`, and this program has no TLS.
    WithoutTls,
}

impl<'a> Url<'a> {
    /// Takes an address apart.
    ///
    /// Host names are ASCII: an international one has to be given in its `xn--` form.
    ///
    /// # Errors
    /// [`UrlError`], for what is wrong first.
    pub fn parse(url: &'a str) -> Result<Self, UrlError> {
        let (scheme, rest) = url.split_once("://").ok_or(UrlError::Scheme)?;
        let is_secure = scheme.eq_ignore_ascii_case("wss");
        if !is_secure && !scheme.eq_ignore_ascii_case("ws") {
            return Err(UrlError::Scheme);
        }
        if position(rest.as_bytes(), |byte| byte == b'#').is_some() {
            return Err(UrlError::Fragment);
        }
        let end = position(rest.as_bytes(), |byte| matches!(byte, b'/' | b'?'));
        let (authority, target) =
            rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or_default();
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UrlError::Target);
        }
        if position(authority.as_bytes(), |byte| byte == b'@').is_some() {
            return Err(UrlError::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        let port = match port {
            None | Some("") if is_secure => 443,
            None | Some("") => 80,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port != 0).ok_or(UrlError::Port)?
            }
            Some(_) => return Err(UrlError::Port),
        };
        let target = if target.is_empty() { "/" } else { target };
        Ok(Self { is_secure, authority, host, port, target })
    }
}

/// Splits `host:port`, where the host may be an IPv6 address in brackets.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(UrlError::Host)?;
        if host.parse::<Ipv6Addr>().is_err() {
            return Err(UrlError::Host);
        }
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(UrlError::Port),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_host =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if host.is_empty() || !host.bytes().all(is_host) {
        return Err(UrlError::Host);
    }
    Ok((host, port))
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "the address begins neither with ws:// nor with wss://",
            Self::Host => "the address has no valid host",
            Self::Port => "the port of the address is not a number from 1 to 65535",
            Self::UserInfo => {
                "the address has a user name: send an Authorization header in its place"
            }
            Self::Fragment => "the address has a fragment (#), which WebSockets have not",
            Self::Target => "the path or query has a character that must be percent-encoded",
            Self::WithoutTls => "wss:// needs TLS, which this program was built without",
        })
    }
}

impl core::error::Error for UrlError {}
