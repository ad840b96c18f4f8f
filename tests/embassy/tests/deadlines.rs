//! Each phase has its deadline, and says that it was this one that failed.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use embassy_time::Timer;
use embedded_io::{Error as _, ErrorKind};
use socklet_core::{Config, HandshakeError, Timeout, Timeouts, handshake::client::Request};
use socklet_embassy::{
    Address, ConnectError, Connector, DangerNoVerification, Deadlines, Error, Phase, ResolveError,
    StreamError, TcpError, Tls, TlsError,
};
use socklet_embassy_tests::{
    certificates::Authority,
    clock::now_ms,
    device::{PLAIN, PlainMemory, REQUEST, SECURE, SecureMemory, rng, secure},
    executor::{run, spawn},
    host::{self, echo},
    name_server::{KNOWN, SILENT, UNKNOWN},
    network::{ELSEWHERE, HOST, NOBODY, Network},
};

/// All different, so that it shows which one has passed.
const DEADLINES: Deadlines = Deadlines {
    network_ms: 1_000,
    resolve_ms: 2_000,
    connect_ms: 3_000,
    tls_ms: 4_000,
    tcp_silence_ms: 0,
    close_ms: 500,
};

const CONFIG: Config = Config {
    timeouts: Timeouts {
        handshake_ms: 5_000,
        closing_ms: 6_000,
        idle_ms: 20_000,
        keep_alive: true,
    },
    ..Config::CLIENT
};

/// How a connection fails, and after how many milliseconds.
async fn fail(network: &Network, address: &Address<'_>) -> (ConnectError, u64) {
    let begun_ms = now_ms();
    let mut memory = PlainMemory::new();
    let connector = Connector::new(network.device).deadlines(DEADLINES).config(CONFIG);
    let outcome = connector.run(address, &REQUEST, memory.client(rng()), async |_| ()).await;
    (outcome.unwrap_err(), now_ms() - begun_ms)
}

fn assert_late((error, after_ms): (ConnectError, u64), phase: Phase, deadline_ms: u32) {
    assert_eq!((error, error.phase()), (ConnectError::Timeout(phase), phase));
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let deadline_ms = u64::from(deadline_ms);
    // The end of the connection may add its own.
    let latest_ms = deadline_ms + u64::from(DEADLINES.close_ms) + 10;
    assert!((deadline_ms..=latest_ms).contains(&after_ms), "{after_ms} of {deadline_ms}");
}

#[test]
fn the_network_that_is_not_there() {
    run(async {
        let network = Network::new();
        network.link.plug(false);
        Timer::after_millis(1).await;
        assert_late(fail(&network, &PLAIN).await, Phase::Network, DEADLINES.network_ms);
    });
}

#[test]
fn the_network_that_comes_late_is_waited_for() {
    run(async {
        let network = Network::new();
        network.link.plug(false);
        host::serve(network.host, echo);
        Timer::after_millis(1).await;
        let link = network.link.clone();
        spawn(async move {
            Timer::after_millis(900).await;
            link.plug(true);
        });
        let mut memory = PlainMemory::new();
        let connector = Connector::new(network.device).deadlines(DEADLINES);
        let session = connector.run(&PLAIN, &REQUEST, memory.client(rng()), async |_| now_ms());
        assert!(session.await.unwrap() >= 900);
    });
}

#[test]
fn the_name_that_nobody_answers_for() {
    run(async {
        let network = Network::new();
        let failed = fail(&network, &Address::new(SILENT, 80)).await;
        assert_late(failed, Phase::Resolve, DEADLINES.resolve_ms);
    });
}

#[test]
fn names_that_are_none() {
    run(async {
        let network = Network::new();
        let long = "long.".repeat(60);
        for (name, expected) in [
            (UNKNOWN, ResolveError::NotFound),
            ("", ResolveError::InvalidName),
            ("a..b", ResolveError::InvalidName),
            ("[10.0.0.1", ResolveError::NotFound),
            (&long, ResolveError::InvalidName),
            ("::1", ResolveError::Unsupported),
            ("[::1]", ResolveError::Unsupported),
            ("[host.test]", ResolveError::InvalidName),
        ] {
            let (error, _) = fail(&network, &Address::new(name, 80)).await;
            assert_eq!(error, ConnectError::Resolve(expected), "{name}");
            assert_eq!(error.phase(), Phase::Resolve);
        }
    });
}

#[test]
fn the_host_that_is_not_there() {
    run(async {
        let network = Network::new();
        let failed = fail(&network, &Address::new(NOBODY, 80)).await;
        assert_late(failed, Phase::Connect, DEADLINES.connect_ms);
    });
}

#[test]
fn the_host_to_which_there_is_no_way() {
    run(async {
        let network = Network::new();
        let failed = fail(&network, &Address::new(ELSEWHERE, 80)).await;
        assert_late(failed, Phase::Connect, DEADLINES.connect_ms);
    });
}

#[test]
fn tcp_that_cannot_connect() {
    run(async {
        let network = Network::new();
        for (address, expected) in [
            (Address::new(HOST, 81), TcpError::Refused),
            (Address::new(HOST, 0), TcpError::InvalidPort),
            (Address::new("0.0.0.0", 80), TcpError::NoRoute),
        ] {
            let (error, _) = fail(&network, &address).await;
            assert_eq!(error, ConnectError::Tcp(expected), "{address:?}");
            assert_eq!(error.phase(), Phase::Connect);
        }
    });
}

#[test]
fn tls_that_is_not_answered() {
    run(async {
        let network = Network::new();
        let host = network.host;
        spawn(async move {
            let _tcp = host::accept(host, 443).await;
            std::future::pending().await
        });
        let connector = Connector::new(network.device)
            .tls(Tls::new(KNOWN, DangerNoVerification))
            .deadlines(DEADLINES);
        let begun_ms = now_ms();
        let mut memory = Box::new(SecureMemory::new());
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |_| ());
        let error = session.await.unwrap_err();
        assert_late((error, now_ms() - begun_ms), Phase::Tls, DEADLINES.tls_ms);
    });
}

#[test]
fn tls_to_what_does_not_speak_it() {
    run(async {
        let network = Network::new();
        let host = network.host;
        spawn(async move {
            loop {
                let mut tcp = host::accept(host, 443).await;
                tcp.write(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
                host::end(tcp).await;
            }
        });
        let connector = Connector::new(network.device)
            .tls(Tls::new(KNOWN, DangerNoVerification))
            .deadlines(DEADLINES);
        let mut memory = Box::new(SecureMemory::new());
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |_| ());
        let error = session.await.unwrap_err();
        assert!(
            matches!(error, ConnectError::Tls(TlsError::Protocol | TlsError::RecordTooLong { .. })),
            "{error:?}"
        );
    });
}

#[test]
fn the_handshake_that_is_not_answered() {
    run(async {
        let network = Network::new();
        let host = network.host;
        spawn(async move {
            let _tcp = host::accept(host, 80).await;
            std::future::pending().await
        });
        let (error, after_ms) = fail(&network, &PLAIN).await;
        assert_eq!(error, ConnectError::Handshake(Error::Timeout(Timeout::Handshake)));
        assert_eq!((error.phase(), error.kind()), (Phase::Handshake, ErrorKind::TimedOut));
        assert!((5_000..5_600).contains(&after_ms), "{after_ms}");
    });
}

#[test]
fn the_handshake_that_is_declined() {
    use socklet_core::handshake::server::{Decision, Reject};

    run(async {
        let network = Network::new();
        host::serve(network.host, async |ws| {
            let _ = ws.accept_with(|_| Decision::Reject(Reject::new(401))).await;
        });
        let (error, _) = fail(&network, &PLAIN).await;
        let declined = HandshakeError::Declined { status: 401 };
        assert_eq!(error, ConnectError::Handshake(Error::Handshake(declined)));
        assert_eq!((error.phase(), error.kind()), (Phase::Handshake, ErrorKind::ConnectionRefused));
    });
}

#[test]
fn a_head_that_does_not_fit_is_named_with_its_length() {
    run(async {
        let network = Network::new();
        host::serve(network.host, echo);
        let mut memory = PlainMemory::new();
        let token = "t".repeat(1000);
        let headers = [("Authorization", &*token)];
        let request = Request::new(KNOWN, "/").headers(&headers);
        let connector = Connector::new(network.device).deadlines(DEADLINES);
        let session = connector.run(&PLAIN, &request, memory.client(rng()), async |_| ());
        match session.await {
            Err(ConnectError::Handshake(Error::Resource(
                socklet_core::ResourceError::StagingBuffer { needed, available: 1024 },
            ))) => assert!((1150..1250).contains(&needed), "{needed}"),
            other => panic!("{other:?}"),
        }
    });
}

/// A session that only receives, over a network that vanishes without a trace: how it ends, and
/// after how many milliseconds.
async fn receive_from_nobody(
    network: &Network,
    deadlines: Deadlines,
    authority: Option<&Authority>,
) -> (Error, u64) {
    let (mut plain, mut memory) = (PlainMemory::new(), Box::new(SecureMemory::new()));
    let link = network.link.clone();
    let outcome = match authority {
        None => {
            let connector = Connector::new(network.device).deadlines(deadlines).config(CONFIG);
            let session = connector.run(&PLAIN, &REQUEST, plain.client(rng()), async |mut ws| {
                link.cut(true);
                let begun_ms = now_ms();
                (ws.recv().await.unwrap_err(), now_ms() - begun_ms)
            });
            session.await
        }
        Some(authority) => {
            let connector = secure(network, authority).deadlines(deadlines).config(CONFIG);
            let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
                link.cut(true);
                let begun_ms = now_ms();
                (ws.recv().await.unwrap_err(), now_ms() - begun_ms)
            });
            session.await
        }
    };
    outcome.unwrap()
}

#[test]
fn a_network_that_vanishes_is_noticed() {
    let authority = Authority::root();
    for authority in [None, Some(&authority)] {
        run(async {
            let network = Network::new();
            host::serve(network.host, echo);
            if let Some(authority) = authority {
                host::serve_tls(network.host, authority.server(), echo);
            }
            let (error, after_ms) = receive_from_nobody(&network, DEADLINES, authority).await;
            assert_eq!(error, Error::Timeout(Timeout::Idle));
            assert!((20_000..20_100).contains(&after_ms), "{after_ms}");
        });
    }
}

#[test]
fn a_network_that_vanishes_is_noticed_by_tcp() {
    let authority = Authority::root();
    for authority in [None, Some(&authority)] {
        run(async {
            let network = Network::new();
            host::serve(network.host, echo);
            if let Some(authority) = authority {
                host::serve_tls(network.host, authority.server(), echo);
            }
            let deadlines = Deadlines { tcp_silence_ms: 6_000, ..DEADLINES };
            let (error, after_ms) = receive_from_nobody(&network, deadlines, authority).await;
            assert_eq!(error, Error::Transport(StreamError::Reset));
            assert!((5_900..6_100).contains(&after_ms), "{after_ms}");
        });
    }
}

#[test]
fn a_connection_that_is_only_idle_stays() {
    for tcp_silence_ms in [0, 6_000] {
        let deadlines = Deadlines { tcp_silence_ms, ..DEADLINES };
        let still_there = run(async {
            let network = Network::new();
            host::serve(network.host, echo);
            let mut memory = PlainMemory::new();
            let connector = Connector::new(network.device).deadlines(deadlines);
            let session = connector.run(&PLAIN, &REQUEST, memory.client(rng()), async |mut ws| {
                // Nobody receives, so nobody sends a Ping.
                Timer::after_secs(200).await;
                ws.send("still there").await?;
                ws.recv().await.map(|message| message.is_some())
            });
            session.await
        });
        assert_eq!(still_there, Ok(Ok(true)), "{tcp_silence_ms}");
    }
}

#[test]
fn a_peer_that_is_stuck_is_noticed() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        // Its machine still acknowledges.
        host::serve(network.host, async |ws| {
            ws.accept().await.unwrap();
            std::future::pending().await
        });
        host::serve_tls(network.host, authority.server(), async |ws| {
            ws.accept().await.unwrap();
            std::future::pending().await
        });
        let mut memory = Box::new(SecureMemory::new());
        let connector = secure(&network, &authority).deadlines(DEADLINES).config(CONFIG);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
            let begun_ms = now_ms();
            assert_eq!(ws.recv().await, Err(Error::Timeout(Timeout::Idle)));
            now_ms() - begun_ms
        });
        let after_ms = session.await.unwrap();
        assert!((20_000..20_100).contains(&after_ms), "{after_ms}");
        let ended_ms = now_ms();
        let mut memory = PlainMemory::new();
        let connector = Connector::new(network.device).deadlines(DEADLINES).config(CONFIG);
        let session = connector.run(&PLAIN, &REQUEST, memory.client(rng()), async |mut ws| {
            assert_eq!(ws.recv().await, Err(Error::Timeout(Timeout::Idle)));
        });
        session.await.unwrap();
        // The end of the connection has its deadline too.
        let after_ms = now_ms() - ended_ms;
        assert!((20_000..21_100).contains(&after_ms), "{after_ms}");
    });
}

#[test]
fn a_peer_that_does_not_read_holds_up_a_send_no_longer_than_it_may_be_silent() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        host::serve_tls(network.host, authority.server(), async |ws| {
            ws.accept().await.unwrap();
            std::future::pending().await
        });
        let mut memory = Box::new(SecureMemory::new());
        let connector = secure(&network, &authority).deadlines(DEADLINES).config(CONFIG);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
            ws.send(&[7; 100_000][..]).await
        });
        let sent = session.await.unwrap();
        assert!(sent.is_err(), "{sent:?}");
        assert!(now_ms() < 40_000, "{}", now_ms());
    });
}
