//! Deadlines and keep-alive, by real clocks: bounds are generous.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{
    io::Write,
    thread,
    time::{Duration, Instant},
};

use socklet_std::{Client, CloseCode, Error, Server, Timeout, Timeouts};
use support::{LONG, noise, read_masked, serve_raw};

const SHORT: Timeouts =
    Timeouts { handshake_ms: 10_000, closing_ms: 300, idle_ms: 400, keep_alive: false };

/// A server that answers three pings, each of which must come, and then is silent.
fn three_pongs() -> (String, thread::JoinHandle<()>) {
    serve_raw(|mut stream| {
        for _ in 0..3 {
            assert_eq!(read_masked(&mut stream), (0x89, vec![]));
            stream.write_all(&[0x8a, 0]).unwrap();
        }
        assert_eq!(read_masked(&mut stream), (0x89, vec![]));
        thread::sleep(LONG);
    })
}

#[tokio::test]
async fn keep_alive_holds_a_living_peer_and_fails_a_dead_one() {
    let (url, _server) = three_pongs();
    let client = Client::new().keep_alive(Duration::from_millis(150));
    let mut ws = client.connect(&url).await.unwrap();
    let begun = Instant::now();
    let error = ws.recv().await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
    let elapsed = begun.elapsed();
    assert!(elapsed >= Duration::from_millis(4 * 150 + 100), "{elapsed:?}");
    assert!(elapsed < LONG / 2);
}

#[test]
fn keep_alive_holds_a_living_blocking_peer_and_fails_a_dead_one() {
    let (url, _server) = three_pongs();
    let client = Client::new().keep_alive(Duration::from_millis(150));
    let mut ws = client.connect_blocking(&url).unwrap();
    let begun = Instant::now();
    let error = ws.recv().unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
    let elapsed = begun.elapsed();
    assert!(elapsed >= Duration::from_millis(4 * 150 + 100), "{elapsed:?}");
    assert!(elapsed < LONG / 2);
}

#[tokio::test]
async fn keep_alive_works_in_a_split_stream() {
    let (url, _server) = three_pongs();
    let client = Client::new().keep_alive(Duration::from_millis(150));
    let (mut reader, _writer) = client.connect(&url).await.unwrap().into_split();
    let error = reader.recv().await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");

    let (url, _server) = three_pongs();
    let blocking = tokio::task::spawn_blocking(move || {
        let (mut reader, _writer) = client.connect_blocking(&url).unwrap().into_split().unwrap();
        reader.recv().unwrap_err()
    });
    let error = blocking.await.unwrap();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
}

#[tokio::test]
async fn a_silent_peer_is_failed() {
    let (url, _server) = serve_raw(|_stream| thread::sleep(LONG));
    let client = Client::new().timeouts(SHORT);
    let mut ws = client.connect(&url).await.unwrap();
    let error = ws.recv().await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");

    let (url, _server) = serve_raw(|_stream| thread::sleep(LONG));
    let error = tokio::task::spawn_blocking(move || {
        client.connect_blocking(&url).unwrap().recv().unwrap_err()
    });
    let error = error.await.unwrap();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
}

#[tokio::test]
async fn a_peer_that_never_reads_is_failed() {
    let (url, _server) = serve_raw(|_stream| thread::sleep(LONG));
    let client = Client::new().timeouts(SHORT);
    let mut ws = client.connect(&url).await.unwrap();
    let error = ws.send(&noise(64 << 20)).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");

    let (url, _server) = serve_raw(|_stream| thread::sleep(LONG));
    let error = tokio::task::spawn_blocking(move || {
        client.connect_blocking(&url).unwrap().send(noise(64 << 20)).unwrap_err()
    });
    let error = error.await.unwrap();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
}

#[tokio::test]
async fn a_peer_that_never_reads_is_failed_although_the_send_is_dropped_and_called_again() {
    let (url, _server) = serve_raw(|_stream| thread::sleep(LONG));
    let mut ws = Client::new().timeouts(SHORT).connect(&url).await.unwrap();
    let payload = noise(64 << 20);
    let mut clock = tokio::time::interval(Duration::from_millis(50));
    let begun = Instant::now();
    let error = loop {
        tokio::select! {
            sent = ws.send(&payload) => break sent.unwrap_err(),
            _ = clock.tick() => assert!(begun.elapsed() < LONG / 2, "it waits for ever"),
        }
    };
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
}

#[tokio::test]
async fn a_close_to_a_peer_that_never_reads_ends_in_time_with_no_idle_deadline() {
    let (url, _server) = serve_raw(|_stream| thread::sleep(LONG));
    let timeouts = Timeouts { closing_ms: 300, ..Timeouts::CLIENT };
    let mut ws = Client::new().timeouts(timeouts).connect(&url).await.unwrap();
    let stuck = tokio::time::timeout(Duration::from_millis(500), ws.send(&noise(64 << 20))).await;
    assert!(stuck.is_err(), "the peer reads");
    let closed = tokio::time::timeout(LONG / 2, ws.close(CloseCode::NORMAL, "")).await;
    let error = closed.expect("it waits for ever").unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Closing)), "{error}");
    assert!(!ws.is_open());
}

#[tokio::test]
async fn a_close_beside_a_message_ends_in_time_as_well() {
    let (url, _server) = serve_raw(|mut stream| {
        stream.write_all(&[0x81, 1, b'x']).unwrap();
        thread::sleep(LONG);
    });
    let timeouts = Timeouts { closing_ms: 300, ..Timeouts::CLIENT };
    let mut ws = Client::new().timeouts(timeouts).connect(&url).await.unwrap();
    let (_, mut reply) = ws.recv_ref().await.unwrap().unwrap();
    let payload = noise(64 << 20);
    let stuck = tokio::time::timeout(Duration::from_millis(500), reply.send(&payload)).await;
    assert!(stuck.is_err(), "the peer reads");
    let closed = tokio::time::timeout(LONG / 2, reply.close(CloseCode::NORMAL, "")).await;
    let error = closed.expect("it waits for ever").unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Closing)), "{error}");
}

#[test]
fn a_server_waits_no_longer_than_it_was_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut ws = Server::new().timeouts(SHORT).accept_blocking(stream).unwrap();
        ws.recv().unwrap_err()
    });
    let _client = socklet_std::blocking::connect(format!("ws://{address}/")).unwrap();
    let error = server.join().unwrap();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
}
