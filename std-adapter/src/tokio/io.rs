//! A tokio stream as the core's halves see it: one value for two users.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use embedded_io::ErrorType;
use embedded_io_async::{Read, Write};
use tokio::io::{AsyncRead, AsyncWrite};

use super::driver::poll_read;
use crate::io_error::IoError;

/// A stream that both halves hold; locked for one poll at a time.
#[derive(Debug)]
pub(super) struct Shared<S>(Arc<Mutex<S>>);

impl<S> Shared<S> {
    pub(super) fn new(stream: S) -> Self {
        Self(Arc::new(Mutex::new(stream)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, S> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether both are of one stream.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The stream, if nobody else holds it.
    pub(super) fn into_inner(self) -> Option<S> {
        let stream = Arc::into_inner(self.0)?;
        Some(stream.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> ErrorType for Shared<S> {
    type Error = IoError;
}

impl<S: AsyncRead + Unpin> Read for Shared<S> {
    async fn read(&mut self, space: &mut [u8]) -> Result<usize, IoError> {
        Ok(poll_fn(|context| poll_read(&mut *self.lock(), space, context)).await?)
    }
}

impl<S: AsyncWrite + Unpin> Write for Shared<S> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, IoError> {
        Ok(poll_fn(|context| Pin::new(&mut *self.lock()).poll_write(context, bytes)).await?)
    }

    async fn flush(&mut self) -> Result<(), IoError> {
        Ok(poll_fn(|context| Pin::new(&mut *self.lock()).poll_flush(context)).await?)
    }
}
