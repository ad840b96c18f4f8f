//! WebSocket URIs ([RFC 6455 section 3](https://www.rfc-editor.org/rfc/rfc6455#section-3)).
//!
//! ```text
//! wss://example.com:8443/chat?room=1
//!       |host      |port|target
//!       |authority      |
//! ```

use core::fmt;

use crate::grammar::{position, split_text};

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
        let (scheme, rest) = split_text(url, b':');
        let rest = rest.and_then(|rest| after(rest, b"//")).ok_or(UrlError::Scheme)?;
        let is_secure = scheme.eq_ignore_ascii_case("wss");
        if !is_secure && !scheme.eq_ignore_ascii_case("ws") {
            return Err(UrlError::Scheme);
        }
        if position(rest.as_bytes(), |byte| byte == b'#').is_some() {
            return Err(UrlError::Fragment);
        }
        let end = position(rest.as_bytes(), |byte| matches!(byte, b'/' | b'?'));
        // Not `split_at_checked`, which subtracts with an overflow check where there are such.
        let end = end.unwrap_or(rest.len());
        let (authority, target) =
            (rest.get(..end).unwrap_or_default(), rest.get(end..).unwrap_or_default());
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
            Some(digits) => {
                number(digits.as_bytes()).filter(|port| *port != 0).ok_or(UrlError::Port)?
            }
        };
        let target = if target.is_empty() { "/" } else { target };
        Ok(Self { is_secure, authority, host, port, target })
    }
}

/// Splits `host:port`, where the host may be an IPv6 address in brackets.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    if let Some(rest) = after(authority, b"[") {
        let (host, rest) = split_text(rest, b']');
        let rest = rest.filter(|_| is_ipv6(host)).ok_or(UrlError::Host)?;
        return match after(rest, b":") {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(UrlError::Port),
        };
    }
    let (host, port) = split_text(authority, b':');
    let is_host =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if host.is_empty() || !host.bytes().all(is_host) {
        return Err(UrlError::Host);
    }
    Ok((host, port))
}

/// What follows this start, which is ASCII, if the text begins so.
///
/// Not `strip_prefix`, which has a panic that is not always optimised out.
fn after<'a, const N: usize>(text: &'a str, start: &[u8; N]) -> Option<&'a str> {
    text.as_bytes().first_chunk().filter(|first| *first == start)?;
    text.get(N..)
}

/// Whether this is an IPv6 address (RFC 3986 section 3.2.2). The parser of the core library would
/// bring panics that are never reached.
fn is_ipv6(host: &str) -> bool {
    let mut last = 0;
    let gap = position(host.as_bytes(), |byte| {
        let is_gap = [last, byte] == *b"::";
        last = byte;
        is_gap
    });
    let Some(end) = gap else { return groups(host, true) == Some(8) };
    let head = host.get(..end.saturating_sub(1)).unwrap_or_default();
    let tail = host.get(end.saturating_add(1)..).unwrap_or_default();
    match (groups(head, false), groups(tail, true)) {
        // The gap stands for one group at least.
        (Some(before), Some(behind)) => before.saturating_add(behind) < 8,
        _ => false,
    }
}

/// Counts groups of 16 bits; `None` if there is anything else. The last two may be an IPv4 address.
fn groups(mut text: &str, may_end_in_ipv4: bool) -> Option<u8> {
    let mut count = 0_u8;
    if text.is_empty() {
        return Some(count);
    }
    loop {
        let (group, rest) = split_text(text, b':');
        let digits = group.as_bytes();
        let is_group = matches!(digits.len(), 1..=4) && digits.iter().all(u8::is_ascii_hexdigit);
        let len = if is_group {
            1
        } else if rest.is_none() && may_end_in_ipv4 && is_ipv4(group) {
            2
        } else {
            return None;
        };
        count = count.saturating_add(len);
        let Some(rest) = rest else { return Some(count) };
        text = rest;
    }
}

/// Whether this is an IPv4 address: four numbers of at most 255, without zeros in front.
fn is_ipv4(text: &str) -> bool {
    let (mut rest, mut count) = (Some(text), 0_u8);
    while let Some(all) = rest {
        let text;
        (text, rest) = split_text(all, b'.');
        let is_number = match text.as_bytes() {
            [digit] => digit.is_ascii_digit(),
            [b'1'..=b'9', digits @ ..] => {
                digits.len() < 3 && number(text.as_bytes()).is_some_and(|number| number < 256)
            }
            _ => false,
        };
        if !is_number {
            return false;
        }
        count = count.saturating_add(1);
    }
    count == 4
}

/// A decimal number; `parse` keeps overflow checks where there are such checks.
fn number(digits: &[u8]) -> Option<u16> {
    let mut number = 0_u16;
    for digit in digits {
        let digit = Some(digit.wrapping_sub(b'0')).filter(|digit| *digit < 10)?;
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some(number)
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
