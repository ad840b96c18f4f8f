//! `Stream` and `Sink`, and futures that are dropped before they are done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{future::ready, time::Duration};

use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use socklet_std::{
    Client, CloseCode, Error, Message, ProtocolError, Server, Timeout, Timeouts, UsageError,
};
use support::{Kind as Peer, noise, serve_raw};

const COUNT: usize = 300;
const LEN: usize = 100_000;

#[tokio::test]
async fn a_socket_is_a_stream_and_a_sink() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        let mut ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
        SinkExt::send(&mut ws, Message::from("one")).await.unwrap();
        SinkExt::feed(&mut ws, Message::from("two")).await.unwrap();
        SinkExt::feed(&mut ws, Message::from(noise(1 << 20))).await.unwrap();
        // What was fed leaves when receiving has to wait.
        assert_eq!(ws.next().await.unwrap().unwrap(), "one".into());
        assert_eq!(ws.next().await.unwrap().unwrap(), "two".into());
        assert!(ws.next().await.unwrap().unwrap() == Message::from(noise(1 << 20)));
        SinkExt::close(&mut ws).await.unwrap();
        assert_eq!(ws.closed().unwrap().code, Some(CloseCode::NORMAL));
        assert!(ws.next().await.is_none());
        let error = SinkExt::send(&mut ws, Message::from("late")).await.unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_halves_of_futures_work_at_full_load_in_two_tasks() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        let ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
        let (mut sink, stream) = ws.split();
        let sends = tokio::spawn(async move {
            let messages = (0..COUNT).map(|_| Ok(Message::from(noise(LEN))));
            sink.send_all(&mut stream::iter(messages)).await.unwrap();
            sink
        });
        let received: Vec<_> = stream.take(COUNT).try_collect().await.unwrap();
        assert!(received.iter().all(|message| message.as_bytes() == noise(LEN)));
        drop(sends.await.unwrap());
    }
}

#[tokio::test]
async fn an_echo_server_is_one_line() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (sink, stream) = Server::new().accept(stream).await.unwrap().split();
        stream.forward(sink).await
    });
    let mut ws = socklet_std::connect(&url).await.unwrap();
    for len in [0, 1, 1 << 20] {
        ws.send(&noise(len)).await.unwrap();
        assert!(ws.recv().await.unwrap() == Some(noise(len).into()));
    }
    ws.close(CloseCode::NORMAL, "").await.unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stream_reports_a_failure_once_and_ends() {
    let (url, server) = serve_raw(|mut stream| {
        use std::io::Write;
        stream.write_all(&[0x81, 2, b'o', b'k', 0x81, 2, 0xc3, b'x']).unwrap();
        let (first, payload) = support::read_masked(&mut stream);
        assert_eq!((first, payload), (0x88, vec![0x03, 0xef]));
    });
    let mut ws = socklet_std::connect(&url).await.unwrap();
    assert_eq!(ws.next().await.unwrap().unwrap(), "ok".into());
    let error = ws.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::InvalidUtf8)), "{error}");
    assert!(ws.next().await.is_none());
    server.join().unwrap();
}

#[tokio::test]
async fn dropped_futures_lose_nothing() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        let mut ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
        let mut dropped = 0;
        for round in 0..20 {
            let sent = Message::from(noise(round * 100_000));
            // Dropped whenever it waits, and called again.
            loop {
                tokio::select! {
                    biased;
                    fed = ws.feed(&sent) => { fed.unwrap(); break }
                    () = ready(()) => dropped += 1,
                }
                tokio::task::yield_now().await;
            }
            loop {
                tokio::select! {
                    biased;
                    flushed = ws.flush() => { flushed.unwrap(); break }
                    () = ready(()) => dropped += 1,
                }
                tokio::task::yield_now().await;
            }
            let received = loop {
                tokio::select! {
                    biased;
                    received = ws.recv() => break received.unwrap().unwrap(),
                    () = ready(()) => dropped += 1,
                }
                tokio::task::yield_now().await;
            };
            assert!(received == sent, "{} bytes, {peer:?}", sent.as_bytes().len());
        }
        assert!(dropped > 20, "{dropped} were dropped");
        ws.close(CloseCode::NORMAL, "").await.unwrap();
    }
}

#[tokio::test]
async fn a_receive_in_a_select_with_a_ticking_clock_gets_its_messages() {
    let address = Peer::Tokio.serve(Server::new());
    let mut ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
    let mut clock = tokio::time::interval(Duration::from_millis(1));
    ws.send(&noise(4 << 20)).await.unwrap();
    let message = loop {
        tokio::select! {
            message = ws.recv() => break message.unwrap().unwrap(),
            _ = clock.tick() => {}
        }
    };
    assert!(message == noise(4 << 20).into());
}

#[tokio::test]
async fn two_peers_that_both_send_before_they_receive_do_not_block_each_other() {
    let (near, far) = tokio::io::duplex(1000);
    let server = tokio::spawn(async move {
        let (sink, stream) = Server::new().accept(far).await.unwrap().split();
        stream.forward(sink).await.unwrap();
    });
    let ws = Client::new().connect_over(near, "ws://example.com/").await.unwrap();
    let (mut sink, stream) = ws.split();
    let messages = (0..50).map(|_| Ok(Message::from(noise(50_000))));
    let mut messages = stream::iter(messages);
    let sends = sink.send_all(&mut messages);
    let receives = stream.take(50).try_collect::<Vec<_>>();
    let (sent, received) = futures_util::join!(sends, receives);
    sent.unwrap();
    assert_eq!(received.unwrap().len(), 50);
    drop(sink);
    server.abort();
}

#[tokio::test]
async fn a_flush_says_that_what_was_staged_has_gone_with_the_connection() {
    let (near, far) = tokio::io::duplex(100);
    let mut ws = Client::new().take_over(near, &[]).unwrap();
    ws.send("more than fits").await.unwrap();
    SinkExt::feed(&mut ws, Message::from(noise(1000))).await.unwrap();
    drop(far);
    let error = ws.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error}");
    for error in [SinkExt::flush(&mut ws).await.unwrap_err(), ws.flush().await.unwrap_err()] {
        assert!(matches!(error, Error::Usage(UsageError::Closed)), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sink_is_woken_when_the_stream_has_seen_the_end() {
    let (near, _far) = tokio::io::duplex(1000);
    let timeouts = Timeouts { idle_ms: 1000, ..Timeouts::CLIENT };
    let ws = Client::new().timeouts(timeouts).take_over(near, &[]).unwrap();
    let (mut sink, mut stream) = ws.split();
    let sends = async {
        // The deadline of this write is behind that of the receive.
        tokio::time::sleep(Duration::from_millis(500)).await;
        sink.send(Message::from(noise(10_000))).await
    };
    let ends = async { futures_util::join!(sends, stream.next()) };
    let (sent, received) = tokio::time::timeout(Duration::from_secs(10), ends).await.unwrap();
    let error = received.unwrap().unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
    let error = sent.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
}
