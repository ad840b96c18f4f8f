//! Both directions at once, compressed: each half keeps the context of its direction.

use std::{
    ops::Deref,
    rc::Rc,
    sync::{Arc, Barrier},
    thread,
};

use socklet_core::{
    Client, Message, Role, Server,
    io::{
        NoClock, WebSocket,
        blocking::Blocking,
        nonblocking::Nonblocking,
        split::{Cells, LocalCells, blocking, nonblocking},
    },
    permessage_deflate::{Compression, Volume},
    wire::close::CloseCode,
};
use socklet_core_tests::{
    buffers::TestBuffer,
    cells::SharedCells,
    clock::VirtualClock,
    deflating::{TestDeflate, agreed},
    frames::{Frame, decode},
    pipe::{Pipe, duplex},
    rng::TestRng,
    socket::{ReadEnd, WriteEnd, socket},
};

use super::support::{Ended, PLAIN, Signal, Task, run_all};

type Compressing = <TestDeflate as Compression>::Outbound;
type Stream<M, S, R> = WebSocket<M, S, R, TestBuffer, TestDeflate>;

/// The windows and whether they are kept, of both directions.
const CONTEXTS: [(u8, bool); 3] = [(10, true), (9, true), (10, false)];

/// Reports, similar ones, and some that are longer than the staging buffer and the way.
fn messages(seed: u64) -> Vec<String> {
    let mut rng = TestRng::new(seed);
    let report = |at: usize| {
        let values = if at % 10 == 9 { 100 } else { 3 };
        (0..values).map(|_| format!(r#"{{"id":{at},"value":{}}}"#, rng.below(1000))).collect()
    };
    (0..40).map(report).collect()
}

fn buffers() -> (TestBuffer, TestBuffer) {
    (TestBuffer::fixed(8000), TestBuffer::fixed(300))
}

fn client<M, S>(next: S, bits: u8, takeover: bool) -> Stream<M, S, Client<TestRng>> {
    let ((receive, staging), compression) = (buffers(), agreed(bits, takeover));
    let rng = TestRng::new(1);
    opened(WebSocket::client_with(next, rng, receive, staging, PLAIN.config, compression, NoClock))
}

fn server<M, S>(next: S, bits: u8, takeover: bool) -> Stream<M, S, Server> {
    let ((receive, staging), compression) = (buffers(), agreed(bits, takeover));
    opened(WebSocket::server_with(next, receive, staging, PLAIN.config, compression, NoClock))
}

fn opened<M, S, R: Role>(mut ws: Stream<M, S, R>) -> Stream<M, S, R> {
    ws.assume_open().map_err(|error: Ended| error).unwrap();
    ws
}

/// What crossed a wire: the first frame of each message is marked, and no other.
fn check_wire(written: &[u8], sent: usize) {
    let frames = decode(written);
    let is_data = |frame: &&Frame| frame.opcode < 8;
    let data: Vec<_> = frames.iter().filter(is_data).collect();
    assert!(data.iter().all(|frame| (frame.rsv == 4) == (frame.opcode != 0)));
    assert_eq!(data.iter().filter(|frame| frame.fin).count(), sent);
    assert!(data.len() > sent, "no message was fragmented");
    assert!(frames.iter().any(|frame| frame.opcode > 8), "no Ping, and no Pong");
}

/// What was sent compressed is what was received compressed.
fn check_volumes(sent: Option<Volume>, received: Option<Volume>, seed: u64) {
    assert_eq!(sent, received);
    let Volume { plain, compressed } = sent.unwrap();
    assert_eq!(plain, messages(seed).iter().map(|message| message.len() as u64).sum::<u64>());
    assert!(compressed * 2 < plain, "{compressed} of {plain}");
}

/// Sends all, and closes when that is wanted and the signal has been given.
async fn send<P>(
    tx: &mut nonblocking::SendHalf<P>,
    seed: u64,
    close: Option<&Signal>,
) -> Result<Option<Volume>, Ended>
where
    P: Deref<Target: Cells<Next = WriteEnd>>,
{
    for message in &messages(seed) {
        tx.ping(b"?").await?;
        tx.send(message.as_str()).await?;
    }
    let volume = tx.volume_sent();
    if let Some(signal) = close {
        signal.wait().await;
        tx.close(CloseCode::NORMAL, "").await?;
    }
    Ok(volume)
}

type Receiving<M, R, P> =
    socklet_core::io::split::ReceiveHalf<M, ReadEnd, R, TestBuffer, P, TestDeflate>;

/// Receives what the peer sends with this seed.
async fn receive<R: Role, P>(
    rx: &mut Receiving<Nonblocking, R, P>,
    seed: u64,
) -> Result<Option<Volume>, Ended>
where
    P: Deref<Target: Cells<Next = WriteEnd, Role = R, Buffer = TestBuffer, Context = Compressing>>,
{
    for expected in &messages(seed) {
        assert_eq!(rx.recv().await?, Some(Message::Text(expected)));
    }
    Ok(rx.volume_received())
}

#[test]
fn both_directions_are_compressed_at_once_through_small_ways() {
    for (bits, takeover) in CONTEXTS {
        for capacity in [1, 7, 131, 1000] {
            let [near, far] = socket(capacity);
            let wires = [near.1.watch(), far.1.watch()];
            let cells = |writer| Rc::new(LocalCells::new(writer));
            let (mut a_rx, mut a_tx) =
                server::<Nonblocking, _>(near, bits, takeover).split(|next| next, cells);
            let cells = |writer| Rc::new(LocalCells::new(writer));
            let (mut b_rx, mut b_tx) =
                client::<Nonblocking, _>(far, bits, takeover).split(|next| next, cells);
            let done = Signal::default();
            let mut a_sends = Task::new(send(&mut a_tx, 1, Some(&done)));
            let mut b_sends = Task::new(send(&mut b_tx, 2, None));
            let mut a_receives = Task::new(async {
                let volume = receive(&mut a_rx, 2).await;
                done.set();
                assert_eq!(a_rx.recv().await, Ok(None));
                volume
            });
            let mut b_receives = Task::new(async {
                let volume = receive(&mut b_rx, 1).await;
                assert_eq!(b_rx.recv().await, Ok(None));
                volume
            });
            run_all(
                &VirtualClock::new(),
                &mut [&mut a_sends, &mut b_sends, &mut a_receives, &mut b_receives],
            );
            let volume = |result: Option<Result<Option<Volume>, Ended>>| result.unwrap().unwrap();
            check_volumes(volume(a_sends.go()), volume(b_receives.go()), 1);
            check_volumes(volume(b_sends.go()), volume(a_receives.go()), 2);
            for wire in &wires {
                check_wire(&wire.written(), messages(0).len());
            }
        }
    }
}

#[test]
fn contexts_go_on_when_halves_are_joined_again() {
    let (near, far) = duplex(100_000);
    let wire = near.tap();
    let mut whole = server::<Nonblocking, _>(near, 10, true);
    let mut peer = client::<Nonblocking, _>(far, 10, true);
    let report = messages(5).swap_remove(0);
    let mut talks = Task::new(async {
        for _ in 0..3 {
            // Whole, in halves, whole again.
            whole.send(report.as_str()).await.unwrap();
            assert_eq!(peer.recv().await, Ok(Some(Message::Text(&report))));
            peer.send(report.as_str()).await.unwrap();
            assert_eq!(whole.recv().await, Ok(Some(Message::Text(&report))));
            let (mut rx, mut tx) =
                whole.split(Pipe::split, |writer| Rc::new(LocalCells::new(writer)));
            tx.send(report.as_str()).await.unwrap();
            assert_eq!(peer.recv().await, Ok(Some(Message::Text(&report))));
            peer.send(report.as_str()).await.unwrap();
            assert_eq!(rx.recv().await, Ok(Some(Message::Text(&report))));
            drop(tx);
            let take = |cells| Rc::try_unwrap(cells).unwrap_or_else(|_| panic!("still shared"));
            whole = rx.reunite(take, Pipe::join).unwrap_or_else(|_| panic!("not empty"));
        }
    });
    run_all(&VirtualClock::new(), &mut [&mut talks]);
    let lens: Vec<_> = decode(&wire.bytes()).iter().map(|frame| frame.payload.len()).collect();
    assert_eq!(lens.len(), 6);
    assert!(lens[1..].iter().all(|len| len * 4 < lens[0]), "a context was lost: {lens:?}");
}

type Shared<R> = Arc<SharedCells<WriteEnd, R, TestBuffer, Compressing>>;

fn send_blocking<R: Role>(tx: &mut blocking::SendHalf<Shared<R>>, seed: u64) -> Option<Volume> {
    for message in &messages(seed) {
        // Of one side: a blocking half that receives waits for its Pong to be written, and two
        // that do so at once, while nobody reads, wait for each other.
        if seed == 1 {
            tx.ping(b"?").unwrap();
        }
        tx.send(message.as_str()).unwrap();
    }
    tx.volume_sent()
}

fn receive_blocking<R: Role>(
    rx: &mut Receiving<Blocking, R, Shared<R>>,
    seed: u64,
) -> Option<Volume> {
    for expected in &messages(seed) {
        assert_eq!(rx.recv(), Ok(Some(Message::Text(expected))));
    }
    rx.volume_received()
}

#[test]
fn both_directions_are_compressed_at_once_on_four_threads() {
    for (bits, takeover) in CONTEXTS {
        for capacity in [131, 1000] {
            let [near, far] = socket(capacity);
            let wires = [near.1.watch(), far.1.watch()];
            let cells = |writer| Arc::new(SharedCells::new(writer));
            let (mut a_rx, mut a_tx) =
                server::<Blocking, _>(near, bits, takeover).split(|next| next, cells);
            let cells = |writer| Arc::new(SharedCells::new(writer));
            let (mut b_rx, mut b_tx) =
                client::<Blocking, _>(far, bits, takeover).split(|next| next, cells);
            // The last Pongs of one side come behind its last message: the other reads until it closes.
            let all_received = Barrier::new(2);
            thread::scope(|scope| {
                let a_sends = scope.spawn(|| send_blocking(&mut a_tx, 1));
                let b_sends = scope.spawn(|| {
                    let volume = send_blocking(&mut b_tx, 2);
                    all_received.wait();
                    b_tx.close(CloseCode::NORMAL, "").unwrap();
                    volume
                });
                let a_receives = scope.spawn(|| {
                    let volume = receive_blocking(&mut a_rx, 2);
                    assert_eq!(a_rx.recv(), Ok(None));
                    volume
                });
                let b_receives = scope.spawn(|| {
                    let volume = receive_blocking(&mut b_rx, 1);
                    all_received.wait();
                    volume
                });
                check_volumes(a_sends.join().unwrap(), b_receives.join().unwrap(), 1);
                check_volumes(b_sends.join().unwrap(), a_receives.join().unwrap(), 2);
            });
            for wire in &wires {
                check_wire(&wire.written(), messages(0).len());
            }
        }
    }
}
