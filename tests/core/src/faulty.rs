//! A layer that caps, stalls, ends or breaks the one below it at its n-th operation.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use crate::Fault;

/// What goes wrong, and when. Operations are reads, writes and flushes, counted from 0.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Most bytes of a read.
    pub read_len: usize,
    /// Most bytes of a write.
    pub write_len: usize,
    /// How many times each operation waits (asynchronous) or fails (blocking) before it is done.
    pub stalls: u32,
    /// With what a blocking operation stalls.
    pub stall: Fault,
    /// The operation from which on the stream has ended.
    pub end_at: Option<u64>,
    /// The operation from which on all fail.
    pub fail_at: Option<u64>,
}

impl Plan {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        read_len: usize::MAX,
        write_len: usize::MAX,
        stalls: 0,
        stall: Fault::TimedOut,
        end_at: None,
        fail_at: None,
    };
}

/// A next layer with a [`Plan`].
#[derive(Debug)]
pub struct Faulty<S> {
    next: S,
    plan: Plan,
    stalled: u32,
    operations: Arc<AtomicU64>,
}

/// What becomes of an operation.
enum Verdict {
    Stall,
    Do,
    End,
    Fail,
}

impl<S> Faulty<S> {
    /// A layer over `next` for which things go wrong as planned.
    pub fn new(next: S, plan: Plan) -> Self {
        Self { next, plan, stalled: 0, operations: Arc::default() }
    }

    /// The count of operations so far; it lives on when the layer is gone.
    pub fn operations(&self) -> Arc<AtomicU64> {
        self.operations.clone()
    }

    fn verdict(&mut self) -> Verdict {
        if self.stalled < self.plan.stalls {
            self.stalled += 1;
            return Verdict::Stall;
        }
        self.stalled = 0;
        let n = self.operations.fetch_add(1, Ordering::Relaxed);
        let reached = |at: Option<u64>| at.is_some_and(|at| n >= at);
        if reached(self.plan.fail_at) {
            Verdict::Fail
        } else if reached(self.plan.end_at) {
            Verdict::End
        } else {
            Verdict::Do
        }
    }

    /// Waits as planned; then whether to do the operation, or its outcome instead.
    async fn pass(&mut self) -> Result<bool, Fault> {
        poll_fn(|context| match self.verdict() {
            Verdict::Stall => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Verdict::Do => Poll::Ready(Ok(true)),
            Verdict::End => Poll::Ready(Ok(false)),
            Verdict::Fail => Poll::Ready(Err(Fault::Injected)),
        })
        .await
    }

    fn pass_blocking(&mut self) -> Result<bool, Fault> {
        match self.verdict() {
            Verdict::Stall => Err(self.plan.stall),
            Verdict::Do => Ok(true),
            Verdict::End => Ok(false),
            Verdict::Fail => Err(Fault::Injected),
        }
    }
}

fn cap(len: usize, most: usize) -> usize {
    len.min(most)
}

impl<S> embedded_io::ErrorType for Faulty<S> {
    type Error = Fault;
}

impl<S: embedded_io::Read<Error = Fault>> embedded_io::Read for Faulty<S> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        if !self.pass_blocking()? {
            return Ok(0);
        }
        let len = cap(out.len(), self.plan.read_len);
        self.next.read(&mut out[..len])
    }
}

impl<S: embedded_io::Write<Error = Fault>> embedded_io::Write for Faulty<S> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        if !self.pass_blocking()? {
            return Ok(0);
        }
        self.next.write(&bytes[..cap(bytes.len(), self.plan.write_len)])
    }

    fn flush(&mut self) -> Result<(), Fault> {
        if !self.pass_blocking()? {
            return Err(Fault::Broken);
        }
        self.next.flush()
    }
}

impl<S: embedded_io_async::Read<Error = Fault>> embedded_io_async::Read for Faulty<S> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        if !self.pass().await? {
            return Ok(0);
        }
        let len = cap(out.len(), self.plan.read_len);
        self.next.read(&mut out[..len]).await
    }
}

impl<S: embedded_io_async::Write<Error = Fault>> embedded_io_async::Write for Faulty<S> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        if !self.pass().await? {
            return Ok(0);
        }
        self.next.write(&bytes[..cap(bytes.len(), self.plan.write_len)]).await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        if !self.pass().await? {
            return Err(Fault::Broken);
        }
        self.next.flush().await
    }
}
