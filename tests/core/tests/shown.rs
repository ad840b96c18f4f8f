//! What is shown for debugging: what helps, and nothing that would give a secret away.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    Client,
    handshake::{
        client::{self, Response},
        server,
    },
    io::{blocking, nonblocking},
};
use socklet_core_tests::{buffers::TestBuffer, rng::TestRng, wire::Wire};

/// The state of a generator that is easily found in a text.
const SECRET: u64 = 1_234_567_890_123_456_789;

#[test]
fn a_client_shows_nothing_of_its_generator() {
    let (rng, buffer) = (|| TestRng::new(SECRET), || TestBuffer::fixed(200));
    assert!(format!("{:?}", rng()).contains(&SECRET.to_string()), "the generator itself does");
    let blocking = blocking::WebSocket::client(Wire::default(), rng(), buffer(), buffer());
    let nonblocking = nonblocking::WebSocket::client(Wire::default(), rng(), buffer(), buffer());
    let mut shown = vec![format!("{:?}", Client(rng())), format!("{:#?}", Client(rng()))];
    shown.extend([format!("{blocking:?}"), format!("{nonblocking:#?}")]);
    for shown in shown {
        assert!(shown.contains("Client"), "{shown}");
        assert!(!shown.contains("TestRng") && !shown.contains(&SECRET.to_string()), "{shown}");
    }
}

#[test]
fn a_client_s_generator_needs_not_be_shown_at_all() {
    struct Hidden;
    assert_eq!(format!("{:?}", Client(Hidden)), "Client");
}

#[test]
fn a_response_shows_its_status() {
    let head = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n";
    let shown = format!("{:?}", Response::parse(head).unwrap());
    assert!(shown.contains("Response") && shown.contains("503"), "{shown}");
}

#[test]
fn a_request_shows_what_it_is_for() {
    let head = b"GET /chat HTTP/1.1\r\nHost: example.com\r\n\r\n";
    let shown = format!("{:?}", server::Request::parse(head).unwrap());
    assert!(shown.contains("Request") && shown.contains("/chat"), "{shown}");
    let shown = format!("{:?}", client::Request::new("example.com", "/chat"));
    assert!(shown.contains("Request") && shown.contains("/chat"), "{shown}");
}
