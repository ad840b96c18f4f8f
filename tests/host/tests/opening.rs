//! How a client opens connections, and how it does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use socklet_std::{
    Client, ConfigError, Declined, Error, HandshakeError, Server, Timeout, Timeouts, UrlError,
    blocking,
};
use support::{Kind as Peer, LONG, both, respond, serve_twice};

#[test]
fn the_request_says_what_was_asked_for() {
    let (tell, told) = std::sync::mpsc::channel();
    let url = serve_twice(move |stream, head| {
        tell.send(head).unwrap();
        respond(stream, "403 Forbidden", "");
    });
    let client = Client::new()
        .header("Authorization", "Bearer 123")
        .header("User-Agent", "test")
        .origin("http://example.com")
        .subprotocols(["v2", "v1"]);
    both(&url, &client, |_| {});
    let authority = url.strip_prefix("ws://").unwrap().strip_suffix("/chat?room=1").unwrap();
    let mut keys = Vec::new();
    for head in told.iter().take(2) {
        assert!(head.starts_with("GET /chat?room=1 HTTP/1.1\r\n"), "{head}");
        for line in [
            &format!("Host: {authority}"),
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Origin: http://example.com",
            "Sec-WebSocket-Protocol: v2, v1",
            "Authorization: Bearer 123",
            "User-Agent: test",
        ] {
            assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} in {head}");
        }
        let (_, key) = head.split_once("Sec-WebSocket-Key: ").unwrap();
        keys.push(key.to_owned());
    }
    assert_ne!(keys[0], keys[1], "a nonce is used once");
}

#[test]
fn a_declined_handshake_hands_out_the_response() {
    let url = serve_twice(|stream, _| {
        respond(stream, "401 Unauthorized\r\nWWW-Authenticate: Basic", "who are you?");
        // It stays open: the length tells where the body ends.
        let _ = stream.read(&mut [0]);
    });
    both(&url, &Client::new(), |error| {
        assert!(error.to_string().contains("401"), "{error}");
        let Error::Declined(declined) = error else { panic!("{error}") };
        assert_eq!(declined.status, 401);
        assert_eq!(declined.header("www-authenticate"), Some(&b"Basic"[..]));
        assert_eq!(declined.body, b"who are you?");
        assert_eq!(declined.location(), None);
    });
}

#[test]
fn a_redirect_is_reported_and_not_followed() {
    let url = serve_twice(|stream, _| {
        respond(stream, "302 Found\r\nLocation: wss://other.example/", "");
    });
    both(&url, &Client::new(), |error| {
        assert!(error.to_string().contains("wss://other.example/"), "{error}");
        let Error::Declined(declined) = error else { panic!("{error}") };
        let Declined { status, .. } = *declined;
        assert_eq!((status, declined.location()), (302, Some("wss://other.example/")));
    });
}

#[test]
fn a_body_without_end_is_read_for_a_moment_only() {
    let url = serve_twice(|stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        while stream.write_all(&[b'x'; 10_000]).is_ok() {}
    });
    both(&url, &Client::new(), |error| {
        let Error::Declined(declined) = error else { panic!("{error}") };
        assert_eq!(declined.status, 200);
        assert_eq!(declined.body.len(), 64 << 10);
    });
}

#[test]
fn a_chunked_body_is_not_waited_for_behind_its_end() {
    let url = serve_twice(|stream, _| {
        let head = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n";
        write!(stream, "{head}2\r\nno\r\n0\r\n\r\n").unwrap();
        // It stays open.
        let _ = stream.read(&mut [0]);
    });
    let begun = Instant::now();
    both(&url, &Client::new(), |error| {
        let Error::Declined(declined) = error else { panic!("{error}") };
        assert_eq!(declined.body, b"2\r\nno\r\n0\r\n\r\n");
    });
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
}

#[test]
fn a_wrong_answer_is_told_apart() {
    let url = serve_twice(|stream, _| {
        stream.write_all(b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n").unwrap();
    });
    both(&url, &Client::new(), |error| {
        assert!(matches!(error, Error::Handshake(HandshakeError::ConnectionHeader)), "{error}");
    });
    let url = serve_twice(|_, _| {});
    both(&url, &Client::new(), |error| {
        assert!(matches!(error, Error::Handshake(HandshakeError::EndOfStream)), "{error}");
    });
    let url = serve_twice(|stream, _| stream.write_all(b"SSH-2.0-OpenSSH\r\n\r\n").unwrap());
    both(&url, &Client::new(), |error| {
        assert!(matches!(error, Error::Handshake(HandshakeError::MalformedHead)), "{error}");
    });
}

#[test]
fn what_cannot_work_is_told_before_anything_is_sent() {
    for url in ["http://example.com", "example.com", "ws://"] {
        both(url, &Client::new(), |error| assert!(matches!(error, Error::Url(_)), "{error}"));
    }
    both("ws://me@example.com/", &Client::new(), |error| {
        assert!(matches!(error, Error::Url(UrlError::UserInfo)), "{error}");
    });
    // Nobody listens on a port that was just free.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    drop(listener);
    both(&url, &Client::new(), |error| {
        let Error::Io(error) = error else { panic!("{error}") };
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    });
    let address = Peer::Tokio.serve(Server::new());
    let url = format!("ws://{address}/");
    let client = Client::new().header("Bad", "line\r\nbreak");
    both(&url, &client, |error| {
        assert!(matches!(error, Error::Config(ConfigError::InvalidHeaderValue)), "{error}");
    });
    let client = Client::new().header("Host", "other");
    both(&url, &client, |error| {
        assert!(matches!(error, Error::Config(ConfigError::ReservedHeader)), "{error}");
    });
}

#[test]
fn the_deadline_covers_the_whole_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // A server that sends a byte now and then, for ever.
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n").unwrap();
                while stream.write_all(b"X: y\r\n").is_ok() {
                    thread::sleep(Duration::from_millis(20));
                }
            });
        }
    });
    let timeouts = Timeouts { handshake_ms: 300, ..Timeouts::CLIENT };
    let client = Client::new().timeouts(timeouts);
    for scheme in ["ws", "wss"] {
        let begun = Instant::now();
        both(&format!("{scheme}://{address}/"), &client, |error| match error {
            Error::Timeout(Timeout::Handshake) => {}
            // Over TLS it is found out that this is none.
            Error::Tls(_) if scheme == "wss" => {}
            error => panic!("{error}"),
        });
        assert!(begun.elapsed() < LONG / 2);
    }
}

#[test]
fn a_silent_server_is_given_up_over_tls_too() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    let timeouts = Timeouts { handshake_ms: 200, ..Timeouts::CLIENT };
    both(&url, &Client::new().timeouts(timeouts), |error| {
        assert!(matches!(error, Error::Timeout(Timeout::Handshake)), "{error}");
    });
}

#[tokio::test]
async fn a_body_may_come_after_the_deadline_of_the_handshake() {
    let (near, mut far) = tokio::io::duplex(1 << 12);
    let server = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        far.write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(400)).await;
        far.write_all(b"later").await.unwrap();
        far
    });
    let timeouts = Timeouts { handshake_ms: 200, ..Timeouts::CLIENT };
    let client = Client::new().timeouts(timeouts);
    let error = client.connect_over(near, "ws://localhost/").await.unwrap_err();
    let Error::Declined(declined) = error else { panic!("another error") };
    assert_eq!((declined.status, declined.body.as_slice()), (503, &b"later"[..]));
    server.await.unwrap();
}

#[test]
fn a_blocking_connection_opens_over_any_stream() {
    let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
    let server = thread::spawn(move || {
        let mut ws = Server::new().accept_blocking(far).unwrap();
        while let Some((message, mut reply)) = ws.recv_ref().unwrap() {
            reply.send(message).unwrap();
        }
    });
    let mut ws = Client::new().connect_over_blocking(near, "ws://example.com/").unwrap();
    ws.send("hello").unwrap();
    assert_eq!(ws.recv().unwrap(), Some("hello".into()));
    ws.close(socklet_std::CloseCode::NORMAL, "").unwrap();
    server.join().unwrap();
}

#[test]
fn a_name_is_resolved_under_the_deadline() {
    let address = Peer::Blocking.serve(Server::new());
    let mut ws = blocking::connect(format!("ws://localhost:{}/", address.port())).unwrap();
    ws.send("hello").unwrap();
    assert_eq!(ws.recv().unwrap(), Some("hello".into()));
    both("ws://no-such-host.invalid/", &Client::new(), |error| {
        assert!(matches!(error, Error::Io(_)), "{error}");
    });
}

#[test]
fn errors_can_cross_threads_and_name_their_cause() {
    fn check<T: std::error::Error + Send + Sync + 'static>() {}
    check::<Error>();
    // An error that prints as what it holds is followed by what lies behind that, not by itself.
    let outer = socklet_std::core::Error::Transport(HandshakeError::Host);
    let error = Error::from(std::io::Error::other(outer));
    let source = std::error::Error::source(&error).expect("the error within");
    assert!(source.is::<HandshakeError>(), "{source}");
}
