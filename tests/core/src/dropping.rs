//! Drops futures at their awaits.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

/// Counts the awaits at which futures wait, and drops the future that waits at a chosen one.
#[derive(Debug, Default)]
pub struct Dropper {
    at: Option<u64>,
    every: bool,
    awaits: Cell<u64>,
}

impl Dropper {
    /// Drops nothing, only counts.
    #[must_use]
    pub fn never() -> Self {
        Self::default()
    }

    /// Drops the future that waits at the `n`-th await of all, counted from 0.
    #[must_use]
    pub fn at(n: u64) -> Self {
        Self { at: Some(n), ..Self::default() }
    }

    /// Drops every future at its first await.
    #[must_use]
    pub fn every() -> Self {
        Self { every: true, ..Self::default() }
    }

    /// How many awaits have waited.
    #[must_use]
    pub fn awaits(&self) -> u64 {
        self.awaits.get()
    }

    /// The output of a future, or `None` if it was dropped. One that is dropped has waited: the
    /// executor runs the others before its owner goes on.
    pub async fn attempt<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut dropped = false;
        {
            let mut future = pin!(future);
            poll_fn(|context| {
                if dropped {
                    return Poll::Ready(None);
                }
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => Poll::Ready(Some(output)),
                    Poll::Pending => {
                        let n = self.awaits.get();
                        self.awaits.set(n + 1);
                        if self.every || self.at == Some(n) {
                            dropped = true;
                            // One dropped by choice goes on at once; dropping each one must wait
                            // for what it waits for, or it would spin.
                            if !self.every {
                                return Poll::Ready(None);
                            }
                        }
                        Poll::Pending
                    }
                }
            })
            .await
        }
    }

    /// Starts an operation again as long as it is dropped.
    pub async fn again<T>(&self, mut operation: impl AsyncFnMut() -> T) -> T {
        loop {
            if let Some(output) = self.attempt(operation()).await {
                return output;
            }
        }
    }
}

/// Drops an operation's future at its `n`-th await and starts it again.
pub async fn drop_at<T>(n: u64, operation: impl AsyncFnMut() -> T) -> T {
    Dropper::at(n).again(operation).await
}
