//! One message for many connections: over both streams and their halves, to clients that compress
//! and clients that do not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails a test")]

use std::{net::SocketAddr, thread};

use socklet_std::{
    Broadcast, Client, CloseCode, Error, Message, Server,
    permessage_deflate::{Negotiable, Settings},
};

/// Compresses each message by itself.
const BY_ITSELF: Settings = Settings {
    negotiable: Negotiable { send_takeover: false, ..Settings::DEFAULT.negotiable },
    ..Settings::DEFAULT
};

/// A server that compresses in this way, and four clients.
const CASES: [(Settings, Settings); 4] = [
    (Settings::OFF, Settings::DEFAULT),
    (BY_ITSELF, Settings::OFF),
    (BY_ITSELF, Settings::DEFAULT),
    (Settings::DEFAULT, Settings::DEFAULT),
];

fn messages() -> Vec<Broadcast> {
    let words = |count| "the same for everybody, ".repeat(count);
    let noise: Vec<u8> =
        (0..3000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    vec![
        Broadcast::new("short"),
        Broadcast::new(words(10)),
        Broadcast::new(noise),
        Broadcast::new(words(3000).into_bytes()),
        // Longer than a frame that is staged.
        Broadcast::new(words(20_000)),
        Broadcast::new(""),
    ]
}

/// What a client receives until the server closes.
async fn received(address: SocketAddr, settings: Settings) -> Result<Vec<Message>, Error> {
    let client = Client::new().deflate(settings);
    let mut ws = client.connect(format!("ws://{address}/")).await?;
    // It makes its own frames.
    ws.send(Broadcast::new("from a client, from a client, from a client")).await?;
    let mut messages = Vec::new();
    while let Some(message) = ws.recv().await? {
        messages.push(message);
    }
    Ok(messages)
}

fn expect(address: SocketAddr, settings: Settings) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let received = runtime.block_on(received(address, settings)).unwrap();
    let sent = messages();
    // Fed, sent, and sent again by a half.
    assert!(received.iter().eq(sent.iter().chain(&sent).chain(&sent).map(Broadcast::message)));
}

#[test]
fn over_tokio_all_receive_the_same() {
    for (ours, theirs) in CASES {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let client = tokio::task::spawn_blocking(move || expect(address, theirs));
            let server = Server::new().deflate(ours);
            let mut ws = server.accept(listener.accept().await.unwrap().0).await.unwrap();
            let text = ws.recv().await.unwrap().unwrap();
            assert_eq!(text.as_text(), Some("from a client, from a client, from a client"));
            for message in messages() {
                ws.feed(&message).await.unwrap();
            }
            for message in messages() {
                ws.send(message).await.unwrap();
            }
            let (reader, mut writer) = ws.into_split();
            for message in messages() {
                writer.send(&message).await.unwrap();
            }
            let mut ws = reader.reunite(writer).unwrap();
            ws.close(CloseCode::NORMAL, "").await.unwrap();
            let compresses = ws.compression().is_some();
            assert_eq!(compresses, ours.is_enabled && theirs.is_enabled);
            let volume = ws.volume_sent().unwrap_or_default();
            if compresses {
                // All but the shortest and what is noise, whose window a context may fill.
                let lens = messages().into_iter().map(|one| one.message().as_bytes().len() as u64);
                let compressible: u64 = lens.filter(|len| *len > 32 && *len != 3000).sum();
                assert!(volume.plain >= 3 * compressible, "{volume:?}");
                assert!(volume.compressed * 10 < volume.plain, "{volume:?}");
            }
            client.await.unwrap();
        });
    }
}

#[test]
fn over_the_blocking_stream_all_receive_the_same() {
    for (ours, theirs) in CASES {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = thread::spawn(move || expect(address, theirs));
        let server = Server::new().deflate(ours);
        let mut ws = server.accept_blocking(listener.accept().unwrap().0).unwrap();
        assert!(ws.recv().unwrap().is_some());
        for message in messages() {
            ws.feed(&message).unwrap();
        }
        for message in messages() {
            ws.send(message).unwrap();
        }
        let (mut reader, mut writer) = ws.into_split().unwrap();
        for message in messages() {
            writer.send(&message).unwrap();
        }
        writer.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(reader.recv().unwrap(), None);
        client.join().unwrap();
    }
}

#[test]
fn a_message_goes_to_tungstenite_and_back_without_a_copy() {
    use tungstenite::Message as Other;

    for message in [Message::from("text"), Message::from(vec![1, 0xFF]), Message::from("")] {
        let at = message.as_bytes().as_ptr();
        let other = Other::from(message.clone());
        assert_eq!(other.is_text(), message.as_text().is_some());
        let back = Message::try_from(other).unwrap();
        assert_eq!((back.as_bytes().as_ptr(), &back), (at, &message));
    }
    for control in [Other::Ping(vec![1].into()), Other::Pong(vec![].into()), Other::Close(None)] {
        assert_eq!(Message::try_from(control.clone()), Err(control));
    }
}
