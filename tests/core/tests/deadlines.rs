//! Every deadline on a virtual clock, blocking and asynchronous, to the millisecond.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    Error, ProtocolError, Server, Timeout, Timeouts, handshake::client::Request, io::nonblocking,
    permessage_deflate::NoCompression, wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault, Who,
    clock::VirtualClock,
    executor::{poll_once, run_on},
    frames::{Frame, decode},
    receiving::{Seen, WasClosed, open},
    rng::TestRng,
    schedule::Schedule,
    timed::{Outcome, blocking_server, both, buffer, config, nonblocking_server},
};

type Ended = Error<Fault>;

const TIMEOUTS: Timeouts =
    Timeouts { handshake_ms: 30_000, closing_ms: 20_000, idle_ms: 10_000, keep_alive: false };

const KEEP_ALIVE: Timeouts = Timeouts { keep_alive: true, ..TIMEOUTS };

/// Receives until the end; the end is repeated.
fn receive_all(
    timeouts: Timeouts,
    schedule: impl Fn(Schedule) -> Schedule,
) -> Outcome<(Vec<Seen>, Ended)> {
    both(
        config(timeouts),
        schedule,
        |ws| {
            let mut seen = Vec::new();
            loop {
                match ws.recv_event() {
                    Ok(event) => seen.push(Seen::event(event.expect("open"))),
                    Err(error) => {
                        assert_eq!(ws.recv(), Err(error));
                        return (seen, error);
                    }
                }
            }
        },
        async |ws| {
            let mut seen = Vec::new();
            loop {
                match ws.recv_event().await {
                    Ok(event) => seen.push(Seen::event(event.expect("open"))),
                    Err(error) => {
                        assert_eq!(ws.recv().await, Err(error));
                        return (seen, error);
                    }
                }
            }
        },
    )
}

fn close(
    timeouts: Timeouts,
    schedule: impl Fn(Schedule) -> Schedule,
) -> Outcome<Result<WasClosed, Ended>> {
    let code = CloseCode::NORMAL;
    both(
        config(timeouts),
        schedule,
        |ws| ws.close(code, "bye").map(WasClosed::of),
        async |ws| ws.close(code, "bye").await.map(WasClosed::of),
    )
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

fn drip(mut schedule: Schedule, bytes: &[u8], each_ms: u64) -> Schedule {
    for (n, byte) in (1..).zip(bytes) {
        schedule = schedule.arrives(n * each_ms, [*byte]);
    }
    schedule
}

#[test]
fn a_handshake_that_drips_in_a_byte_a_second_ends_at_its_deadline() {
    for (timeouts, expected) in [
        (TIMEOUTS, (Err(Error::Timeout(Timeout::Handshake)), 30_000)),
        (Timeouts::NONE, (Ok(()), 1_000 * REQUEST.len() as u64)),
    ] {
        let clock = VirtualClock::new();
        let start_ms = clock.shows_ms();
        let next = drip(Schedule::new(&clock), REQUEST, 1_000);
        let accepted = blocking_server(next, config(timeouts), &clock).accept();
        assert_eq!((accepted, clock.shows_ms() - start_ms), expected);

        let clock = VirtualClock::new();
        let next = drip(Schedule::new(&clock), REQUEST, 1_000);
        let accepted = run_on(&clock, nonblocking_server(next, config(timeouts), &clock).accept());
        assert_eq!((accepted, clock.shows_ms() - start_ms), expected);
    }
}

#[test]
fn a_client_waits_for_a_dripping_response_no_longer_than_its_deadline() {
    let clock = VirtualClock::new();
    let start_ms = clock.shows_ms();
    let next = drip(Schedule::new(&clock), &[b'H'; 100], 1_000);
    let rng = TestRng::new(1);
    let config = config(TIMEOUTS);
    let mut ws: nonblocking::WebSocket<_, _, _, _, _> = nonblocking::WebSocket::client_with(
        next,
        rng,
        buffer(),
        buffer(),
        config,
        NoCompression,
        clock.clone(),
    );
    let result = run_on(&clock, ws.handshake(&Request::new("a", "/"))).map(|_| ());
    assert_eq!(result, Err(Error::Timeout(Timeout::Handshake)));
    assert_eq!(clock.shows_ms() - start_ms, 30_000);
}

#[test]
fn a_handshake_is_bounded_while_bytes_never_stop() {
    // Each read gives a byte at once and takes a second: no read ever waits.
    let clock = VirtualClock::new();
    let next = Schedule::new(&clock).floods(b"G", 1_000);
    let accepted = blocking_server(next, config(TIMEOUTS), &clock).accept();
    assert_eq!(accepted, Err(Error::Timeout(Timeout::Handshake)));
    let next = Schedule::new(&clock).floods(b"G", 1_000);
    let accepted = run_on(&clock, nonblocking_server(next, config(TIMEOUTS), &clock).accept());
    assert_eq!(accepted, Err(Error::Timeout(Timeout::Handshake)));
}

#[test]
fn a_peer_that_does_not_answer_close_is_waited_for_until_the_deadline() {
    let outcome = close(TIMEOUTS, |schedule| schedule);
    assert_eq!(outcome.result, Err(Error::Timeout(Timeout::Closing)));
    assert_eq!(outcome.elapsed_ms, 20_000);
    assert_eq!(outcome.written, [(0, Frame::close(1000, "bye").encode())]);
}

#[test]
fn messages_and_pings_do_not_lengthen_the_closing_handshake() {
    let outcome = close(TIMEOUTS, |mut schedule| {
        for n in 1..40 {
            schedule = schedule.arrives(n * 1_000, Frame::text("more").to(Who::Server));
            schedule = schedule.arrives(n * 1_000, Frame::ping("?").to(Who::Server));
        }
        schedule
    });
    assert_eq!(outcome.result, Err(Error::Timeout(Timeout::Closing)));
    assert_eq!(outcome.elapsed_ms, 20_000);
    assert_eq!(outcome.written.len(), 1, "nothing follows a Close frame");
}

#[test]
fn closing_deadline_holds_while_the_peer_floods_data() {
    let message = Frame::binary([0; 100]).to(Who::Server);
    let outcome = close(TIMEOUTS, |schedule| schedule.floods(&message, 100));
    assert_eq!(outcome.result, Err(Error::Timeout(Timeout::Closing)));
    assert!((20_000..21_000).contains(&outcome.elapsed_ms), "{}", outcome.elapsed_ms);
}

#[test]
fn a_close_that_is_answered_in_time_is_clean() {
    let answer = Frame::close(1000, "").to(Who::Server);
    let outcome = close(TIMEOUTS, |schedule| schedule.arrives(19_999, &answer));
    assert_eq!(outcome.elapsed_ms, 19_999);
    assert_eq!(outcome.result.map(|closed| closed.code), Ok(Some(1000)));
}

#[test]
fn silence_ends_the_connection_after_the_idle_time() {
    let outcome = receive_all(TIMEOUTS, |schedule| schedule);
    assert_eq!(outcome.result, (vec![], Error::Timeout(Timeout::Idle)));
    assert_eq!(outcome.elapsed_ms, 10_000);
    assert_eq!(outcome.written, []);
}

#[test]
fn any_byte_begins_the_idle_time_anew() {
    let bytes = Frame::text("12345678").to(Who::Server);
    let outcome = receive_all(TIMEOUTS, |schedule| drip(schedule, &bytes, 9_000));
    let seen = vec![Seen::Text("12345678".into())];
    assert_eq!(outcome.result, (seen, Error::Timeout(Timeout::Idle)));
    assert_eq!(outcome.elapsed_ms, 9_000 * bytes.len() as u64 + 10_000);
}

#[test]
fn keep_alive_pings_once_at_half_the_idle_time_and_gives_up_at_the_whole() {
    let outcome = receive_all(KEEP_ALIVE, |schedule| schedule);
    assert_eq!(outcome.result, (vec![], Error::Timeout(Timeout::Idle)));
    assert_eq!(outcome.elapsed_ms, 10_000);
    assert_eq!(outcome.written, [(5_000, Frame::ping("").encode())]);
}

#[test]
fn a_pong_begins_the_idle_time_anew() {
    let pong = Frame::pong("").to(Who::Server);
    let outcome = receive_all(KEEP_ALIVE, |schedule| {
        schedule.arrives(5_100, &pong).arrives(10_200, &pong).arrives(20_100, &pong)
    });
    assert_eq!(outcome.result.0.len(), 3);
    assert_eq!(outcome.result.1, Error::Timeout(Timeout::Idle));
    let pinged: Vec<_> = outcome.written.iter().map(|(at_ms, _)| *at_ms).collect();
    assert_eq!(pinged, [5_000, 10_100, 15_200, 25_100]);
    assert_eq!(outcome.elapsed_ms, 30_100);
}

#[test]
fn a_caller_who_was_busy_longer_than_the_idle_time_still_receives_what_came() {
    let message = Frame::text("patience").to(Who::Server);
    for timeouts in [TIMEOUTS, KEEP_ALIVE] {
        let outcome = both(
            config(timeouts),
            |schedule| schedule.arrives(1_000, &message),
            |ws| {
                // Nobody reads for a minute.
                let clock = ws.inner_mut().clock();
                clock.advance(60_000);
                ws.recv().map(|message| message.map(Seen::message))
            },
            async |ws| {
                let clock = ws.inner_mut().clock();
                clock.advance(60_000);
                ws.recv().await.map(|message| message.map(Seen::message))
            },
        );
        assert_eq!(outcome.result, Ok(Some(Seen::Text("patience".into()))));
    }
}

#[test]
fn a_busy_caller_pings_a_silent_peer_before_giving_it_up() {
    let outcome = both(
        config(KEEP_ALIVE),
        |schedule| schedule.arrives(63_000, Frame::text("here").to(Who::Server)),
        |ws| {
            ws.inner_mut().clock().advance(60_000);
            ws.recv().map(|message| message.map(Seen::message))
        },
        async |ws| {
            ws.inner_mut().clock().advance(60_000);
            ws.recv().await.map(|message| message.map(Seen::message))
        },
    );
    assert_eq!(outcome.result, Ok(Some(Seen::Text("here".into()))));
    assert_eq!(outcome.written.len(), 1);
    assert_eq!(outcome.written[0].1, Frame::ping("").encode());
}

#[test]
fn a_late_caller_still_answers_close() {
    let bytes = [Frame::text("last").to(Who::Server), Frame::close(1001, "").to(Who::Server)];
    let outcome = both(
        config(TIMEOUTS),
        |schedule| schedule.arrives(0, bytes.concat()),
        |ws| {
            assert!(ws.recv().is_ok_and(|message| message.is_some()));
            ws.inner_mut().clock().advance(600_000);
            ws.recv().map(|message| message.map(Seen::message))
        },
        async |ws| {
            assert!(ws.recv().await.is_ok_and(|message| message.is_some()));
            ws.inner_mut().clock().advance(600_000);
            ws.recv().await.map(|message| message.map(Seen::message))
        },
    );
    assert_eq!(outcome.result, Ok(None));
    assert_eq!(outcome.written, [(600_000, Frame::close(1001, "").encode())]);
}

#[test]
fn a_writer_whose_peer_never_reads_gives_up_after_the_idle_time() {
    for timeouts in [TIMEOUTS, KEEP_ALIVE] {
        let outcome = both(
            config(timeouts),
            |schedule| schedule.takes(10),
            |ws| (ws.send(&[1; 100]), ws.recv().map(|_| ()), ws.send("x")),
            async |ws| (ws.send(&[1; 100]).await, ws.recv().await.map(|_| ()), ws.send("x").await),
        );
        let idle = Err(Error::Timeout(Timeout::Idle));
        let closed = Err(Error::Usage(socklet_core::UsageError::Closed));
        assert_eq!(outcome.result, (idle, idle, closed));
        assert_eq!(outcome.elapsed_ms, 10_000);
    }
}

#[test]
fn a_stuck_writer_gives_up_in_time_when_its_futures_are_dropped_and_begun_again() {
    let clock = VirtualClock::new();
    let next = Schedule::new(&clock).takes(10);
    let mut ws = open(nonblocking_server(next, config(TIMEOUTS), &clock));
    assert_eq!(poll_once(ws.send(&[1; 100])), None);
    for _ in 0..9 {
        clock.advance(1_000);
        assert_eq!(poll_once(ws.flush()), None);
    }
    clock.advance(1_000);
    assert_eq!(poll_once(ws.flush()), Some(Err(Error::Timeout(Timeout::Idle))));
}

#[test]
fn a_close_frame_that_the_peer_does_not_take_is_given_up_at_the_deadline() {
    let outcome = close(TIMEOUTS, |schedule| schedule.takes(0));
    assert_eq!(outcome.result, Err(Error::Timeout(Timeout::Closing)));
    assert_eq!(outcome.elapsed_ms, 20_000);
    let ping = Frame::text([0xFF]).to(Who::Server);
    let outcome = receive_all(TIMEOUTS, |schedule| schedule.takes(0).arrives(0, &ping));
    assert_eq!(outcome.result.1, Error::Protocol(ProtocolError::InvalidUtf8));
    assert!(outcome.elapsed_ms <= 20_000);
}

#[test]
fn more_control_frames_a_second_than_the_limit_fail_the_connection() {
    let pings = |n| Frame::ping("").to(Who::Server).repeat(n);
    let pongs = |n| Frame::pong("").to(Who::Server).repeat(n);
    let mut limited = config(TIMEOUTS);
    limited.limits.control_per_second = 10;
    for (first, second, at_ms, survives) in [
        (pings(10), pings(10), 1_000, true),
        (pings(10), pongs(10), 1_500, true),
        (pings(10), pings(1), 999, false),
        (pongs(11), pings(1), 5_000, false),
        (pings(5), pongs(6), 10, false),
    ] {
        let outcome = both(
            limited,
            |schedule| schedule.arrives(0, &first).arrives(at_ms, &second).ends(at_ms),
            |ws| ws.recv().map(|_| ()),
            async |ws| ws.recv().await.map(|_| ()),
        );
        let flood = Error::Protocol(ProtocolError::ControlFlood);
        let end = if survives { Error::ConnectionLost } else { flood };
        assert_eq!(outcome.result, Err(end));
        if !survives {
            let written: Vec<u8> = outcome.written.into_iter().flat_map(|(_, b)| b).collect();
            let last = decode(&written).pop().unwrap();
            assert_eq!(last.encode(), Frame::close(1008, "").encode());
        }
    }
}

#[test]
fn control_frames_are_not_limited_without_a_clock() {
    use socklet_core_tests::{receiving::Endpoint, wire::Wire};

    let flood = Frame::ping("").to(Who::Server).repeat(25_000);
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::new([flood]));
    assert_eq!(ws.recv().map(|_| ()), Err(Error::ConnectionLost));
}

#[test]
fn without_a_clock_there_are_no_deadlines() {
    let clock = VirtualClock::new();
    let new = || Schedule::new(&clock).takes(10);
    let mut ws: nonblocking::WebSocket<_, Server, _> =
        nonblocking::WebSocket::server(new(), buffer(), buffer()).with_config(config(KEEP_ALIVE));
    assert_eq!(poll_once(ws.accept()), None);
    clock.advance(10_000_000);
    assert_eq!(poll_once(ws.accept()), None);
    let ws = nonblocking::WebSocket::server(new(), buffer(), buffer());
    let mut ws = open(ws.with_config(config(KEEP_ALIVE)));
    assert_eq!(poll_once(ws.send(&[1; 100])), None);
    for _ in 0..3 {
        clock.advance(10_000_000);
        assert_eq!(poll_once(ws.flush()), None);
        assert_eq!(poll_once(ws.recv()), None);
    }
    assert!(poll_once(ws.close(CloseCode::NORMAL, "")).is_none());
}
