//! Both directions at once, through ways that hold less than is written.

use std::{
    future::Future,
    ops::Deref,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use socklet_core::{
    Message, Role,
    io::{
        NoClock,
        blocking::Blocking,
        nonblocking::Nonblocking,
        split::{Cells, blocking, nonblocking},
    },
    wire::close::CloseCode,
};
use socklet_core_tests::{
    buffers::TestBuffer,
    clock::VirtualClock,
    frames::decode,
    rng::TestRng,
    socket::{ReadEnd, WriteEnd, socket},
};

use super::support::*;

/// Messages that are longer than all buffers and ways, and some that are not.
fn messages(seed: u64) -> Vec<Vec<u8>> {
    let mut rng = TestRng::new(seed);
    [3000, 0, 10_000, 150, 1, 196, 197, 5000].map(|len| rng.bytes(len)).to_vec()
}

const SETUP: Setup = PLAIN.lens(12_000, 200);

type Asynchronous<R, P> = Halves<Nonblocking, ReadEnd, R, P>;

/// Sends all; then, when `done` is set, closes.
async fn send_all<P>(
    mut tx: nonblocking::SendHalf<P>,
    messages: Vec<Vec<u8>>,
    done: Option<&Signal>,
) -> Result<(), Ended>
where
    P: Deref<Target: Cells<Next = WriteEnd>>,
{
    for message in &messages {
        tx.ping(b"?").await?;
        tx.send(Message::Binary(message)).await?;
    }
    if let Some(done) = done {
        done.wait().await;
        tx.close(CloseCode::NORMAL, "all sent").await?;
    }
    Ok(())
}

/// Receives until the closing handshake is done; sets `all` when it has as many as there are.
async fn receive_all<R: Role, P>(
    mut rx: nonblocking::ReceiveHalf<ReadEnd, R, TestBuffer, P>,
    all: &Signal,
) -> Result<Vec<Vec<u8>>, Ended>
where
    P: Deref<Target: Cells<Next = WriteEnd, Role = R, Buffer = TestBuffer>>,
{
    let mut received = Vec::new();
    while let Some(message) = rx.recv().await? {
        received.push(message.as_bytes().to_vec());
        if received.len() == messages(0).len() {
            all.set();
        }
    }
    Ok(received)
}

#[test]
fn large_messages_cross_through_small_ways_without_a_deadlock() {
    for capacity in [1, 2, 7, 64, 131, 199, 1000] {
        let [near, far] = socket(capacity);
        let wires = [near.1.watch(), far.1.watch()];
        let (a_rx, a_tx) = local::<Nonblocking, _, _, _, _>(SETUP.server(near, NoClock));
        let (b_rx, b_tx) = local::<Nonblocking, _, _, _, _>(SETUP.client(far, NoClock));
        let (done, all) = (Signal::default(), Signal::default());
        let mut a_sends = Task::new(send_all(a_tx, messages(1), Some(&done)));
        let mut b_sends = Task::new(send_all(b_tx, messages(2), None));
        let mut a_receives = Task::new(receive_all(a_rx, &done));
        let mut b_receives = Task::new(receive_all(b_rx, &all));
        run_all(
            &VirtualClock::new(),
            &mut [&mut a_sends, &mut b_sends, &mut a_receives, &mut b_receives],
        );
        assert_eq!((a_sends.go(), b_sends.go()), (Some(Ok(())), Some(Ok(()))));
        assert_eq!(a_receives.go(), Some(Ok(messages(2))));
        assert_eq!(b_receives.go(), Some(Ok(messages(1))));
        for wire in &wires {
            let frames = decode(&wire.written());
            assert!(frames.iter().any(|frame| frame.opcode == 0xA), "pings are answered");
            assert_eq!(frames.iter().filter(|frame| frame.opcode == 8).count(), 1);
            assert_eq!(frames.last().unwrap().opcode, 8);
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    let start = Instant::now();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park_timeout(Duration::from_secs(10));
        assert!(start.elapsed() < Duration::from_secs(10), "waits for ever");
    }
}

#[test]
fn futures_on_four_threads_cross_without_a_deadlock() {
    for capacity in [16, 64, 199, 1000] {
        let [near, far] = socket(capacity);
        let a: Asynchronous<_, _> = shared(SETUP.server(near, NoClock), false);
        let b: Asynchronous<_, _> = shared(SETUP.client(far, NoClock), false);
        let (done, all) = (Signal::default(), Signal::default());
        thread::scope(|scope| {
            let a_sends = scope.spawn(|| block_on(send_all(a.1, messages(1), Some(&done))));
            let b_sends = scope.spawn(|| block_on(send_all(b.1, messages(2), None)));
            let a_receives = scope.spawn(|| block_on(receive_all(a.0, &done)));
            let b_receives = scope.spawn(|| block_on(receive_all(b.0, &all)));
            assert_eq!((a_sends.join().unwrap(), b_sends.join().unwrap()), (Ok(()), Ok(())));
            assert_eq!(a_receives.join().unwrap(), Ok(messages(2)));
            assert_eq!(b_receives.join().unwrap(), Ok(messages(1)));
        });
    }
}

fn send_blocking<R: Role>(
    mut tx: blocking::SendHalf<Shared<WriteEnd, R>>,
    messages: Vec<Vec<u8>>,
    done: Option<&Signal>,
) -> Result<(), Ended> {
    for message in &messages {
        tx.send(Message::Binary(message))?;
    }
    if let Some(done) = done {
        done.wait_blocking();
        tx.close(CloseCode::NORMAL, "all sent")?;
    }
    Ok(())
}

fn receive_blocking<R: Role>(
    mut rx: blocking::ReceiveHalf<ReadEnd, R, TestBuffer, Shared<WriteEnd, R>>,
    all: &Signal,
) -> Result<Vec<Vec<u8>>, Ended> {
    let mut received = Vec::new();
    while let Some(message) = rx.recv()? {
        received.push(message.as_bytes().to_vec());
        if received.len() == messages(0).len() {
            all.set();
        }
    }
    Ok(received)
}

#[test]
fn blocking_halves_on_four_threads_cross_without_a_deadlock() {
    for capacity in [16, 64, 199, 1000] {
        let [near, far] = socket(capacity);
        let a: Halves<Blocking, _, _, _> = shared(SETUP.server(near, NoClock), true);
        let b: Halves<Blocking, _, _, _> = shared(SETUP.client(far, NoClock), true);
        let (done, all) = (Signal::default(), Signal::default());
        thread::scope(|scope| {
            let a_sends = scope.spawn(|| send_blocking(a.1, messages(1), Some(&done)));
            let b_sends = scope.spawn(|| send_blocking(b.1, messages(2), None));
            let a_receives = scope.spawn(|| receive_blocking(a.0, &done));
            let b_receives = scope.spawn(|| receive_blocking(b.0, &all));
            assert_eq!((a_sends.join().unwrap(), b_sends.join().unwrap()), (Ok(()), Ok(())));
            assert_eq!(a_receives.join().unwrap(), Ok(messages(2)));
            assert_eq!(b_receives.join().unwrap(), Ok(messages(1)));
        });
    }
}

#[test]
fn blocking_halves_answer_each_ping_that_leaves_room_for_it() {
    // Never more than one Ping and its Pong on the way, so no receiver has to wait for room.
    let [near, far] = socket(1000);
    let (a_rx, mut a_tx) = shared::<Blocking, _, _, _, _>(SETUP.server(near, NoClock), true);
    let (mut b_rx, b_tx) = shared::<Blocking, _, _, _, _>(SETUP.client(far, NoClock), true);
    thread::scope(|scope| {
        // Nobody sends here: its receiver answers.
        let a_receives = scope.spawn(move || receive_blocking(a_rx, &Signal::default()));
        let mut b_tx = b_tx;
        for n in 0..500_u16 {
            b_tx.ping(&n.to_be_bytes()).unwrap();
            let event = b_rx.recv_event().unwrap().map(Seen::event);
            assert_eq!(event, Some(Seen::Pong(n.to_be_bytes().to_vec())));
        }
        a_tx.send("last").unwrap();
        assert_eq!(b_rx.recv(), Ok(Some(Message::Text("last"))));
        b_tx.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(b_rx.recv(), Ok(None));
        assert_eq!(a_receives.join().unwrap(), Ok(Vec::new()));
    });
}
