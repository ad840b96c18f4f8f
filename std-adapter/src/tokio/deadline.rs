//! The deadline of an opening handshake, over all its steps.

use std::{future::Future, time::Duration};

use socklet_core::Timeout;
use tokio::time::{Instant, timeout_at};

use crate::Error;

/// A moment, or never.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    /// The moment `limit_ms` from now; 0: never.
    pub(super) fn new(limit_ms: u32) -> Self {
        let limit = Duration::from_millis(limit_ms.into());
        Self((limit_ms != 0).then(|| Instant::now() + limit))
    }

    /// Does a step, and gives it up at that moment.
    pub(super) async fn bound<T, E>(
        self,
        step: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error>
    where
        Error: From<E>,
    {
        match self.0 {
            None => Ok(step.await?),
            Some(at) => match timeout_at(at, step).await {
                Ok(done) => Ok(done?),
                Err(_) => Err(Timeout::Handshake.into()),
            },
        }
    }
}
