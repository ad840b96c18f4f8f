//! One thread, any number of futures, virtual time.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use crate::clock::VirtualClock;

/// More than any test needs.
const MAX_ROUNDS: u32 = 10_000_000;

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A future that is polled when it was woken, and not otherwise.
struct Task<'a> {
    future: Pin<Box<dyn Future<Output = ()> + 'a>>,
    flag: Arc<Flag>,
    done: bool,
}

impl Task<'_> {
    /// Whether it did anything.
    fn step(&mut self) -> bool {
        if self.done || !self.flag.0.swap(false, Ordering::Relaxed) {
            return false;
        }
        let waker = Waker::from(self.flag.clone());
        self.done = self.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        true
    }
}

/// A future that any number of others can be run beside.
pub type Boxed<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs futures to their ends, each in turn; time passes when none can go on.
///
/// # Panics
/// If none can ever go on, or some do so for ever.
pub fn run_all<'a>(clock: &VirtualClock, futures: impl IntoIterator<Item = Boxed<'a>>) {
    let task = |future| Task { future, flag: Arc::new(Flag(AtomicBool::new(true))), done: false };
    let mut tasks: Vec<_> = futures.into_iter().map(task).collect();
    let mut rounds = 0_u32;
    while tasks.iter().any(|task| !task.done) {
        rounds += 1;
        assert!(rounds < MAX_ROUNDS, "busy for ever");
        let moved = tasks.iter_mut().map(Task::step).fold(false, |all, one| all | one);
        if !moved && tasks.iter().any(|task| !task.done) {
            let done: Vec<_> = tasks.iter().map(|task| task.done).collect();
            assert!(clock.advance_to_next(), "all wait for ever (done: {done:?})");
        }
    }
}

/// Runs two futures to their ends.
///
/// # Panics
/// If neither can ever go on.
pub fn run_pair<A: Future, B: Future>(clock: &VirtualClock, a: A, b: B) -> (A::Output, B::Output) {
    let (mut output_a, mut output_b) = (None, None);
    run_all(
        clock,
        [
            Box::pin(async { output_a = Some(a.await) }) as Boxed<'_>,
            Box::pin(async { output_b = Some(b.await) }),
        ],
    );
    (output_a.unwrap(), output_b.unwrap())
}

/// Runs a future to its end; time passes when it cannot go on.
///
/// # Panics
/// If it can never go on.
pub fn run_on<F: Future>(clock: &VirtualClock, future: F) -> F::Output {
    run_pair(clock, future, async {}).0
}

/// Runs a future that needs no time.
///
/// # Panics
/// If it waits for ever.
pub fn run<F: Future>(future: F) -> F::Output {
    run_on(&VirtualClock::new(), future)
}

/// Polls a future once, and drops it.
pub fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Lets the other future run.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
