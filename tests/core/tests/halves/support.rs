//! What the tests of halves share: cells as an adapter makes them, endpoints that are split, and
//! tasks that are polled when they were woken, each with a waker of its own.

use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use socklet_core::{
    Client, Config, Error, Role, Server, Timeouts,
    connection::Mailbox,
    io::{
        Clock, NoClock, WebSocket,
        nonblocking::Nonblocking,
        split::{self, Cells, LocalCells, Writer, blocking::WaitCells},
    },
    permessage_deflate::NoCompression,
};
pub(crate) use socklet_core_tests::receiving::{Seen, WasClosed};
use socklet_core_tests::{
    Fault,
    buffers::TestBuffer,
    clock::VirtualClock,
    receiving::open,
    rng::TestRng,
    socket::{ReadEnd, WriteEnd, socket},
};

pub(crate) type Ended = Error<Fault>;

/// A stream over two halves.
pub(crate) type Whole<M, Rd, Wr, R, T = NoClock> =
    WebSocket<M, (Rd, Wr), R, TestBuffer, NoCompression, T>;

/// Cells that two threads share, as an adapter makes them.
pub(crate) struct MutexCells<W, R> {
    writer: Mutex<Writer<W, R, TestBuffer>>,
    mailbox: Mutex<Mailbox>,
    /// Whether the writer is held for whole sends.
    blocking: bool,
}

impl<W, R> MutexCells<W, R> {
    pub(crate) fn new(writer: Writer<W, R, TestBuffer>, blocking: bool) -> Self {
        Self { writer: Mutex::new(writer), mailbox: Mutex::default(), blocking }
    }
}

impl<W, R: Role> Cells for MutexCells<W, R> {
    type Next = W;
    type Role = R;
    type Buffer = TestBuffer;
    type Context = socklet_core::permessage_deflate::NoCompression;

    fn try_writer<U>(&self, f: impl FnOnce(&mut Writer<W, R, TestBuffer>) -> U) -> Option<U> {
        if self.blocking {
            return self.writer.try_lock().ok().map(|mut writer| f(&mut writer));
        }
        Some(self.writer(f))
    }

    fn mailbox<U>(&self, f: impl FnOnce(&mut Mailbox) -> U) -> U {
        f(&mut self.mailbox.lock().unwrap())
    }

    fn into_writer(self) -> Writer<W, R, TestBuffer> {
        self.writer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W, R: Role> WaitCells for MutexCells<W, R> {
    fn writer<U>(&self, f: impl FnOnce(&mut Writer<W, R, TestBuffer>) -> U) -> U {
        f(&mut self.writer.lock().unwrap())
    }
}

/// Pointers to cells: of one thread, or of two.
pub(crate) type Local<W, R> = Rc<LocalCells<W, R, TestBuffer>>;
pub(crate) type Shared<W, R> = Arc<MutexCells<W, R>>;

/// The halves of a stream.
pub(crate) type Halves<M, Rd, R, P, T = NoClock> =
    split::Halves<M, Rd, R, TestBuffer, P, NoCompression, T>;

/// How an endpoint is set up.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) receive_len: usize,
    pub(crate) staging_len: usize,
}

/// No deadlines, buffers of a few frames.
pub(crate) const PLAIN: Setup = Setup {
    config: Config { timeouts: Timeouts::NONE, ..Config::SERVER },
    receive_len: 4096,
    staging_len: 200,
};

impl Setup {
    pub(crate) const fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.config.timeouts = timeouts;
        self
    }

    pub(crate) const fn lens(self, receive_len: usize, staging_len: usize) -> Self {
        Self { receive_len, staging_len, ..self }
    }

    pub(crate) fn server<M, Rd, Wr, T: Clock>(
        self,
        next: (Rd, Wr),
        clock: T,
    ) -> Whole<M, Rd, Wr, Server, T> {
        let (receive, staging) = self.buffers();
        open(WebSocket::server_with(next, receive, staging, self.config, NoCompression, clock))
    }

    pub(crate) fn client<M, Rd, Wr, T: Clock>(
        self,
        next: (Rd, Wr),
        clock: T,
    ) -> Whole<M, Rd, Wr, Client<TestRng>, T> {
        let (rng, (receive, staging)) = (TestRng::new(1), self.buffers());
        open(WebSocket::client_with(next, rng, receive, staging, self.config, NoCompression, clock))
    }

    fn buffers(self) -> (TestBuffer, TestBuffer) {
        (TestBuffer::fixed(self.receive_len), TestBuffer::fixed(self.staging_len))
    }
}

/// Splits for one thread.
pub(crate) fn local<M, Rd, Wr, R: Role, T: Clock + Clone>(
    whole: Whole<M, Rd, Wr, R, T>,
) -> Halves<M, Rd, R, Local<Wr, R>, T> {
    whole.split(|halves| halves, |writer| Rc::new(LocalCells::new(writer)))
}

/// Splits for two threads.
pub(crate) fn shared<M, Rd, Wr, R: Role, T: Clock + Clone>(
    whole: Whole<M, Rd, Wr, R, T>,
    blocking: bool,
) -> Halves<M, Rd, R, Shared<Wr, R>, T> {
    whole.split(|halves| halves, |writer| Arc::new(MutexCells::new(writer, blocking)))
}

/// The asynchronous halves of a server on one thread, over a socket.
pub(crate) type Served = Halves<Nonblocking, ReadEnd, Server, Local<WriteEnd, Server>>;

/// A server in halves, and the raw end of its peer.
pub(crate) fn served(capacity: usize, setup: Setup) -> (Served, (ReadEnd, WriteEnd)) {
    let [near, far] = socket(capacity);
    (local(setup.server(near, NoClock)), far)
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A future that is polled when it was woken, and not else.
pub(crate) struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    flag: Arc<Flag>,
    output: Option<T>,
    done: bool,
}

impl<'a, T> Task<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'a) -> Self {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        Self { future: Box::pin(future), flag, output: None, done: false }
    }

    /// Polls it as long as it is woken; then its output, if there is one by now.
    pub(crate) fn go(&mut self) -> Option<T> {
        for _ in 0..10_000 {
            if !self.step() {
                return self.output.take();
            }
        }
        panic!("wakes itself for ever");
    }
}

/// Something to be run with others.
pub(crate) trait Runs {
    /// Polls once if it was woken; whether it was.
    fn step(&mut self) -> bool;
    /// Polls it although nobody woke it, as may always happen.
    fn wake(&self);
    fn is_done(&self) -> bool;
}

impl<T> Runs for Task<'_, T> {
    fn step(&mut self) -> bool {
        if self.done || !self.flag.0.swap(false, Ordering::Relaxed) {
            return false;
        }
        let waker = Waker::from(self.flag.clone());
        if let Poll::Ready(output) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.output = Some(output);
            self.done = true;
        }
        true
    }

    fn wake(&self) {
        self.flag.0.store(true, Ordering::Relaxed);
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

/// Runs tasks to their ends, each in turn; time passes when none can go on.
pub(crate) fn run_all(clock: &VirtualClock, tasks: &mut [&mut dyn Runs]) {
    loop {
        let mut moved = false;
        for task in tasks.iter_mut() {
            moved |= task.step();
        }
        if tasks.iter().all(|task| task.is_done()) {
            return;
        }
        let done: Vec<bool> = tasks.iter().map(|task| task.is_done()).collect();
        assert!(moved || clock.advance_to_next(), "all wait for ever (done: {done:?})");
    }
}

/// Polls once, with the waker of the task that this is in, and keeps the future.
pub(crate) async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Something that one task tells another.
#[derive(Default)]
pub(crate) struct Signal(Mutex<(bool, Option<Waker>)>, Condvar);

impl Signal {
    pub(crate) fn set(&self) {
        let mut signal = self.0.lock().unwrap();
        signal.0 = true;
        self.1.notify_all();
        if let Some(waker) = signal.1.take() {
            waker.wake();
        }
    }

    pub(crate) async fn wait(&self) {
        std::future::poll_fn(|context| {
            let mut signal = self.0.lock().unwrap();
            signal.1 = Some(context.waker().clone());
            if signal.0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    pub(crate) fn wait_blocking(&self) {
        let signal = self.0.lock().unwrap();
        let hang = Duration::from_secs(10);
        let (signal, _) = self.1.wait_timeout_while(signal, hang, |signal| !signal.0).unwrap();
        assert!(signal.0, "waits for ever");
    }
}
