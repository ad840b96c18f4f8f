//! The client's half: the request written, the response checked (RFC 6455 section 4.1).

use core::{fmt, str};

use super::fields::{
    has_token, has_token_alone, is_host, is_reserved, only, put_headers, put_value, values,
};
use super::head::{Head, HeadWriter, Headers, Lines, Source, is_http_1_1};
use super::key::{Key, accept_for, encode_key};
use crate::error::{ConfigError, Error, HandshakeError};
use crate::grammar::is_token;
use crate::permessage_deflate::Negotiation;

/// What a client asks for: where to, and with what.
///
/// Borrows everything, copies nothing, and checks it when it is [encoded](Self::encode).
///
/// ```
/// use socklet_core::handshake::client::Request;
///
/// const REQUEST: Request<'_> = Request::new("example.com", "/chat?room=1")
///     .origin("http://example.com")
///     .subprotocols(&["chat.v2", "chat"])
///     .headers(&[("Authorization", "Bearer 123")]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    host: &'a str,
    target: &'a str,
    origin: Option<&'a str>,
    subprotocols: &'a [&'a str],
    headers: &'a [(&'a str, &'a str)],
}

impl<'a> Request<'a> {
    /// Begins a request to a host, with `:port` if that is not the scheme's own, for a target: the
    /// path and, if there is one, `?` and the query (RFC 6455 section 3).
    #[must_use]
    pub const fn new(host: &'a str, target: &'a str) -> Self {
        Self { host, target, origin: None, subprotocols: &[], headers: &[] }
    }

    /// Adds `Origin`, which browsers send and some servers want.
    #[must_use]
    pub const fn origin(self, origin: &'a str) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// Offers subprotocols, the best one first (RFC 6455 section 1.9).
    #[must_use]
    pub const fn subprotocols(self, subprotocols: &'a [&'a str]) -> Self {
        Self { subprotocols, ..self }
    }

    /// Adds any further headers; those of the handshake itself are always there.
    #[must_use]
    pub const fn headers(self, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { headers, ..self }
    }

    /// Writes the request to the front of `out` and returns its length in bytes.
    ///
    /// The nonce is 16 bytes from a secure generator, new for each request. The key that is made
    /// of it stands last, so that [`key_of`] finds it again in what was written.
    ///
    /// # Errors
    /// [`ConfigError`] for a host, target, subprotocol or header that cannot be sent;
    /// [`ResourceError::StagingBuffer`](crate::ResourceError::StagingBuffer) with the needed
    /// length if `out` is too small. `out` then holds nothing of use.
    pub fn encode<E>(
        &self,
        nonce: &[u8; 16],
        extension: &impl Negotiation,
        out: &mut [u8],
    ) -> Result<usize, Error<E>> {
        let mut out = HeadWriter::new(out);
        self.put(extension, &mut out)?;
        out.field(b"Sec-WebSocket-Key");
        out.put(&encode_key(nonce));
        out.put(b"\r\n\r\n");
        out.finish()
    }

    /// Writes all but the key.
    fn put(
        &self,
        extension: &impl Negotiation,
        out: &mut HeadWriter<'_>,
    ) -> Result<(), ConfigError> {
        if !is_host(self.host.as_bytes()) {
            return Err(ConfigError::InvalidHost);
        }
        if !is_target(self.target.as_bytes()) {
            return Err(ConfigError::InvalidTarget);
        }
        out.put(b"GET ");
        out.put(self.target.as_bytes());
        out.put(b" HTTP/1.1\r\nHost: ");
        out.put(self.host.as_bytes());
        out.put(b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13");
        if let Some(origin) = self.origin {
            out.field(b"Origin");
            put_value(out, origin)?;
        }
        self.put_subprotocols(out)?;
        if extension.is_offered() {
            out.field(b"Sec-WebSocket-Extensions");
            // The writer counts instead of failing.
            let _ = extension.offer(out);
        }
        put_headers(out, self.headers, is_reserved)
    }

    fn put_subprotocols(&self, out: &mut HeadWriter<'_>) -> Result<(), ConfigError> {
        let mut rest = self.subprotocols;
        if !rest.is_empty() {
            out.field(b"Sec-WebSocket-Protocol");
        }
        while let [first, others @ ..] = rest {
            if !is_token(first.as_bytes()) || others.contains(first) {
                return Err(ConfigError::InvalidSubprotocol);
            }
            out.put(first.as_bytes());
            if !others.is_empty() {
                out.put(b", ");
            }
            rest = others;
        }
        Ok(())
    }
}

/// Whether a request line can hold this: a path and a query, without a fragment.
fn is_target(target: &[u8]) -> bool {
    matches!(target, [b'/', ..]) && target.iter().all(|b| b.is_ascii_graphic() && *b != b'#')
}

/// Finds the key in a request that [`Request::encode`] has written.
#[must_use]
pub fn key_of(request: &[u8]) -> Option<&Key> {
    let [head @ .., b'\r', b'\n', b'\r', b'\n'] = request else { return None };
    head.last_chunk()
}

/// The head of a server's response, read in place; it can be read whatever its status is.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    status: u16,
    is_http_1_1: bool,
    fields: Lines<'a>,
}

impl<'a> Response<'a> {
    /// Takes the bytes of a head, as many as [`head_len`](super::head_len) has counted.
    ///
    /// # Errors
    /// [`HandshakeError::MalformedHead`] if it is not the head of an HTTP response.
    pub fn parse(head: &'a [u8]) -> Result<Self, HandshakeError> {
        let Head { start, fields } = Head::parse(head)?;
        status_line(start)
            .map(|(is_http_1_1, status)| Self { status, is_http_1_1, fields })
            .ok_or(HandshakeError::MalformedHead)
    }

    /// The status: 101 if the server agrees.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// All headers in their order.
    #[must_use]
    pub const fn headers(&self) -> Headers<'a> {
        Headers(Source::Lines(self.fields))
    }

    /// The value of the first header of this name, without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        values(self.fields, name).next()
    }

    /// The subprotocol that the server has chosen.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&'a str> {
        only(values(self.fields, "Sec-WebSocket-Protocol"))
            .filter(|chosen| is_token(chosen))
            .and_then(|chosen| str::from_utf8(chosen).ok())
    }

    /// Checks that this response opens the connection that the request has asked for, in the order
    /// of the [module](super). `key` is the [`key_of`] the request as it was sent.
    ///
    /// `extension` takes the values of all `Sec-WebSocket-Extensions` lines, each as it stands.
    ///
    /// # Errors
    /// [`HandshakeError::Declined`] for another status than 101, else the first check that fails.
    pub fn check(
        &self,
        request: &Request<'_>,
        key: &Key,
        extension: &mut impl Negotiation,
    ) -> Result<(), HandshakeError> {
        if self.status != 101 {
            return Err(HandshakeError::Declined { status: self.status });
        }
        if !self.is_http_1_1 {
            return Err(HandshakeError::HttpVersion);
        }
        if !has_token(values(self.fields, "Connection"), "upgrade") {
            return Err(HandshakeError::ConnectionHeader);
        }
        // Nor to anything else (RFC 9110 section 7.8); a proxy may have said it twice.
        if !has_token_alone(values(self.fields, "Upgrade"), "websocket") {
            return Err(HandshakeError::UpgradeHeader);
        }
        let mut accepts = values(self.fields, "Sec-WebSocket-Accept");
        let accept = accepts.next().ok_or(HandshakeError::AcceptMissing)?;
        if accept != accept_for(key) || accepts.next().is_some() {
            return Err(HandshakeError::AcceptMismatch);
        }
        let mut chosen = values(self.fields, "Sec-WebSocket-Protocol");
        if let Some(name) = chosen.next() {
            let is_offered = request.subprotocols.iter().any(|offer| offer.as_bytes() == name);
            if !is_offered || chosen.next().is_some() {
                return Err(HandshakeError::UnsolicitedSubprotocol);
            }
        }
        extension.confirm(values(self.fields, "Sec-WebSocket-Extensions"))
    }
}

/// Reads `HTTP/1.1 101 Switching Protocols`: the version and the status. The reason may be missing,
/// with or without the space before it.
fn status_line(line: &[u8]) -> Option<(bool, u16)> {
    let (version, rest) = line.split_at_checked(8)?;
    let ([b' ', digits @ ..], [] | [b' ', ..]) = rest.split_at_checked(4)? else { return None };
    let mut status = 0_u16;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        status = status.wrapping_mul(10).wrapping_add(u16::from(*digit - b'0'));
    }
    Some((is_http_1_1(version)?, status))
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("headers", &self.headers())
            .finish()
    }
}
