//! What the halves of a split stream share: the write side and the mailbox, each behind a mutex.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use socklet_core::{
    Role,
    connection::Mailbox,
    io::split::{Cells, Writer, blocking::WaitCells},
};

use crate::{buffer::GrowingBuffer, deflate::HostCompressing};

/// How often a thread that waits for the other half looks.
const SETTLE_STEP: Duration = Duration::from_millis(1);

/// Cells for two halves on two threads, or in two tasks.
#[derive(Debug)]
pub(crate) struct SharedCells<W, R> {
    writer: Mutex<Writer<W, R, GrowingBuffer, HostCompressing>>,
    mailbox: Mutex<Mailbox>,
    /// Whether the mutex of the writer is held for as long as a write takes.
    blocking: bool,
}

impl<W, R> SharedCells<W, R> {
    pub(crate) const fn new(
        writer: Writer<W, R, GrowingBuffer, HostCompressing>,
        blocking: bool,
    ) -> Self {
        Self { writer: Mutex::new(writer), mailbox: Mutex::new(Mailbox::new()), blocking }
    }
}

impl<W, R: Role> SharedCells<W, R> {
    /// Waits until the other half has written what the mailbox left for it, at most for `limit`.
    pub(crate) fn settle(&self, limit: Duration) {
        let until = Instant::now() + limit;
        // In this order: what has been taken out is written before the writer is free again.
        let is_settled = || lock(&self.mailbox).is_empty() && self.writer.try_lock().is_ok();
        while !is_settled() && Instant::now() < until {
            thread::sleep(SETTLE_STEP);
        }
    }
}

/// A thread that panicked in a cell left it as it was between two steps of the core.
fn lock<T>(cell: &Mutex<T>) -> MutexGuard<'_, T> {
    cell.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<W, R: Role> Cells for SharedCells<W, R> {
    type Next = W;
    type Role = R;
    type Buffer = GrowingBuffer;
    type Context = HostCompressing;

    fn try_writer<U>(
        &self,
        f: impl FnOnce(&mut Writer<W, R, GrowingBuffer, HostCompressing>) -> U,
    ) -> Option<U> {
        if self.blocking {
            return match self.writer.try_lock() {
                Ok(mut writer) => Some(f(&mut writer)),
                Err(_) => None,
            };
        }
        // Held for a poll by the other half: not worth a refusal.
        Some(f(&mut lock(&self.writer)))
    }

    fn mailbox<U>(&self, f: impl FnOnce(&mut Mailbox) -> U) -> U {
        f(&mut lock(&self.mailbox))
    }

    fn into_writer(self) -> Writer<W, R, GrowingBuffer, HostCompressing> {
        self.writer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W, R: Role> WaitCells for SharedCells<W, R> {
    fn writer<U>(
        &self,
        f: impl FnOnce(&mut Writer<W, R, GrowingBuffer, HostCompressing>) -> U,
    ) -> U {
        f(&mut lock(&self.writer))
    }
}
