//! The server on the device: who is let in, how many at once, and what it survives.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::rc::Rc;

use embassy_net::tcp::ConnectError as TcpConnectError;
use embassy_time::Timer;
use socklet_core::{
    CloseCode, Config, Error as CoreError, HandshakeError, Message, Timeouts,
    handshake::{
        client::Request,
        server::{self, Accept, Decision, Reject},
    },
    io::nonblocking,
    permessage_deflate::NoCompression,
};
use socklet_core_tests::rng::TestRng;
use socklet_embassy::{ConnectError, Deadlines, EmbassyTime, Listener, ServerWebSocket};
use socklet_embassy_tests::{
    clock::now_ms,
    device::{PlainMemory, REQUEST},
    executor::{run, spawn},
    host::{self, Seen, Tcp},
    network::Network,
};

/// A client on the host.
type Client = nonblocking::WebSocket<
    Tcp,
    socklet_core::Client<TestRng>,
    [u8; 4096],
    NoCompression,
    EmbassyTime,
>;

/// Connects to the device; tries again while it refuses, which it does between two connections.
async fn connect(network: &Network) -> Tcp {
    let mut socket = host::socket(network.host);
    loop {
        match socket.connect(("10.0.0.2".parse::<core::net::Ipv4Addr>().unwrap(), 80)).await {
            Ok(()) => return socket,
            Err(error) => assert_eq!(error, TcpConnectError::ConnectionReset),
        }
        Timer::after_millis(10).await;
    }
}

async fn open(network: &Network, request: &Request<'_>) -> Result<Client, HandshakeError> {
    let tcp = connect(network).await;
    let mut ws = Client::client_with(
        tcp,
        TestRng::new(now_ms()),
        [0; 4096],
        [0; 4096],
        Config::CLIENT,
        NoCompression,
        EmbassyTime,
    );
    match ws.handshake(request).await {
        Ok(_) => Ok(ws),
        Err(CoreError::Handshake(error)) => Err(error),
        Err(error) => panic!("{error:?}"),
    }
}

fn decide<'a>(request: &server::Request<'_>) -> Decision<'a> {
    match request.target() {
        "/chat" => Decision::Accept(Accept::new()),
        "/secret" => Decision::Reject(Reject::new(403).body(b"no")),
        _ => Decision::Reject(Reject::new(404)),
    }
}

async fn echo(mut ws: ServerWebSocket<'_>) {
    while let Ok(Some((message, mut reply))) = ws.recv_with_sender().await {
        if reply.feed(message).await.is_err() {
            break;
        }
    }
}

/// So many at once.
fn serve(network: &Network, count: usize) {
    let listener = Listener::new(network.device, 80);
    for _ in 0..count {
        spawn(async move {
            let mut memory = PlainMemory::new();
            listener.serve(&mut memory, decide, echo).await;
        });
    }
}

#[test]
fn the_path_decides() {
    run(async {
        let network = Network::new();
        serve(&network, 1);
        for (path, status) in [("/secret", 403), ("/", 404), ("/chat/", 404)] {
            let refused = open(&network, &Request::new("device", path)).await;
            assert_eq!(refused.err(), Some(HandshakeError::Declined { status }), "{path}");
        }
        let mut ws = open(&network, &REQUEST).await.unwrap();
        ws.send("hello").await.unwrap();
        assert_eq!(ws.recv().await, Ok(Some(Message::Text("hello"))));
        ws.close(CloseCode::NORMAL, "").await.unwrap();
    });
}

#[test]
fn the_session_can_read_the_request() {
    run(async {
        let network = Network::new();
        let seen = Seen::default();
        let listener = Listener::new(network.device, 80);
        let told = seen.clone();
        spawn(async move {
            let mut memory = PlainMemory::new();
            let accept = |_: &server::Request<'_>| Decision::Accept(Accept::new());
            let outcome = listener.accept(memory.server(), accept, async |mut ws| {
                let target = ws.request().unwrap().target().to_owned();
                ws.send(&*target).await.unwrap();
                ws.close(CloseCode::NORMAL, "").await.map(|closed| closed.code)
            });
            let outcome = outcome.await;
            told.borrow_mut().push(outcome);
        });
        let mut ws = open(&network, &Request::new("device", "/a?b=c")).await.unwrap();
        assert_eq!(ws.recv().await, Ok(Some(Message::Text("/a?b=c"))));
        assert_eq!(ws.recv().await, Ok(None));
        host::end(ws.into_parts().0).await;
        Timer::after_secs(1).await;
        assert_eq!(*seen.borrow(), [Ok(Ok(Some(CloseCode::NORMAL)))]);
    });
}

#[test]
fn as_many_at_once_as_there_is_memory_for() {
    run(async {
        let network = Network::new();
        serve(&network, 3);
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(open(&network, &REQUEST).await.unwrap());
        }
        // The fourth is refused, and does not disturb the others.
        let mut socket = host::socket(network.host);
        let address = "10.0.0.2".parse::<core::net::Ipv4Addr>().unwrap();
        assert_eq!(socket.connect((address, 80)).await, Err(TcpConnectError::ConnectionReset));
        for round in 0..50 {
            for (at, ws) in clients.iter_mut().enumerate() {
                let text = format!("{at} {round}");
                ws.send(&*text).await.unwrap();
                assert_eq!(ws.recv().await, Ok(Some(Message::Text(&text))));
            }
        }
        // One ends, and another gets its place.
        let mut first = clients.remove(0);
        first.close(CloseCode::NORMAL, "").await.unwrap();
        host::end(first.into_parts().0).await;
        let mut next = open(&network, &REQUEST).await.unwrap();
        next.send("next").await.unwrap();
        assert_eq!(next.recv().await, Ok(Some(Message::Text("next"))));
    });
}

#[test]
fn it_recovers_from_every_kind_of_peer() {
    run(async {
        let network = Network::new();
        serve(&network, 1);
        for bytes in [
            &b""[..],
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET /chat HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\n",
            b"\0\0\0\0\r\n\r\n",
        ] {
            for is_reset in [false, true] {
                let mut tcp = connect(&network).await;
                if !bytes.is_empty() {
                    tcp.write(bytes).await.unwrap();
                }
                Timer::after_millis(20).await;
                if is_reset {
                    tcp.abort();
                    let _ = tcp.flush().await;
                } else {
                    host::end(tcp).await;
                }
            }
        }
        // One that breaks the protocol when it is open.
        let ws = open(&network, &REQUEST).await.unwrap();
        let mut tcp = ws.into_parts().0;
        tcp.write(&[0x81, 0x05, 1, 2, 3, 4, 5]).await.unwrap();
        host::end(tcp).await;
        let mut ws = open(&network, &REQUEST).await.unwrap();
        ws.send("hello").await.unwrap();
        assert_eq!(ws.recv().await, Ok(Some(Message::Text("hello"))));
    });
}

#[test]
fn peers_that_vanish_give_their_places_back() {
    run(async {
        let network = Network::new();
        let config = Config {
            timeouts: Timeouts {
                handshake_ms: 5_000,
                closing_ms: 5_000,
                idle_ms: 20_000,
                keep_alive: true,
            },
            ..Config::SERVER
        };
        let listener = Listener::new(network.device, 80)
            .config(config)
            .deadlines(Deadlines { close_ms: 1_000, ..Deadlines::DEFAULT });
        let seen: Seen<Result<(), ConnectError>> = Seen::default();
        let told = seen.clone();
        spawn(async move {
            let mut memory = PlainMemory::new();
            loop {
                let served = listener.accept(memory.server(), decide, echo).await;
                told.borrow_mut().push(served);
            }
        });
        // One that connects and says nothing, one that is open; both are never heard of again.
        let _silent = connect(&network).await;
        Timer::after_secs(7).await;
        assert!(matches!(seen.borrow()[..], [Err(ConnectError::Handshake(_))]), "{seen:?}");
        let ws = open(&network, &REQUEST).await.unwrap();
        network.link.cut(true);
        Timer::after_secs(30).await;
        network.link.cut(false);
        assert!(matches!(seen.borrow()[..], [_, Ok(())]), "{seen:?}");
        // One that asks for a connection and is gone before it is made.
        drop(ws);
        let half = Rc::new(network);
        let other = half.clone();
        spawn(async move {
            let mut socket = host::socket(other.host);
            let address = "10.0.0.2".parse::<core::net::Ipv4Addr>().unwrap();
            let _ = socket.connect((address, 80)).await;
        });
        // Its request is on its way, the answer will never arrive.
        Timer::after_micros(500).await;
        half.link.cut(true);
        Timer::after_secs(20).await;
        half.link.cut(false);
        let mut ws = open(&half, &REQUEST).await.unwrap();
        ws.send("hello").await.unwrap();
        assert_eq!(ws.recv().await, Ok(Some(Message::Text("hello"))));
    });
}
