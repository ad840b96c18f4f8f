//! What a connection tells of itself: a span and events by `tracing`, else lines by `log`.
//!
//! Never a payload, nor what may be a secret: of an address not the query, of an answer not the
//! headers, of a closing not the reason.

use std::fmt;

use socklet_core::connection::Ready;

use crate::{Closed, Error, Url};

/// Who tells, and whether it has told of its end.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
    #[cfg(not(feature = "tracing"))]
    name: std::sync::Arc<str>,
    is_over: bool,
}

macro_rules! tell {
    ($trace:expr, $($what:tt)+) => {{
        #[cfg(feature = "tracing")]
        tracing::debug!(parent: &$trace.span, $($what)+);
        #[cfg(not(feature = "tracing"))]
        log::debug!("{}: {}", $trace.name, format_args!($($what)+));
    }};
}

impl Trace {
    /// Whether a stream has to look at Pings and Pongs that its caller does not ask for.
    pub(crate) const SHOWS_CONTROL: bool = true;

    /// A client, before it connects.
    pub(crate) fn client(url: &Url) -> Self {
        let mut trace = Self::new(true);
        trace.set_target(&url.to_string());
        trace
    }

    /// An endpoint of which no target is known, or not yet.
    pub(crate) fn new(is_client: bool) -> Self {
        let role = if is_client { "client" } else { "server" };
        Self {
            #[cfg(feature = "tracing")]
            span: tracing::debug_span!("websocket", role, target = tracing::field::Empty),
            #[cfg(not(feature = "tracing"))]
            name: role.into(),
            is_over: false,
        }
    }

    /// Takes note of what is asked for.
    pub(crate) fn set_target(&mut self, target: &str) {
        let target = target.split_once('?').map_or(target, |(path, _)| path);
        #[cfg(feature = "tracing")]
        self.span.record("target", target);
        #[cfg(not(feature = "tracing"))]
        {
            self.name = format!("{} {target}", self.name).into();
        }
    }

    pub(crate) fn opened(&self) {
        tell!(self, "open");
    }

    /// A step on the way to an open connection has been taken, or has failed.
    pub(crate) fn step<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        outcome.inspect_err(|error| tell!(self, "not opened: {}", Reason(error)))
    }

    /// Something was received, or the connection has ended, which is told once.
    pub(crate) fn received(
        &mut self,
        outcome: Result<Ready, &Error>,
        closed: impl FnOnce() -> Option<Closed>,
    ) {
        match outcome {
            Ok(Ready::Ping) => tell!(self, "Ping received"),
            Ok(Ready::Pong) => tell!(self, "Pong received"),
            Ok(Ready::Ended) if !self.is_over => {
                self.is_over = true;
                match closed() {
                    Some(Closed { by, code: Some(code), .. }) => {
                        tell!(self, "closed first by {by:?}, with code {}", code.0);
                    }
                    Some(Closed { by, code: None, .. }) => tell!(self, "closed first by {by:?}"),
                    None => tell!(self, "closed"),
                }
            }
            Err(error) if error.is_end() && !self.is_over => {
                self.is_over = true;
                tell!(self, "failed: {}", Reason(error));
            }
            _ => {}
        }
    }

    pub(crate) fn ping_sent(&self) {
        tell!(self, "Ping sent");
    }

    /// A client waits before it connects again.
    #[cfg(feature = "tokio")]
    pub(crate) fn reconnects(attempt: u32, wait_ms: u32) {
        #[cfg(feature = "tracing")]
        tracing::debug!(attempt, wait_ms, "reconnect");
        #[cfg(not(feature = "tracing"))]
        log::debug!("reconnect: try {attempt} in {wait_ms} ms");
    }
}

/// An error without what a peer has said.
struct Reason<'a>(&'a Error);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Error::Declined(declined) => write!(f, "declined with status {}", declined.status),
            error => error.fmt(f),
        }
    }
}
