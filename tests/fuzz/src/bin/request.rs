//! Any bytes as the request of a client: a server accepts it only if a plain reader of HTTP finds
//! everything in it that RFC 6455 section 4.2.1 asks for; its answer is one head, the same in any
//! pieces, and what lies behind the request is frames.
//!
//! Input: seed of the pieces, what the client sends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklet_core::{
    HandshakeError,
    handshake::{
        accept_for, client, head_len,
        server::{Accept, Decision, Request},
    },
    io::blocking::WebSocket,
};
use socklet_core_tests::{Fault, buffers::TestBuffer, wire::Wire};
use socklet_fuzz::{Input, head::Plain};

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let mut rng = input.rng();
    let bytes = input.rest();
    let len = head_len(bytes);
    assert_eq!(len, bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4));
    let key = len.and_then(|len| {
        let head = &bytes[..len];
        let plain = Plain::read(head);
        let parsed = Request::parse(head);
        assert!(plain.is_some() || parsed.is_err(), "a head that is none");
        let key = parsed.ok()?.check().ok()?;
        is_upgrade(&plain.expect("it was parsed"));
        Some(key)
    });

    let (answer, undecoded) = serve(Wire::new([bytes]));
    let most = 1 + rng.below(60);
    let in_pieces = serve(Wire::cut_every(bytes, most));
    assert_eq!(answer, in_pieces.0);
    if let Some(key) = key.filter(|_| len.is_some_and(|len| len <= LEN)) {
        let plain = Plain::read(&answer).expect("one head");
        assert_eq!(plain.start, b"HTTP/1.1 101 Switching Protocols");
        assert_eq!(plain.only("sec-websocket-accept"), Some(&accept_for(&key)[..]));
        let behind = &bytes[len.unwrap_or_default()..];
        assert!(behind.starts_with(&undecoded), "what lies behind is kept");
    } else if !answer.is_empty() {
        let response = head_len(&answer).map(|len| &answer[..len]).expect("one head");
        let response = client::Response::parse(response).expect("one that can be read");
        assert!((400..500).contains(&response.status()), "{}", response.status());
    }
});

/// Bytes of the server's receive buffer.
const LEN: usize = 2000;

/// What a server answers, and what it has read behind the request.
fn serve(wire: Wire) -> (Vec<u8>, Vec<u8>) {
    let buffer = || TestBuffer::fixed(LEN);
    let mut ws = WebSocket::server(wire, buffer(), buffer());
    let outcome: Result<(), socklet_core::Error<Fault>> =
        ws.accept_with(|_| Decision::Accept(Accept::new()));
    if let Err(socklet_core::Error::Handshake(HandshakeError::EndOfStream)) = outcome {
        assert!(ws.inner().written.is_empty(), "half a request is not answered");
    }
    let undecoded = ws.connection().undecoded().to_vec();
    (ws.into_inner().0.written, undecoded)
}

fn is_upgrade(plain: &Plain<'_>) {
    let words: Vec<_> = plain.start.split(|byte| *byte == b' ').collect();
    assert!(matches!(words[..], [b"GET", target, version]
        if !target.is_empty() && version.starts_with(b"HTTP/1.") && version != b"HTTP/1.0"));
    assert!(plain.only("host").is_some());
    assert!(plain.lists("connection", "upgrade") && plain.lists("upgrade", "websocket"));
    let key = plain.only("sec-websocket-key").expect("one key");
    assert!(key.len() == 24 && key.ends_with(b"=="));
    assert_eq!(plain.only("sec-websocket-version"), Some(&b"13"[..]));
    assert!(plain.values("transfer-encoding").is_empty());
    assert!(plain.values("content-length").iter().all(|len| *len == b"0"));
}
