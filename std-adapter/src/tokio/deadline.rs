//! The deadline of an opening handshake, over all its steps.

use std::{
    future::{Future, poll_fn},
    task::Poll,
    time::Duration,
};

use socklet_core::Timeout;
use tokio::time::{Instant, sleep_until};

use crate::Error;

/// A moment, or never.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// The moment `limit_ms` from now; 0: never.
    pub(crate) fn new(limit_ms: u32) -> Self {
        let limit = Duration::from_millis(limit_ms.into());
        Self((limit_ms != 0).then(|| Instant::now() + limit))
    }

    /// Does a step, and gives it up at that moment.
    ///
    /// Not `async`: that would keep the step twice, and on the heap it is kept no longer than it
    /// takes.
    pub(crate) fn bound<T, E>(
        self,
        step: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, Error>>
    where
        Error: From<E>,
    {
        let mut step = Box::pin(step);
        let mut alarm = self.0.map(|at| Box::pin(sleep_until(at)));
        poll_fn(move |context| {
            if let Poll::Ready(done) = step.as_mut().poll(context) {
                return Poll::Ready(done.map_err(Error::from));
            }
            match &mut alarm {
                Some(alarm) => {
                    alarm.as_mut().poll(context).map(|()| Err(Timeout::Handshake.into()))
                }
                None => Poll::Pending,
            }
        })
    }
}
