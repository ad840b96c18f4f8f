//! The opening handshake while its futures are dropped at their awaits: it goes on where it was.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    Error, HandshakeError,
    handshake::{
        client, head_len,
        server::{Accept, Decision, Reject, Request},
    },
    io::nonblocking,
};
use socklet_core_tests::{
    buffers::TestBuffer,
    dropping::Dropper,
    executor::run,
    faulty::{Faulty, Plan},
    pipe::{Pipe, duplex},
    rng::TestRng,
};

const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat.v2, chat\r\n\
    X-Any: thing\r\n\r\n";

const fn request() -> client::Request<'static> {
    client::Request::new("example.com", "/chat").subprotocols(&["chat.v2", "chat"])
}

/// Runs an operation of an asynchronous server, dropped at each await in turn, with what it wrote.
fn dropped_everywhere<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    operation: impl AsyncFn(
        &mut nonblocking::WebSocket<Faulty<Pipe>, socklet_core::Server, TestBuffer>,
    ) -> T,
) -> T {
    let mut undisturbed = None;
    for n in 0.. {
        let (near, far) = duplex(4096);
        far.put(bytes);
        let tap = near.tap();
        let plan = Plan { stalls: 1, read_len: 50, write_len: 40, ..Plan::NONE };
        let buffer = || TestBuffer::fixed(1024);
        let mut ws = nonblocking::WebSocket::server(Faulty::new(near, plan), buffer(), buffer());
        let dropper = if n == 0 { Dropper::never() } else { Dropper::at(n - 1) };
        let result = run(dropper.again(async || operation(&mut ws).await));
        let outcome = (result, tap.bytes());
        match &undisturbed {
            None => undisturbed = Some(outcome),
            Some(undisturbed) => assert_eq!(&outcome, undisturbed, "dropped at {}", n - 1),
        }
        if n > 0 && dropper.awaits() < n {
            assert!(n > 5, "there are awaits to be dropped at");
            return undisturbed.unwrap().0;
        }
    }
    unreachable!()
}

#[test]
fn a_dropped_rejection_goes_on_when_called_again() {
    let reject = Reject::new(403).body(b"no");
    let rejected = Err(Error::Handshake(HandshakeError::Rejected { status: 403 }));
    let result = dropped_everywhere(REQUEST.as_bytes(), async |ws| {
        ws.accept_with(|_| Decision::Reject(reject)).await
    });
    assert_eq!(result, rejected);
}

#[test]
fn a_dropped_failure_answer_goes_on_when_called_again() {
    let other_version = REQUEST.replace("Version: 13", "Version: 8");
    let result = dropped_everywhere(other_version.as_bytes(), async |ws| ws.accept().await);
    assert_eq!(result, Err(Error::Handshake(HandshakeError::Version)));
    let malformed = format!("G\u{1} /{} HTTP\r\n\r\n", "x".repeat(100));
    let result =
        dropped_everywhere(malformed.as_bytes(), async |ws| ws.read_request().await.map(|_| ()));
    assert_eq!(result, Err(Error::Handshake(HandshakeError::MalformedHead)));
    let long = "x".repeat(2000);
    let result = dropped_everywhere(long.as_bytes(), async |ws| ws.accept().await);
    assert!(matches!(result, Err(Error::Handshake(HandshakeError::HeadTooLong { .. }))));
}

#[test]
fn a_dropped_answer_to_goes_on_when_called_again() {
    let parsed = Request::parse(REQUEST.as_bytes()).unwrap();
    let result = dropped_everywhere(b"", async |ws| {
        ws.answer_to(&parsed, &Decision::Accept(Accept::new())).await
    });
    assert_eq!(result, Ok(()));
    let reject = Decision::Reject(Reject::new(404).body(&[b'.'; 300]));
    let result = dropped_everywhere(b"", async |ws| ws.answer_to(&parsed, &reject).await);
    assert_eq!(result, Err(Error::Handshake(HandshakeError::Rejected { status: 404 })));
}

#[test]
fn a_dropped_declined_handshake_ends_the_same() {
    for n in 0..40 {
        let (near, far) = duplex(4096);
        far.put(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n");
        let plan = Plan { stalls: 1, read_len: 9, write_len: 90, ..Plan::NONE };
        let buffer = || TestBuffer::fixed(1024);
        let next = Faulty::new(near, plan);
        let mut ws = nonblocking::WebSocket::client(next, TestRng::new(1), buffer(), buffer());
        let dropper = Dropper::at(n);
        let result = run(dropper.again(async || ws.handshake(&request()).await.map(|_| ())));
        assert_eq!(result, Err(Error::Handshake(HandshakeError::Declined { status: 503 })));
        assert_eq!(ws.response().unwrap().header("Retry-After"), Some(&b"5"[..]));
        assert_eq!(head_len(&far.take()).map(|_| ()), Some(()), "one whole request was sent");
    }
}
