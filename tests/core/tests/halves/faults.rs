//! The next layer of one end fails or ends at its n-th operation, for every n, in the half that
//! reads and in the half that writes, asynchronous and blocking: both ends are told, in types,
//! nobody waits for ever, and nothing wrong is received.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    task::Poll,
    thread,
};

use socklet_core::{
    Error, Role, UsageError,
    io::{NoClock, blocking, nonblocking::Nonblocking, split::blocking as halves},
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault,
    buffers::TestBuffer,
    clock::VirtualClock,
    conversation::Act,
    dropping::Dropper,
    faulty::{Faulty, Plan},
    socket::{ReadEnd, Watch, WriteEnd, socket},
};

use super::{playing::*, support::*};

const CLOSE: Act = Act::Close(1000, "done");

const SETUP: Setup = PLAIN.lens(1100, 260);

/// What an end has received, and how its halves ended: the sending one, the receiving one.
#[derive(Debug, Clone, PartialEq)]
struct Account {
    seen: Vec<Seen>,
    ends: [Option<Result<(), Ended>>; 2],
}

impl Account {
    fn is_whole(&self, script: &[Act]) -> bool {
        self.seen == messages(script) && self.ends == [Some(Ok(())), Some(Ok(()))]
    }

    fn check(&self, script: &[Act], at: &str) {
        assert!(messages(script).starts_with(&self.seen), "{at}");
        for end in self.ends.into_iter().flatten() {
            let typed = match end {
                Ok(()) => true,
                Err(error) => matches!(
                    error,
                    Error::Transport(Fault::Injected | Fault::Broken)
                        | Error::ConnectionLost
                        | Error::Usage(UsageError::Closed)
                ),
            };
            assert!(typed, "{at}: {end:?}");
        }
    }
}

/// Which half breaks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Half {
    Reads,
    Writes,
}

/// A layer that breaks in one half, and the count of its operations.
fn broken(
    (reads, writes): (ReadEnd, WriteEnd),
    half: Half,
    plan: Plan,
) -> ((Faulty<ReadEnd>, Faulty<WriteEnd>), Arc<AtomicU64>) {
    let plans = if half == Half::Reads { [plan, Plan::NONE] } else { [Plan::NONE, plan] };
    let (reads, writes) = (Faulty::new(reads, plans[0]), Faulty::new(writes, plans[1]));
    let operations = if half == Half::Reads { reads.operations() } else { writes.operations() };
    ((reads, writes), operations)
}

/// Plays both parts of an end at once, until both are done or one has failed: then all is dropped.
async fn end<S, R: Role, W>(
    (mut rx, mut tx): Halves<Nonblocking, S, R, Local<W, R>>,
    script: &[Act],
    closes: bool,
) -> Account
where
    S: embedded_io_async::Read<Error = Fault>,
    W: embedded_io_async::Write<Error = Fault>,
{
    let (mut seen, mut ends) = (Vec::new(), [None, None]);
    let (never, all) = (Dropper::never(), Signal::default());
    let len = messages(script).len();
    {
        let mut sends = pin!(async {
            send_script(&mut tx, script, &never).await?;
            if closes {
                all.wait().await;
                send_script(&mut tx, &[CLOSE], &never).await?;
            }
            Ok(())
        });
        let mut receives = pin!(receive(&mut rx, &never, &mut seen, (len, &all)));
        std::future::poll_fn(|context| {
            if ends[0].is_none()
                && let Poll::Ready(sent) = sends.as_mut().poll(context)
            {
                ends[0] = Some(sent);
            }
            if ends[1].is_none()
                && let Poll::Ready(received) = receives.as_mut().poll(context)
            {
                ends[1] = Some(received);
            }
            let failed = ends.iter().flatten().any(Result::is_err);
            if failed || ends.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
    Account { seen, ends }
}

/// Both ends, of which the client breaks, and how many operations its broken half made.
fn play(half: Half, plan: Plan, script: &[Act]) -> ([Account; 2], u64) {
    let [near, far] = socket(100);
    let (near, operations) = broken(near, half, plan);
    let near = local::<Nonblocking, _, _, _, _>(SETUP.client(near, NoClock));
    let far = local::<Nonblocking, _, _, _, _>(SETUP.server(far, NoClock));
    let mut a = Task::new(end(near, script, true));
    let mut b = Task::new(end(far, script, false));
    // An end that is done lets go of the stream.
    let (mut ended, clock) = ([None, None], VirtualClock::new());
    while ended.iter().any(Option::is_none) {
        let mut moved = false;
        for (n, task) in [&mut a, &mut b].into_iter().enumerate() {
            moved |= task.step();
            if let Some(account) = task.go() {
                ended[n] = Some(account);
                *task = Task::new(std::future::pending());
            }
        }
        assert!(moved || clock.advance_to_next(), "waits for ever: {ended:?} {half:?} {plan:?}");
    }
    (ended.map(Option::unwrap), operations.load(Ordering::Relaxed))
}

fn break_at_every_operation(
    plan: impl Fn(u64) -> Plan,
    play: impl Fn(Half, Plan, &[Act]) -> ([Account; 2], u64),
    script: &[Act],
) {
    for half in [Half::Reads, Half::Writes] {
        for n in 0.. {
            let (accounts, operations) = play(half, plan(n), script);
            let at = format!("{half:?} broken at {n}");
            accounts.iter().for_each(|account| account.check(script, &at));
            let whole = accounts.iter().all(|account| account.is_whole(script));
            if operations <= n {
                assert!(whole, "untouched: {accounts:?}");
                assert!(n > 15, "only {n} operations");
                break;
            }
            // The last operations may be those that nobody needs any more.
            assert!(!whole || n > 15, "{at}");
        }
    }
}

fn fails(n: u64) -> Plan {
    Plan { fail_at: Some(n), ..Plan::NONE }
}

fn ends(n: u64) -> Plan {
    Plan { end_at: Some(n), ..Plan::NONE }
}

#[test]
fn a_half_that_fails_at_any_operation_is_told_to_all() {
    break_at_every_operation(fails, play, &script(true));
}

#[test]
fn a_half_that_ends_at_any_operation_is_told_to_all() {
    break_at_every_operation(ends, play, &script(true));
}

#[test]
fn short_and_stalling_operations_of_halves_change_nothing() {
    let script = script(true);
    for half in [Half::Reads, Half::Writes] {
        for (len, stalls) in [(1, 0), (1, 3), (2, 1), (7, 2), (100, 3)] {
            // Both halves are in one task here and poll the same write, which would stall again.
            let stalls = if half == Half::Reads { stalls } else { 0 };
            let plan = Plan { read_len: len, write_len: len, stalls, ..Plan::NONE };
            let (accounts, _) = play(half, plan, &script);
            assert!(accounts.iter().all(|account| account.is_whole(&script)), "{len} {stalls}");
        }
    }
}

/// The same with threads: where a half fails, the stream is cut, which is how one thread reaches
/// another that blocks.
fn play_blocking(half: Half, plan: Plan, script: &[Act]) -> ([Account; 2], u64) {
    let [near, far] = socket(1000);
    let wires = [near.1.watch(), far.1.watch()];
    let (near, operations) = broken(near, half, plan);
    let near = shared::<blocking::Blocking, _, _, _, _>(SETUP.client(near, NoClock), true);
    let far = shared::<blocking::Blocking, _, _, _, _>(SETUP.server(far, NoClock), true);
    let accounts = thread::scope(|scope| {
        let far = scope.spawn(|| end_blocking(far, script, false, &wires));
        [end_blocking(near, script, true, &wires), far.join().unwrap()]
    });
    (accounts, operations.load(Ordering::Relaxed))
}

fn end_blocking<S, R, W>(
    (mut rx, mut tx): Halves<blocking::Blocking, S, R, Shared<W, R>>,
    script: &[Act],
    closes: bool,
    wires: &[Watch; 2],
) -> Account
where
    S: embedded_io::Read<Error = Fault> + Send,
    R: Role + Send,
    W: embedded_io::Write<Error = Fault> + Send,
{
    let cut = |result: Result<(), Ended>| {
        if result.is_err() {
            wires.iter().for_each(Watch::cut);
        }
        result
    };
    let (mut seen, all, len) = (Vec::new(), Signal::default(), messages(script).len());
    let ends = thread::scope(|scope| {
        let sends = scope.spawn(|| {
            let sent = send_blocking(&mut tx, script).and_then(|()| {
                if closes {
                    all.wait_blocking();
                    tx.close(CloseCode::NORMAL, "done")?;
                }
                Ok(())
            });
            cut(sent)
        });
        let received = cut(receive_blocking(&mut rx, &mut seen, (len, &all)));
        // The sender waits for no more.
        all.set();
        [Some(sends.join().unwrap()), Some(received)]
    });
    Account { seen, ends }
}

fn send_blocking<R: Role, W: embedded_io::Write<Error = Fault>>(
    tx: &mut halves::SendHalf<Shared<W, R>>,
    script: &[Act],
) -> Result<(), Ended> {
    for act in script {
        match act {
            Act::Text(text) => tx.send(text.as_str())?,
            Act::Feed(text) => tx.feed(text.as_str())?,
            Act::Binary(bytes) => tx.send(&bytes[..])?,
            Act::Part(kind, bytes, fin) => tx.send_part(*kind, bytes, *fin)?,
            Act::Ping(payload) => tx.ping(payload)?,
            _ => {}
        }
    }
    tx.flush()
}

fn receive_blocking<S, R, W>(
    rx: &mut halves::ReceiveHalf<S, R, TestBuffer, Shared<W, R>>,
    seen: &mut Vec<Seen>,
    (len, all): (usize, &Signal),
) -> Result<(), Ended>
where
    S: embedded_io::Read<Error = Fault>,
    R: Role,
    W: embedded_io::Write<Error = Fault>,
{
    while let Some(message) = rx.recv()? {
        seen.push(Seen::message(message));
        if seen.len() == len {
            all.set();
        }
    }
    Ok(())
}

#[test]
fn a_blocking_half_that_fails_at_any_operation_is_told_to_all() {
    // In short steps; and without Pings, for whose Pongs two blocking receivers could wait for
    // each other.
    let script = script(false);
    let steps = |plan| Plan { read_len: 60, write_len: 60, ..plan };
    break_at_every_operation(|n| steps(fails(n)), play_blocking, &script);
    break_at_every_operation(|n| steps(ends(n)), play_blocking, &script);
}
