//! The opening handshake while its caller does what it must not: that is refused, and the handshake
//! goes on as if nothing had happened.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    ConfigError, Error, HandshakeError, Kind, Message, Timeout, Timeouts, UsageError,
    handshake::{
        client,
        server::{Accept, Decision, Reject, Request},
    },
    io::{blocking, nonblocking},
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault, Who,
    buffers::TestBuffer,
    clock::VirtualClock,
    executor::{poll_once, run, run_on},
    faulty::{Faulty, Plan},
    frames::Frame,
    rng::TestRng,
    schedule::Schedule,
    timed::{blocking_server, config, nonblocking_server},
    wire::Wire,
};

type Ended = Error<Fault>;

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat.v2, chat\r\n\r\n";

const NOT_OPEN: Result<(), Ended> = Err(Error::Usage(UsageError::NotOpen));

const fn request() -> client::Request<'static> {
    client::Request::new("example.com", "/chat")
}

fn buffer() -> TestBuffer {
    TestBuffer::fixed(1024)
}

/// A next layer of few bytes at a time, each of whose operations waits once.
fn stalling(bytes: &[u8]) -> Faulty<Wire> {
    let plan = Plan { stalls: 1, read_len: 20, write_len: 20, ..Plan::NONE };
    Faulty::new(Wire::new([bytes]), plan)
}

/// The response to the client's request, with a frame behind it.
fn response() -> Vec<u8> {
    let next = Wire::default();
    let mut ws = blocking::WebSocket::client(next, TestRng::new(5), buffer(), buffer());
    assert!(ws.handshake(&request()).is_err());
    let sent = ws.into_inner().0.written;
    let mut ws = blocking::WebSocket::server(Wire::new([sent]), buffer(), buffer());
    ws.accept().unwrap();
    [ws.into_inner().0.written, Frame::text("first").to(Who::Client)].concat()
}

/// What a call that blocks came to.
const fn done<T>(outcome: T) -> T {
    outcome
}

/// What a future that needs not wait came to.
fn at_once<F: Future>(future: F) -> F::Output {
    poll_once(future).expect("waits")
}

/// Does what takes an open connection, one thing each time, and is refused.
macro_rules! disturb {
    ($ws:expr, $n:expr, $wait:ident) => {{
        let ws = &mut $ws;
        let refused = match $n % 9 {
            0 => $wait(ws.send("x")),
            1 => $wait(ws.feed(&[1; 600])),
            2 => $wait(ws.send_part(Kind::Binary, b"x", false)),
            3 => $wait(ws.ping(b"x")),
            4 => $wait(ws.pong(b"x")),
            5 => $wait(ws.sender().close(CloseCode::NORMAL, "x")),
            6 => $wait(ws.close(CloseCode::NORMAL, "x")).map(|_| ()),
            7 => $wait(ws.recv()).map(|_| ()),
            _ => $wait(ws.recv_chunk()).map(|_| ()),
        };
        assert_eq!(refused, NOT_OPEN);
    }};
}

/// Makes a handshake that waits again and again, and is disturbed each time.
macro_rules! disturbed_blocking {
    ($ws:expr, $handshake:expr) => {{
        for n in 0.. {
            match $handshake.map(|_| ()) {
                Err(Error::Transport(Fault::TimedOut)) => disturb!($ws, n, done),
                opened => {
                    assert_eq!((opened, n > 9), (Ok(()), true), "{n} times");
                    break;
                }
            }
        }
    }};
}

#[test]
fn a_blocking_client_that_sends_too_early_is_refused_and_opens_all_the_same() {
    let next = stalling(&response());
    let mut ws = blocking::WebSocket::client(next, TestRng::new(5), buffer(), buffer());
    disturbed_blocking!(ws, ws.handshake(&request()));
    let first = loop {
        match ws.recv() {
            Err(Error::Transport(Fault::TimedOut)) => {}
            first => break first,
        }
    };
    assert_eq!(first, Ok(Some(Message::Text("first"))));
}

#[test]
fn a_blocking_server_that_sends_too_early_is_refused_and_opens_all_the_same() {
    let next = stalling(REQUEST.as_bytes());
    let mut ws = blocking::WebSocket::server(next, buffer(), buffer());
    disturbed_blocking!(ws, ws.accept());
    assert!(ws.is_open());
}

/// The same for one whose futures are dropped where they wait.
macro_rules! disturbed {
    ($ws:expr, $handshake:expr) => {{
        for n in 0.. {
            match poll_once($handshake).map(|opened| opened.map(|_| ())) {
                None => disturb!($ws, n, at_once),
                opened => {
                    assert_eq!((opened, n > 9), (Some(Ok(())), true), "{n} times");
                    break;
                }
            }
        }
    }};
}

#[test]
fn a_client_that_sends_too_early_is_refused_and_opens_all_the_same() {
    let next = stalling(&response());
    let mut ws = nonblocking::WebSocket::client(next, TestRng::new(5), buffer(), buffer());
    disturbed!(ws, ws.handshake(&request()));
    assert_eq!(run(ws.recv()), Ok(Some(Message::Text("first"))));
}

#[test]
fn a_server_that_sends_too_early_is_refused_and_opens_all_the_same() {
    let next = stalling(REQUEST.as_bytes());
    let mut ws = nonblocking::WebSocket::server(next, buffer(), buffer());
    disturbed!(ws, ws.accept());
    assert!(ws.is_open());
}

/// Answers that cannot be given to [`REQUEST`], and why.
fn impossible() -> [(Decision<'static>, ConfigError); 3] {
    let accept = |accept| Decision::Accept(accept);
    [
        (accept(Accept::new().subprotocol("other")), ConfigError::SubprotocolNotOffered),
        (accept(Accept::new().headers(&[("a b", "c")])), ConfigError::InvalidHeaderName),
        (Decision::Reject(Reject::new(101)), ConfigError::InvalidStatus),
    ]
}

/// An answer that can be given, and how the handshake then ends.
fn possible() -> [(Decision<'static>, &'static str, Result<(), Ended>); 2] {
    let rejected = Err(Error::Handshake(HandshakeError::Rejected { status: 404 }));
    [
        (Decision::Accept(Accept::new().subprotocol("chat")), "HTTP/1.1 101 ", Ok(())),
        (Decision::Reject(Reject::new(404)), "HTTP/1.1 404 ", rejected),
    ]
}

#[test]
fn an_answer_that_cannot_be_made_is_followed_by_another() {
    let next = || Wire::new([REQUEST]);
    for (answer, head, end) in possible() {
        let mut ws = blocking::WebSocket::server(next(), buffer(), buffer());
        ws.read_request().unwrap();
        for (answer, error) in impossible() {
            assert_eq!(ws.answer(|_| answer), Err(error.into()));
            assert_eq!(ws.inner().writes, 0);
        }
        assert_eq!(ws.answer(|_| answer), end);
        assert!(ws.inner().written.starts_with(head.as_bytes()));

        let mut ws = nonblocking::WebSocket::server(next(), buffer(), buffer());
        run(ws.read_request()).unwrap();
        for (answer, error) in impossible() {
            assert_eq!(run(ws.answer(|_| answer)), Err(error.into()));
            assert_eq!(ws.inner().writes, 0);
        }
        assert_eq!(run(ws.answer(|_| answer)), end);
        assert!(ws.inner().written.starts_with(head.as_bytes()));
    }
}

#[test]
fn an_answer_that_cannot_be_made_to_a_request_read_elsewhere_is_followed_by_another() {
    let request = Request::parse(REQUEST.as_bytes()).unwrap();
    for (answer, head, end) in possible() {
        let mut ws = blocking::WebSocket::server(Wire::default(), buffer(), buffer());
        for (answer, error) in impossible() {
            assert_eq!(ws.answer_to(&request, &answer), Err(error.into()));
            assert_eq!(ws.inner().writes, 0);
        }
        assert_eq!(ws.answer_to(&request, &answer), end);
        assert!(ws.inner().written.starts_with(head.as_bytes()));

        let mut ws = nonblocking::WebSocket::server(Wire::default(), buffer(), buffer());
        for (answer, error) in impossible() {
            assert_eq!(run(ws.answer_to(&request, &answer)), Err(error.into()));
            assert_eq!(ws.inner().writes, 0);
        }
        assert_eq!(run(ws.answer_to(&request, &answer)), end);
        assert!(ws.inner().written.starts_with(head.as_bytes()));
    }
}

const TIMEOUTS: Timeouts =
    Timeouts { handshake_ms: 1_000, closing_ms: 700, idle_ms: 300_000, keep_alive: true };

#[test]
fn an_answer_that_the_client_does_not_take_ends_with_the_time_of_the_handshake() {
    // The time of the whole handshake: the request takes its share.
    let peer = |clock: &VirtualClock| Schedule::new(clock).arrives(400, REQUEST).takes(10);
    let late = Err(Error::Timeout(Timeout::Handshake));
    let clock = VirtualClock::new();
    let start_ms = clock.shows_ms();
    let mut ws = blocking_server(peer(&clock), config(TIMEOUTS), &clock);
    assert_eq!((ws.accept(), clock.shows_ms() - start_ms), (late, 1_000));
    assert_eq!((ws.accept(), ws.is_open()), (Err(Error::Usage(UsageError::Closed)), false));

    let clock = VirtualClock::new();
    let mut ws = nonblocking_server(peer(&clock), config(TIMEOUTS), &clock);
    assert_eq!((run_on(&clock, ws.accept()), clock.shows_ms() - start_ms), (late, 1_000));
    assert_eq!(run_on(&clock, ws.accept()), Err(Error::Usage(UsageError::Closed)));
}

#[test]
fn an_answer_to_that_the_client_does_not_take_ends_with_the_time_of_the_handshake() {
    let request = Request::parse(REQUEST.as_bytes()).unwrap();
    let accept = Decision::Accept(Accept::new());
    let late = Err(Error::Timeout(Timeout::Handshake));
    let clock = VirtualClock::new();
    let start_ms = clock.shows_ms();
    let mut ws = blocking_server(Schedule::new(&clock).takes(10), config(TIMEOUTS), &clock);
    assert_eq!(ws.answer_to(&request, &accept), late);
    assert_eq!(clock.shows_ms() - start_ms, 1_000);

    let clock = VirtualClock::new();
    let mut ws = nonblocking_server(Schedule::new(&clock).takes(10), config(TIMEOUTS), &clock);
    assert_eq!(run_on(&clock, ws.answer_to(&request, &accept)), late);
    assert_eq!(clock.shows_ms() - start_ms, 1_000);
}

#[test]
fn a_rejection_that_the_client_does_not_take_is_not_waited_for_longer_than_a_close() {
    let peer = |clock: &VirtualClock| Schedule::new(clock).arrives(400, REQUEST).takes(10);
    let reject = |_: &Request<'_>| Decision::Reject(Reject::new(404));
    let rejected = Err(Error::Handshake(HandshakeError::Rejected { status: 404 }));
    let clock = VirtualClock::new();
    let start_ms = clock.shows_ms();
    let mut ws = blocking_server(peer(&clock), config(TIMEOUTS), &clock);
    assert_eq!((ws.accept_with(reject), clock.shows_ms() - start_ms), (rejected, 1_100));

    let clock = VirtualClock::new();
    let mut ws = nonblocking_server(peer(&clock), config(TIMEOUTS), &clock);
    let result = run_on(&clock, ws.accept_with(reject));
    assert_eq!((result, clock.shows_ms() - start_ms), (rejected, 1_100));
}
