//! How connections open, and how they do not.
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
    Answer, Client, ConfigError, Declined, Error, HandshakeError, Server, Timeout, Timeouts,
    UrlError, blocking,
};
use support::{Kind as Peer, LONG, read_head, respond, serve_once};

/// The error of both clients, which must be the same kind of thing.
fn both(url: &str, client: &Client, check: impl Fn(Error)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    check(runtime.block_on(client.connect(url)).expect_err("no connection"));
    check(client.connect_blocking(url).expect_err("no connection"));
}

/// A server that gives the same answer to two clients, one after the other.
fn serve_twice(answer: impl Fn(&mut std::net::TcpStream, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/chat?room=1", listener.local_addr().unwrap());
    thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let head = read_head(&mut stream);
            answer(&mut stream, head);
        }
    });
    url
}

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
async fn a_server_gives_up_a_silent_client() {
    let timeouts = Timeouts { handshake_ms: 100, ..Timeouts::SERVER };
    let server = Server::new().timeouts(timeouts);
    let (near, _far) = tokio::io::duplex(100);
    let error = server.accept(near).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Handshake)), "{error}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    let error = server.accept_blocking(stream).unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Handshake)), "{error}");
}

#[tokio::test]
async fn the_server_chooses_the_first_of_its_subprotocols_that_is_offered() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new().subprotocols(["best", "good", "fair"]));
        let url = format!("ws://{address}/");
        for (offer, chosen) in [
            (vec!["fair", "good"], Some("good")),
            (vec!["other", "fair"], Some("fair")),
            (vec!["other"], None),
            (vec![], None),
        ] {
            let client = Client::new().subprotocols(offer);
            let ws = client.connect(&url).await.unwrap();
            assert_eq!(ws.subprotocol(), chosen);
        }
    }
}

#[tokio::test]
async fn a_server_decides_by_the_request() {
    fn decide(request: &socklet_std::Request<'_>) -> Answer {
        match request.target() {
            "/chat" => Answer::accept()
                .subprotocol(request.subprotocols().last().unwrap())
                .header("X-Target", request.target().to_owned()),
            "/old" => Answer::reject(301).header("Location", "/chat"),
            _ => Answer::reject(404).body(format!("no {}", request.target())),
        }
    }
    for blocking in [true, false] {
        for (target, status) in [("/chat", None), ("/old", Some(301)), ("/else", Some(404))] {
            let (url, server) = serve_once(move |stream| {
                if blocking {
                    let ws = Server::new().accept_with_blocking(stream, decide)?;
                    return Ok(ws.subprotocol().map(str::to_owned));
                }
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    stream.set_nonblocking(true).unwrap();
                    let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                    let ws = Server::new().accept_with(stream, decide).await?;
                    Ok::<_, Error>(ws.subprotocol().map(str::to_owned))
                })
            });
            let client = Client::new().subprotocols(["a", "b"]);
            let url = format!("{}{target}", url.trim_end_matches('/'));
            let opened = client.connect(&url).await;
            match (opened, status) {
                (Ok(ws), None) => {
                    assert_eq!(ws.subprotocol(), Some("b"));
                    let response = ws.connection().response().unwrap();
                    assert_eq!(response.header("x-target"), Some(&b"/chat"[..]));
                    drop(ws);
                    assert_eq!(server.join().unwrap().unwrap().as_deref(), Some("b"));
                }
                (Err(Error::Declined(declined)), Some(status)) => {
                    assert_eq!(declined.status, status);
                    if status == 404 {
                        assert_eq!(declined.body, b"no /else");
                    }
                    let error = server.join().unwrap().unwrap_err();
                    let Error::Handshake(HandshakeError::Rejected { status: told }) = error else {
                        panic!("{error}")
                    };
                    assert_eq!(told, status);
                }
                (Ok(_), _) => panic!("accepted {target}"),
                (Err(error), _) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_request_that_is_no_upgrade_is_answered_and_the_answer_arrives() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        for (request, status) in [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
            (
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 8\r\n\r\n",
                "426",
            ),
            ("\x16\x03\x01 this is TLS\r\n\r\n", "400"),
        ] {
            let mut client = std::net::TcpStream::connect(address).unwrap();
            client.set_read_timeout(Some(LONG)).unwrap();
            // More than the server will read.
            client.write_all(request.as_bytes()).unwrap();
            client.write_all(&[0; 10_000]).unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).expect("no reset");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_server_takes_what_was_read_before() {
    for cut in [0, 1, 40, usize::MAX] {
        let (mut near, far) = tokio::io::duplex(1 << 16);
        let client = tokio::spawn(async move {
            let mut ws = Client::new().connect_over(far, "ws://example.com/").await.unwrap();
            ws.send("hello").await.unwrap();
            ws.recv().await.unwrap()
        });
        // Something else reads up to somewhere in the request.
        let mut already = Vec::new();
        while already.len() < cut && !already.ends_with(b"\r\n\r\n") {
            let byte = tokio::io::AsyncReadExt::read_u8(&mut near).await.unwrap();
            already.push(byte);
        }
        let server = Server::new();
        let accepted = server.accept_after(near, &already, |_| Answer::accept()).await;
        let mut ws = accepted.unwrap();
        let message = ws.recv().await.unwrap().unwrap();
        ws.send(&message).await.unwrap();
        assert_eq!(client.await.unwrap(), Some("hello".into()));
    }
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
    let mut ws = blocking::connect(&format!("ws://localhost:{}/", address.port())).unwrap();
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
