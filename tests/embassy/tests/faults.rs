//! A network that fails at its n-th frame, for every n, over TCP and over TLS: from then on all
//! frames vanish, or that frame resets the connection. The device's conversation ends, in time, and what
//! was received is what was sent.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use embassy_time::{Duration, with_timeout};
use socklet_core::{CloseCode, Config, Message, Timeouts};
use socklet_embassy::{ConnectError, Connector, Error};
use socklet_embassy_tests::{
    certificates::Authority,
    device::{PLAIN, PlainMemory, REQUEST, SECURE, SecureMemory, rng, secure},
    executor::run,
    host::{self, HostSocket},
    link::Fate,
    network::Network,
};

/// Who hears nothing for so long knows.
const CONFIG: Config = Config {
    timeouts: Timeouts { idle_ms: 20_000, keep_alive: true, ..Timeouts::CLIENT },
    ..Config::CLIENT
};

/// Longer than all deadlines together.
const HANGS: Duration = Duration::from_secs(600);

/// Shorter and longer than a segment.
const LENGTHS: [usize; 4] = [5, 1800, 0, 300];

/// How a conversation ended: before it began, or with this many messages that came back.
type Outcome = Result<(usize, Result<(), Error>), ConnectError>;

/// The host sends back what it receives, however that ends.
async fn echo<S: embedded_io_async::Read + embedded_io_async::Write>(ws: &mut HostSocket<S>) {
    if ws.accept().await.is_err() {
        return;
    }
    while let Ok(Some((message, mut reply))) = ws.recv_with_sender().await {
        if reply.send(message).await.is_err() {
            return;
        }
    }
}

/// What the device does.
macro_rules! exchange {
    () => {
        async |mut ws| {
            let mut received = 0;
            let mut talk = async || {
                for len in LENGTHS {
                    let message: Vec<u8> = (0..len).map(|byte| (byte * 7 + len) as u8).collect();
                    ws.send(&*message).await?;
                    let Some(echo) = ws.recv().await? else { break };
                    assert_eq!(echo, Message::Binary(&message));
                    received += 1;
                }
                ws.close(CloseCode::NORMAL, "").await.map(|_| ())
            };
            let end = talk().await;
            (received, end)
        }
    };
}

/// A conversation whose network meets its fate at a frame; also how many frames there were.
fn conversation(authority: Option<&Authority>, fate: Option<(u64, Fate)>) -> (Outcome, u64) {
    run(async {
        let network = Network::new();
        if let Some((n, fate)) = fate {
            network.link.set_fate(n, fate);
        }
        let conversation = async {
            if let Some(authority) = authority {
                host::serve_tls(network.host, authority.server(), echo);
                let mut memory = Box::new(SecureMemory::new());
                let connector = secure(&network, authority).config(CONFIG);
                connector.run(&SECURE, &REQUEST, memory.client(rng()), exchange!()).await
            } else {
                host::serve(network.host, echo);
                let mut memory = PlainMemory::new();
                let connector = Connector::new(network.device).config(CONFIG);
                connector.run(&PLAIN, &REQUEST, memory.client(rng()), exchange!()).await
            }
        };
        let outcome = with_timeout(HANGS, conversation).await;
        (outcome.unwrap_or_else(|_| panic!("it hangs: {fate:?}")), network.link.sent())
    })
}

fn fails_at_every_frame(authority: Option<&Authority>) {
    let whole = (LENGTHS.len(), Ok(()));
    let (undisturbed, frames) = conversation(authority, None);
    assert_eq!(undisturbed, Ok(whole));
    for fate in [Fate::Cut, Fate::Reset] {
        let mut torn = 0;
        for n in 0..frames {
            match conversation(authority, Some((n, fate))).0 {
                // It was the last of the end of TCP, or one that had no TCP in it.
                Ok(outcome) if outcome == whole => {}
                Ok((received, Ok(()))) => panic!("{fate:?} at {n}: {received} and a clean end"),
                Ok((received, Err(error))) => {
                    let is_typed = matches!(
                        error,
                        Error::Transport(_) | Error::Timeout(_) | Error::ConnectionLost
                    );
                    assert!(is_typed, "{fate:?} at {n}: {received}, {error:?}");
                    torn += 1;
                }
                Err(_) => torn += 1,
            }
        }
        println!("{fate:?} at each of {frames} frames: {torn} torn conversations");
        assert!(torn > 10, "{fate:?}: {torn} torn conversations");
    }
}

#[test]
fn ws_ends_whatever_frame_the_network_fails_at() {
    fails_at_every_frame(None);
}

#[test]
fn wss_ends_whatever_frame_the_network_fails_at() {
    fails_at_every_frame(Some(&Authority::root()));
}
