//! Split halves that all talk at once through pipes that hold little, dropped anywhere.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use std::rc::Rc;

use socklet_core::{
    Error, Message, Role,
    io::{
        NoClock, nonblocking,
        split::{LocalCells, nonblocking as split},
    },
    permessage_deflate::NoCompression,
};
use socklet_core_tests::{
    Fault,
    buffers::TestBuffer,
    clock::VirtualClock,
    dropping::Dropper,
    executor::{Boxed, run_all},
    frames,
    pipe::{Pipe, PipeReader, PipeWriter, duplex},
    receiving::open,
    rng::TestRng,
};

type Shared<R> = Rc<LocalCells<PipeWriter, R, TestBuffer>>;
type Receiver<R> = split::ReceiveHalf<PipeReader, R, TestBuffer, Shared<R>, NoCompression, NoClock>;
type Sender<R> = split::SendHalf<Shared<R>, NoClock>;

fn buffer() -> TestBuffer {
    TestBuffer::fixed(300)
}

fn halves<R: Role>(ws: nonblocking::WebSocket<Pipe, R, TestBuffer>) -> (Receiver<R>, Sender<R>) {
    open(ws).split(Pipe::split, |writer| Rc::new(LocalCells::new(writer)))
}

fn messages(seed: u64) -> Vec<Vec<u8>> {
    let mut rng = TestRng::new(seed);
    (0..25).map(|n| rng.bytes([3, 100, 160, 700][n % 4])).collect()
}

/// Feeds and flushes: whatever is dropped, each message is taken once. Pings, if nothing drops.
async fn talk<R: Role>(
    sender: &mut Sender<R>,
    messages: &[Vec<u8>],
    dropper: &Dropper,
    ping: bool,
) {
    for message in messages {
        dropper.again(async || sender.feed(Message::Binary(message)).await).await.unwrap();
        dropper.again(async || sender.flush().await).await.unwrap();
        if ping {
            sender.ping(&message[..3]).await.unwrap();
        }
    }
}

async fn listen<R: Role>(receiver: &mut Receiver<R>, messages: &[Vec<u8>], dropper: &Dropper) {
    for message in messages {
        let mut joined = Vec::new();
        while !dropper
            .again(async || {
                let chunk = receiver.recv_chunk().await?.expect("open");
                joined.extend_from_slice(chunk.data);
                Ok::<_, Error<Fault>>(chunk.fin)
            })
            .await
            .unwrap()
        {}
        assert_eq!(&joined, message);
    }
}

/// Both sides send all their messages at once. The droppers are those of the client's sender and
/// receiver, and of the server's.
fn full_duplex(capacity: usize, droppers: [&Dropper; 4], ping: bool) {
    let (near, far) = duplex(capacity);
    let taps = [near.tap(), far.tap()];
    let client = nonblocking::WebSocket::client(near, TestRng::new(3), buffer(), buffer());
    let server = nonblocking::WebSocket::server(far, buffer(), buffer());
    let ((mut ra, mut sa), (mut rb, mut sb)) = (halves(client), halves(server));
    let (from_a, from_b) = (&messages(1), &messages(2));
    let [a, b, c, d] = droppers;
    run_all(
        &VirtualClock::new(),
        [
            Box::pin(async { talk(&mut sa, from_a, a, ping).await }) as Boxed<'_>,
            Box::pin(async { listen(&mut ra, from_b, b).await }),
            Box::pin(async { talk(&mut sb, from_b, c, ping).await }),
            Box::pin(async { listen(&mut rb, from_a, d).await }),
        ],
    );
    for tap in taps {
        // What is on the wire is whole frames, Pongs among them but not within a frame.
        let written = tap.bytes();
        let data = frames::decode_whole(&written).into_iter().filter(|frame| frame.opcode < 8);
        assert!(data.map(|frame| frame.payload.len()).sum::<usize>() > 5_000);
    }
}

#[test]
fn both_sides_send_at_once_through_pipes_that_hold_less_than_a_frame() {
    let never = Dropper::never();
    for capacity in [1, 2, 20, 131, 5_000] {
        full_duplex(capacity, [&never; 4], false);
    }
}

#[test]
fn and_answer_each_other_s_pings_meanwhile() {
    let never = Dropper::never();
    for capacity in [131, 300, 5_000] {
        full_duplex(capacity, [&never; 4], true);
    }
}

#[test]
fn any_half_may_be_dropped_at_any_await() {
    let never = Dropper::never();
    for half in 0..4 {
        for n in 0.. {
            let chosen = Dropper::at(n);
            let mut droppers = [&never; 4];
            droppers[half] = &chosen;
            full_duplex(150, droppers, false);
            if chosen.awaits() <= n {
                assert!(n > 10, "there are awaits to be dropped at");
                break;
            }
        }
    }
}

#[test]
fn all_halves_may_be_dropped_at_their_first_awaits() {
    let every = Dropper::every();
    for capacity in [1, 100] {
        full_duplex(capacity, [&every; 4], false);
    }
}
