//! The same over the traits of embedded-nal-async, behind which is embassy-net here too.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{ops::ControlFlow, rc::Rc};

use embassy_net::{
    dns::DnsSocket,
    tcp::client::{TcpClient, TcpClientState},
};
use embassy_time::{Duration, Timer, with_timeout};
use embedded_io::{Error as _, ErrorKind};
use socklet_core::{CloseCode, Config, Message, Timeout, Timeouts, io::split::LocalCells};
use socklet_embassy::{
    Address, Backoff, ConnectError, Connector, Dates, Deadlines, Error, MAX_RECORD_LEN, Memory,
    NalConnector, Phase, ResolveError, Stream, TcpError, Tls, TlsMemory, Verify, keep_connected,
};
use socklet_embassy_tests::{
    certificates::{Authority, now},
    clock::now_ms,
    device::{DeviceSocket, PLAIN, REQUEST, SECURE, rng},
    executor::{run, spawn},
    host::{self, HostSocket, Tcp, accept, echo, websocket},
    join::join,
    name_server::{KNOWN, SILENT, UNKNOWN},
    network::{HOST, NOBODY, Network},
};

/// TCP's windows are those of the client below.
type Plain = Memory<0, 0, 2048, 1024>;
type Secure = Memory<0, 0, 2048, 1024, TlsMemory<MAX_RECORD_LEN, 1024, 256>>;

const DEADLINES: Deadlines = Deadlines {
    network_ms: 1_000,
    resolve_ms: 2_000,
    connect_ms: 3_000,
    tls_ms: 4_000,
    tcp_silence_ms: 0,
    close_ms: 500,
};

/// What connects the device, one connection at a time.
type Client = TcpClient<'static, 1, 1536, 1536>;

fn connector(network: &Network) -> NalConnector<Client, DnsSocket<'static>> {
    let state = Box::leak(Box::new(TcpClientState::new()));
    let tcp = TcpClient::new(network.device, state);
    NalConnector::new(tcp, DnsSocket::new(network.device)).deadlines(DEADLINES)
}

/// Serves one connection after the other. The device's end of each is dropped and tells nothing.
fn serve(network: &Network, talk: impl AsyncFn(&mut HostSocket<Tcp>) + 'static) {
    let host = network.host;
    spawn(async move {
        loop {
            let mut ws = websocket(accept(host, 80).await);
            talk(&mut ws).await;
            let _ = with_timeout(Duration::from_secs(1), host::end(ws.into_parts().0)).await;
        }
    });
}

async fn hello(mut ws: DeviceSocket<'_>) -> Result<(), Error> {
    ws.send("hello").await?;
    assert_eq!(ws.recv().await?, Some(Message::Text("hello")));
    ws.close(CloseCode::NORMAL, "done").await?;
    Ok(())
}

#[test]
fn a_message_goes_there_and_back_by_name_and_by_address() {
    run(async {
        let network = Network::new();
        serve(&network, echo);
        let connector = connector(&network);
        let mut memory = Plain::new();
        for address in [Address::new(KNOWN, 80), PLAIN] {
            let talk = connector.run(&address, &REQUEST, memory.client(rng()), hello);
            assert_eq!(talk.await, Ok(Ok(())));
            // The host waits in vain for the device's end.
            Timer::after_secs(2).await;
        }
    });
}

#[test]
fn wss_with_the_host_verified() {
    let authority = Authority::root();
    let other = Authority::root();
    for (trusted, is_taken) in [(&authority, true), (&other, false)] {
        run(async {
            let network = Network::new();
            host::serve_tls(network.host, authority.server(), echo);
            let verify = Verify::new(trusted.der(), Dates::Checked(now));
            let connector = connector(&network).tls(Tls::new(KNOWN, verify));
            let mut memory = Box::new(Secure::new());
            let outcome = connector.run(&SECURE, &REQUEST, memory.client(rng()), hello).await;
            match outcome {
                Ok(talk) => assert!(is_taken && talk == Ok(())),
                Err(error) => assert!(!is_taken && error.phase() == Phase::Tls, "{error}"),
            }
        });
    }
}

/// Both directions at once, while neither side reads before it has sent: over one connection that
/// cannot be split.
#[test]
fn wss_in_both_directions_at_once() {
    const MESSAGES: usize = 100;
    let message = [7; 1500];
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        host::serve_tls(network.host, authority.server(), async move |ws| {
            ws.accept().await.unwrap();
            for _ in 0..MESSAGES {
                ws.send(&message).await.unwrap();
            }
            for _ in 0..MESSAGES {
                assert_eq!(ws.recv().await.unwrap(), Some(Message::Binary(&message)));
            }
            ws.send("all").await.unwrap();
        });
        let verify = Verify::new(authority.der(), Dates::Checked(now));
        let connector = connector(&network).tls(Tls::new(KNOWN, verify));
        let mut memory = Box::new(Secure::new());
        let exchange = async |ws: DeviceSocket<'_>| {
            let share = |writer| Rc::new(LocalCells::new(writer));
            let (mut receiver, mut sender) = ws.split(Stream::split, share);
            let sends = async {
                for _ in 0..MESSAGES {
                    sender.send(&message).await.unwrap();
                }
            };
            let receives = async {
                for _ in 0..MESSAGES {
                    assert_eq!(receiver.recv().await, Ok(Some(Message::Binary(&message))));
                }
                assert_eq!(receiver.recv().await, Ok(Some(Message::Text("all"))));
            };
            join(sends, receives).await;
        };
        connector.run(&SECURE, &REQUEST, memory.client(rng()), exchange).await.unwrap();
    });
}

#[test]
fn each_phase_that_fails_is_named_in_time() {
    run(async {
        let network = Network::new();
        // It takes connections, and says nothing.
        spawn(async move {
            let _silent = accept(network.host, 443).await;
            std::future::pending().await
        });
        let connector = connector(&network);
        let config = Config {
            timeouts: Timeouts { handshake_ms: 5_000, ..Timeouts::CLIENT },
            ..Config::CLIENT
        };
        let connector = connector.config(config);
        let resolve = |error| ConnectError::Resolve(error);
        let late = ConnectError::Timeout;
        for (address, expected, after_ms) in [
            (Address::new(UNKNOWN, 80), resolve(ResolveError::NotFound), 0),
            (Address::new("[10.0.0.1", 80), resolve(ResolveError::NotFound), 0),
            (Address::new("[name]", 80), resolve(ResolveError::InvalidName), 0),
            (Address::new("[::1]", 80), resolve(ResolveError::Unsupported), 0),
            (Address::new(SILENT, 80), late(Phase::Resolve), DEADLINES.resolve_ms),
            (Address::new(HOST, 0), ConnectError::Tcp(TcpError::InvalidPort), 0),
            (Address::new(HOST, 81), ConnectError::Tcp(TcpError::Refused), 0),
            (Address::new(NOBODY, 80), late(Phase::Connect), DEADLINES.connect_ms),
            (SECURE, Error::Timeout(Timeout::Handshake).into(), 5_000),
        ] {
            let begun_ms = now_ms();
            let mut memory = Plain::new();
            let outcome = connector.run(&address, &REQUEST, memory.client(rng()), async |_| ());
            assert_eq!(outcome.await, Err(expected), "{address:?}");
            let elapsed_ms = now_ms() - begun_ms;
            let after_ms = u64::from(after_ms);
            assert!(
                (after_ms..after_ms + 1_000).contains(&elapsed_ms),
                "{address:?}: {elapsed_ms}"
            );
        }
    });
}

#[test]
fn the_device_comes_back_when_the_host_goes() {
    run(async {
        let network = Network::new();
        // One message of each connection is answered.
        serve(&network, async |ws| {
            ws.accept().await.unwrap();
            if let Ok(Some((message, mut reply))) = ws.recv_with_sender().await {
                let _ = reply.send(message).await;
            }
        });
        let connector = connector(&network);
        let (mut memory, mut backoff) = (Plain::new(), Backoff::new(1));
        let mut answers = 0;
        let attempt = async |_| {
            let talk = async |mut ws: DeviceSocket<'_>| {
                ws.send("again").await?;
                assert_eq!(ws.recv().await?, Some(Message::Text("again")));
                answers += 1;
                ws.recv().await.map(|_| ())
            };
            let ended = connector.run(&PLAIN, &REQUEST, memory.client(rng()), talk).await?;
            assert_eq!(ended, Err(Error::ConnectionLost));
            Ok(if answers < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        };
        keep_connected(&mut backoff, attempt).await;
        assert_eq!(answers, 3);
    });
}

#[test]
fn a_network_that_vanishes_is_noticed_by_keep_alive() {
    run(async {
        let network = Network::new();
        host::serve(network.host, echo);
        let config = Config {
            timeouts: Timeouts { idle_ms: 10_000, keep_alive: true, ..Timeouts::CLIENT },
            ..Config::CLIENT
        };
        let link = network.link.clone();
        spawn(async move {
            Timer::after_secs(60).await;
            link.cut(true);
        });
        let mut memory = Plain::new();
        let connector = connector(&network).config(config);
        let talk = connector.run(&PLAIN, &REQUEST, memory.client(rng()), async |mut ws| {
            (ws.recv().await.map(|_| ()), now_ms())
        });
        let (ended, ended_ms) = talk.await.unwrap();
        assert_eq!(ended, Err(Error::Timeout(Timeout::Idle)));
        assert!((60_000..75_000).contains(&ended_ms), "{ended_ms}");
    });
}

#[test]
fn embassy_net_says_what_memory_without_windows_lacks() {
    run(async {
        let network = Network::new();
        let mut memory = Plain::new();
        let connector = Connector::new(network.device);
        let outcome = connector.run(&PLAIN, &REQUEST, memory.client(rng()), async |_| ()).await;
        let error = outcome.unwrap_err();
        assert_eq!(error, ConnectError::Tcp(TcpError::NoMemory));
        assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    });
}
