//! What a client connects to: addresses, requests of the crate `http`, Unix sockets, and where a
//! redirect leads to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{
    net::{TcpListener, TcpStream},
    os::unix::net::UnixListener,
    sync::mpsc::{self, Receiver},
    thread,
};

use socklet_std::{
    Client, CloseCode, ConfigError, Error, IntoTarget, Server, Target, Url, UrlError,
};
use support::{Kind, both, read_head, respond};

/// Both clients connect to the same and exchange a message.
fn both_talk(client: &Client, to: impl IntoTarget) {
    let target = to.into_target().unwrap();
    let mut ws = client.connect_blocking(&target).unwrap();
    ws.send("hello").unwrap();
    assert_eq!(ws.recv().unwrap(), Some("hello".into()));
    ws.close(CloseCode::NORMAL, "").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut ws = client.connect(target).await.unwrap();
        ws.send("hello").await.unwrap();
        assert_eq!(ws.recv().await.unwrap(), Some("hello".into()));
        ws.close(CloseCode::NORMAL, "").await.unwrap();
    });
}

/// A server that declines every request with what `answer` makes of its head, and tells of it.
fn serve_heads(
    answer: impl Fn(&mut TcpStream, &str) + Send + 'static,
) -> (std::net::SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = read_head(&mut stream);
            // Before the answer, so that whoever has that sees it.
            let _ = tell.send(head.clone());
            answer(&mut stream, &head);
        }
    });
    (address, told)
}

/// How often a head has a header of this name.
fn count(head: &str, name: &str) -> usize {
    let name = format!("{}:", name.to_ascii_lowercase());
    head.lines().filter(|line| line.to_ascii_lowercase().starts_with(&name)).count()
}

#[test]
fn every_kind_of_address_connects() {
    let address = Kind::Tokio.serve(Server::new());
    let text = format!("ws://{address}/");
    let client = Client::new();
    both_talk(&client, text.as_str());
    both_talk(&client, &text);
    both_talk(&client, Url::parse(&text).unwrap());
    both_talk(&client, text.parse::<http::Uri>().unwrap());
    both_talk(&client, http::Request::get(text.as_str()).body(()).unwrap());
    both_talk(&client, text);
}

#[test]
fn a_request_with_all_headers_of_a_handshake_still_makes_one() {
    let address = Kind::Blocking.serve(Server::new().subprotocols(["v1"]));
    // As other libraries make it of an address, and everything twice.
    let mut request = http::Request::builder().method("POST").uri(format!("ws://{address}/"));
    for _ in 0..2 {
        request = request
            .header("Host", "example.com")
            .header("Connection", "keep-alive, Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("Sec-WebSocket-Extensions", "permessage-deflate")
            .header("Sec-WebSocket-Protocol", "v1, v2")
            .header("Content-Length", "100")
            .header("Transfer-Encoding", "chunked")
            .header("Origin", "http://example.com");
    }
    let request = request.body("a body").unwrap();
    both_talk(&Client::new(), &request);
    let ws = Client::new().connect_blocking(&request).unwrap();
    assert_eq!(ws.subprotocol(), Some("v1"));
}

#[test]
fn headers_of_a_request_are_sent_in_place_of_the_clients() {
    let (address, heads) = serve_heads(|stream, _| respond(stream, "403 Forbidden", ""));
    let client = Client::new()
        .header("Authorization", "the client's")
        .header("X-Kept", "1")
        .origin("http://client.example")
        .subprotocols(["old"]);
    let request = http::Request::get(format!("ws://{address}/chat?room=1"))
        .header("authorization", "the request's")
        .header("X-Two", "1")
        .header("X-Two", "2")
        .header("Host", "virtual.example:81")
        .header("Origin", "http://request.example")
        .header("Sec-WebSocket-Protocol", "v2,v1")
        .header("Sec-WebSocket-Protocol", "v1, v0")
        .body(())
        .unwrap();
    for _ in 0..2 {
        let error = client.connect_blocking(&request).expect_err("declined");
        assert!(matches!(error, Error::Declined(_)), "{error}");
        let head = heads.recv().unwrap();
        assert!(head.starts_with("GET /chat?room=1 HTTP/1.1\r\n"), "{head}");
        for line in [
            "authorization: the request's",
            "X-Kept: 1",
            "x-two: 1",
            "x-two: 2",
            "Host: virtual.example:81",
            "Origin: http://request.example",
            "Sec-WebSocket-Protocol: v2, v1, v0",
        ] {
            assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} in {head}");
        }
        for name in ["Authorization", "Host", "Origin", "Sec-WebSocket-Protocol", "Upgrade"] {
            assert_eq!(count(&head, name), 1, "{name} in {head}");
        }
    }
}

#[test]
fn what_cannot_be_asked_for_is_told() {
    let error = |to: http::Request<()>| to.into_target().unwrap_err();
    let request = http::Request::get("http://example.com/").body(()).unwrap();
    assert!(matches!(error(request), Error::Url(UrlError::Scheme)));
    let request = http::Request::get("/chat").body(()).unwrap();
    assert!(matches!(error(request), Error::Url(UrlError::Scheme)));
    let value = http::HeaderValue::from_bytes(b"\xff").unwrap();
    let request = http::Request::get("ws://a/").header("X", value).body(()).unwrap();
    assert!(matches!(error(request), Error::Config(ConfigError::InvalidHeaderValue)));
}

#[test]
fn headers_of_a_target_are_not_shown() {
    let request = http::Request::get("ws://a/").header("X-Key", "secret").body(()).unwrap();
    let shown = format!("{:?}", Target::into_target(request.into_target().unwrap()).unwrap());
    assert!(shown.contains("x-key") && !shown.contains("secret"), "{shown}");
}

#[test]
fn unix_sockets_connect() {
    let directory = std::env::temp_dir().join(format!("socklet-unix-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let mut ws = Server::new().accept_blocking(stream.unwrap()).unwrap();
            while let Some((message, mut reply)) = ws.recv_ref().unwrap() {
                reply.send(message).unwrap();
            }
        }
    });
    let client = Client::new();
    let mut ws = client.connect_unix_blocking(&path, "ws://localhost/").unwrap();
    ws.send("hello").unwrap();
    assert_eq!(ws.recv().unwrap(), Some("hello".into()));
    ws.close(CloseCode::NORMAL, "").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut ws = client.connect_unix(&path, "ws://localhost/").await.unwrap();
        ws.send("hello").await.unwrap();
        assert_eq!(ws.recv().await.unwrap(), Some("hello".into()));
        ws.close(CloseCode::NORMAL, "").await.unwrap();
    });
    server.join().unwrap();
    std::fs::remove_dir_all(directory).unwrap();
    let error = client.connect_unix_blocking(&path, "ws://localhost/").expect_err("nobody");
    assert!(matches!(error, Error::Io(_)), "{error}");
}

#[test]
fn redirects_lead_to_the_server_when_they_are_to_be_followed() {
    let server = Kind::Tokio.serve(Server::new());
    let (address, _heads) = serve_heads(move |stream, head| {
        let location = match head {
            head if head.starts_with("GET /first ") => "second".to_owned(),
            _ => format!("http://{server}/"),
        };
        respond(stream, &format!("302 Found\r\nLocation: {location}"), "");
    });
    let url = format!("ws://{address}/first");
    both_talk(&Client::new().follow_redirects(2), &url);
    both(&url, &Client::new().follow_redirects(1), |error| {
        let Error::Declined(declined) = error else { panic!("{error}") };
        assert_eq!(declined.location(), Some(format!("http://{server}/").as_str()));
    });
}

#[test]
fn a_redirect_that_never_ends_is_followed_up_to_the_limit() {
    let (address, heads) = serve_heads(|stream, _| respond(stream, "307 Again\r\nLocation: /", ""));
    both(&format!("ws://{address}/"), &Client::new().follow_redirects(3), |error| {
        assert!(matches!(error, Error::Declined(_)), "{error}");
        assert_eq!(heads.try_iter().count(), 4);
    });
}

#[test]
fn credentials_stay_with_the_server_they_are_for() {
    let (elsewhere, heads) = serve_heads(|stream, _| respond(stream, "403 Forbidden", ""));
    let (address, first) = serve_heads(move |stream, head| {
        let location = match head {
            head if head.starts_with("GET /first ") => "/second".to_owned(),
            _ => format!("ws://{elsewhere}/"),
        };
        respond(stream, &format!("301 Moved\r\nLocation: {location}"), "");
    });
    let client = Client::new()
        .header("authorization", "Bearer 123")
        .header("Cookie", "id=1")
        .header("X-Kept", "1")
        .follow_redirects(5);
    let request = http::Request::get(format!("ws://{address}/first"))
        .header("Host", "virtual.example")
        .header("Cookie", "id=2")
        .body(())
        .unwrap();
    let error = client.connect_blocking(request).expect_err("declined");
    assert!(matches!(error, Error::Declined(declined) if declined.status == 403));
    for head in first.iter().take(2) {
        assert!(head.contains("\r\nauthorization: Bearer 123\r\n"), "{head}");
        assert!(head.contains("\r\ncookie: id=2\r\n"), "{head}");
        assert!(head.contains("\r\nHost: virtual.example\r\n"), "{head}");
    }
    let head = heads.recv().unwrap();
    assert_eq!((count(&head, "Authorization"), count(&head, "Cookie")), (0, 0), "{head}");
    assert!(head.contains("\r\nX-Kept: 1\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nHost: {elsewhere}\r\n")), "{head}");
}
