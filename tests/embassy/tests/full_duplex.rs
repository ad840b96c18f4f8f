//! Both directions at once, while neither side reads before it has sent.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::rc::Rc;

use embassy_time::{Duration, Timer, with_timeout};
use embedded_io_async::{Read, Write};
use rand_core::CryptoRng;
use socklet_core::{Message, io::split::LocalCells};
use socklet_embassy::{Connector, Error, Stream, WebSocket};
use socklet_embassy_tests::{
    certificates::Authority,
    device::{PLAIN, PlainMemory, REQUEST, SECURE, SecureMemory, rng, secure},
    executor::run,
    host::{self, HostSocket},
    join::join,
    network::Network,
};

const MESSAGES: u32 = 200;
const LEN: usize = 1500;

fn message(at: u32) -> Vec<u8> {
    let mut message = vec![at as u8; LEN];
    message[..4].copy_from_slice(&at.to_be_bytes());
    message
}

/// The host sends all, more than everything between holds, and only then receives.
async fn send_then_receive<S: Read + Write>(ws: &mut HostSocket<S>) {
    ws.accept().await.unwrap();
    for at in 0..MESSAGES {
        ws.send(&*message(at)).await.unwrap();
    }
    for at in 0..MESSAGES {
        assert_eq!(ws.recv().await.unwrap(), Some(Message::Binary(&message(at))));
    }
    // A word at the end, so that the device knows.
    ws.send("all").await.unwrap();
}

/// The device does both at once.
async fn exchange<R: CryptoRng>(ws: WebSocket<'_, R>) {
    let share = |writer| Rc::new(LocalCells::new(writer));
    let (mut receiver, mut sender) = ws.split(Stream::split, share);
    let sends = async {
        for at in 0..MESSAGES {
            sender.send(&*message(at)).await.unwrap();
        }
    };
    let receives = async {
        for at in 0..MESSAGES {
            assert_eq!(receiver.recv().await, Ok(Some(Message::Binary(&message(at)))));
        }
        assert_eq!(receiver.recv().await, Ok(Some(Message::Text("all"))));
    };
    join(sends, receives).await;
}

#[test]
fn ws_in_both_directions_at_once() {
    run(async {
        let network = Network::new();
        host::serve(network.host, send_then_receive);
        let mut memory = PlainMemory::new();
        let connector = Connector::new(network.device);
        connector.run(&PLAIN, &REQUEST, memory.client(rng()), exchange).await.unwrap();
    });
}

#[test]
fn wss_in_both_directions_at_once() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        host::serve_tls(network.host, authority.server(), send_then_receive);
        let mut memory = Box::new(SecureMemory::new());
        let connector = secure(&network, &authority);
        connector.run(&SECURE, &REQUEST, memory.client(rng()), exchange).await.unwrap();
    });
}

/// The same with a stream that is not split: both only write, and nothing moves; which shows that
/// what lies between really holds less.
#[test]
fn half_duplex_gets_stuck_there() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        host::serve_tls(network.host, authority.server(), send_then_receive);
        let mut memory = Box::new(SecureMemory::new());
        let connector = secure(&network, &authority);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
            let sends = async {
                for at in 0..MESSAGES {
                    ws.send(&*message(at)).await?;
                }
                Ok::<_, Error>(())
            };
            assert!(with_timeout(Duration::from_secs(10), sends).await.is_err());
        });
        session.await.unwrap();
    });
}

/// A Ping is answered while the device's program does something else: its receiver waits.
#[test]
fn a_ping_is_answered_while_a_send_waits() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        host::serve_tls(network.host, authority.server(), async |ws| {
            use socklet_core::Event;

            ws.accept().await.unwrap();
            ws.ping(b"are you there").await.unwrap();
            // It does not read for a while, and the device is stuck in its send.
            Timer::after_secs(5).await;
            loop {
                match ws.recv_event().await.unwrap().unwrap() {
                    Event::Pong(payload) => {
                        assert_eq!(payload, b"are you there");
                        break;
                    }
                    Event::Message(message) => assert_eq!(message.as_bytes().len(), LEN),
                    Event::Ping(_) => {}
                }
            }
            ws.send("thanks").await.unwrap();
            while let Ok(Some(_)) = ws.recv().await {}
        });
        let mut memory = Box::new(SecureMemory::new());
        let connector = secure(&network, &authority);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |ws| {
            let share = |writer| Rc::new(LocalCells::new(writer));
            let (mut receiver, mut sender) = ws.split(Stream::split, share);
            let sends = async {
                for at in 0..MESSAGES {
                    sender.send(&*message(at)).await.unwrap();
                }
            };
            let receives = async {
                assert_eq!(receiver.recv().await, Ok(Some(Message::Text("thanks"))));
            };
            join(sends, receives).await;
        });
        session.await.unwrap();
    });
}
