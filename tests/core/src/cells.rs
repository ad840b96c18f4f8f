//! Cells for two halves on two threads.

use std::sync::{Mutex, PoisonError, TryLockError};

use socklet_core::{
    Role,
    buffer::Buffer,
    connection::Mailbox,
    io::split::{Cells, Writer, blocking::WaitCells},
    permessage_deflate::{NoCompression, OutboundContext},
};

/// Two mutexes.
#[derive(Debug)]
pub struct SharedCells<S, R, B, X = NoCompression> {
    writer: Mutex<Writer<S, R, B, X>>,
    mailbox: Mutex<Mailbox>,
}

impl<S, R, B, X> SharedCells<S, R, B, X> {
    /// Cells that hold `writer`.
    pub const fn new(writer: Writer<S, R, B, X>) -> Self {
        Self { writer: Mutex::new(writer), mailbox: Mutex::new(Mailbox::new()) }
    }
}

impl<S, R: Role, B: Buffer, X: OutboundContext> Cells for SharedCells<S, R, B, X> {
    type Next = S;
    type Role = R;
    type Buffer = B;
    type Context = X;

    fn try_writer<U>(&self, f: impl FnOnce(&mut Writer<S, R, B, X>) -> U) -> Option<U> {
        match self.writer.try_lock() {
            Ok(mut writer) => Some(f(&mut writer)),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Poisoned(error)) => panic!("{error}"),
        }
    }

    fn mailbox<U>(&self, f: impl FnOnce(&mut Mailbox) -> U) -> U {
        f(&mut self.mailbox.lock().unwrap())
    }

    fn into_writer(self) -> Writer<S, R, B, X> {
        self.writer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, R: Role, B: Buffer, X: OutboundContext> WaitCells for SharedCells<S, R, B, X> {
    fn writer<U>(&self, f: impl FnOnce(&mut Writer<S, R, B, X>) -> U) -> U {
        f(&mut self.writer.lock().unwrap())
    }
}
