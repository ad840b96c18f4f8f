//! Split halves that block, each in a thread of its own.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use std::{sync::Arc, thread};

use socklet_core::{
    Client, Error, Message, Role, Server,
    io::{
        blocking,
        split::{Halves, blocking as split},
    },
    permessage_deflate::NoCompression,
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault, Who,
    buffers::TestBuffer,
    cells::SharedCells,
    frames::{Frame, decode},
    pipe::{Pipe, PipeReader, PipeWriter, duplex},
    receiving::open,
    rng::TestRng,
};

type Shared<R> = Arc<SharedCells<PipeWriter, R, TestBuffer>>;
type Receiver<R> = split::ReceiveHalf<PipeReader, R, TestBuffer, Shared<R>>;
type Sender<R> = split::SendHalf<Shared<R>>;

fn buffer() -> TestBuffer {
    TestBuffer::fixed(300)
}

fn halves<R: Role>(ws: blocking::WebSocket<Pipe, R, TestBuffer>) -> (Receiver<R>, Sender<R>) {
    let halves: Halves<_, _, _, _, _, NoCompression, _> =
        open(ws).split(Pipe::split, |writer| Arc::new(SharedCells::new(writer)));
    halves
}

fn server(next: Pipe) -> (Receiver<Server>, Sender<Server>) {
    halves(blocking::WebSocket::server(next, buffer(), buffer()))
}

fn client(next: Pipe) -> (Receiver<Client<TestRng>>, Sender<Client<TestRng>>) {
    halves(blocking::WebSocket::client(next, TestRng::new(3), buffer(), buffer()))
}

fn messages(seed: u64) -> Vec<Vec<u8>> {
    let mut rng = TestRng::new(seed);
    (0..100).map(|n| rng.bytes([3, 100, 160, 700][n % 4])).collect()
}

fn talk<R: Role>(sender: &mut Sender<R>, messages: &[Vec<u8>]) {
    for (n, message) in messages.iter().enumerate() {
        sender.send(Message::Binary(message)).unwrap();
        if n % 3 == 0 {
            sender.ping(&[n as u8]).unwrap();
        }
    }
}

fn listen<R: Role>(receiver: &mut Receiver<R>, messages: &[Vec<u8>]) {
    for message in messages {
        let mut joined = Vec::new();
        loop {
            let chunk = receiver.recv_chunk().unwrap().unwrap();
            joined.extend_from_slice(chunk.data);
            if chunk.fin {
                break;
            }
        }
        assert_eq!(&joined, message);
    }
}

#[test]
fn both_sides_send_at_once_through_pipes_that_hold_less_than_a_frame() {
    for capacity in [1, 20, 131, 5_000] {
        let (near, far) = duplex(capacity);
        let ((mut ra, mut sa), (mut rb, mut sb)) = (client(near), server(far));
        let (from_a, from_b) = (&messages(1), &messages(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                talk(&mut sa, from_a);
                sa.close(CloseCode::NORMAL, "that was all").unwrap();
            });
            scope.spawn(|| {
                listen(&mut ra, from_b);
                assert_eq!(ra.recv(), Ok(None));
            });
            let sender = scope.spawn(|| talk(&mut sb, from_b));
            scope.spawn(move || {
                listen(&mut rb, from_a);
                // Close is answered when the sender has said all it had to say.
                sender.join().unwrap();
                assert_eq!(rb.recv(), Ok(None));
                assert_eq!(rb.closed().unwrap().reason, "that was all");
            });
        });
    }
}

#[test]
fn close_is_answered_while_the_sender_does_nothing() {
    let (near, far) = duplex(1_000);
    let (mut receiver, _sender) = server(near);
    far.put(&[Frame::ping("1").to(Who::Server), Frame::ping("2").to(Who::Server)].concat());
    far.put(&Frame::close(1000, "").to(Who::Server));
    assert_eq!(receiver.recv(), Ok(None));
    let frames = decode(&far.take());
    let last = frames.last().unwrap();
    assert_eq!((last.opcode, &last.payload[..]), (8, &1000_u16.to_be_bytes()[..]));
}

#[test]
fn pings_are_answered_while_the_sender_does_nothing() {
    let (near, far) = duplex(1_000);
    let (mut receiver, _sender) = server(near);
    thread::scope(|scope| {
        scope.spawn(move || assert_eq!(receiver.recv(), Err(Error::<Fault>::ConnectionLost)));
        for n in 0..20 {
            far.put(&Frame::ping([n]).to(Who::Server));
            let mut pong = Vec::new();
            while pong.len() < 3 {
                pong.extend(far.take());
                thread::yield_now();
            }
            assert_eq!(pong, Frame::pong([n]).encode());
        }
        drop(far);
    });
}

#[test]
fn an_end_of_the_stream_is_told_to_both_halves() {
    let (near, far) = duplex(1_000);
    let (mut receiver, mut sender) = server(near);
    drop(far);
    assert_eq!(receiver.recv(), Err(Error::<Fault>::ConnectionLost));
    assert!(sender.send("x").is_err());
}
