//! Two real endpoints on one virtual clock: each time-out, seen from both ends.

use core::future::Future;

use socklet_core::{
    Client, CloseCode, Config, Error, Message, Server, Side, Timeout, Timeouts,
    handshake::client::Request,
    io::{Clock, nonblocking::Timer, nonblocking::WebSocket},
    permessage_deflate::NoCompression,
};
use socklet_core_tests::{
    Fault,
    buffers::TestBuffer,
    clock::VirtualClock,
    executor::run_pair,
    pipe::{Pipe, duplex},
    rng::TestRng,
};

const HANDSHAKE_MS: u32 = 10_000;
const CLOSING_MS: u32 = 20_000;
const IDLE_MS: u32 = 60_000;

const TIMEOUTS: Timeouts = Timeouts {
    handshake_ms: HANDSHAKE_MS,
    closing_ms: CLOSING_MS,
    idle_ms: IDLE_MS,
    keep_alive: false,
};

type OnClock<R> = WebSocket<Pipe, R, TestBuffer, NoCompression, VirtualClock>;
type Outcome<T> = Result<T, Error<Fault>>;

/// A client and a server with these time-outs, and the clock that both look at.
struct Ends {
    clock: VirtualClock,
    client: OnClock<Client<TestRng>>,
    server: OnClock<Server>,
}

fn ends(of_client: Timeouts, of_server: Timeouts) -> Ends {
    let (near, far) = duplex(300);
    let clock = VirtualClock::new();
    let buffer = || TestBuffer::fixed(500);
    let client = WebSocket::client(near, TestRng::new(7), buffer(), buffer())
        .with_config(Config { timeouts: of_client, ..Config::CLIENT })
        .with_clock(clock.clone());
    let server = WebSocket::server(far, buffer(), buffer())
        .with_config(Config { timeouts: of_server, ..Config::SERVER })
        .with_clock(clock.clone());
    Ends { clock, client, server }
}

async fn pass(clock: &VirtualClock, ms: u64) {
    let mut clock = clock.clone();
    let at_ms = clock.now_ms() + ms;
    clock.sleep_until_ms(at_ms).await;
}

/// The outcome, and how long it took in milliseconds.
async fn timed<T>(clock: &VirtualClock, operation: impl Future<Output = T>) -> (T, u64) {
    let began_ms = clock.shows_ms();
    let output = operation.await;
    (output, clock.shows_ms() - began_ms)
}

async fn open(ws: &mut OnClock<Client<TestRng>>) -> Outcome<()> {
    ws.handshake(&Request::new("host", "/")).await.map(|_| ())
}

#[test]
fn a_client_whose_server_does_not_accept_gives_up_at_its_deadline() {
    let Ends { clock, mut client, mut server } = ends(TIMEOUTS, Timeouts::NONE);
    let (opened, accepted) = run_pair(&clock, timed(&clock, open(&mut client)), async {
        pass(&clock, u64::from(HANDSHAKE_MS) + 1).await;
        server.accept().await
    });
    assert_eq!(opened, (Err(Error::Timeout(Timeout::Handshake)), u64::from(HANDSHAKE_MS)));
    assert_eq!(accepted, Ok(()), "the request lay there, and the answer is taken by the pipe");
}

#[test]
fn a_server_whose_client_asks_for_nothing_gives_up_at_its_deadline() {
    let Ends { clock, client, mut server } = ends(TIMEOUTS, TIMEOUTS);
    let (accepted, _client) = run_pair(&clock, timed(&clock, server.accept()), async { client });
    assert_eq!(accepted, (Err(Error::Timeout(Timeout::Handshake)), u64::from(HANDSHAKE_MS)));
}

#[test]
fn a_close_is_given_up_at_its_deadline_though_the_peer_answers_it_later() {
    let Ends { clock, mut client, mut server } = ends(TIMEOUTS, Timeouts::NONE);
    let (closed, received) = run_pair(
        &clock,
        async {
            open(&mut client).await.unwrap();
            let closing = async { client.close(CloseCode::NORMAL, "bye").await.map(|_| ()) };
            timed(&clock, closing).await
        },
        async {
            server.accept().await.unwrap();
            pass(&clock, u64::from(CLOSING_MS) + 1).await;
            let received = server.recv().await.map(|message| message.is_some());
            (received, server.closed().map(|closed| closed.by))
        },
    );
    assert_eq!(closed, (Err(Error::Timeout(Timeout::Closing)), u64::from(CLOSING_MS)));
    assert_eq!(received, (Ok(false), Some(Side::Peer)));
}

#[test]
fn silence_without_keep_alive_ends_at_the_idle_time() {
    let Ends { clock, mut client, mut server } = ends(Timeouts::NONE, TIMEOUTS);
    let (received, ()) = run_pair(
        &clock,
        async {
            server.accept().await.unwrap();
            timed(&clock, async { server.recv().await.map(|_| ()) }).await
        },
        async {
            open(&mut client).await.unwrap();
            pass(&clock, u64::from(IDLE_MS) * 2).await;
        },
    );
    assert_eq!(received, (Err(Error::Timeout(Timeout::Idle)), u64::from(IDLE_MS)));
}

#[test]
fn keep_alive_keeps_two_silent_ends_together_for_hours() {
    let keep_alive = Timeouts { keep_alive: true, ..TIMEOUTS };
    let hours_ms = 5 * 3_600_000;
    let Ends { clock, mut client, mut server } = ends(TIMEOUTS, keep_alive);
    let (client_heard, server_heard) = run_pair(
        &clock,
        async {
            open(&mut client).await.unwrap();
            let heard = timed(&clock, async {
                client.recv().await.map(|message| message == Some(Message::Text("still there")))
            });
            let heard = heard.await;
            client.close(CloseCode::NORMAL, "").await.unwrap();
            heard
        },
        async {
            server.accept().await.unwrap();
            let until_ms = clock.shows_ms() + hours_ms;
            // A receive that is dropped each second keeps the connection alive all the same.
            while clock.shows_ms() < until_ms {
                let second = clock.shows_ms() + 1000;
                let mut alarm = clock.clone();
                let mut alarm = core::pin::pin!(alarm.sleep_until_ms(second));
                let mut receive = core::pin::pin!(server.recv());
                std::future::poll_fn(|context| {
                    assert!(receive.as_mut().poll(context).is_pending(), "nobody says a word");
                    alarm.as_mut().poll(context)
                })
                .await;
            }
            server.send("still there").await.unwrap();
            server.recv().await.map(|message| message.is_some())
        },
    );
    assert_eq!(client_heard, (Ok(true), hours_ms));
    assert_eq!(server_heard, Ok(false));
}

#[test]
fn keep_alive_notices_a_peer_that_no_longer_answers() {
    let keep_alive = Timeouts { keep_alive: true, ..TIMEOUTS };
    let Ends { clock, mut client, mut server } = ends(Timeouts::NONE, keep_alive);
    let (received, pinged) = run_pair(
        &clock,
        async {
            server.accept().await.unwrap();
            timed(&clock, async { server.recv().await.map(|_| ()) }).await
        },
        async {
            open(&mut client).await.unwrap();
            // Open, and stuck.
            pass(&clock, u64::from(IDLE_MS) * 2).await;
            client.recv_event().await.map(|event| event == Some(socklet_core::Event::Ping(&[])))
        },
    );
    assert_eq!(received, (Err(Error::Timeout(Timeout::Idle)), u64::from(IDLE_MS)));
    assert_eq!(pinged, Ok(true), "the ping that it did not answer");
}

#[test]
fn a_sender_whose_peer_never_receives_gives_up_after_the_idle_time() {
    let Ends { clock, mut client, mut server } = ends(TIMEOUTS, Timeouts::NONE);
    let (sent, ()) = run_pair(
        &clock,
        async {
            open(&mut client).await.unwrap();
            timed(&clock, client.send(&[1; 5000])).await
        },
        async {
            server.accept().await.unwrap();
            pass(&clock, u64::from(IDLE_MS) * 2).await;
        },
    );
    assert_eq!(sent, (Err(Error::Timeout(Timeout::Idle)), u64::from(IDLE_MS)));
}
