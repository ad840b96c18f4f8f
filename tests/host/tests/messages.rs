//! Messages of all sizes and kinds, between both streams in both roles, with and without TLS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{
    io::{ErrorKind, Read},
    net::TcpStream,
    time::Duration,
};

use socklet_std::{
    Client, CloseCode, Error, Fragmentation, Kind, Limits, Message, Server, ServerRole, UsageError,
    core::Event, tokio::WebSocket,
};
use support::{Certificates, Kind as Peer, noise};

/// Both sides of each boundary of the framing, of the buffers and of TLS records.
const LENS: [usize; 16] = [
    0,
    1,
    125,
    126,
    127,
    1023,
    1024,
    16_383,
    16_385,
    65_535,
    65_536,
    131_072,
    131_073,
    131_087,
    1 << 20,
    16 << 20,
];

#[tokio::test]
async fn a_tokio_client_gets_back_what_it_sends() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        let mut ws = Client::new().connect(&format!("ws://{address}/")).await.unwrap();
        for len in LENS {
            let message = Message::from(noise(len));
            ws.send(&message).await.unwrap();
            assert!(ws.recv().await.unwrap() == Some(message), "{len} bytes, {peer:?}");
            let text = Message::from("\u{20ac}".repeat(len / 3));
            ws.send(&text).await.unwrap();
            assert!(ws.recv().await.unwrap() == Some(text), "{len} bytes of text, {peer:?}");
        }
        let closed = ws.close(CloseCode::NORMAL, "done").await.unwrap();
        assert_eq!(closed.code, Some(CloseCode::NORMAL));
    }
}

#[test]
fn a_blocking_client_gets_back_what_it_sends() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        let mut ws = Client::new().connect_blocking(format!("ws://{address}/")).unwrap();
        for len in LENS {
            let message = Message::from(noise(len));
            ws.send(&message).unwrap();
            assert!(ws.recv().unwrap() == Some(message), "{len} bytes, {peer:?}");
            let text = Message::from("\u{20ac}".repeat(len / 3));
            ws.send(&text).unwrap();
            assert!(ws.recv().unwrap() == Some(text), "{len} bytes of text, {peer:?}");
        }
        let closed = ws.close(CloseCode::NORMAL, "done").unwrap();
        assert_eq!(closed.code, Some(CloseCode::NORMAL));
    }
}

#[tokio::test]
async fn it_is_the_same_over_tls() {
    let certificates = Certificates::new();
    for peer in Peer::ALL {
        let address = peer.serve(Server::new().tls(certificates.server()));
        let url = format!("wss://localhost:{}/", address.port());
        let client = Client::new().tls(certificates.client());
        let mut ws = client.connect(&url).await.unwrap();
        assert!(ws.inner().is_tls());
        for len in LENS {
            let message = Message::from(noise(len));
            ws.send(&message).await.unwrap();
            assert!(ws.recv().await.unwrap() == Some(message), "{len} bytes, {peer:?}");
        }
        ws.close(CloseCode::NORMAL, "").await.unwrap();

        let blocking = tokio::task::spawn_blocking(move || {
            let mut ws = client.connect_blocking(&url).unwrap();
            assert!(ws.inner().is_tls());
            for len in LENS {
                let message = Message::from(noise(len));
                ws.send(&message).unwrap();
                assert!(ws.recv().unwrap() == Some(message), "{len} bytes, {peer:?}");
            }
            ws.close(CloseCode::NORMAL, "").unwrap();
        });
        blocking.await.unwrap();
    }
}

#[tokio::test]
async fn anything_that_is_a_message_can_be_sent() {
    let address = Peer::Tokio.serve(Server::new());
    let mut ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
    ws.send("text").await.unwrap();
    ws.send(String::from("text")).await.unwrap();
    ws.send(&String::from("text")).await.unwrap();
    for _ in 0..3 {
        assert_eq!(ws.recv().await.unwrap(), Some("text".into()));
    }
    ws.send(b"bytes").await.unwrap();
    ws.send(&b"bytes"[..]).await.unwrap();
    ws.send(b"bytes".to_vec()).await.unwrap();
    ws.send(&b"bytes".to_vec()).await.unwrap();
    ws.send(Message::from(b"bytes")).await.unwrap();
    for _ in 0..5 {
        assert_eq!(ws.recv().await.unwrap(), Some(Message::from(b"bytes")));
    }
}

#[tokio::test]
async fn a_burst_is_answered_whole_and_in_order() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        let mut ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
        for number in 0..5000 {
            ws.feed(format!("message {number}")).await.unwrap();
        }
        for number in 0..5000 {
            let message = ws.recv().await.unwrap().unwrap();
            assert_eq!(message.as_text(), Some(format!("message {number}").as_str()));
        }
    }
}

#[tokio::test]
async fn a_large_message_that_is_fed_leaves_at_once_and_a_small_one_when_it_is_flushed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let near = listener.accept().unwrap().0;
    far.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    near.set_nonblocking(true).unwrap();
    let near = tokio::net::TcpStream::from_std(near).unwrap();
    let mut ws: WebSocket<_, ServerRole> = Server::new().take_over(near, &[]).unwrap();
    // The runtime finds out with the first write that the socket takes what is written.
    ws.send("first").await.unwrap();
    let mut frame = [0; 7];
    far.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x81\x05first");

    let large = noise(32 << 10);
    ws.feed(&large).await.unwrap();
    let mut header = [0; 4];
    far.read_exact(&mut header).unwrap();
    assert_eq!(header, [0x82, 126, 0x80, 0], "32768 bytes");
    let mut payload = vec![0; large.len()];
    far.read_exact(&mut payload).unwrap();
    assert!(payload == large);

    ws.feed("small").await.unwrap();
    far.set_nonblocking(true).unwrap();
    let nothing = far.read(&mut header).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    ws.flush().await.unwrap();
    far.set_nonblocking(false).unwrap();
    far.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x81\x05small");
}

#[tokio::test]
async fn a_message_in_parts_arrives_as_one_with_pings_between() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new());
        let mut ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
        let text = "\u{1f980}".repeat(1000);
        // Cut within the code points.
        for part in text.as_bytes().chunks(997) {
            ws.send_part(Kind::Text, part, false).await.unwrap();
            ws.ping(b"still there?").await.unwrap();
        }
        assert!(matches!(ws.send("other").await, Err(Error::Usage(UsageError::MessageUnfinished))));
        ws.send_part(Kind::Text, &[], true).await.unwrap();
        let mut pongs = 0;
        loop {
            match ws.recv_event().await.unwrap().unwrap() {
                Event::Pong(payload) => {
                    assert_eq!(payload, b"still there?");
                    pongs += 1;
                }
                Event::Message(message) => {
                    assert_eq!(message, socklet_std::core::Message::Text(&text));
                    break;
                }
                Event::Ping(_) => panic!("nobody sent a ping"),
            }
        }
        assert_eq!(pongs, 5, "{peer:?}");
    }
}

#[tokio::test]
async fn a_message_longer_than_any_memory_is_received_in_chunks() {
    let address = Peer::Tokio.serve(Server::new());
    let mut ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
    let sent = noise(3 << 20);
    ws.send(&sent).await.unwrap();
    let mut received = Vec::new();
    let mut chunks = 0;
    loop {
        let chunk = ws.recv_chunk().await.unwrap().unwrap();
        assert_eq!(chunk.first, chunks == 0);
        received.extend_from_slice(chunk.data);
        chunks += 1;
        if chunk.fin {
            break;
        }
    }
    assert!(received == sent);
    assert!(chunks > 1);
}

#[tokio::test]
async fn a_message_beyond_the_limit_fails_with_its_code() {
    for peer in Peer::ALL {
        let limits = Limits { message_len: 1000, ..Limits::DEFAULT };
        let address = peer.serve(Server::new().limits(limits));
        let mut ws = socklet_std::connect(&format!("ws://{address}")).await.unwrap();
        ws.send(&noise(1000)).await.unwrap();
        assert!(ws.recv().await.unwrap().is_some());
        ws.send(&noise(1001)).await.unwrap();
        assert_eq!(ws.recv().await.unwrap(), None);
        assert_eq!(ws.closed().unwrap().code, Some(CloseCode::TOO_BIG));
    }
}

#[tokio::test]
async fn a_message_can_be_one_frame_whatever_its_length() {
    let (url, server) = support::serve_raw(|mut stream| {
        let mut head = [0; 10];
        std::io::Read::read_exact(&mut stream, &mut head).unwrap();
        head
    });
    let client = Client::new().fragmentation(Fragmentation::Never);
    let mut ws = client.connect(&url).await.unwrap();
    // The server reads no more than the header.
    let _ = ws.send(&noise(300_000)).await;
    let head = server.join().unwrap();
    assert_eq!(head[0], 0x82, "a whole binary message");
    assert_eq!(u64::from_be_bytes(head[2..].try_into().unwrap()), 300_000);
}
