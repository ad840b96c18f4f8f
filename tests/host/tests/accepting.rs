//! How a server accepts connections, and how it does not.
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
};

use socklet_std::{Answer, Client, Error, HandshakeError, Server, Timeout, Timeouts};
use support::{Kind as Peer, LONG, serve_once};

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

#[tokio::test]
async fn a_client_that_stays_after_a_rejection_does_not_make_it_a_timeout() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let (near, mut far) = tokio::io::duplex(1 << 12);
    let timeouts = Timeouts { handshake_ms: 200, closing_ms: 400, ..Timeouts::SERVER };
    let server = tokio::spawn(async move {
        let server = Server::new().timeouts(timeouts);
        server.accept_with(near, |_| Answer::reject(404)).await.unwrap_err()
    });
    let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    far.write_all(request).await.unwrap();
    let mut response = String::new();
    // The server ends its side, ours stays open.
    far.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
    let error = server.await.unwrap();
    let rejected = HandshakeError::Rejected { status: 404 };
    assert!(matches!(&error, Error::Handshake(told) if *told == rejected), "{error}");
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
