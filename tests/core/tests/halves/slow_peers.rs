//! Deadlines of what is written to a peer that takes its time, in halves and in a whole stream:
//! when they begin, and that one which passed while nobody looked is no reason to fail.

use std::future::Future;

use socklet_core::{
    Error, Message, Server, Timeout, Timeouts,
    io::{blocking::Blocking, nonblocking::Nonblocking},
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault,
    clock::{Patience, VirtualClock},
    executor::{poll_once, run_on},
    frames::decode,
    schedule::Schedule,
    socket::{ReadEnd, WriteEnd, socket},
};

use super::{support::*, taker::*};

const CLOSING: Ended = Error::Timeout(Timeout::Closing);

const TIMEOUTS: Timeouts =
    Timeouts { handshake_ms: 0, closing_ms: 10_000, idle_ms: 10_000, keep_alive: false };

/// Fills a staging buffer of 200 bytes, header and all: no Close finds room behind it.
const FILLING: [u8; 196] = [7; 196];

/// A next layer in one piece.
struct Joined<R, W>(R, W);

impl<R, W> embedded_io::ErrorType for Joined<R, W> {
    type Error = Fault;
}

impl<R: Patience, W: Patience> Patience for Joined<R, W> {
    fn set_patience(&mut self, wait_ms: Option<u64>) {
        self.0.set_patience(wait_ms);
        self.1.set_patience(wait_ms);
    }
}

impl<R: embedded_io::Read<Error = Fault>, W> embedded_io::Read for Joined<R, W> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        self.0.read(out)
    }
}

impl<R, W: embedded_io::Write<Error = Fault>> embedded_io::Write for Joined<R, W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        self.1.write(bytes)
    }

    fn flush(&mut self) -> Result<(), Fault> {
        self.1.flush()
    }
}

impl<R: embedded_io_async::Read<Error = Fault>, W> embedded_io_async::Read for Joined<R, W> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        self.0.read(out).await
    }
}

impl<R, W: embedded_io_async::Write<Error = Fault>> embedded_io_async::Write for Joined<R, W> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        self.1.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        self.1.flush().await
    }
}

type Stream<M, R, W> = socklet_core::io::WebSocket<
    M,
    Joined<R, W>,
    Server,
    socklet_core_tests::buffers::TestBuffer,
    socklet_core::permessage_deflate::NoCompression,
    VirtualClock,
>;

/// A whole stream with the same settings as the halves.
fn whole<M, R, W>(next: (R, W), clock: &VirtualClock) -> Stream<M, R, W> {
    let server = PLAIN.timeouts(TIMEOUTS).server::<M, R, W, _>(next, clock.clone());
    let ((reads, writes), connection) = server.into_parts();
    Stream::from_parts(Joined(reads, writes), clock.clone(), connection)
}

/// Halves that do not block.
fn halves<R, W>(
    next: (R, W),
    clock: &VirtualClock,
) -> Halves<Nonblocking, R, Server, Local<W, Server>, VirtualClock> {
    local(PLAIN.timeouts(TIMEOUTS).server(next, clock.clone()))
}

/// A silent peer that takes so many bytes every so many milliseconds, and what it has taken.
fn taking(clock: &VirtualClock, len: usize, each_ms: u64) -> ((Schedule, Taker), Log) {
    let (taker, log) = Taker::new(clock, 0, Some((len, each_ms)));
    ((Schedule::new(clock), taker), log)
}

/// The opcode of the last frame that was written, and when it was whole.
fn last(log: &Log, start_ms: u64) -> (u8, u64) {
    let log = log.borrow();
    let bytes: Vec<u8> = log.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    (decode(&bytes).last().unwrap().opcode, log.last().unwrap().0 - start_ms)
}

/// What comes of a future, and when.
async fn timed<T>(clock: &VirtualClock, future: impl Future<Output = T>) -> (T, u64) {
    let start_ms = clock.shows_ms();
    let output = future.await;
    (output, clock.shows_ms() - start_ms)
}

/// How much a peer takes every how many milliseconds, and when it has then taken [`FILLING`] and
/// a Close frame of 104 bytes, all in less than the time of the closing handshake after that.
const PACES: [(usize, u64, u64); 3] =
    [(20, 1_500, 24_000), (200, 9_000, 18_000), (60, 4_000, 24_000)];

#[test]
fn the_time_of_a_closing_handshake_begins_when_close_is_staged() {
    let (code, reason) = (CloseCode::NORMAL, "r".repeat(100));
    for (len, each_ms, after_ms) in PACES {
        let clock = VirtualClock::new();
        let start_ms = clock.shows_ms();
        let (next, log) = taking(&clock, len, each_ms);
        let mut ws = whole::<Nonblocking, _, _>(next, &clock);
        let closed = run_on(&clock, async {
            ws.feed(Message::Binary(&FILLING)).await.unwrap();
            timed(&clock, ws.sender().close(code, &reason)).await
        });
        assert_eq!(closed, (Ok(()), after_ms));
        assert_eq!(last(&log, start_ms), (8, after_ms));

        let clock = VirtualClock::new();
        let (next, log) = taking(&clock, len, each_ms);
        let mut ws = whole::<Blocking, _, _>(next, &clock);
        ws.feed(Message::Binary(&FILLING)).unwrap();
        assert_eq!(ws.sender().close(code, &reason), Ok(()), "blocking");
        assert_eq!(last(&log, start_ms), (8, after_ms), "blocking");
    }
}

#[test]
fn the_time_of_a_closing_handshake_of_blocking_halves_begins_when_close_is_staged() {
    for (len, each_ms, after_ms) in PACES {
        let clock = VirtualClock::new();
        let start_ms = clock.shows_ms();
        let (next, log) = taking(&clock, len, each_ms);
        let whole = PLAIN.timeouts(TIMEOUTS).server(next, clock.clone());
        let (_rx, mut tx) = shared::<Blocking, _, _, _, _>(whole, true);
        tx.feed(Message::Binary(&FILLING)).unwrap();
        assert_eq!(tx.close(CloseCode::NORMAL, &"r".repeat(100)), Ok(()));
        assert_eq!(last(&log, start_ms), (8, after_ms));
    }
}

#[test]
fn the_time_of_a_closing_handshake_of_halves_begins_when_close_is_staged() {
    for (len, each_ms, after_ms) in PACES {
        let clock = VirtualClock::new();
        let start_ms = clock.shows_ms();
        let (next, log) = taking(&clock, len, each_ms);
        let (_rx, mut tx) = halves(next, &clock);
        let closed = run_on(&clock, async {
            tx.feed(Message::Binary(&FILLING)).await.unwrap();
            timed(&clock, tx.close(CloseCode::NORMAL, &"r".repeat(100))).await
        });
        assert_eq!(closed, (Ok(()), after_ms), "{len} bytes each {each_ms} ms");
        assert_eq!(last(&log, start_ms), (8, after_ms));
    }
}

#[test]
fn a_close_behind_a_frame_that_is_taken_slowly_is_sent() {
    let clock = VirtualClock::new();
    let [near, far] = socket(16);
    let (_rx, mut tx) = halves(near, &clock);
    assert_eq!(poll_once(tx.feed(Message::Binary(&FILLING))), Some(Ok(())));
    let mut closing = Task::new(timed(&clock, tx.close(CloseCode::NORMAL, "")));
    for _ in 0..12 {
        assert!(closing.go().is_none());
        clock.advance(2_000);
        let _ = far.0.take();
    }
    assert_eq!(closing.go().map(|(closed, _)| closed), Some(Ok(())));
}

#[test]
fn a_peer_that_takes_nothing_of_what_is_before_a_close_is_given_up_in_time() {
    let clock = VirtualClock::new();
    let (taker, _log) = Taker::new(&clock, 16, None);
    let (_rx, mut tx) = halves((Schedule::new(&clock), taker), &clock);
    let closed = run_on(&clock, async {
        tx.feed(Message::Binary(&FILLING)).await.unwrap();
        timed(&clock, tx.close(CloseCode::NORMAL, "")).await
    });
    assert_eq!(closed, (Err(CLOSING), 10_000));
}

/// A socket whose peer has taken nothing yet.
fn stuck() -> ((ReadEnd, WriteEnd), ReadEnd, WriteEnd) {
    let [near, (reads, writes)] = socket(16);
    (near, reads, writes)
}

#[test]
fn a_write_that_was_given_up_long_ago_does_not_fail_a_peer_that_reads_again() {
    let clock = VirtualClock::new();
    let (near, peer, _end) = stuck();
    let (_rx, mut tx) = halves(near, &clock);
    assert_eq!(poll_once(tx.send(&[7; 90])), None);
    // A second try begins to wait.
    assert_eq!(poll_once(tx.flush()), None);
    clock.advance(20_000);
    // The peer reads meanwhile, and there is room.
    let _ = peer.take();
    // 94 bytes through 16: some more tries.
    let flushed = (0..5).find_map(|_| {
        let flushed = poll_once(tx.flush());
        let _ = peer.take();
        flushed
    });
    assert_eq!(flushed, Some(Ok(())));
    assert_eq!(poll_once(tx.send("more")), Some(Ok(())));

    let clock = VirtualClock::new();
    let (near, peer, _end) = stuck();
    let mut ws = whole::<Nonblocking, _, _>(near, &clock);
    assert_eq!(poll_once(ws.send(&[7; 90])), None);
    assert_eq!(poll_once(ws.flush()), None);
    clock.advance(20_000);
    let _ = peer.take();
    // 94 bytes through 16: some more tries.
    let flushed = (0..5).find_map(|_| {
        let flushed = poll_once(ws.flush());
        let _ = peer.take();
        flushed
    });
    assert_eq!(flushed, Some(Ok(())));
}

#[test]
fn a_write_that_was_given_up_long_ago_fails_a_peer_that_still_does_not_read() {
    let idle = Err(Error::Timeout(Timeout::Idle));
    let clock = VirtualClock::new();
    let (near, _peer, _end) = stuck();
    let (_rx, mut tx) = halves(near, &clock);
    assert_eq!(poll_once(tx.send(&[7; 90])), None);
    assert_eq!(poll_once(tx.flush()), None);
    clock.advance(20_000);
    assert_eq!(run_on(&clock, timed(&clock, tx.flush())), (idle, 0));

    let clock = VirtualClock::new();
    let (near, _peer, _end) = stuck();
    let mut ws = whole::<Nonblocking, _, _>(near, &clock);
    assert_eq!(poll_once(ws.send(&[7; 90])), None);
    assert_eq!(poll_once(ws.flush()), None);
    clock.advance(20_000);
    assert_eq!(run_on(&clock, timed(&clock, ws.flush())), (idle, 0));
}
