//! What two endpoints say, in the order in which it is received.

use socklet_core::handshake::accept_for;
use socklet_wasm::{
    build::{Fields, build},
    stream::Sender,
};

/// The masking key of all frames that are made here.
pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The key of the opening handshake, that of RFC 6455 section 1.3.
const HANDSHAKE_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A request, with further lines.
#[must_use]
pub fn request(lines: &str) -> Vec<u8> {
    format!(
        "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {HANDSHAKE_KEY}\r\nSec-WebSocket-Version: 13\r\n{lines}\r\n"
    )
    .into_bytes()
}

/// The response to it, with further lines.
#[must_use]
pub fn response(lines: &str) -> Vec<u8> {
    let accept = accept_for(HANDSHAKE_KEY.as_bytes().try_into().unwrap());
    let accept = std::str::from_utf8(&accept).unwrap();
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{lines}\r\n"
    )
    .into_bytes()
}

/// A whole frame of an opcode, masked if a client sends it.
#[must_use]
pub fn frame(from: Sender, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let masking_key = (from == Sender::Client).then_some(KEY);
    build(&Fields { masking_key, ..Fields::new(opcode) }, payload)
}

/// What two endpoints say.
#[derive(Debug, Clone, Default)]
pub struct Talk {
    /// What is said, by whom.
    pub parts: Vec<(Sender, Vec<u8>)>,
}

impl Talk {
    /// Begins with an opening handshake without an extension.
    #[must_use]
    pub fn opened() -> Self {
        Self::opened_with("", "")
    }

    /// Begins with an opening handshake that agrees on permessage-deflate.
    #[must_use]
    pub fn compressed() -> Self {
        let line = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        Self::opened_with(line, line)
    }

    /// Begins with an opening handshake with these lines.
    #[must_use]
    pub fn opened_with(request_lines: &str, response_lines: &str) -> Self {
        Self::default()
            .says(Sender::Client, request(request_lines))
            .says(Sender::Server, response(response_lines))
    }

    /// Goes on with these bytes.
    #[must_use]
    pub fn says(mut self, from: Sender, bytes: Vec<u8>) -> Self {
        self.parts.push((from, bytes));
        self
    }

    /// Goes on with a whole frame.
    #[must_use]
    pub fn frame(self, from: Sender, opcode: u8, payload: &[u8]) -> Self {
        self.says(from, frame(from, opcode, payload))
    }

    /// How many bytes an endpoint has sent so far.
    #[must_use]
    pub fn len(&self, from: Sender) -> u64 {
        self.of(from).map(|bytes| bytes.len() as u64).sum()
    }

    /// All bytes of an endpoint.
    #[must_use]
    pub fn bytes(&self, from: Sender) -> Vec<u8> {
        self.of(from).flatten().copied().collect()
    }

    fn of(&self, from: Sender) -> impl Iterator<Item = &Vec<u8>> {
        self.parts.iter().filter(move |(sender, _)| *sender == from).map(|(_, bytes)| bytes)
    }
}
