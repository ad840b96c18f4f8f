//! Cells for two halves on two threads.

use std::sync::{Mutex, PoisonError, TryLockError};

use socklet_core::{
    Role,
    buffer::Buffer,
    connection::Mailbox,
    io::split::{Cells, Writer, blocking::WaitCells},
};

/// Two mutexes.
#[derive(Debug)]
pub struct SharedCells<S, R, B> {
    writer: Mutex<Writer<S, R, B>>,
    mailbox: Mutex<Mailbox>,
}

impl<S, R, B> SharedCells<S, R, B> {
    /// Cells that hold `writer`.
    pub const fn new(writer: Writer<S, R, B>) -> Self {
        Self { writer: Mutex::new(writer), mailbox: Mutex::new(Mailbox::new()) }
    }
}

impl<S, R: Role, B: Buffer> Cells for SharedCells<S, R, B> {
    type Next = S;
    type Role = R;
    type Buffer = B;

    fn try_writer<U>(&self, f: impl FnOnce(&mut Writer<S, R, B>) -> U) -> Option<U> {
        match self.writer.try_lock() {
            Ok(mut writer) => Some(f(&mut writer)),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Poisoned(error)) => panic!("{error}"),
        }
    }

    fn mailbox<U>(&self, f: impl FnOnce(&mut Mailbox) -> U) -> U {
        f(&mut self.mailbox.lock().unwrap())
    }

    fn into_writer(self) -> Writer<S, R, B> {
        self.writer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, R: Role, B: Buffer> WaitCells for SharedCells<S, R, B> {
    fn writer<U>(&self, f: impl FnOnce(&mut Writer<S, R, B>) -> U) -> U {
        f(&mut self.writer.lock().unwrap())
    }
}
