//! A connection in halves that ends within a message of which chunks were handed out: whoever
//! then receives whole messages is told how it ended.

use socklet_core::{
    Error, ProtocolError, UsageError,
    io::{NoClock, blocking::Blocking, nonblocking::Nonblocking},
};
use socklet_core_tests::{
    Who,
    executor::run,
    frames::{Frame, decode},
    socket::{WriteEnd, socket},
};

use super::support::*;

const UNFINISHED: Result<bool, Ended> = Err(Error::Usage(UsageError::MessageUnfinished));

/// Receives the first chunk and then the end, which must be this one however it is asked for.
macro_rules! ends_within_a_message {
    ($rx:expr, $peer:expr, $who:expr, $act:expr, $end:expr, $wait:ident) => {{
        let (mut rx, peer) = ($rx, $peer);
        peer.put(Frame::binary([1, 2, 3]).not_fin().to($who));
        assert_eq!($wait(rx.recv_chunk()).unwrap().unwrap().data, [1, 2, 3]);
        assert_eq!($wait(rx.recv()).map(|message| message.is_some()), UNFINISHED);
        $act(&peer, $who);
        assert_eq!($wait(rx.recv_chunk()).map(|chunk| chunk.is_some()), $end);
        for _ in 0..2 {
            assert_eq!($wait(rx.recv()).map(|message| message.is_some()), $end);
            assert_eq!($wait(rx.recv_event()).map(|event| event.is_some()), $end);
            assert_eq!($wait(rx.recv_chunk()).map(|chunk| chunk.is_some()), $end);
        }
        assert_eq!(rx.closed().is_some(), $end.is_ok());
    }};
}

const fn done<T>(outcome: T) -> T {
    outcome
}

fn each_receiver(act: impl Fn(&WriteEnd, Who), end: Result<bool, Ended>) {
    let [near, far] = socket(2000);
    let (rx, _tx) = shared::<Blocking, _, _, _, _>(PLAIN.server(near, NoClock), true);
    ends_within_a_message!(rx, far.1, Who::Server, act, end, done);
    let [near, far] = socket(2000);
    let (rx, _tx) = shared::<Blocking, _, _, _, _>(PLAIN.client(near, NoClock), true);
    ends_within_a_message!(rx, far.1, Who::Client, act, end, done);
    let [near, far] = socket(2000);
    let (rx, _tx) = local::<Nonblocking, _, _, _, _>(PLAIN.server(near, NoClock));
    ends_within_a_message!(rx, far.1, Who::Server, act, end, run);
    let [near, far] = socket(2000);
    let (rx, _tx) = local::<Nonblocking, _, _, _, _>(PLAIN.client(near, NoClock));
    ends_within_a_message!(rx, far.1, Who::Client, act, end, run);
}

#[test]
fn a_close_within_a_chunked_message_is_told() {
    each_receiver(|peer, who| peer.put(Frame::close(1000, "bye").to(who)), Ok(false));
}

#[test]
fn a_lost_connection_within_a_chunked_message_is_told() {
    each_receiver(|peer, _| peer.end(), Err(Error::ConnectionLost));
}

#[test]
fn a_violation_within_a_chunked_message_is_told() {
    each_receiver(
        |peer, who| peer.put(Frame::text("another").to(who)),
        Err(Error::Protocol(ProtocolError::ExpectedContinuation)),
    );
}

#[test]
fn invalid_text_in_a_fragment_is_told_before_what_is_behind_it() {
    let invalid = Err(Error::Protocol(ProtocolError::InvalidUtf8));
    for who in Who::BOTH {
        for tail in [Frame::close(1000, ""), Frame::more("").rsv(4), Frame::ping("?")] {
            let bytes = [Frame::text(b"\xff").not_fin().to(who), tail.to(who)].concat();
            macro_rules! told {
                ($make:ident, $kind:ty, $cells:ident($($blocking:literal)?), $wait:ident) => {{
                    let [near, far] = socket(2000);
                    let whole = PLAIN.$make(near, NoClock);
                    let (mut rx, _tx) = $cells::<$kind, _, _, _, _>(whole $(, $blocking)?);
                    far.1.put(&bytes);
                    assert_eq!($wait(rx.recv()).map(|message| message.is_some()), invalid);
                    let written = decode(&far.0.take());
                    assert_eq!((written.len(), written[0].opcode), (1, 8));
                    assert_eq!(written[0].payload, 1007_u16.to_be_bytes());
                }};
            }
            match who {
                Who::Client => {
                    told!(client, Blocking, shared(true), done);
                    told!(client, Nonblocking, local(), run);
                }
                Who::Server => {
                    told!(server, Blocking, shared(true), done);
                    told!(server, Nonblocking, local(), run);
                }
            }
        }
    }
}
