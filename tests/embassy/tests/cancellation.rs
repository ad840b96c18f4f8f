//! Futures that are dropped at any await: nothing is lost, torn or doubled, over TLS too.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::rc::Rc;

use embedded_io_async::{Read, Write};
use rand_core::CryptoRng;
use socklet_core::{CloseCode, Message, io::split::LocalCells};
use socklet_core_tests::dropping::Dropper;
use socklet_embassy::{Connector, Error, Stream, WebSocket};
use socklet_embassy_tests::{
    certificates::Authority,
    device::{PLAIN, PlainMemory, REQUEST, SECURE, SecureMemory, rng, secure},
    executor::run,
    host::{self, HostSocket, Seen},
    join::join,
    network::Network,
};

/// Shorter and longer than the pipes, a record of TLS, the staging buffer, TCP's windows.
const LENGTHS: [usize; 7] = [0, 5, 300, 1800, 5000, 1, 700];

fn message(at: usize) -> Vec<u8> {
    (0..LENGTHS[at]).map(|byte| (byte * 7 + at) as u8).collect()
}

/// The host tells what it receives, and sends it back.
async fn tell_and_echo<S: Read + Write>(ws: &mut HostSocket<S>, seen: &Seen<Vec<u8>>) {
    ws.accept().await.unwrap();
    while let Ok(Some((message, mut reply))) = ws.recv_with_sender().await {
        seen.borrow_mut().push(message.as_bytes().to_vec());
        reply.send(message).await.unwrap();
    }
}

async fn send<R: CryptoRng>(ws: &mut WebSocket<'_, R>, dropper: &Dropper, message: &[u8]) {
    loop {
        match dropper.attempt(ws.send(message)).await {
            Some(sent) => return sent.unwrap(),
            // Taken whole: it leaves with the next send, flush or receive.
            None if ws.unfinished().is_none() => return,
            None => {}
        }
    }
}

async fn receive<R: CryptoRng>(ws: &mut WebSocket<'_, R>, dropper: &Dropper) -> Vec<u8> {
    let mut received = Vec::new();
    loop {
        let chunk = dropper.attempt(async {
            let chunk = ws.recv_chunk().await.unwrap().unwrap();
            (chunk.data.to_vec(), chunk.fin)
        });
        if let Some((chunk, fin)) = chunk.await {
            received.extend(chunk);
            if fin {
                return received;
            }
        }
    }
}

/// What the device does, each operation of which may be dropped.
async fn talk<R: CryptoRng>(mut ws: WebSocket<'_, R>, dropper: &Dropper) {
    for at in 0..LENGTHS.len() {
        send(&mut ws, dropper, &message(at)).await;
        // Back to back, then one by one.
        if at == 1 {
            assert_eq!(receive(&mut ws, dropper).await, message(0));
        }
        if at > 0 {
            assert_eq!(receive(&mut ws, dropper).await, message(at));
        }
    }
    let closed = dropper.again(async || ws.close(CloseCode::NORMAL, "").await.map(|_| ()));
    closed.await.unwrap();
}

/// Halves of which one sends all while the other receives all.
async fn talk_in_halves<R: CryptoRng>(ws: WebSocket<'_, R>, dropper: &Dropper) {
    let share = |writer| Rc::new(LocalCells::new(writer));
    let (mut receiver, mut sender) = ws.split(Stream::split, share);
    let sends = async {
        for at in 0..LENGTHS.len() {
            let message = message(at);
            loop {
                match dropper.attempt(sender.send(Message::Binary(&message))).await {
                    Some(sent) => break sent.unwrap(),
                    None if sender.unfinished().is_none() => break,
                    None => {}
                }
            }
        }
        dropper.again(async || sender.flush().await).await.unwrap();
    };
    let receives = async {
        for at in 0..LENGTHS.len() {
            let mut received = Vec::new();
            loop {
                let chunk = dropper.attempt(async {
                    let chunk = receiver.recv_chunk().await.unwrap().unwrap();
                    (chunk.data.to_vec(), chunk.fin)
                });
                if let Some((chunk, fin)) = chunk.await {
                    received.extend(chunk);
                    if fin {
                        break;
                    }
                }
            }
            assert_eq!(received, message(at));
        }
    };
    join(sends, receives).await;
}

/// Runs a conversation once for each await of it, at which the future that waits is dropped.
fn at_every_await(conversation: impl AsyncFn(Rc<Dropper>) -> Seen<Vec<u8>>) {
    let expected: Vec<_> = (0..LENGTHS.len()).map(message).collect();
    for n in 0.. {
        let dropper = Rc::new(Dropper::at(n));
        let seen = run(conversation(dropper.clone()));
        assert_eq!(*seen.borrow(), expected, "at {n}");
        if dropper.awaits() <= n {
            println!("dropped at each of {n} awaits");
            return assert!(n > 10, "{n} awaits");
        }
    }
}

/// `ws` and `wss` with the same conversation.
macro_rules! conversations {
    ($($plain:ident, $secure:ident: $talk:ident;)*) => {$(
        #[test]
        fn $plain() {
            at_every_await(async |dropper| {
                let network = Network::new();
                let told: Seen<Vec<u8>> = Seen::default();
                let host = told.clone();
                host::serve(network.host, async move |ws| tell_and_echo(ws, &host).await);
                let mut memory = PlainMemory::new();
                Connector::new(network.device)
                    .run(&PLAIN, &REQUEST, memory.client(rng()), async |ws| {
                        $talk(ws, &dropper).await;
                    })
                    .await
                    .unwrap();
                told
            });
        }

        #[test]
        fn $secure() {
            let authority = Authority::root();
            let server = authority.server();
            at_every_await(async |dropper| {
                let network = Network::new();
                let told: Seen<Vec<u8>> = Seen::default();
                let host = told.clone();
                let server = server.clone();
                host::serve_tls(network.host, server, async move |ws| {
                    tell_and_echo(ws, &host).await;
                });
                let mut memory = Box::new(SecureMemory::new());
                secure(&network, &authority)
                    .run(&SECURE, &REQUEST, memory.client(rng()), async |ws| {
                        $talk(ws, &dropper).await;
                    })
                    .await
                    .unwrap();
                told
            });
        }
    )*};
}

conversations! {
    ws_loses_nothing, wss_loses_nothing: talk;
    halves_of_ws_lose_nothing, halves_of_wss_lose_nothing: talk_in_halves;
}

/// Here every future is dropped, at its first await each time. (Not with halves: dropping one wakes
/// the other, which would be dropped too, and so on.)
#[test]
fn wss_goes_on_though_every_future_is_dropped() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        let told: Seen<Vec<u8>> = Seen::default();
        let host = told.clone();
        host::serve_tls(network.host, authority.server(), async move |ws| {
            tell_and_echo(ws, &host).await;
        });
        let mut memory = Box::new(SecureMemory::new());
        let dropper = Dropper::every();
        secure(&network, &authority)
            .run(&SECURE, &REQUEST, memory.client(rng()), async |ws| talk(ws, &dropper).await)
            .await
            .unwrap();
        assert_eq!(*told.borrow(), (0..LENGTHS.len()).map(message).collect::<Vec<_>>());
        assert!(dropper.awaits() > 50, "{} awaits", dropper.awaits());
    });
}

/// A time-out around each receive, as programs have it, and the session goes on.
#[test]
fn a_receive_in_a_select_loses_nothing() {
    use embassy_time::{Duration, with_timeout};

    let authority = Authority::root();
    run(async {
        let network = Network::new();
        host::serve_tls(network.host, authority.server(), async |ws| {
            ws.accept().await.unwrap();
            for at in 0_u32..200 {
                embassy_time::Timer::after_millis(u64::from(at % 7)).await;
                ws.send(&at.to_be_bytes()[..]).await.unwrap();
            }
            let _ = ws.close(CloseCode::NORMAL, "").await;
        });
        let mut memory = Box::new(SecureMemory::new());
        let outcome = secure(&network, &authority)
            .run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
                let (mut expected, mut late) = (0_u32, 0);
                loop {
                    match with_timeout(Duration::from_millis(2), ws.recv()).await {
                        Err(_) => late += 1,
                        Ok(Ok(Some(message))) => {
                            assert_eq!(message.as_bytes(), expected.to_be_bytes());
                            expected += 1;
                        }
                        Ok(end) => {
                            assert_eq!(end, Ok(None));
                            return Ok::<_, Error>((expected, late));
                        }
                    }
                }
            })
            .await;
        let (received, late) = outcome.unwrap().unwrap();
        assert_eq!(received, 200);
        assert!(late > 100, "{late} receives were dropped");
    });
}
