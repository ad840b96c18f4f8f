//! Servers on a virtual clock, blocking and asynchronous, that do the same at the same times.

use socklet_core::{
    Config, Server, Timeouts,
    io::{blocking, nonblocking},
    permessage_deflate::NoCompression,
};

use crate::{
    buffers::TestBuffer, clock::VirtualClock, executor::run_on, receiving::open, schedule::Schedule,
};

/// A blocking server of a peer on schedule.
pub type Blocking = blocking::WebSocket<Schedule, Server, TestBuffer, NoCompression, VirtualClock>;
/// An asynchronous one.
pub type Nonblocking =
    nonblocking::WebSocket<Schedule, Server, TestBuffer, NoCompression, VirtualClock>;

/// What they all have two of.
#[must_use]
pub fn buffer() -> TestBuffer {
    TestBuffer::fixed(1024)
}

/// The settings of a server with these deadlines.
#[must_use]
pub fn config(timeouts: Timeouts) -> Config {
    Config { timeouts, ..Config::SERVER }
}

/// A server that has not begun its handshake.
#[must_use]
pub fn blocking_server(next: Schedule, config: Config, clock: &VirtualClock) -> Blocking {
    let clock = clock.clone();
    Blocking::server_with(next, buffer(), buffer(), config, NoCompression, clock)
}

/// A server that has not begun its handshake.
#[must_use]
pub fn nonblocking_server(next: Schedule, config: Config, clock: &VirtualClock) -> Nonblocking {
    let clock = clock.clone();
    Nonblocking::server_with(next, buffer(), buffer(), config, NoCompression, clock)
}

/// What came of something, after how long, and what was written when.
#[derive(Debug)]
pub struct Outcome<T> {
    /// What came of it.
    pub result: T,
    /// After how long.
    pub elapsed_ms: u64,
    /// What was written, and when.
    pub written: Vec<(u64, Vec<u8>)>,
}

/// Does the same with an open blocking and an open asynchronous server.
///
/// # Panics
/// If they do not agree.
pub fn both<T: PartialEq + std::fmt::Debug>(
    config: Config,
    schedule: impl Fn(Schedule) -> Schedule,
    blocking: impl FnOnce(&mut Blocking) -> T,
    nonblocking: impl AsyncFnOnce(&mut Nonblocking) -> T,
) -> Outcome<T> {
    let clock = VirtualClock::new();
    let start_ms = clock.shows_ms();
    let outcome = |result, clock: VirtualClock, written: Vec<(u64, Vec<u8>)>| Outcome {
        result,
        elapsed_ms: clock.shows_ms() - start_ms,
        written: written.into_iter().map(|(at_ms, bytes)| (at_ms - start_ms, bytes)).collect(),
    };
    let mut ws = open(blocking_server(schedule(Schedule::new(&clock)), config, &clock));
    let first = outcome(blocking(&mut ws), clock, ws.into_inner().0.written);
    let clock = VirtualClock::new();
    let mut ws = open(nonblocking_server(schedule(Schedule::new(&clock)), config, &clock));
    let result = run_on(&clock, nonblocking(&mut ws));
    let second = outcome(result, clock, ws.into_inner().0.written);
    assert_eq!(first.result, second.result, "blocking and asynchronous");
    // A blocking layer cannot be told to wait for less than a millisecond.
    assert!(first.elapsed_ms.abs_diff(second.elapsed_ms) <= 1, "{first:?} {second:?}");
    assert_eq!(first.written.len(), second.written.len());
    for (first, second) in first.written.iter().zip(&second.written) {
        assert!(first.1 == second.1 && first.0.abs_diff(second.0) <= 1, "{first:?} {second:?}");
    }
    second
}
