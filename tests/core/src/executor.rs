//! One thread, one or two futures, virtual time.

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

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A future that is polled when it was woken, and what came of it.
struct Task<'a, F: Future> {
    future: Pin<&'a mut F>,
    flag: Arc<Flag>,
    output: Option<F::Output>,
}

impl<'a, F: Future> Task<'a, F> {
    fn new(future: Pin<&'a mut F>) -> Self {
        Self { future, flag: Arc::new(Flag(AtomicBool::new(true))), output: None }
    }

    /// Whether it did anything.
    fn step(&mut self) -> bool {
        if self.output.is_some() || !self.flag.0.swap(false, Ordering::Relaxed) {
            return false;
        }
        let waker = Waker::from(self.flag.clone());
        if let Poll::Ready(output) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.output = Some(output);
        }
        true
    }
}

/// Runs two futures to their ends, each in turn; time passes when neither can go on.
///
/// # Panics
/// If neither can ever go on.
pub fn run_pair<A: Future, B: Future>(clock: &VirtualClock, a: A, b: B) -> (A::Output, B::Output) {
    let (a, b) = (pin!(a), pin!(b));
    let (mut a, mut b) = (Task::new(a), Task::new(b));
    loop {
        let moved = a.step() | b.step();
        if let (Some(_), Some(_)) = (&a.output, &b.output) {
            return (a.output.take().unwrap(), b.output.take().unwrap());
        }
        assert!(
            moved || clock.advance_to_next(),
            "both wait for ever (done: {} {})",
            a.output.is_some(),
            b.output.is_some()
        );
    }
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

/// Polls a future once.
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
