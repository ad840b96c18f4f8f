//! Nothing is told of connections: what `trace.rs` does without its features.

use socklet_core::connection::Ready;

use crate::{Closed, Error, Url};

#[derive(Debug, Clone)]
pub(crate) struct Trace;

impl Trace {
    pub(crate) const SHOWS_CONTROL: bool = false;

    pub(crate) const fn client(_: &Url) -> Self {
        Self
    }

    pub(crate) const fn new(_: bool) -> Self {
        Self
    }

    pub(crate) const fn set_target(&mut self, _: &str) {}

    pub(crate) const fn opened(&self) {}

    pub(crate) fn step<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        outcome
    }

    pub(crate) fn received(
        &mut self,
        _: Result<Ready, &Error>,
        _: impl FnOnce() -> Option<Closed>,
    ) {
    }

    pub(crate) const fn ping_sent(&self) {}

    #[cfg(feature = "tokio")]
    pub(crate) const fn reconnects(_: u32, _: u32) {}
}
