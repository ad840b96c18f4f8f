//! Any bytes as the response of a server: a client takes it only if a plain reader of HTTP finds
//! everything in it that RFC 6455 section 4.1 asks for, alike in any pieces; else it says what is
//! wrong, and sends nothing more.
//!
//! Input: seed of the pieces, the response, in which `@` stands for the right answer to the key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklet_core::{
    Client, Error,
    handshake::{
        accept_for,
        client::{Request, Response, key_of},
        head_len,
    },
    io::blocking::WebSocket,
    permessage_deflate::NoCompression,
};
use socklet_core_tests::{Fault, buffers::TestBuffer, rng::TestRng, wire::Wire};
use socklet_fuzz::{Input, head::Plain};

const REQUEST: Request<'_> =
    Request::new("example.com", "/chat").subprotocols(&["chat.v2", "chat"]);

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let mut rng = input.rng();
    let (asked, _) = handshake(Wire::default());
    let key = key_of(&asked).expect("a request has a key");
    let accept = accept_for(key);
    let parts: Vec<&[u8]> = input.rest().split(|byte| *byte == b'@').collect();
    let bytes = parts.join(&accept[..]);

    let is_taken = head_len(&bytes).is_some_and(|len| {
        let head = &bytes[..len];
        let plain = Plain::read(head);
        let parsed = Response::parse(head);
        assert!(plain.is_some() || parsed.is_err(), "a head that is none");
        let Ok(response) = parsed else { return false };
        let is_taken = response.check(&REQUEST, key, &mut NoCompression).is_ok();
        if is_taken {
            is_upgrade(&plain.expect("it was parsed"), &accept);
        }
        is_taken && len <= LEN
    });

    let (sent, outcome) = handshake(Wire::new([&bytes]));
    let most = 1 + rng.below(60);
    let in_pieces = handshake(Wire::cut_every(&bytes, most));
    assert_eq!((&sent, &outcome), (&in_pieces.0, &in_pieces.1));
    assert_eq!(outcome.is_ok(), is_taken, "{outcome:?}");
    assert_eq!(sent, asked, "nothing more");
});

/// Bytes of the client's receive buffer.
const LEN: usize = 2000;

/// What a client sends, and what it says to the response.
fn handshake(wire: Wire) -> (Vec<u8>, Result<(), Error<Fault>>) {
    let buffer = || TestBuffer::fixed(LEN);
    let mut ws: WebSocket<_, Client<TestRng>, _> =
        WebSocket::client(wire, TestRng::new(5), buffer(), buffer());
    let outcome = ws.handshake(&REQUEST).map(drop);
    (ws.into_inner().0.written, outcome)
}

fn is_upgrade(plain: &Plain<'_>, accept: &[u8]) {
    assert!(plain.start.starts_with(b"HTTP/1.") && &plain.start[8..12] == b" 101");
    assert!(plain.lists("connection", "upgrade") && plain.lists("upgrade", "websocket"));
    assert_eq!(plain.only("sec-websocket-accept"), Some(accept));
    let chosen = plain.values("sec-websocket-protocol");
    assert!(chosen.is_empty() || chosen == [b"chat"] || chosen == [&b"chat.v2"[..]]);
    assert!(plain.values("sec-websocket-extensions").iter().all(|value| value.is_empty()));
}
