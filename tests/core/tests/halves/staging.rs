//! Control frames of a sending half that find the staging buffer full: they are sent behind what
//! fills it, or refused before anything is written.

use socklet_core::{
    ConfigError, Error, Role,
    io::{
        NoClock,
        blocking::Blocking,
        nonblocking::Nonblocking,
        split::{blocking, nonblocking},
    },
    wire::close::CloseCode,
};
use socklet_core_tests::{
    executor::run,
    frames::{Frame, decode},
    socket::{ReadEnd, WriteEnd, socket},
};

use super::support::*;

/// Leaves room for no control frame in a staging buffer of 200 bytes.
const FILLING: [u8; 180] = [7; 180];

const BUFFERS: Setup = PLAIN.lens(1024, 200);

/// What was sent, whatever its masking keys are.
fn said(peer: &ReadEnd) -> Vec<(u8, Vec<u8>)> {
    decode(&peer.take()).into_iter().map(|frame| (frame.opcode, frame.payload)).collect()
}

fn filling_and(frame: Frame) -> Vec<(u8, Vec<u8>)> {
    vec![(2, FILLING.to_vec()), (frame.opcode, frame.payload)]
}

type BlockingHalf<R> = blocking::SendHalf<Shared<WriteEnd, R>>;
type Half<R> = nonblocking::SendHalf<Local<WriteEnd, R>>;

/// Does the same with a sending half of each role that blocks, and of each that does not, and
/// says what the peer has got.
macro_rules! each_sender {
    ($blocking:path, $nonblocking:path, $check:expr) => {{
        let [near, far] = socket(2000);
        let (_rx, tx) = shared::<Blocking, _, _, _, _>(BUFFERS.server(near, NoClock), true);
        $blocking(tx);
        $check(far.0);
        let [near, far] = socket(2000);
        let (_rx, tx) = shared::<Blocking, _, _, _, _>(BUFFERS.client(near, NoClock), true);
        $blocking(tx);
        $check(far.0);
        let [near, far] = socket(2000);
        let (_rx, tx) = local::<Nonblocking, _, _, _, _>(BUFFERS.server(near, NoClock));
        run($nonblocking(tx));
        $check(far.0);
        let [near, far] = socket(2000);
        let (_rx, tx) = local::<Nonblocking, _, _, _, _>(BUFFERS.client(near, NoClock));
        run($nonblocking(tx));
        $check(far.0);
    }};
}

#[test]
fn a_ping_that_finds_no_room_is_sent_after_what_fills_it() {
    fn ping_blocking<R: Role>(mut tx: BlockingHalf<R>) {
        assert_eq!((tx.feed(&FILLING), tx.ping(b"here?")), (Ok(()), Ok(())));
    }
    async fn ping<R: Role>(mut tx: Half<R>) {
        assert_eq!((tx.feed(&FILLING).await, tx.ping(b"here?").await), (Ok(()), Ok(())));
    }
    each_sender!(ping_blocking, ping, |peer: ReadEnd| {
        assert_eq!(said(&peer), filling_and(Frame::ping("here?")));
    });
}

#[test]
fn a_pong_that_finds_no_room_is_sent_after_what_fills_it() {
    fn pong_blocking<R: Role>(mut tx: BlockingHalf<R>) {
        assert_eq!((tx.feed(&FILLING), tx.pong(b"here")), (Ok(()), Ok(())));
    }
    async fn pong<R: Role>(mut tx: Half<R>) {
        assert_eq!((tx.feed(&FILLING).await, tx.pong(b"here").await), (Ok(()), Ok(())));
    }
    each_sender!(pong_blocking, pong, |peer: ReadEnd| {
        assert_eq!(said(&peer), filling_and(Frame::pong("here")));
    });
}

#[test]
fn a_close_that_finds_no_room_is_sent_after_what_fills_it() {
    const CODE: CloseCode = CloseCode::NORMAL;
    fn close_blocking<R: Role>(mut tx: BlockingHalf<R>) {
        assert_eq!((tx.feed(&FILLING), tx.close(CODE, "a reason")), (Ok(()), Ok(())));
    }
    async fn close<R: Role>(mut tx: Half<R>) {
        assert_eq!((tx.feed(&FILLING).await, tx.close(CODE, "a reason").await), (Ok(()), Ok(())));
    }
    each_sender!(close_blocking, close, |peer: ReadEnd| {
        assert_eq!(said(&peer), filling_and(Frame::close(1000, "a reason")));
    });
}

#[test]
fn a_control_frame_that_must_not_be_sent_is_refused_before_anything_is_written() {
    const TOO_LONG: Result<(), Ended> = Err(Error::Config(ConfigError::ControlPayloadTooLong));
    const INVALID: Result<(), Ended> = Err(Error::Config(ConfigError::InvalidCloseCode));
    fn refused_blocking<R: Role>(mut tx: BlockingHalf<R>) {
        assert_eq!(tx.feed(&FILLING), Ok(()));
        assert_eq!((tx.ping(&[0; 126]), tx.pong(&[0; 126])), (TOO_LONG, TOO_LONG));
        assert_eq!(tx.close(CloseCode(1006), ""), INVALID);
    }
    async fn refused<R: Role>(mut tx: Half<R>) {
        assert_eq!(tx.feed(&FILLING).await, Ok(()));
        assert_eq!((tx.ping(&[0; 126]).await, tx.pong(&[0; 126]).await), (TOO_LONG, TOO_LONG));
        assert_eq!(tx.close(CloseCode(1006), "").await, INVALID);
    }
    each_sender!(refused_blocking, refused, |peer: ReadEnd| assert_eq!(said(&peer), []));
}
