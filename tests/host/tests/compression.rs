//! permessage-deflate over real sockets: both streams with both servers, in halves, as `Stream` and
//! `Sink`, and over connections that something else has opened.
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
    net::SocketAddr,
    thread,
};

use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use socklet_core::handshake::{accept_for, client::key_of};
use socklet_std::{
    Client, CloseCode, Message, Request, Server, blocking,
    permessage_deflate::{Agreed, Context, Settings, Volume, params},
};
use support::{Certificates, Kind as Peer, noise, read_head, serve_once};

const COUNT: usize = 300;

/// A report, like the others and none like the other.
fn report(number: usize) -> String {
    let value = number * 7919 % 1000;
    format!(r#"{{"device":"node-{}","sequence":{number},"value":{value}}}"#, number % 7)
}

/// Reports, long ones among them, and what does not compress.
fn messages() -> impl Iterator<Item = Message> + Send {
    (0..COUNT).map(|number| match number % 50 {
        48 => Message::from(noise(100_000)),
        49 => Message::from((0..5000).map(report).collect::<String>()),
        _ => Message::from(report(number)),
    })
}

const fn context(window_bits: u8, takeover: bool) -> Context {
    Context { window_bits, takeover }
}

/// Settings with these windows.
fn windows(receive: Context, send: Context) -> Settings {
    let mut settings = Settings::DEFAULT;
    let negotiable = &mut settings.negotiable;
    (negotiable.receive_bits, negotiable.receive_takeover) =
        (receive.window_bits, receive.takeover);
    (negotiable.send_bits, negotiable.send_takeover) = (send.window_bits, send.takeover);
    settings
}

/// Settings of the client and of the server, and what the client has agreed on.
fn agreements() -> [(Settings, Settings, Agreed); 4] {
    let (full, small, fresh) = (context(15, true), context(9, true), context(15, false));
    [
        (Settings::DEFAULT, Settings::DEFAULT, Agreed { send: full, receive: full }),
        (windows(small, full), Settings::DEFAULT, Agreed { send: full, receive: small }),
        (Settings::DEFAULT, windows(small, fresh), Agreed { send: small, receive: fresh }),
        (windows(fresh, fresh), Settings::DEFAULT, Agreed { send: fresh, receive: fresh }),
    ]
}

fn url(address: SocketAddr) -> String {
    format!("ws://{address}/")
}

/// Checks that compression was of use, and how many bytes of messages it has seen.
fn check_volumes(sent: Option<Volume>, received: Option<Volume>) {
    for (direction, volume) in [("sent", sent), ("received", received)] {
        let Volume { plain, compressed } = volume.expect("compression");
        assert!(plain > 1 << 20, "{direction}: {plain}");
        assert!(compressed * 2 < plain, "{direction}: {compressed} of {plain}");
    }
}

#[tokio::test]
async fn messages_of_one_context_come_back() {
    for peer in Peer::ALL {
        for (ours, theirs, agreed) in agreements() {
            let address = peer.serve(Server::new().deflate(theirs));
            let mut ws = Client::new().deflate(ours).connect(&url(address)).await.unwrap();
            assert_eq!(ws.compression(), Some(agreed), "{peer:?}");
            for message in messages() {
                ws.send(&message).await.unwrap();
                assert!(ws.recv().await.unwrap() == Some(message), "{peer:?} {agreed:?}");
            }
            check_volumes(ws.volume_sent(), ws.volume_received());
            ws.close(CloseCode::NORMAL, "").await.unwrap();
        }
    }
}

#[test]
fn messages_of_one_context_come_back_to_a_blocking_stream() {
    for peer in Peer::ALL {
        for (ours, theirs, agreed) in agreements() {
            let address = peer.serve(Server::new().deflate(theirs));
            let mut ws = Client::new().deflate(ours).connect_blocking(url(address)).unwrap();
            assert_eq!(ws.compression(), Some(agreed), "{peer:?}");
            for message in messages() {
                ws.send(&message).unwrap();
                assert!(ws.recv().unwrap() == Some(message), "{peer:?} {agreed:?}");
            }
            check_volumes(ws.volume_sent(), ws.volume_received());
            ws.close(CloseCode::NORMAL, "").unwrap();
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_compress_speaks_to_one_that_does() {
    for peer in Peer::ALL {
        for (ours, theirs) in
            [(Settings::DEFAULT, Settings::OFF), (Settings::OFF, Settings::DEFAULT)]
        {
            let address = peer.serve(Server::new().deflate(theirs));
            let mut ws = Client::new().deflate(ours).connect(&url(address)).await.unwrap();
            ws.send(report(1)).await.unwrap();
            assert_eq!(ws.recv().await.unwrap(), Some(report(1).into()));
            assert_eq!((ws.compression(), ws.volume_sent()), (None, None));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn halves_send_and_receive_compressed_at_once() {
    let certificates = Certificates::new();
    for peer in Peer::ALL {
        for scheme in ["ws", "wss"] {
            let mut server = Server::new().deflate(Settings::DEFAULT);
            if scheme == "wss" {
                server = server.tls(certificates.server());
            }
            let port = peer.serve(server).port();
            let client = Client::new().tls(certificates.client()).deflate(Settings::DEFAULT);
            let ws = client.connect(format!("{scheme}://localhost:{port}/")).await.unwrap();
            let (mut reader, mut writer) = ws.into_split();
            let sends = tokio::spawn(async move {
                for message in messages() {
                    writer.feed(&message).await.unwrap();
                    writer.ping(b"?").await.unwrap();
                }
                writer.flush().await.unwrap();
                writer
            });
            for expected in messages() {
                assert!(reader.recv().await.unwrap() == Some(expected), "{peer:?} {scheme}");
            }
            let writer = sends.await.unwrap();
            check_volumes(writer.volume_sent(), reader.volume_received());
            // Joined, they go on with the same contexts.
            let mut ws = reader.reunite(writer).unwrap();
            ws.send(report(1)).await.unwrap();
            assert_eq!(ws.recv().await.unwrap(), Some(report(1).into()));
            check_volumes(ws.volume_sent(), ws.volume_received());
            ws.close(CloseCode::NORMAL, "").await.unwrap();
        }
    }
}

#[test]
fn blocking_halves_send_and_receive_compressed_at_once() {
    let certificates = Certificates::new();
    for peer in Peer::ALL {
        for scheme in ["ws", "wss"] {
            let mut server = Server::new().deflate(Settings::DEFAULT);
            if scheme == "wss" {
                server = server.tls(certificates.server());
            }
            let port = peer.serve(server).port();
            let client = Client::new().tls(certificates.client()).deflate(Settings::DEFAULT);
            let ws = client.connect_blocking(format!("{scheme}://localhost:{port}/")).unwrap();
            let (mut reader, mut writer) = ws.into_split().unwrap();
            let sends = thread::spawn(move || {
                for message in messages() {
                    writer.feed(&message).unwrap();
                    writer.ping(b"?").unwrap();
                }
                writer.flush().unwrap();
                writer
            });
            for expected in messages() {
                assert!(reader.recv().unwrap() == Some(expected), "{peer:?} {scheme}");
            }
            let mut writer = sends.join().unwrap();
            check_volumes(writer.volume_sent(), reader.volume_received());
            writer.close(CloseCode::NORMAL, "").unwrap();
            assert_eq!(reader.recv().unwrap(), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_and_a_sink_are_compressed() {
    for peer in Peer::ALL {
        let address = peer.serve(Server::new().deflate(Settings::DEFAULT));
        let client = Client::new().deflate(Settings::DEFAULT);
        let (mut sink, stream) = client.connect(&url(address)).await.unwrap().split();
        let sends = tokio::spawn(async move {
            sink.send_all(&mut stream::iter(messages().map(Ok))).await.unwrap();
            sink
        });
        let mut stream = stream;
        let received: Vec<_> = (&mut stream).take(COUNT).try_collect().await.unwrap();
        assert!(received.into_iter().eq(messages()), "{peer:?}");
        let ws = stream.reunite(sends.await.unwrap()).unwrap();
        check_volumes(ws.volume_sent(), ws.volume_received());
    }
}

#[tokio::test]
async fn messages_are_compressed_as_their_sender_wants() {
    let address = Peer::Tokio.serve(Server::new().deflate(Settings::DEFAULT));
    let settings = Settings { threshold_len: 50, ..Settings::DEFAULT };
    let mut ws = Client::new().deflate(settings).connect(&url(address)).await.unwrap();
    ws.send("x".repeat(49)).await.unwrap();
    assert_eq!(ws.volume_sent(), Some(Volume::default()), "too short");
    ws.set_compression(false);
    ws.send("x".repeat(5000)).await.unwrap();
    assert_eq!(ws.volume_sent(), Some(Volume::default()), "not wanted");
    ws.set_compression(true);
    ws.send("x".repeat(5000)).await.unwrap();
    let Volume { plain, compressed } = ws.volume_sent().unwrap();
    assert!(plain == 5000 && compressed < 50, "{compressed}");
    for len in [49, 5000, 5000] {
        assert_eq!(ws.recv().await.unwrap(), Some("x".repeat(len).into()));
    }
}

/// Answers the request of a client as an HTTP server would, and says what was agreed on. In the
/// same write comes `behind`.
fn answer(stream: &mut (impl Read + Write), behind: &[u8]) -> Option<Agreed> {
    let head = read_head(stream);
    let request = Request::parse(head.as_bytes()).unwrap();
    let mut extensions = String::new();
    let is_offer = |name: &str| name.eq_ignore_ascii_case("Sec-WebSocket-Extensions");
    let offers =
        request.headers().filter(|header| is_offer(header.name)).map(|header| header.value);
    let agreed = params::accept(&Settings::DEFAULT.negotiable, offers, &mut extensions).unwrap();
    let accept = accept_for(key_of(head.as_bytes()).unwrap());
    let mut response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n",
        std::str::from_utf8(&accept).unwrap()
    );
    if agreed.is_some() {
        response += &format!("Sec-WebSocket-Extensions: {extensions}\r\n");
    }
    stream.write_all(&[response.as_bytes(), b"\r\n", behind].concat()).unwrap();
    agreed
}

#[test]
fn a_connection_that_an_http_server_has_accepted_is_compressed() {
    for settings in [Settings::DEFAULT, windows(context(9, true), context(10, false))] {
        let (url, server) = serve_once(|mut stream| {
            let agreed = answer(&mut stream, b"");
            let server = Server::new().agreed(agreed);
            let mut ws = server.take_over_blocking(stream, b"").unwrap();
            while let Some(message) = ws.recv().unwrap() {
                ws.send(&message).unwrap();
            }
            (agreed, ws.compression())
        });
        let mut ws = Client::new().deflate(settings).connect_blocking(&url).unwrap();
        for message in messages() {
            ws.send(&message).unwrap();
            assert!(ws.recv().unwrap() == Some(message));
        }
        check_volumes(ws.volume_sent(), ws.volume_received());
        ws.close(CloseCode::NORMAL, "").unwrap();
        let (agreed, compression) = server.join().unwrap();
        assert!(agreed.is_some() && compression == agreed);
    }
}

#[tokio::test]
async fn both_ends_are_taken_over_with_what_was_read_already() {
    // Two of them are smaller together, without a context too.
    let message = |number| report(number) + &report(number + 1);
    let contexts = [context(15, true), context(9, true), context(15, false)];
    for (send, receive) in contexts.into_iter().flat_map(|send| contexts.map(|rest| (send, rest))) {
        let (near, far) = tokio::io::duplex(1 << 20);
        let client = Client::new().agreed(Some(Agreed { send, receive }));
        let server = Server::new().agreed(Some(Agreed { send: receive, receive: send }));
        let mut client = client.take_over(near, b"").unwrap();
        for number in 0..100 {
            client.send(message(number)).await.unwrap();
        }
        let (mut far, mut leftover) = (far, vec![0; 700]);
        tokio::io::AsyncReadExt::read_exact(&mut far, &mut leftover).await.unwrap();
        let mut server = server.take_over(far, &leftover).unwrap();
        for number in 0..100 {
            assert_eq!(server.recv().await.unwrap(), Some(message(number).into()));
            server.send(message(number)).await.unwrap();
            assert_eq!(client.recv().await.unwrap(), Some(message(number).into()));
        }
        let Volume { plain, compressed } = server.volume_received().unwrap();
        assert!(compressed < plain, "{compressed} of {plain}");
        assert_eq!(client.volume_received(), server.volume_sent());
    }
}

#[test]
fn a_connection_that_is_taken_over_does_not_compress_by_itself() {
    let (url, server) = serve_once(|mut stream| {
        answer(&mut stream, b"");
        let server = Server::new().deflate(Settings::DEFAULT);
        let mut ws: blocking::WebSocket<_, _> = server.take_over_blocking(stream, b"").unwrap();
        ws.send(report(1)).unwrap();
        assert_eq!((ws.compression(), ws.volume_sent()), (None, None));
        ws.recv().unwrap()
    });
    let mut ws = Client::new().connect_blocking(&url).unwrap();
    assert_eq!(ws.recv().unwrap(), Some(report(1).into()));
    ws.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(server.join().unwrap(), None);
}
