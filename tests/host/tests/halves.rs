//! Split streams: both directions at full load, with pings, and nobody waits for anybody.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{
    io::{self, Read, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use socklet_std::{
    Client, CloseCode, Error, Fragmentation, Kind as MessageKind, Message, Server, Side, Timeouts,
    UsageError, blocking,
};
use support::{Certificates, Kind as Peer, noise, read_masked, serve_once, serve_raw};

/// Enough to fill all buffers on the way many times over.
const COUNT: usize = 400;
const LEN: usize = 100_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_halves_work_at_full_load() {
    let certificates = Certificates::new();
    for peer in Peer::ALL {
        for tls in [false, true] {
            let mut server = Server::new();
            if tls {
                server = server.tls(certificates.server());
            }
            let address = peer.serve(server);
            let scheme = if tls { "wss" } else { "ws" };
            let url = format!("{scheme}://localhost:{}/", address.port());
            let client = Client::new().tls(certificates.client());
            let (mut reader, mut writer) = client.connect(&url).await.unwrap().into_split();
            let sends = tokio::spawn(async move {
                let payload = noise(LEN);
                for number in 0..COUNT {
                    writer.feed(&payload).await.unwrap();
                    if number % 10 == 0 {
                        writer.ping(b"?").await.unwrap();
                    }
                }
                writer.flush().await.unwrap();
                writer
            });
            let expected = Message::from(noise(LEN));
            for number in 0..COUNT {
                let message = reader.recv().await.unwrap();
                assert!(message.as_ref() == Some(&expected), "message {number} from {peer:?}");
            }
            let mut ws = reader.reunite(sends.await.unwrap()).unwrap();
            ws.send("joined").await.unwrap();
            assert_eq!(ws.recv().await.unwrap(), Some("joined".into()));
            ws.close(CloseCode::NORMAL, "").await.unwrap();
        }
    }
}

#[test]
fn both_blocking_halves_work_at_full_load() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        let ws = Client::new().connect_blocking(format!("ws://{address}/")).unwrap();
        let (mut reader, mut writer) = ws.into_split().unwrap();
        let sends = thread::spawn(move || {
            let payload = noise(LEN);
            for number in 0..COUNT {
                writer.feed(&payload).unwrap();
                if number % 10 == 0 {
                    writer.ping(b"?").unwrap();
                }
            }
            writer.flush().unwrap();
            writer
        });
        let expected = Message::from(noise(LEN));
        for number in 0..COUNT {
            let message = reader.recv().unwrap();
            assert!(message.as_ref() == Some(&expected), "message {number} from {peer:?}");
        }
        let mut writer = sends.join().unwrap();
        writer.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(reader.recv().unwrap(), None);
        assert_eq!(reader.closed().unwrap().by, Side::Local);
        assert!(matches!(writer.send("late"), Err(Error::Usage(UsageError::Closed))));
    }
}

#[test]
fn the_blocking_halves_of_tls_work_at_full_load() {
    let certificates = Certificates::new();
    let address = Peer::Tokio.serve(Server::new().tls(certificates.server()));
    let url = format!("wss://localhost:{}/", address.port());
    let client = Client::new().tls(certificates.client());
    let (mut reader, mut writer) = client.connect_blocking(&url).unwrap().into_split().unwrap();
    let sends = thread::spawn(move || {
        let payload = noise(LEN);
        for _ in 0..COUNT {
            writer.send(&payload).unwrap();
        }
        writer
    });
    let expected = Message::from(noise(LEN));
    for number in 0..COUNT {
        assert!(reader.recv().unwrap().as_ref() == Some(&expected), "message {number}");
    }
    sends.join().unwrap().close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(reader.recv().unwrap(), None);
    assert_eq!(reader.closed().unwrap().by, Side::Local);
}

#[test]
fn the_blocking_halves_of_tls_wait_and_go_on() {
    let certificates = Certificates::new();
    let address = Peer::Tokio.serve(Server::new().tls(certificates.server()));
    let url = format!("wss://localhost:{}/", address.port());
    // No read waits longer than the closing handshake may take.
    let timeouts = Timeouts { closing_ms: 50, ..Timeouts::CLIENT };
    let client = Client::new().tls(certificates.client()).timeouts(timeouts);
    let (mut reader, mut writer) = client.connect_blocking(&url).unwrap().into_split().unwrap();
    let receives = thread::spawn(move || {
        for number in 0..3 {
            assert_eq!(reader.recv().unwrap(), Some(Message::from(format!("message {number}"))));
        }
    });
    for number in 0..3 {
        writer.send(format!("message {number}")).unwrap();
        thread::sleep(Duration::from_millis(200));
    }
    receives.join().unwrap();
}

#[test]
fn the_blocking_halves_of_tls_take_records_of_any_size_apart() {
    let certificates = Certificates::new();
    let tls = certificates.server();
    let (url, server) = serve_once(move |stream| {
        let mut ws = Server::new().tls(tls).accept_blocking(stream).unwrap();
        // Small records and full ones, so that some lie whole behind a part of another.
        for round in 0..200 {
            for len in [1, 16_000, 3, 33_000, 200 + round] {
                ws.send(noise(len)).unwrap();
            }
        }
        while ws.recv().unwrap().is_some() {}
    });
    let port = url.trim_end_matches('/').rsplit(':').next().unwrap();
    let client = Client::new().tls(certificates.client());
    let ws = client.connect_blocking(format!("wss://localhost:{port}/")).unwrap();
    let (mut reader, mut writer) = ws.into_split().unwrap();
    thread::sleep(Duration::from_millis(200));
    for round in 0..200 {
        for len in [1, 16_000, 3, 33_000, 200 + round] {
            assert!(reader.recv().unwrap() == Some(Message::from(noise(len))), "{round}, {len}");
        }
    }
    writer.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(reader.recv().unwrap(), None);
    server.join().unwrap();
}

#[tokio::test]
async fn a_message_is_sent_and_received_in_parts_by_halves() {
    let address = Peer::Tokio.serve(Server::new());
    let url = format!("ws://{address}");
    let (mut reader, mut writer) = socklet_std::connect(&url).await.unwrap().into_split();
    writer.send_part(MessageKind::Text, b"caf\xc3", false).await.unwrap();
    writer.send_part(MessageKind::Text, b"\xa9", true).await.unwrap();
    assert_eq!(writer.unfinished(), None);
    let chunk = reader.recv_chunk().await.unwrap().unwrap();
    assert_eq!((chunk.data, chunk.fin), ("caf\u{e9}".as_bytes(), true));

    let blocking = tokio::task::spawn_blocking(move || {
        let ws = socklet_std::blocking::connect(&url).unwrap();
        let (mut reader, mut writer) = ws.into_split().unwrap();
        writer.send_part(MessageKind::Text, b"caf\xc3", false).unwrap();
        writer.send_part(MessageKind::Text, b"\xa9", true).unwrap();
        assert_eq!(writer.unfinished(), None);
        let message = reader.recv_ref().unwrap().unwrap();
        assert_eq!(message.as_bytes(), "caf\u{e9}".as_bytes());
    });
    blocking.await.unwrap();
}

/// A server that pings and closes, and a client whose sending half does nothing.
fn pinging_server() -> (String, thread::JoinHandle<()>) {
    serve_raw(|mut stream| {
        for number in 0..100 {
            stream.write_all(&[0x89, 1, number]).unwrap();
            assert_eq!(read_masked(&mut stream), (0x8a, vec![number]));
        }
        stream.write_all(&[0x88, 2, 0x03, 0xe9]).unwrap();
        assert_eq!(read_masked(&mut stream), (0x88, vec![0x03, 0xe9]));
    })
}

#[tokio::test]
async fn the_reader_answers_pings_while_nobody_sends() {
    let (url, server) = pinging_server();
    let (mut reader, _writer) = socklet_std::connect(&url).await.unwrap().into_split();
    assert_eq!(reader.recv().await.unwrap(), None);
    assert_eq!(reader.closed().unwrap().by, Side::Peer);
    server.join().unwrap();
}

#[test]
fn the_blocking_reader_answers_pings_while_nobody_sends() {
    let (url, server) = pinging_server();
    let ws = socklet_std::blocking::connect(&url).unwrap();
    let (mut reader, _writer) = ws.into_split().unwrap();
    assert_eq!(reader.recv().unwrap(), None);
    assert_eq!(reader.closed().unwrap().by, Side::Peer);
    server.join().unwrap();
}

#[tokio::test]
async fn the_writer_closes_and_the_reader_sees_it() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        let ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
        let (mut reader, mut writer) = ws.into_split();
        let closes = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            writer.send("last").await.unwrap();
            writer.close(CloseCode::GOING_AWAY, "bye").await.unwrap();
            let late = writer.send("late").await;
            assert!(matches!(late, Err(Error::Usage(UsageError::Closed))), "{late:?}");
        });
        assert_eq!(reader.recv().await.unwrap(), Some("last".into()));
        assert_eq!(reader.recv().await.unwrap(), None);
        let closed = reader.closed().unwrap();
        assert_eq!((closed.by, closed.code), (Side::Local, Some(CloseCode::GOING_AWAY)));
        closes.await.unwrap();
    }
}

#[tokio::test]
async fn a_dropped_send_holds_up_nobody() {
    // So narrow that every write has to wait.
    let (near, far) = tokio::io::duplex(1000);
    tokio::spawn(async move {
        let mut ws = Server::new().take_over(far, &[]).unwrap();
        while let Some(message) = ws.recv().await.unwrap() {
            ws.send(&message).await.unwrap();
        }
    });
    let (mut reader, mut writer) = Client::new().take_over(near, &[]).unwrap().into_split();
    let payload = noise(1 << 20);
    let mut dropped = 0;
    loop {
        tokio::select! {
            biased;
            fed = writer.feed(&payload) => { fed.unwrap(); break }
            () = std::future::ready(()) => dropped += 1,
        }
        tokio::task::yield_now().await;
    }
    writer.flush().await.unwrap();
    assert!(dropped > 0);
    assert!(reader.recv().await.unwrap() == Some(Message::from(payload)));
}

#[tokio::test]
async fn halves_of_two_streams_do_not_join() {
    let address = Peer::Tokio.serve(Server::new());
    let url = format!("ws://{address}");
    let (one, other_writer) = socklet_std::connect(&url).await.unwrap().into_split();
    let (other, one_writer) = socklet_std::connect(&url).await.unwrap().into_split();
    let error = one.reunite(one_writer).unwrap_err();
    let (one, one_writer) = *error.0;
    one.reunite(other_writer).unwrap();
    other.reunite(one_writer).unwrap();
}

#[test]
fn blocking_halves_join_and_part_again() {
    let certificates = Certificates::new();
    for tls in [false, true] {
        let mut server = Server::new();
        if tls {
            server = server.tls(certificates.server());
        }
        let address = Peer::Tokio.serve(server);
        let url = format!("{}://localhost:{}/", if tls { "wss" } else { "ws" }, address.port());
        let client = Client::new().tls(certificates.client());
        let connect = || client.connect_blocking(&url).unwrap().into_split().unwrap();
        let ((mut one, one_writer), (other, other_writer)) = (connect(), connect());
        let sends = thread::spawn(move || {
            let mut writer = one_writer;
            for number in 0..100 {
                writer.send(format!("message {number}")).unwrap();
            }
            writer
        });
        for number in 0..50 {
            assert_eq!(one.recv().unwrap(), Some(format!("message {number}").into()));
        }
        let error = one.reunite(other_writer).unwrap_err();
        let (one, other_writer) = *error.0;
        other.reunite(other_writer).unwrap().close(CloseCode::NORMAL, "").unwrap();

        let mut ws = one.reunite(sends.join().unwrap()).unwrap();
        ws.ping(b"whole").unwrap();
        for number in 50..75 {
            assert_eq!(ws.recv().unwrap(), Some(format!("message {number}").into()));
        }
        let (mut reader, mut writer) = ws.into_split().unwrap();
        writer.send("the last").unwrap();
        for number in 75..100 {
            assert_eq!(reader.recv().unwrap(), Some(format!("message {number}").into()));
        }
        assert_eq!(reader.recv().unwrap(), Some("the last".into()));
        let closed = reader.reunite(writer).unwrap().close(CloseCode::NORMAL, "").unwrap();
        assert_eq!((closed.by, closed.code), (Side::Local, Some(CloseCode::NORMAL)));
    }
}

#[test]
fn a_close_of_the_peer_lets_a_blocking_send_under_way_end_and_is_answered_behind_it() {
    const MESSAGE_LEN: usize = 8 << 20;
    let message = noise(MESSAGE_LEN);
    let (url, server) = serve_once(move |stream| {
        let server = Server::new().fragmentation(Fragmentation::Never);
        let (mut reader, mut writer) =
            server.accept_blocking(stream).unwrap().into_split().unwrap();
        let sends = thread::spawn(move || writer.send(&message));
        let received = reader.recv();
        (received, sends.join().unwrap(), reader.closed())
    });
    let (blocking::MaybeTls::Plain(mut stream), mut bytes) =
        Client::new().connect_blocking(&url).unwrap().into_inner()
    else {
        panic!("no TLS here")
    };
    // More than the system takes without a reader, so that the send is under way.
    thread::sleep(Duration::from_millis(200));
    stream.write_all(&[0x88, 0x82, 0, 0, 0, 0, 3, 232]).unwrap();
    thread::sleep(Duration::from_millis(200));
    stream.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len(), 10 + MESSAGE_LEN + 4, "the message whole, and a Close frame");
    assert_eq!(bytes[bytes.len() - 4..], [0x88, 2, 3, 232]);
    let (received, sent, closed) = server.join().unwrap();
    assert_eq!(received.unwrap(), None);
    sent.unwrap();
    assert_eq!(closed.unwrap().by, Side::Peer);
}

#[test]
fn halves_and_what_they_are_joined_to_can_be_interrupted_as_the_whole() {
    let flag = Arc::new(AtomicBool::new(false));
    let interrupt = Arc::clone(&flag);
    let (url, server) = serve_once(move |stream| {
        let mut ws = Server::new().accept_blocking(stream).unwrap();
        ws.set_interrupt(Some(interrupt));
        let is_interrupted =
            |error| matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::Interrupted);
        let (mut reader, writer) = ws.into_split().unwrap();
        assert!(is_interrupted(reader.recv().unwrap_err()));
        let mut ws = reader.reunite(writer).unwrap();
        assert!(is_interrupted(ws.recv().unwrap_err()));
        ws.set_interrupt(None);
        ws.close(CloseCode::GOING_AWAY, "").unwrap()
    });
    let mut ws = socklet_std::blocking::connect(&url).unwrap();
    flag.store(true, Ordering::Relaxed);
    assert_eq!(ws.recv().unwrap(), None);
    assert_eq!(server.join().unwrap().by, Side::Local);
}

#[tokio::test(start_paused = true)]
async fn what_waits_to_be_written_is_bounded_whether_messages_are_fragmented_or_not() {
    for fragmentation in [Fragmentation::Automatic, Fragmentation::Never] {
        let (near, _far) = tokio::io::duplex(1000);
        let server = Server::new().fragmentation(fragmentation);
        let mut ws = server.take_over(near, &[]).unwrap();
        let message = noise(10_000);
        let mut taken = 0;
        let wait = Duration::from_secs(1);
        while tokio::time::timeout(wait, ws.feed(&message)).await.is_ok() {
            taken += 1;
            assert!(taken < 20, "{fragmentation:?}");
        }
        assert!(taken > 10, "{fragmentation:?}: {taken}");
        assert_eq!(ws.unfinished(), Some(0), "{fragmentation:?}");
    }
}
