//! Connections that are taken over from hyper and axum: what is answered, and that they work.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, routing::any};
use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use socklet_std::{
    Answer, Client, CloseCode, Error, Event, HandshakeError, Limits, Message, ProtocolError,
    Server,
    axum::WebSocketUpgrade,
    core::handshake::head_len,
    hyper::UpgradedWebSocket,
    permessage_deflate::{Negotiable, Settings},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::tungstenite;

/// Longer than anything here takes, unless it hangs.
const LONG: Duration = Duration::from_secs(30);

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { timeout(LONG, test).await.unwrap() });
}

async fn echo(mut ws: UpgradedWebSocket) -> Result<(), Error> {
    while let Some((message, mut reply)) = ws.recv_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

/// What became of upgrades that led to no connection.
type Failures = Arc<Mutex<Vec<String>>>;

/// An echo server on hyper.
async fn hyper_server(server: Server, failures: Failures) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (server, failures) = (server.clone(), Arc::clone(&failures));
            let service = service_fn(move |mut request: Request<Incoming>| {
                let (response, upgrade) = server.upgrade_with(&mut request, decide);
                match upgrade {
                    Ok(upgrade) => {
                        tokio::spawn(async move { echo(upgrade.await?).await });
                    }
                    Err(error) => failures.lock().unwrap().push(error.to_string()),
                }
                async { Ok::<_, Infallible>(response.map(Full::new)) }
            });
            tokio::spawn(async move {
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                let _ = connection.with_upgrades().await;
            });
        }
    });
    address
}

fn decide(request: &socklet_std::Request<'_>) -> Answer {
    match request.target() {
        "/chat?room=1" => Answer::accept().subprotocol("chat").header("X-Long", "x".repeat(600)),
        "/secret" => Answer::reject(403).header("X-Why", "secret").body("not for you"),
        "/broken" => Answer::accept().header("X-Broken", "two\r\nlines"),
        _ => Answer::accept(),
    }
}

async fn axum_server() -> (SocketAddr, Failures) {
    let failures = Failures::default();
    let failed = Arc::clone(&failures);
    let app = Router::new()
        .route("/plain", any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(echo) }))
        .route(
            "/chat",
            any(|upgrade: WebSocketUpgrade| async {
                upgrade
                    .protocols(["chat.v2", "chat"])
                    .deflate(Settings::DEFAULT)
                    .header("X-Room", "1")
                    .on_upgrade(echo)
            }),
        )
        .route(
            "/small",
            any(|upgrade: WebSocketUpgrade| async {
                let limits = Limits { message_len: 100, ..Limits::DEFAULT };
                upgrade.server(Server::new().limits(limits)).on_upgrade(echo)
            }),
        )
        .route(
            "/broken",
            any(move |upgrade: WebSocketUpgrade| async move {
                upgrade
                    .header("X-Broken", "two\r\nlines")
                    .on_failed_upgrade(move |error| failed.lock().unwrap().push(error.to_string()))
                    .on_upgrade(echo)
            }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, failures)
}

/// Sends messages of all sorts and receives them again; both directions compress if it was agreed on.
async fn talk(url: String, client: &Client) -> socklet_std::tokio::WebSocket {
    let mut ws = client.connect(url).await.unwrap();
    let text = "hello hello hello hello hello ".repeat(10);
    for message in [text.as_str(), "", "\u{20ac}", &text.repeat(1000)].map(Message::from) {
        ws.send(&message).await.unwrap();
        assert!(ws.recv().await.unwrap() == Some(message));
    }
    ws.ping(b"still there?").await.unwrap();
    assert_eq!(ws.recv_event().await.unwrap(), Some(Event::Pong(b"still there?")));
    ws
}

/// The whole answer to a request that is written as it is.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_ascii_lowercase()
}

const REQUEST: &str = "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[test]
fn hyper_opens_it_with_subprotocol_headers_and_compression() {
    run(async {
        for (ours, theirs) in [
            (Settings::OFF, Settings::DEFAULT),
            (Settings::DEFAULT, Settings::OFF),
            (Settings::DEFAULT, Settings::DEFAULT),
            (Settings::DEFAULT, narrow(false)),
            (narrow(true), Settings::DEFAULT),
        ] {
            let server = Server::new().deflate(ours);
            let address = hyper_server(server, Failures::default()).await;
            let client = Client::new().subprotocols(["news", "chat"]).deflate(theirs);
            let mut ws = talk(format!("ws://{address}/chat?room=1"), &client).await;
            assert_eq!(ws.subprotocol(), Some("chat"));
            assert_eq!(ws.compression().is_some(), ours.is_enabled && theirs.is_enabled);
            if ws.compression().is_some() {
                let (sent, received) = (ws.volume_sent().unwrap(), ws.volume_received().unwrap());
                assert_eq!((sent.plain, received.plain), (300_300, 300_300));
                assert!(received.compressed < 30_000, "{received:?}");
            }
            let closed = ws.close(CloseCode::GOING_AWAY, "bye").await.unwrap();
            assert_eq!(closed.code, Some(CloseCode::GOING_AWAY));
        }
    });
}

/// Windows of 9 bits, with or without contexts.
fn narrow(takeover: bool) -> Settings {
    let negotiable = Negotiable {
        receive_bits: 9,
        receive_takeover: takeover,
        send_bits: 9,
        send_takeover: takeover,
    };
    Settings { negotiable, ..Settings::DEFAULT }
}

#[test]
fn what_is_sent_behind_the_request_before_it_was_answered_is_received() {
    run(async {
        let address = hyper_server(Server::new(), Failures::default()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let frame = b"\x81\x85\x00\x00\x00\x00early\x88\x80\x00\x00\x00\x00";
        stream.write_all(&[REQUEST.as_bytes(), frame].concat()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let (head, frames) = answer.split_at(head_len(&answer).unwrap());
        let head = std::str::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        let accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
        assert!(head.contains(accept), "{head}");
        assert_eq!(frames, b"\x81\x05early\x88\x02\x03\xe8");
    });
}

#[test]
fn what_is_no_websocket_is_told_so() {
    run(async {
        let failures = Failures::default();
        let (axum, _) = axum_server().await;
        let hyper = hyper_server(Server::new(), Arc::clone(&failures)).await;
        for address in [hyper, axum] {
            let page = "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            let answer = ask(address, page).await;
            assert!(answer.starts_with("http/1.1 400 "), "{answer}");
            assert!(answer.ends_with("no upgrade token in connection"), "{answer}");
            let answer = ask(address, &REQUEST.replace("Version: 13", "Version: 8")).await;
            assert!(answer.starts_with("http/1.1 426 "), "{answer}");
            assert!(answer.contains("\r\nsec-websocket-version: 13\r\n"), "{answer}");
            let answer = ask(address, &REQUEST.replace("GET", "PUT")).await;
            assert!(answer.starts_with("http/1.1 400 "), "{answer}");
            let old = REQUEST.replace("HTTP/1.1", "HTTP/1.0");
            assert!(ask(address, &old).await.starts_with("http/1.0 400 "));
        }
        assert_eq!(failures.lock().unwrap().len(), 4);

        let answer = ask(hyper, &REQUEST.replace("/plain", "/secret")).await;
        assert!(answer.starts_with("http/1.1 403 "), "{answer}");
        assert!(answer.contains("\r\nx-why: secret\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nnot for you"), "{answer}");
        let broken = REQUEST.replace("/plain", "/broken").replace("Upgrade\r", "Upgrade, close\r");
        assert!(ask(hyper, &broken).await.starts_with("http/1.1 500 "));
        let failures = failures.lock().unwrap();
        assert!(failures[4].contains("status 403"), "{failures:?}");
        assert_eq!(failures.len(), 6);
    });
}

#[test]
fn a_request_without_a_connection_is_answered_all_the_same() {
    let request = Request::get("/").header("Host", "a").header("Connection", "Upgrade");
    let request = request.header("Upgrade", "websocket").header("Sec-WebSocket-Version", "13");
    let request = request.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    let mut request = request.body(()).unwrap();
    let (response, upgrade) = Server::new().upgrade(&mut request);
    assert_eq!(response.status(), 400);
    assert!(matches!(upgrade, Err(Error::Handshake(HandshakeError::HttpVersion))));
}

#[test]
fn axum_opens_it_with_subprotocol_headers_compression_and_limits() {
    run(async {
        let (address, failures) = axum_server().await;
        let client = Client::new().subprotocols(["chat"]).deflate(Settings::DEFAULT);
        let mut ws = talk(format!("ws://{address}/chat"), &client).await;
        assert_eq!(ws.subprotocol(), Some("chat"));
        assert!(ws.compression().is_some());
        ws.close(CloseCode::NORMAL, "").await.unwrap();

        let mut ws = talk(format!("ws://{address}/plain"), &client).await;
        assert_eq!((ws.subprotocol(), ws.compression()), (None, None));
        ws.close(CloseCode::NORMAL, "").await.unwrap();

        let mut ws = client.connect(format!("ws://{address}/small")).await.unwrap();
        ws.send([0; 101]).await.unwrap();
        let closed = ws.recv().await;
        assert_eq!(closed.unwrap(), None);
        assert_eq!(ws.closed().unwrap().code, Some(CloseCode::TOO_BIG));

        let error = client.connect(format!("ws://{address}/broken")).await.unwrap_err();
        assert!(matches!(error, Error::Declined(declined) if declined.status == 500));
        assert_eq!(failures.lock().unwrap().len(), 1);
        let error = client.connect(format!("ws://{address}/nothing")).await.unwrap_err();
        assert!(matches!(error, Error::Declined(declined) if declined.status == 404));
    });
}

#[test]
fn a_response_that_is_never_sent_ends_the_wait() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (send, mut receive) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service_fn(move |mut request: Request<Incoming>| {
                let (_, upgrade) = Server::new().upgrade(&mut request);
                send.try_send(upgrade.unwrap()).unwrap();
                async {
                    Err::<hyper::Response<Full<hyper::body::Bytes>>, _>(std::io::Error::other("no"))
                }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            let _ = connection.with_upgrades().await;
        });
        let client =
            tokio::spawn(async move { Client::new().connect(format!("ws://{address}/")).await });
        let upgrade = receive.recv().await.unwrap();
        assert!(matches!(upgrade.await, Err(Error::Io(_))));
        assert!(client.await.unwrap().is_err());
    });
}

/// Answers Pings and the Close frame while the handler does nothing but send.
async fn only_sends(ws: UpgradedWebSocket) -> Result<u32, Error> {
    let (mut reader, mut writer) = ws.into_split();
    let receives = tokio::spawn(async move { while let Ok(Some(_)) = reader.recv().await {} });
    let mut sent = 0;
    while !receives.is_finished() {
        match writer.send(format!("tick {sent}")).await {
            Ok(()) => sent += 1,
            // Closed meanwhile.
            Err(Error::Usage(_)) => break,
            Err(error) => return Err(error),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let _ = receives.await;
    Ok(sent)
}

#[test]
fn pings_and_close_frames_are_answered_while_a_handler_only_sends() {
    run(async {
        let (send, mut receive) = tokio::sync::mpsc::channel(1);
        let app = Router::new().route(
            "/",
            any(move |upgrade: WebSocketUpgrade| async move {
                upgrade.on_upgrade(|ws| async move {
                    let sent = only_sends(ws).await;
                    let _ = send.send(sent).await;
                })
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let mut ws = Client::new().connect(format!("ws://{address}/")).await.unwrap();
        let mut pongs = 0;
        while pongs < 3 {
            ws.ping(&[pongs]).await.unwrap();
            loop {
                match ws.recv_event().await.unwrap().unwrap() {
                    Event::Pong(number) => break assert_eq!(number, [pongs]),
                    Event::Message(message) => assert!(message.as_bytes().starts_with(b"tick ")),
                    Event::Ping(_) => panic!("nobody pings"),
                }
            }
            pongs += 1;
        }
        ws.close(CloseCode::NORMAL, "").await.unwrap();
        assert!(receive.recv().await.unwrap().unwrap() > 0);
    });
}

/// A server of one connection that is handled as `handle` does, and what that returned.
async fn one<T, F>(
    handle: impl FnOnce(UpgradedWebSocket) -> F + Clone + Send + Sync + 'static,
) -> (SocketAddr, tokio::sync::mpsc::Receiver<T>)
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let (send, receive) = tokio::sync::mpsc::channel(1);
    let route = any(move |upgrade: WebSocketUpgrade| async move {
        upgrade.on_upgrade(|ws| async move {
            let outcome = handle(ws).await;
            let _ = send.send(outcome).await;
        })
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/", route);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, receive)
}

async fn is_answered(ws: &mut socklet_std::tokio::WebSocket, payload: &[u8]) {
    ws.ping(payload).await.unwrap();
    let answer = ws.recv_event().await.unwrap();
    assert!(matches!(answer, Some(Event::Pong(pong)) if pong == payload));
}

#[test]
fn pings_and_close_frames_are_answered_while_a_handler_does_nothing() {
    run(async {
        let finished = Arc::new(tokio::sync::Notify::new());
        let wakes = Arc::clone(&finished);
        let (address, mut outcome) = one(|ws| async move {
            let (mut inbox, _writer) = ws.into_inbox(3);
            wakes.notified().await;
            let mut seen = Vec::new();
            while let Some(message) = inbox.recv().await? {
                seen.push(message);
            }
            Ok::<_, Error>((seen, inbox.closed().cloned()))
        })
        .await;
        let mut ws = Client::new().connect(format!("ws://{address}/")).await.unwrap();
        for number in 0..3 {
            ws.send([number]).await.unwrap();
            is_answered(&mut ws, &[number]).await;
        }
        ws.close(CloseCode::NORMAL, "done").await.unwrap();
        finished.notify_one();
        let (seen, closed) = outcome.recv().await.unwrap().unwrap();
        assert!(seen == [[0u8], [1], [2]].map(|bytes| Message::from(&bytes)));
        assert_eq!(closed.unwrap().reason, "done");
    });
}

#[test]
fn an_inbox_that_is_full_makes_the_peer_wait() {
    run(async {
        let takes = Arc::new(tokio::sync::Notify::new());
        let wakes = Arc::clone(&takes);
        let (address, mut outcome) = one(|ws| async move {
            let (mut inbox, _writer) = ws.into_inbox(1);
            wakes.notified().await;
            let mut taken = 0;
            while inbox.recv().await?.is_some() {
                taken += 1;
            }
            Ok::<_, Error>(taken)
        })
        .await;
        let mut ws = Client::new().connect(format!("ws://{address}/")).await.unwrap();
        // More than the system holds on its way.
        let message = vec![7; 1 << 20];
        let sending = async {
            for _ in 0..50 {
                ws.send(&message).await.unwrap();
            }
            ws.close(CloseCode::NORMAL, "").await.unwrap();
        };
        tokio::pin!(sending);
        assert!(timeout(Duration::from_millis(500), &mut sending).await.is_err(), "all was taken");
        takes.notify_one();
        sending.await;
        assert_eq!(outcome.recv().await.unwrap().unwrap(), 50);
    });
}

#[test]
fn an_inbox_that_ignores_lets_all_come_and_keeps_none() {
    run(async {
        let (address, mut outcome) = one(|ws| async move {
            let (mut inbox, mut writer) = ws.into_inbox(1);
            writer.send("go").await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let first = inbox.recv().await?;
            inbox.ignore();
            let mut rest = 0;
            while inbox.recv().await?.is_some() {
                rest += 1;
            }
            assert!(inbox.is_over());
            Ok::<_, Error>((first, rest))
        })
        .await;
        let mut ws = Client::new().connect(format!("ws://{address}/")).await.unwrap();
        assert!(ws.recv().await.unwrap() == Some("go".into()));
        for _ in 0..100 {
            ws.send(vec![7; 100_000]).await.unwrap();
        }
        is_answered(&mut ws, b"all taken").await;
        ws.close(CloseCode::NORMAL, "").await.unwrap();
        let (first, rest) = outcome.recv().await.unwrap().unwrap();
        assert!(first == Some(vec![7; 100_000].into()));
        // One that waited, and one for which there was room when it was taken.
        assert!(rest <= 2, "{rest}");
    });
}

#[test]
fn an_inbox_tells_how_a_connection_was_lost_and_ends_with_its_writer() {
    run(async {
        let (address, mut outcome) = one(|ws| async move {
            let (mut inbox, _writer) = ws.into_inbox(0);
            assert!(inbox.recv().await? == Some("first".into()));
            let lost = inbox.recv().await;
            assert!(inbox.recv().await?.is_none(), "it is told once");
            lost
        })
        .await;
        let mut ws = Client::new().connect(format!("ws://{address}/")).await.unwrap();
        ws.send("first").await.unwrap();
        drop(ws);
        let lost = outcome.recv().await.unwrap();
        assert!(matches!(lost, Err(Error::ConnectionLost | Error::Io(_))), "{lost:?}");

        let (address, _outcome) = one(|ws| async move { drop(ws.into_inbox(1)) }).await;
        let mut ws = Client::new().connect(format!("ws://{address}/")).await.unwrap();
        assert!(ws.recv().await.is_err());
    });
}

#[test]
fn tungstenite_talks_to_both() {
    run(async {
        let (axum, _) = axum_server().await;
        let hyper =
            hyper_server(Server::new().deflate(Settings::DEFAULT), Failures::default()).await;
        for address in [hyper, axum] {
            let url = format!("ws://{address}/plain");
            let (mut ws, response) = tokio_tungstenite::connect_async(url).await.unwrap();
            assert_eq!(response.status(), 101);
            for message in [Message::from("text"), vec![1; 70_000].into(), "".into()] {
                ws.send(message.clone().into()).await.unwrap();
                let echo = ws.next().await.unwrap().unwrap();
                assert!(Message::try_from(echo) == Ok(message));
            }
            ws.send(tungstenite::Message::Ping(vec![7].into())).await.unwrap();
            let pong = ws.next().await.unwrap().unwrap();
            assert_eq!(pong, tungstenite::Message::Pong(vec![7].into()));
            ws.close(None).await.unwrap();
            assert!(matches!(ws.next().await, Some(Ok(tungstenite::Message::Close(_)))));
            assert!(ws.next().await.is_none());
        }
    });
}

#[test]
fn a_peer_that_breaks_the_protocol_is_failed_with_its_code() {
    run(async {
        let (send, mut receive) = tokio::sync::mpsc::channel(1);
        let app = Router::new().route(
            "/",
            any(move |upgrade: WebSocketUpgrade| async move {
                upgrade.on_upgrade(|mut ws| async move { send.send(ws.recv().await).await })
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(REQUEST.replace("/plain", "/").as_bytes()).await.unwrap();
        // Not masked.
        stream.write_all(b"\x81\x01x").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let frame = &answer[head_len(&answer).unwrap()..];
        assert_eq!(frame[0], 0x88);
        assert_eq!(frame[2..4], CloseCode::PROTOCOL.0.to_be_bytes());
        drop(stream);
        let error = receive.recv().await.unwrap().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::Unmasked)), "{error:?}");
    });
}
