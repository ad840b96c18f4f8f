//! Thousands of messages in random conversations against the simplest model there is: what was
//! sent is what is received, in order, once. A failure names its seed.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use std::{cell::RefCell, collections::VecDeque};

use socklet_core::{
    Config, Error, Fragmentation, Kind, Message, Role, Side,
    buffer::Buffer,
    io::{NoClock, nonblocking::WebSocket},
    permessage_deflate::{Compression, NoCompression},
    wire::{MAX_CONTROL_FRAME_LEN, close::CloseCode},
};
use socklet_core_tests::{
    Fault,
    buffers::TestBuffer,
    clock::VirtualClock,
    deflating::{TestDeflate, agreed},
    dropping::Dropper,
    executor::run_pair,
    faulty::{Faulty, Plan},
    pipe::{Pipe, duplex},
    receiving::Seen,
    rng::TestRng,
};

type Layer = Faulty<Pipe>;

/// What has been sent and not been received, for one direction.
#[derive(Default)]
struct Model {
    messages: RefCell<VecDeque<Seen>>,
    pings: RefCell<VecDeque<Vec<u8>>>,
    /// The same Pings, whose answers have not been received.
    pongs: RefCell<VecDeque<Vec<u8>>>,
}

fn plan(rng: &mut TestRng) -> Plan {
    let mut len = || [1, 2, 3, 7, 50, 131, 1000, usize::MAX][rng.below(8)];
    let (read_len, write_len) = (len(), len());
    Plan { read_len, write_len, stalls: rng.below(3) as u32, ..Plan::NONE }
}

/// Buffers to receive and to send, the former with so many bytes more.
fn buffers(rng: &mut TestRng, more_len: usize) -> (TestBuffer, TestBuffer) {
    let mut buffer = |least_len: usize| {
        let len = least_len + rng.below(600);
        if rng.once_in(2) { TestBuffer::fixed(len) } else { TestBuffer::growing(len, len + 900) }
    };
    (buffer(131 + more_len), buffer(131))
}

fn message(rng: &mut TestRng, max_len: usize) -> Seen {
    let len = if rng.once_in(4) { rng.below(max_len + 1) } else { rng.below(max_len.min(60) + 1) };
    if rng.once_in(2) {
        return Seen::Binary(rng.bytes(len));
    }
    let mut text = if rng.once_in(2) {
        // Alike from message to message.
        format!(r#"{{"n":{},"ok":true,"name":"value of {}"}}"#, rng.below(99), rng.below(9))
            .repeat(1 + len / 30)
    } else {
        rng.text(len)
    };
    while text.len() > len {
        text.pop();
    }
    Seen::Text(text)
}

/// Sends so many messages in random ways, each sent whole before the next is begun.
async fn talk<R: Role, B: Buffer, C: Compression>(
    ws: &mut WebSocket<Layer, R, B, C>,
    rng: &mut TestRng,
    model: &Model,
    count: usize,
    max_len: usize,
) -> Result<(), Error<Fault>> {
    for _ in 0..count {
        let message = message(rng, max_len);
        model.messages.borrow_mut().push_back(message.clone());
        let (kind, bytes) = match &message {
            Seen::Text(text) => (Kind::Text, text.as_bytes()),
            Seen::Binary(bytes) => (Kind::Binary, &bytes[..]),
            _ => unreachable!(),
        };
        match rng.below(4) {
            0 | 1 => {
                let message = match &message {
                    Seen::Text(text) => Message::Text(text),
                    _ => Message::Binary(bytes),
                };
                if rng.once_in(2) { ws.send(message).await? } else { ws.feed(message).await? }
            }
            _ => {
                let mut rest = bytes;
                while !rest.is_empty() && !rng.once_in(4) {
                    let (part, tail) = rest.split_at(rng.below(rest.len() + 1));
                    ws.send_part(kind, part, false).await?;
                    if rng.once_in(4) {
                        ping(ws, rng, model).await?;
                    }
                    rest = tail;
                }
                ws.send_part(kind, rest, true).await?;
            }
        }
        if rng.once_in(5) {
            ping(ws, rng, model).await?;
        }
    }
    ws.flush().await
}

async fn ping<R: Role, B: Buffer, C: Compression>(
    ws: &mut WebSocket<Layer, R, B, C>,
    rng: &mut TestRng,
    model: &Model,
) -> Result<(), Error<Fault>> {
    let len = rng.below(126);
    let payload = rng.bytes(len);
    model.pings.borrow_mut().push_back(payload.clone());
    model.pongs.borrow_mut().push_back(payload.clone());
    ws.ping(&payload).await
}

/// Receives so many messages in random ways, dropping futures on the way, and checks each.
async fn listen<R: Role, B: Buffer, C: Compression>(
    ws: &mut WebSocket<Layer, R, B, C>,
    rng: &mut TestRng,
    mine: &Model,
    theirs: &Model,
    count: usize,
) -> Result<(), Error<Fault>> {
    let mut received = 0;
    while received < count {
        let dropper =
            if rng.once_in(2) { Dropper::at(rng.below(3) as u64) } else { Dropper::never() };
        let way = rng.below(3);
        if way == 2 {
            let mut joined = Vec::new();
            let kind = loop {
                let (kind, fin) = dropper
                    .again(async || {
                        let chunk = ws.recv_chunk().await?.expect("open");
                        joined.extend_from_slice(chunk.data);
                        Ok::<_, Error<Fault>>((chunk.kind, chunk.fin))
                    })
                    .await?;
                if fin {
                    break kind;
                }
            };
            check(theirs, Seen::joined(kind, joined));
            received += 1;
            continue;
        }
        let seen = dropper
            .again(async || {
                Ok::<_, Error<Fault>>(match way {
                    0 => Seen::message(ws.recv().await?.expect("open")),
                    _ => Seen::event(ws.recv_event().await?.expect("open")),
                })
            })
            .await?;
        match seen {
            // Those that came while Pings and Pongs were not shown have been passed over.
            Seen::Ping(payload) => next_of(&mut theirs.pings.borrow_mut(), &payload),
            // And the answers are to Pings that were sent from here.
            Seen::Pong(payload) => next_of(&mut mine.pongs.borrow_mut(), &payload),
            message => {
                check(theirs, message);
                received += 1;
            }
        }
    }
    Ok(())
}

fn next_of(pings: &mut VecDeque<Vec<u8>>, payload: &[u8]) {
    while pings.pop_front().expect("a Ping that was never sent") != payload {}
}

fn check(model: &Model, seen: Seen) {
    assert_eq!(Some(seen), model.messages.borrow_mut().pop_front());
}

/// Makes compression for both sides, and says how much of a receive buffer is not for a message.
type Compressions<C> = fn(&mut TestRng) -> ([C; 2], usize);

fn none(_: &mut TestRng) -> ([NoCompression; 2], usize) {
    ([NoCompression; 2], MAX_CONTROL_FRAME_LEN)
}

/// The same window both ways.
fn some(rng: &mut TestRng) -> ([TestDeflate; 2], usize) {
    let (bits, takeover) = (8 + rng.below(3), rng.once_in(2));
    let used_len = if takeover { 1 << bits } else { 0 };
    // Buffers are shorter than eight times the least that is kept for what is not inflated yet.
    let agreed = || agreed(bits as u8, takeover);
    ([agreed(), agreed()], used_len + 256)
}

/// A conversation in which the sides take turns, with random transports, buffers and messages.
fn converse<C: Compression>(seed: u64, rounds: usize, compressions: Compressions<C>) -> usize {
    let mut rng = TestRng::new(seed);
    let (near, far) = duplex(1 << 20);
    let (near, far) = (Faulty::new(near, plan(&mut rng)), Faulty::new(far, plan(&mut rng)));
    let ([ca, cb], used_len) = compressions(&mut rng);
    let more_len = used_len - MAX_CONTROL_FRAME_LEN;
    let ((ra, sa), (rb, sb)) = (buffers(&mut rng, more_len), buffers(&mut rng, more_len));
    // Whole messages must fit the peer's receive buffer.
    let max_for_a = ra.bytes().len() - used_len;
    let max_for_b = rb.bytes().len() - used_len;
    let turns: Vec<_> = (0..rounds).map(|_| (rng.below(12), rng.below(12))).collect();
    let total = turns.iter().map(|(a, b)| a + b).sum();
    let mut config = Config::CLIENT;
    config.fragmentation = Fragmentation::Automatic;
    let key_rng = TestRng::new(rng.next());
    let mut client = WebSocket::client_with(near, key_rng, ra, sa, config, ca, NoClock);
    let mut server = WebSocket::server_with(far, rb, sb, Config::SERVER, cb, NoClock);
    client.assume_open::<Fault>().unwrap();
    server.assume_open::<Fault>().unwrap();
    let (from_a, from_b) = (Model::default(), Model::default());
    let (mut rng_a, mut rng_b) = (TestRng::new(rng.next()), TestRng::new(rng.next()));
    let turns = &turns;
    let (a, b) = run_pair(
        &VirtualClock::new(),
        async {
            for (mine, theirs) in turns {
                talk(&mut client, &mut rng_a, &from_a, *mine, max_for_b).await?;
                listen(&mut client, &mut rng_a, &from_a, &from_b, *theirs).await?;
            }
            let closed = client.close(CloseCode(3999), "the end").await?;
            assert_eq!((closed.by, closed.code), (Side::Local, Some(CloseCode(3999))));
            Ok::<_, Error<Fault>>(())
        },
        async {
            for (theirs, mine) in turns {
                listen(&mut server, &mut rng_b, &from_b, &from_a, *theirs).await?;
                talk(&mut server, &mut rng_b, &from_b, *mine, max_for_a).await?;
            }
            assert_eq!(server.recv().await?, None);
            let closed = server.closed().unwrap();
            assert_eq!((closed.by, closed.reason), (Side::Peer, "the end"));
            Ok::<_, Error<Fault>>(())
        },
    );
    assert_eq!((a, b), (Ok(()), Ok(())), "seed {seed}");
    assert!(from_a.messages.borrow().is_empty() && from_b.messages.borrow().is_empty());
    total
}

fn converse_often<C: Compression>(compressions: Compressions<C>) {
    let mut messages = 0;
    for seed in 0..150 {
        messages += std::panic::catch_unwind(|| converse(seed, 8, compressions))
            .unwrap_or_else(|_| panic!("seed {seed}"));
    }
    assert!(messages > 5_000, "{messages}");
}

#[test]
fn what_was_sent_is_what_is_received_in_order_and_once() {
    converse_often(none);
}

#[test]
fn so_it_is_with_compression() {
    converse_often(some);
}

#[test]
fn so_it_is_in_one_long_conversation() {
    assert!(converse(0xC0FFEE, 400, none) > 3_000);
    assert!(converse(0xC0FFEE, 400, some) > 3_000);
}
