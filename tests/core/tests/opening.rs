//! The opening handshake through the streams: what it keeps, what it answers, and how it goes on.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    Config, ConfigError, Error, HandshakeError, Message, ResourceError, UsageError,
    handshake::{
        client, head_len,
        server::{Accept, Decision, Reject, Request},
    },
    io::{blocking, nonblocking},
};
use socklet_core_tests::{
    Fault, Who, buffers::TestBuffer, clock::VirtualClock, conversation::PLAIN, executor::run_pair,
    frames::Frame, pipe::duplex, rng::TestRng, wire::Wire,
};

type Server<S> = blocking::WebSocket<S, socklet_core::Server, TestBuffer>;
type Client<S> = blocking::WebSocket<S, socklet_core::Client<TestRng>, TestBuffer>;

const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat.v2, chat\r\n\
    X-Any: thing\r\n\r\n";

const RFC_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn server<S>(next: S) -> Server<S> {
    Server::server(next, TestBuffer::fixed(1024), TestBuffer::fixed(1024))
}

fn client<S>(next: S) -> Client<S> {
    Client::client(next, TestRng::new(5), TestBuffer::fixed(1024), TestBuffer::fixed(1024))
}

const fn request() -> client::Request<'static> {
    client::Request::new("example.com", "/chat").subprotocols(&["chat.v2", "chat"])
}

fn accept(_: &Request<'_>) -> Decision<'static> {
    Decision::Accept(Accept::new())
}

/// The request that the [`client`] makes, and the response that accepts it.
fn exchanged() -> (Vec<u8>, String) {
    let mut ws = client(Wire::default());
    assert_eq!(
        ws.handshake(&request()).map(|_| ()),
        Err(Error::Handshake(HandshakeError::EndOfStream))
    );
    let sent = ws.into_inner().0.written;
    let mut ws = server(Wire::new([&sent]));
    ws.accept_with(|_| Decision::Accept(Accept::new().subprotocol("chat"))).unwrap();
    (sent, String::from_utf8(ws.into_inner().0.written).unwrap())
}

fn answer_of(written: &[u8]) -> &str {
    std::str::from_utf8(written).unwrap()
}

#[test]
fn the_sample_handshake_of_the_rfc_is_answered_as_it_says() {
    let mut ws = server(Wire::new([REQUEST]));
    assert_eq!(ws.accept(), Ok(()));
    assert!(ws.is_open());
    let written = ws.into_inner().0.written;
    let head = answer_of(&written);
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nSec-WebSocket-Accept: {RFC_ACCEPT}\r\n")), "{head}");
    assert!(!head.contains("Sec-WebSocket-Protocol"), "none was chosen, the list is not echoed");
    assert!(head.ends_with("\r\n\r\n"));
}

#[test]
fn a_request_in_every_split_is_accepted_and_frames_behind_it_are_kept() {
    let first = Frame::text("with the request").to(Who::Server);
    let bytes = [REQUEST.as_bytes(), &first].concat();
    for at in 0..bytes.len() {
        let (head, tail) = bytes.split_at(at);
        let mut ws = server(Wire::new([head, tail]));
        assert_eq!(ws.accept(), Ok(()), "{at}");
        assert_eq!(ws.recv(), Ok(Some(Message::Text("with the request"))), "{at}");
    }
}

#[test]
fn a_frame_in_the_same_segment_as_the_101_is_received() {
    let (sent, response) = exchanged();
    let first = Frame::text("with the response").to(Who::Client);
    let bytes = [response.as_bytes(), &first].concat();
    for at in 0..bytes.len() {
        let (head, tail) = bytes.split_at(at);
        let mut ws = client(Wire::new([head, tail]));
        let response = ws.handshake(&request()).unwrap();
        assert_eq!((response.status(), response.subprotocol()), (101, Some("chat")));
        assert_eq!(ws.inner().written, sent, "the generator repeats itself");
        assert_eq!(ws.recv(), Ok(Some(Message::Text("with the response"))), "{at}");
        assert!(ws.response().is_none(), "its bytes are in use again");
    }
}

#[test]
fn a_declined_response_can_be_read() {
    let response = "HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\nX-A: b\r\n\r\nbody";
    let mut ws = client(Wire::new([response]));
    let declined = Error::<Fault>::Handshake(HandshakeError::Declined { status: 302 });
    assert_eq!(ws.handshake(&request()).map(|_| ()), Err(declined));
    let response = ws.response().unwrap();
    assert_eq!(response.status(), 302);
    assert_eq!(response.header("location"), Some(&b"https://example.com/"[..]));
    assert_eq!(response.headers().count(), 2);
    assert!(!ws.is_open());
    assert_eq!(ws.recv().map(|_| ()), Err(declined));
    assert_eq!(ws.send("x"), Err(Error::Usage(UsageError::Closed)));
    assert_eq!(ws.connection().undecoded(), b"body");
}

#[test]
fn accept_with_sees_the_request_and_chooses() {
    let mut ws = server(Wire::new([REQUEST]));
    ws.accept_with(|request| {
        assert_eq!((request.method(), request.target()), ("GET", "/chat?room=1"));
        assert_eq!(request.header("x-any"), Some(&b"thing"[..]));
        let chosen = request.choose_subprotocol(&["mqtt", "chat"]).unwrap();
        assert_eq!(chosen, "chat");
        Decision::Accept(Accept::new().subprotocol("chat").headers(&[("X-Served-By", "me")]))
    })
    .unwrap();
    assert_eq!(ws.request().unwrap().target(), "/chat?room=1");
    let written = ws.into_inner().0.written;
    let head = answer_of(&written);
    assert!(head.contains("\r\nSec-WebSocket-Protocol: chat\r\n"), "{head}");
    assert!(head.contains("\r\nX-Served-By: me\r\n"), "{head}");
}

#[test]
fn a_rejection_has_any_status_headers_and_body() {
    let mut ws = server(Wire::new([REQUEST]));
    let reject = Reject::new(401).headers(&[("WWW-Authenticate", "Basic")]).body(b"who are you?");
    let rejected = Error::<Fault>::Handshake(HandshakeError::Rejected { status: 401 });
    assert_eq!(ws.accept_with(|_| Decision::Reject(reject)), Err(rejected));
    assert_eq!(ws.recv(), Err(rejected));
    let written = ws.into_inner().0.written;
    let head = answer_of(&written);
    assert!(head.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{head}");
    assert!(head.contains("\r\nWWW-Authenticate: Basic\r\n"), "{head}");
    assert!(head.ends_with("\r\nContent-Length: 12\r\n\r\nwho are you?"), "{head}");
}

#[test]
fn what_is_no_proper_upgrade_is_answered_with_the_reason() {
    let other = |from: &str, to: &str| REQUEST.replace(from, to);
    for (request, error, status) in [
        ("nonsense\r\n\r\n".to_owned(), HandshakeError::MalformedHead, 400),
        (other("GET", "POST"), HandshakeError::Method, 400),
        (other("HTTP/1.1", "HTTP/1.0"), HandshakeError::HttpVersion, 400),
        (other("Upgrade\r\nSec", "close\r\nSec"), HandshakeError::ConnectionHeader, 400),
        (other("Version: 13", "Version: 8"), HandshakeError::Version, 426),
        (other("ZQ==", "Z==="), HandshakeError::Key, 400),
    ] {
        let mut ws = server(Wire::new([&request]));
        assert_eq!(ws.accept(), Err(Error::Handshake(error)), "{request}");
        assert_eq!(ws.recv(), Err(Error::Handshake(error)));
        let written = ws.into_inner().0.written;
        let head = answer_of(&written);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(head.ends_with(error.reason()), "{head}");
        assert_eq!(head.contains("\r\nSec-WebSocket-Version: 13\r\n"), status == 426);
    }
}

#[test]
fn a_head_over_the_limit_is_refused_however_it_is_cut() {
    let mut config = Config::SERVER;
    config.limits.head_len = REQUEST.len() as u32;
    let long = REQUEST.replace("thing", "things");
    for piece_len in [1, 7, 100, 1000] {
        let mut ws = server(Wire::cut_every(REQUEST.as_bytes(), piece_len)).with_config(config);
        assert_eq!(ws.accept(), Ok(()), "just within");
        let mut ws = server(Wire::cut_every(long.as_bytes(), piece_len)).with_config(config);
        let limit = REQUEST.len();
        assert_eq!(ws.accept(), Err(Error::Handshake(HandshakeError::HeadTooLong { limit })));
        let written = ws.into_inner().0.written;
        assert!(answer_of(&written).starts_with("HTTP/1.1 431 "));
    }
}

#[test]
fn a_head_longer_than_the_receive_buffer_is_refused() {
    let long = REQUEST.replace("thing", &"thing".repeat(500));
    let mut ws = server(Wire::cut_every(long.as_bytes(), 100));
    assert!(matches!(ws.accept(), Err(Error::Handshake(HandshakeError::HeadTooLong { .. }))));
    assert!(answer_of(&ws.into_inner().0.written).starts_with("HTTP/1.1 431 "));
    let response = format!("HTTP/1.1 101 OK\r\nX: {}\r\n\r\n", "x".repeat(2000));
    let mut ws = client(Wire::new([response]));
    let result = ws.handshake(&request()).map(|_| ());
    assert!(matches!(result, Err(Error::Handshake(HandshakeError::HeadTooLong { .. }))));
}

#[test]
fn an_end_within_the_handshake_is_told_and_does_not_loop() {
    let (_, response) = exchanged();
    let ended = Error::<Fault>::Handshake(HandshakeError::EndOfStream);
    for len in 0..REQUEST.len() {
        let mut ws = server(Wire::new([&REQUEST[..len]]));
        assert_eq!(ws.accept(), Err(ended), "{len}");
        assert_eq!(ws.recv(), Err(ended), "{len}");
    }
    for len in 0..response.len() {
        let mut ws = client(Wire::new([&response[..len]]));
        assert_eq!(ws.handshake(&request()).map(|_| ()), Err(ended), "{len}");
        assert_eq!(ws.recv(), Err(ended), "{len}");
    }
}

#[test]
fn a_request_that_something_else_has_parsed_is_answered_and_its_leftover_bytes_are_kept() {
    let frame = Frame::binary([1, 2, 3]).to(Who::Server);
    let bytes = [REQUEST.as_bytes(), &frame].concat();
    let len = head_len(&bytes).unwrap();
    let parsed = Request::parse(&bytes[..len]).unwrap();
    let headers: Vec<_> = parsed.headers().map(|header| (header.name, header.value)).collect();
    for request in [parsed, Request::from_parts("GET", "/chat?room=1", true, &headers)] {
        let mut ws = server(Wire::default());
        ws.answer_to(&request, &Decision::Accept(Accept::new().subprotocol("chat"))).unwrap();
        ws.preload(&bytes[len..]).unwrap();
        assert_eq!(ws.recv(), Ok(Some(Message::Binary(&[1, 2, 3]))));
        let written = ws.into_inner().0.written;
        assert!(answer_of(&written).contains(RFC_ACCEPT));
    }
}

#[test]
fn a_request_can_be_read_first_and_answered_later() {
    let mut ws = server(Wire::new([REQUEST]));
    assert_eq!(ws.read_request().unwrap().target(), "/chat?room=1");
    let not_offered = Accept::new().subprotocol("mqtt");
    let refused = Err(Error::Config(ConfigError::SubprotocolNotOffered));
    assert_eq!(ws.answer(|_| Decision::Accept(not_offered)), refused);
    let invalid = Err(Error::Config(ConfigError::InvalidStatus));
    assert_eq!(ws.answer(|_| Decision::Reject(Reject::new(200))), invalid);
    assert_eq!(ws.answer(accept), Ok(()), "another answer can be given");
    assert!(ws.is_open());
}

#[test]
fn a_request_that_cannot_be_made_changes_nothing() {
    let mut ws = Client::client(
        Wire::default(),
        TestRng::new(1),
        TestBuffer::fixed(200),
        TestBuffer::fixed(140),
    );
    let long = Err(Error::Resource(ResourceError::StagingBuffer { needed: 0, available: 140 }));
    match ws.handshake(&request()).map(|_| ()) {
        Err(Error::Resource(ResourceError::StagingBuffer { needed, available: 140 })) => {
            assert!(needed > 140);
        }
        other => assert_eq!(other, long),
    }
    let invalid = client::Request::new("exa mple", "/");
    let refused = Err(Error::Config(ConfigError::InvalidHost));
    assert_eq!(ws.handshake(&invalid).map(|_| ()), refused);
    assert_eq!(ws.inner().written, []);
    assert_eq!(ws.assume_open::<Fault>(), Ok(()));
}

#[test]
fn what_is_done_out_of_turn_is_refused() {
    let not_open = Err(Error::Usage(UsageError::NotOpen));
    let mut ws = server(Wire::new([REQUEST]));
    assert_eq!(ws.recv().map(|_| ()), not_open);
    assert_eq!(ws.send("x"), not_open);
    assert_eq!(ws.answer(accept), not_open);
    ws.accept().unwrap();
    assert_eq!(ws.read_request().map(|_| ()), Err(Error::Usage(UsageError::AlreadyOpen)));
    assert_eq!(ws.assume_open::<Fault>(), Err(Error::Usage(UsageError::AlreadyOpen)));
    let mut ws = client(Wire::default());
    assert_eq!(ws.close(socklet_core::wire::close::CloseCode::NORMAL, "").map(|_| ()), not_open);
}

#[test]
fn each_request_has_a_key_of_its_own() {
    let mut rng = TestRng::new(9);
    let mut keys: Vec<_> = (0..100)
        .map(|_| {
            let buffer = || TestBuffer::fixed(1024);
            let seed = rng.next();
            let mut ws = Client::client(Wire::default(), TestRng::new(seed), buffer(), buffer());
            let _ = ws.handshake(&request());
            *client::key_of(&ws.into_inner().0.written).unwrap()
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 100);
}

#[test]
fn a_server_may_speak_first_behind_its_response() {
    let (near, far) = duplex(4096);
    let (a, b) = run_pair(
        &VirtualClock::new(),
        async move {
            let mut ws: nonblocking::WebSocket<_, _, _> = PLAIN.client(near);
            ws.handshake(&request()).await.unwrap();
            ws.recv().await.map(|message| message.map(|m| m.as_bytes().to_vec()))
        },
        async move {
            let mut ws: nonblocking::WebSocket<_, _, _> = PLAIN.server(far);
            ws.accept().await.unwrap();
            ws.send("welcome").await
        },
    );
    assert_eq!((a, b), (Ok(Some(b"welcome".to_vec())), Ok(())));
}
