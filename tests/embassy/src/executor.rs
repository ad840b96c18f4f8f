//! One thread, any number of tasks, virtual time.

use std::{
    cell::RefCell,
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use crate::clock;

/// More than any test needs.
const MAX_ROUNDS: u32 = 50_000_000;

struct Flag(AtomicBool);

impl Flag {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static SPAWNED: RefCell<Vec<Task>> = RefCell::default();
}

/// Runs a task beside the others, until [`run`] ends.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    SPAWNED.with_borrow_mut(|spawned| spawned.push(Box::pin(task)));
}

/// Runs a future to its end from the beginning of time, and the tasks that it spawns beside it.
///
/// # Panics
/// If all wait for ever, or some are busy for ever.
pub fn run<F: Future>(main: F) -> F::Output {
    clock::reset();
    SPAWNED.take();
    let mut tasks: Vec<(Task, Arc<Flag>)> = Vec::new();
    let mut main = pin!(main);
    let main_flag = Flag::new();
    for _ in 0..MAX_ROUNDS {
        let mut moved = false;
        if main_flag.take() {
            moved = true;
            let waker = Waker::from(main_flag.clone());
            if let Poll::Ready(output) = main.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
        }
        tasks.retain_mut(|(task, flag)| {
            if !flag.take() {
                return true;
            }
            moved = true;
            let waker = Waker::from(flag.clone());
            task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending()
        });
        let spawned = SPAWNED.take();
        moved |= !spawned.is_empty();
        tasks.extend(spawned.into_iter().map(|task| (task, Flag::new())));
        if !moved {
            assert!(clock::advance(), "all wait for ever");
        }
    }
    panic!("busy for ever");
}
