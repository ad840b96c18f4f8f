//! The server's half: the request read and checked, the response written (RFC 6455 section 4.2).

use core::{fmt, str};

use super::fields::{has_token, is_framing, is_host, is_reserved, only, put_headers, values};
use super::head::{Head, HeadWriter, Headers, Source, is_http_1_1};
use super::key::{Key, accept_for, is_key};
use crate::error::{ConfigError, Error, HandshakeError};
use crate::grammar::{is_token, split, trim};
use crate::permessage_deflate::Negotiation;

/// The head of a client's request, read in place.
///
/// Any HTTP/1 request can be looked at; [`is_upgrade`](Self::is_upgrade) tells those that want to
/// become a WebSocket.
#[derive(Clone)]
pub struct Request<'a> {
    method: &'a str,
    target: &'a str,
    is_http_1_1: bool,
    fields: Source<'a>,
}

impl<'a> Request<'a> {
    /// Takes the bytes of a head, as many as [`head_len`](super::head_len) has counted.
    ///
    /// # Errors
    /// [`HandshakeError::MalformedHead`] if it is not the head of an HTTP request.
    pub fn parse(head: &'a [u8]) -> Result<Self, HandshakeError> {
        let Head { start, fields } = Head::parse(head)?;
        request_line(start)
            .map(|(method, target, is_http_1_1)| Self {
                method,
                target,
                is_http_1_1,
                fields: Source::Lines(fields),
            })
            .ok_or(HandshakeError::MalformedHead)
    }

    /// Takes a request that something else has read, such as an HTTP server.
    ///
    /// `is_http_1_1` tells whether its version is HTTP/1.1; HTTP/1.0 and HTTP/2 cannot be upgraded.
    #[must_use]
    pub fn from_parts(
        method: &'a str,
        target: &'a str,
        is_http_1_1: bool,
        headers: &'a [(&'a str, &'a [u8])],
    ) -> Self {
        Self { method, target, is_http_1_1, fields: Source::Parts(headers.iter()) }
    }

    /// The method: `GET` for a WebSocket.
    #[must_use]
    pub const fn method(&self) -> &'a str {
        self.method
    }

    /// The target as it was sent: the path and, if there is one, `?` and the query.
    #[must_use]
    pub const fn target(&self) -> &'a str {
        self.target
    }

    /// All headers in their order.
    #[must_use]
    pub fn headers(&self) -> Headers<'a> {
        Headers(self.fields.clone())
    }

    /// The value of the first header of this name, without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.values(name).next()
    }

    /// The value of `Origin`: which web site's page has opened the connection (RFC 6455 section
    /// 10.2). Browsers always send it; a server that trusts its users' cookies has to look at it.
    #[must_use]
    pub fn origin(&self) -> Option<&'a [u8]> {
        self.header("Origin")
    }

    /// The subprotocols that the client offers, the one that it likes best first.
    pub fn subprotocols(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut values = self.values("Sec-WebSocket-Protocol");
        let mut rest: &[u8] = &[];
        core::iter::from_fn(move || {
            loop {
                while rest.is_empty() {
                    rest = values.next()?;
                }
                let (name, others) = split(rest, b',');
                rest = others.unwrap_or_default();
                // A token is ASCII, and an empty element is none.
                let name = trim(name);
                if is_token(name) {
                    return str::from_utf8(name).ok();
                }
            }
        })
    }

    /// The first of the server's subprotocols that the client offers too.
    #[must_use]
    pub fn choose_subprotocol<'b>(&self, supported: &[&'b str]) -> Option<&'b str> {
        supported.iter().copied().find(|name| self.offers(name))
    }

    /// Whether this asks for a WebSocket and not for a page: GET, HTTP/1.1, `Connection` with
    /// `upgrade`, `Upgrade` with `websocket`. The other checks are left to [`check`](Self::check).
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.is_http_1_1
            && self.method == "GET"
            && has_token(self.values("Connection"), "upgrade")
            && has_token(self.values("Upgrade"), "websocket")
    }

    /// Checks that this is an opening handshake, in the order of the [module](super), and returns
    /// its key for [`encode_accept`].
    ///
    /// # Errors
    /// The first check that fails; [`encode_failure`] writes the answer to it.
    pub fn check(&self) -> Result<Key, HandshakeError> {
        if !self.is_http_1_1 {
            return Err(HandshakeError::HttpVersion);
        }
        if self.method != "GET" {
            return Err(HandshakeError::Method);
        }
        if !only(self.values("Host")).is_some_and(is_host) {
            return Err(HandshakeError::Host);
        }
        if !has_token(self.values("Connection"), "upgrade") {
            return Err(HandshakeError::ConnectionHeader);
        }
        if !has_token(self.values("Upgrade"), "websocket") {
            return Err(HandshakeError::UpgradeHeader);
        }
        let key = only(self.values("Sec-WebSocket-Key"))
            .and_then(|key| Key::try_from(key).ok())
            .filter(is_key)
            .ok_or(HandshakeError::Key)?;
        if self.header("Sec-WebSocket-Version").is_none() {
            return Err(HandshakeError::VersionMissing);
        }
        if only(self.values("Sec-WebSocket-Version")) != Some(b"13") {
            return Err(HandshakeError::Version);
        }
        // What follows the head is frames. A body would be read as frames, or the frames as a body
        // by a proxy in between.
        if self.header("Transfer-Encoding").is_some()
            || self.values("Content-Length").any(|len| len != b"0")
        {
            return Err(HandshakeError::Body);
        }
        Ok(key)
    }

    fn offers(&self, subprotocol: &str) -> bool {
        self.subprotocols().any(|offer| offer == subprotocol)
    }

    fn values<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        values(self.fields.clone(), name)
    }
}

/// Reads `GET /chat HTTP/1.1`.
fn request_line(line: &[u8]) -> Option<(&str, &str, bool)> {
    let (method, rest) = split(line, b' ');
    let (target, version) = split(rest?, b' ');
    let is_target = !target.is_empty() && target.iter().all(u8::is_ascii_graphic);
    if !is_token(method) || !is_target {
        return None;
    }
    Some((str::from_utf8(method).ok()?, str::from_utf8(target).ok()?, is_http_1_1(version?)?))
}

/// What a server does about a request that has passed the checks.
#[derive(Debug, Clone, Copy)]
pub enum Decision<'a> {
    /// Opens the connection.
    Accept(Accept<'a>),
    /// Answers with an HTTP response and ends the connection.
    Reject(Reject<'a>),
}

/// What a server adds to the response that opens the connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Accept<'a> {
    subprotocol: Option<&'a str>,
    headers: &'a [(&'a str, &'a str)],
}

impl<'a> Accept<'a> {
    /// Adds nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { subprotocol: None, headers: &[] }
    }

    /// Chooses one of the subprotocols that the client offers.
    #[must_use]
    pub const fn subprotocol(self, subprotocol: &'a str) -> Self {
        Self { subprotocol: Some(subprotocol), ..self }
    }

    /// Adds any further headers; those of the handshake itself are always there.
    #[must_use]
    pub const fn headers(self, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { headers, ..self }
    }
}

/// Writes the response that opens the connection to the front of `out` and returns its length in
/// bytes (RFC 6455 section 4.2.2). `key` is what the request's [`check`](Request::check) returned.
///
/// `extension` sees the values of all `Sec-WebSocket-Extensions` lines, each as it stands, and is
/// set up when this succeeds.
///
/// # Errors
/// [`ConfigError`] for a subprotocol that was not offered, or a header that cannot be sent;
/// [`ResourceError::StagingBuffer`](crate::ResourceError::StagingBuffer) with the needed length if
/// `out` is too small. `out` then holds nothing of use.
pub fn encode_accept<E>(
    request: &Request<'_>,
    key: &Key,
    accept: &Accept<'_>,
    extension: &mut impl Negotiation,
    out: &mut [u8],
) -> Result<usize, Error<E>> {
    let mut out = HeadWriter::new(out);
    out.put(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade");
    out.field(b"Sec-WebSocket-Accept");
    out.put(&accept_for(key));
    if let Some(subprotocol) = accept.subprotocol {
        if !request.offers(subprotocol) {
            return Err(Error::Config(ConfigError::SubprotocolNotOffered));
        }
        out.field(b"Sec-WebSocket-Protocol");
        out.put(subprotocol.as_bytes());
    }
    let len = out.len();
    out.field(b"Sec-WebSocket-Extensions");
    // The writer counts instead of failing.
    if extension.accept(request.values("Sec-WebSocket-Extensions"), &mut out) != Ok(true) {
        out.truncate(len);
    }
    put_headers(&mut out, accept.headers, is_reserved)?;
    out.put(b"\r\n\r\n");
    out.finish()
}

/// An HTTP response in place of a WebSocket: a redirect, a demand for credentials, an error.
///
/// The connection ends after it.
#[derive(Debug, Clone, Copy)]
pub struct Reject<'a> {
    status: u16,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
}

impl<'a> Reject<'a> {
    /// Begins a response with a status of 300 to 599.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, headers: &[], body: &[] }
    }

    /// Adds headers; `Connection: close` and `Content-Length` are always there.
    #[must_use]
    pub const fn headers(self, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { headers, ..self }
    }

    /// Adds a body; a `Content-Type` among the headers tells what it is.
    #[must_use]
    pub const fn body(self, body: &'a [u8]) -> Self {
        Self { body, ..self }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Writes the response to the front of `out` and returns its length in bytes.
    ///
    /// # Errors
    /// [`ConfigError`] for a status that does not reject, or a header that cannot be sent;
    /// [`ResourceError::StagingBuffer`](crate::ResourceError::StagingBuffer) with the needed
    /// length if `out` is too small. `out` then holds nothing of use.
    pub fn encode<E>(&self, out: &mut [u8]) -> Result<usize, Error<E>> {
        let mut out = HeadWriter::new(out);
        self.put("close", &mut out)?;
        out.finish()
    }

    fn put(&self, connection: &str, out: &mut HeadWriter<'_>) -> Result<(), ConfigError> {
        if !matches!(self.status, 300..=599) {
            return Err(ConfigError::InvalidStatus);
        }
        out.put(b"HTTP/1.1 ");
        put_decimal(out, self.status.into());
        out.put(b" ");
        out.put(status_text(self.status).as_bytes());
        out.field(b"Connection");
        out.put(connection.as_bytes());
        put_headers(out, self.headers, is_framing)?;
        // A 304 ends with its head (RFC 9110 section 15.4.5).
        let body = if self.status == 304 { None } else { Some(self.body) };
        if let Some(body) = body {
            out.field(b"Content-Length");
            put_decimal(out, body.len());
        }
        out.put(b"\r\n\r\n");
        out.put(body.unwrap_or_default());
        Ok(())
    }
}

/// Writes the answer to a request that has failed to the front of `out` and returns its length in
/// bytes: at most that of `out`, the end is left out if there is no room.
///
/// That is 426 with `Sec-WebSocket-Version: 13` for another version (RFC 6455 section 4.4), 431
/// for a head that is too long (RFC 6585 section 5), else 400, each with the
/// [reason](HandshakeError::reason) as its body. Nothing is written where an answer has been given
/// or none can arrive.
pub fn encode_failure(error: HandshakeError, out: &mut [u8]) -> usize {
    const TEXT: (&str, &str) = ("Content-Type", "text/plain");
    let (status, connection, headers): (_, _, &[_]) = match error {
        HandshakeError::Rejected { .. } | HandshakeError::EndOfStream => return 0,
        // What only a response can be guilty of: so the words for it are not linked.
        HandshakeError::Declined { .. }
        | HandshakeError::AcceptMissing
        | HandshakeError::AcceptMismatch
        | HandshakeError::UnsolicitedSubprotocol
        | HandshakeError::UnsolicitedExtension
        | HandshakeError::ExtensionResponse => return 0,
        // A 426 names what to upgrade to, and `Connection` names that line (RFC 9110 sections
        // 15.5.22 and 7.8).
        HandshakeError::Version => (
            426,
            "Upgrade, close",
            &[TEXT, ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")],
        ),
        HandshakeError::HeadTooLong { .. } => (431, "close", &[TEXT]),
        _ => (400, "close", &[TEXT]),
    };
    let available = out.len();
    let mut out = HeadWriter::new(out);
    let reject = Reject { status, headers, body: error.reason().as_bytes() };
    match reject.put(connection, &mut out) {
        Ok(()) => out.len().min(available),
        // Status and headers are those above.
        Err(_) => 0,
    }
}

/// The reason phrase of a status (RFC 9110 section 15); empty for a rare one, as it may be.
const fn status_text(status: u16) -> &'static str {
    match status {
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        414 => "URI Too Long",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

fn put_decimal(out: &mut HeadWriter<'_>, mut number: usize) {
    // A usize of 64 bits has at most 20 digits.
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start = start.saturating_sub(1);
        if number == 0 {
            break;
        }
    }
    out.put(digits.get(start..).unwrap_or_default());
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method())
            .field("target", &self.target())
            .field("headers", &self.headers())
            .finish()
    }
}
