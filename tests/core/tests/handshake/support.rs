//! The heads of RFC 6455 section 1.3 and the shortest ways to have them looked at.

use std::convert::Infallible;

use socklet_core::handshake::{Key, client, server};
use socklet_core::permessage_deflate::NoCompression;
use socklet_core::{Error, HandshakeError};

pub(crate) const KEY: &Key = b"dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The request that [`RESPONSE`] answers, as far as a client's check depends on it.
pub(crate) const ASKED: client::Request<'_> = client::Request::new("server.example.com", "/chat")
    .origin("http://example.com")
    .subprotocols(&["chat", "superchat"]);

pub(crate) const REQUEST: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\
    \r\n";

pub(crate) const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\
    \r\n";

/// A server's view of a request.
pub(crate) fn check_request(head: impl AsRef<[u8]>) -> Result<Key, HandshakeError> {
    server::Request::parse(head.as_ref())?.check()
}

/// A client's view of a response to [`ASKED`].
pub(crate) fn check_response(head: impl AsRef<[u8]>) -> Result<(), HandshakeError> {
    client::Response::parse(head.as_ref())?.check(&ASKED, KEY, &mut NoCompression)
}

/// Replaces what must be there, once.
pub(crate) fn with(head: &str, from: &str, to: &str) -> String {
    assert_eq!(head.matches(from).count(), 1, "{from:?} in {head}");
    head.replace(from, to)
}

/// Adds a line before the blank one.
pub(crate) fn add(head: &str, line: &str) -> String {
    format!("{}{line}\r\n\r\n", head.strip_suffix("\r\n").unwrap())
}

/// Removes the line that begins so.
pub(crate) fn without(head: &str, start: &str) -> String {
    let lines: Vec<&str> = head.split_inclusive("\r\n").collect();
    let kept: String = lines.iter().filter(|line| !line.starts_with(start)).copied().collect();
    assert!(kept.len() < head.len(), "{start:?} in {head}");
    kept
}

/// Runs an encoder over a buffer that is large enough.
pub(crate) fn encoded(
    encode: impl FnOnce(&mut [u8]) -> Result<usize, Error<Infallible>>,
) -> Result<String, Error<Infallible>> {
    let mut out = [0; 4096];
    let len = encode(&mut out)?;
    Ok(String::from_utf8(out[..len].to_vec()).unwrap())
}

/// The bytes of a request with the RFC's nonce.
pub(crate) fn encode_request(request: &client::Request<'_>) -> Result<String, Error<Infallible>> {
    encoded(|out| request.encode(b"the sample nonce", &NoCompression, out))
}

/// The bytes of the response to a request that is well.
pub(crate) fn encode_accept(
    request: &str,
    accept: &server::Accept<'_>,
) -> Result<String, Error<Infallible>> {
    let request = server::Request::parse(request.as_bytes()).unwrap();
    let key = request.check().unwrap();
    encoded(|out| server::encode_accept(&request, &key, accept, &mut NoCompression, out))
}

/// Random numbers that are the same in every run (xorshift64*).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }
}

/// Whether a token may hold this byte (RFC 9110 section 5.6.2).
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
