//! Thousands of messages in both directions, everything about it drawn by lot, from seeds: what
//! is sent and how, what is dropped, how much the next layer takes, who is polled when, also
//! without cause. The model: what was sent is received in order, once.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    ops::Deref,
    pin::pin,
    task::Poll,
};

use socklet_core::{
    Kind, Message, Role, Side,
    io::{
        NoClock,
        nonblocking::Nonblocking,
        split::{Cells, nonblocking},
    },
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault,
    buffers::TestBuffer,
    executor::yield_now,
    faulty::{Faulty, Plan},
    rng::TestRng,
    socket::socket,
};

use super::support::*;

/// Messages in each direction of a run.
const MESSAGES: u64 = 60;

/// The n-th message of a direction: both ends know it.
fn message(direction: u64, n: u64) -> Seen {
    let mut rng = TestRng::new(direction << 32 | n);
    let len = match rng.below(8) {
        0 => 0,
        1 => rng.below(900),
        _ => rng.below(60),
    };
    if rng.once_in(2) { Seen::Text(rng.text(len)) } else { Seen::Binary(rng.bytes(len)) }
}

fn borrowed(message: &Seen) -> Message<'_> {
    match message {
        Seen::Text(text) => Message::Text(text),
        Seen::Binary(bytes) => Message::Binary(bytes),
        _ => panic!("no message"),
    }
}

/// What one end needs to know beside its halves.
struct Plot {
    rng: RefCell<TestRng>,
    sends: u64,
    receives: u64,
    /// Pings sent, which are numbered.
    pings: Cell<u64>,
    closes: bool,
    all: Signal,
}

impl Plot {
    fn once_in(&self, times: usize) -> bool {
        self.rng.borrow_mut().once_in(times)
    }

    fn below(&self, end: usize) -> usize {
        self.rng.borrow_mut().below(end)
    }

    /// Polls a future until it is done, or is dropped at an await by lot.
    async fn attempt<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.once_in(3) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    async fn again<T>(&self, mut operation: impl AsyncFnMut() -> T) -> T {
        loop {
            if let Some(output) = self.attempt(operation()).await {
                return output;
            }
        }
    }

    /// Sends one thing; it may be dropped, and gone on with as long as it is not taken whole.
    async fn send<P>(
        &self,
        tx: &mut nonblocking::SendHalf<P>,
        mut send: impl AsyncFnMut(&mut nonblocking::SendHalf<P>) -> Result<(), Ended>,
    ) where
        P: Deref<Target: Cells<Next: embedded_io_async::Write<Error = Fault>>>,
    {
        loop {
            match self.attempt(send(tx)).await {
                Some(sent) => return sent.unwrap(),
                None if tx.unfinished().is_none() => return,
                None => {}
            }
        }
    }
}

async fn sends<P>(mut tx: nonblocking::SendHalf<P>, plot: &Plot)
where
    P: Deref<Target: Cells<Next: embedded_io_async::Write<Error = Fault>>>,
{
    for n in 0..MESSAGES {
        let message = message(plot.sends, n);
        let message = borrowed(&message);
        match plot.below(5) {
            0 | 1 => plot.send(&mut tx, async |tx| tx.send(message).await).await,
            2 | 3 => plot.send(&mut tx, async |tx| tx.feed(message).await).await,
            _ => {
                let mut rest = message.as_bytes();
                loop {
                    let (part, tail) = rest.split_at(plot.below(rest.len() + 1));
                    rest = tail;
                    let fin = rest.is_empty() && plot.once_in(2);
                    plot.send(&mut tx, async |tx| tx.send_part(message.kind(), part, fin).await)
                        .await;
                    if fin {
                        break;
                    }
                    if plot.once_in(4) {
                        ping(&mut tx, plot).await;
                    }
                }
            }
        }
        // Behind the last message the other end may have closed.
        if n + 1 != MESSAGES && plot.once_in(5) {
            ping(&mut tx, plot).await;
        }
        if plot.once_in(5) {
            yield_now().await;
        }
    }
    plot.again(async || tx.flush().await).await.unwrap();
    if plot.closes {
        plot.all.wait().await;
        plot.again(async || tx.flush().await).await.unwrap();
        plot.attempt(tx.close(CloseCode::NORMAL, "all")).await.unwrap_or(Ok(())).unwrap();
        plot.again(async || tx.flush().await).await.unwrap();
    }
}

async fn ping<P>(tx: &mut nonblocking::SendHalf<P>, plot: &Plot)
where
    P: Deref<Target: Cells<Next: embedded_io_async::Write<Error = Fault>>>,
{
    plot.pings.set(plot.pings.get() + 1);
    let payload = plot.pings.get().to_be_bytes();
    // With room for it, it is taken before it is dropped.
    plot.again(async || tx.flush().await).await.unwrap();
    plot.attempt(tx.ping(&payload)).await.unwrap_or(Ok(())).unwrap();
}

fn number(payload: Vec<u8>) -> u64 {
    u64::from_be_bytes(payload.try_into().unwrap())
}

async fn receives<S, R, P>(
    mut rx: nonblocking::ReceiveHalf<S, R, TestBuffer, P>,
    plot: &Plot,
) -> (u64, Option<WasClosed>)
where
    S: embedded_io_async::Read<Error = Fault>,
    R: Role,
    P: Deref<
        Target: Cells<Next: embedded_io_async::Write<Error = Fault>, Role = R, Buffer = TestBuffer>,
    >,
{
    let (mut received, mut pings, mut pongs) = (0, 0, 0);
    let mut begun: Option<(Kind, Vec<u8>)> = None;
    loop {
        let seen = if begun.is_some() || plot.once_in(3) {
            let chunk = plot.again(async || {
                let chunk = rx.recv_chunk().await.unwrap();
                chunk.map(|chunk| (chunk.kind, chunk.data.to_vec(), chunk.first, chunk.fin))
            });
            match chunk.await {
                None => None,
                Some((kind, data, first, fin)) => {
                    assert_eq!(first, begun.is_none());
                    let (_, joined) = begun.get_or_insert((kind, Vec::new()));
                    joined.extend(data);
                    if !fin {
                        continue;
                    }
                    begun.take().map(|(kind, joined)| Seen::joined(kind, joined))
                }
            }
        } else if plot.once_in(2) {
            plot.again(async || rx.recv_event().await.unwrap().map(Seen::event)).await
        } else {
            plot.again(async || rx.recv().await.unwrap().map(Seen::message)).await
        };
        match seen {
            None => return (received, rx.closed().map(WasClosed::of)),
            Some(Seen::Ping(payload)) => {
                let n = number(payload);
                assert!(n > pings, "in order");
                pings = n;
            }
            Some(Seen::Pong(payload)) => {
                let n = number(payload);
                assert!(n > pongs && n <= plot.pings.get(), "the answer to a Ping, once");
                pongs = n;
            }
            Some(seen) => {
                assert_eq!(seen, message(plot.receives, received), "message {received}");
                received += 1;
                if received == MESSAGES {
                    plot.all.set();
                }
            }
        }
        if plot.once_in(8) {
            yield_now().await;
        }
    }
}

fn plan(rng: &mut TestRng) -> Plan {
    let len = |rng: &mut TestRng| if rng.once_in(2) { usize::MAX } else { 1 + rng.below(100) };
    Plan { read_len: len(rng), write_len: len(rng), stalls: rng.below(3) as u32, ..Plan::NONE }
}

/// Polls by lot, now and then without cause, until all are done.
fn run_by_lot(rng: &mut TestRng, tasks: &mut [&mut dyn Runs], seed: u64) {
    let mut idle = 0;
    while !tasks.iter().all(|task| task.is_done()) {
        let task = &mut tasks[rng.below(4)];
        // What is owed has to be done without such luck, so it is not to be had for long.
        if idle == 0 && rng.once_in(50) {
            task.wake();
        }
        idle = if task.step() { 0 } else { idle + 1 };
        assert!(idle < 1000, "all wait for ever, seed {seed}");
    }
}

fn run_seed(seed: u64) {
    let mut rng = TestRng::new(seed);
    let [near, far] = socket(1 + rng.below(400));
    let mut setup = || PLAIN.lens(1100 + rng.below(400), 131 + rng.below(300));
    let setups = [setup(), setup()];
    let mut layer =
        |(reads, writes)| (Faulty::new(reads, plan(&mut rng)), Faulty::new(writes, plan(&mut rng)));
    let (near, far) = (layer(near), layer(far));
    let (a_rx, a_tx) = local::<Nonblocking, _, _, _, _>(setups[0].client(near, NoClock));
    let (b_rx, b_tx) = local::<Nonblocking, _, _, _, _>(setups[1].server(far, NoClock));
    let plot = |sends, receives, closes| Plot {
        rng: RefCell::new(TestRng::new(sends)),
        sends,
        receives,
        pings: Cell::new(0),
        closes,
        all: Signal::default(),
    };
    let (a, b) = (plot(seed * 2, seed * 2 + 1, true), plot(seed * 2 + 1, seed * 2, false));
    let (mut a_sends, mut a_receives) = (Task::new(sends(a_tx, &a)), Task::new(receives(a_rx, &a)));
    let (mut b_sends, mut b_receives) = (Task::new(sends(b_tx, &b)), Task::new(receives(b_rx, &b)));
    run_by_lot(&mut rng, &mut [&mut a_sends, &mut a_receives, &mut b_sends, &mut b_receives], seed);
    let closed = |by, reason: &str| {
        Some((MESSAGES, Some(WasClosed { by, code: Some(1000), reason: reason.into() })))
    };
    assert_eq!(a_receives.go(), closed(Side::Local, ""), "seed {seed}");
    assert_eq!(b_receives.go(), closed(Side::Peer, "all"), "seed {seed}");
}

#[test]
fn what_is_sent_is_received_in_order_and_once_whatever_happens_on_the_way() {
    for seed in 0..60 {
        run_seed(seed);
    }
}
