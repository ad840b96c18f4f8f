//! The end of the stream below, after the last frame
//! ([RFC 6455 section 7.1.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1)).
//!
//! A socket that is closed with unread bytes in it resets the connection, and the peer may lose
//! what it has not read, the Close frame among it. So the server ends its sending side first and
//! reads on to the end; the client reads to that end, and then ends its own side.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use socklet_core::Role;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, Sleep, sleep},
};

use super::driver::poll_read;
use crate::teardown::{DISCARD_LEN, limit};

/// How far the teardown has come.
#[derive(Debug)]
pub(super) enum Teardown {
    /// Nothing was done.
    NotBegun,
    /// Under way, for as long as that.
    Running { until: Pin<Box<Sleep>>, stage: Stage },
    /// The stream has ended on both sides, or there is no more to be waited for.
    Done,
}

/// What is under way, and whether nothing else follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Ending the sending side.
    Shutdown { last: bool },
    /// Reading to the end of the stream.
    Discard { last: bool },
}

impl Teardown {
    /// Ends the stream in the order of the role, within a few seconds.
    pub(super) fn poll<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
        &mut self,
        next: &mut S,
        closing_ms: u32,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            match self {
                Self::NotBegun => {
                    let limit: Duration = limit(closing_ms);
                    let stage = if R::CLIENT {
                        Stage::Discard { last: false }
                    } else {
                        Stage::Shutdown { last: false }
                    };
                    *self = Self::Running { until: Box::pin(sleep(limit)), stage };
                }
                Self::Running { until, stage } => {
                    let done = match stage {
                        Stage::Shutdown { .. } => {
                            Pin::new(&mut *next).poll_shutdown(context).map(|_| ())
                        }
                        Stage::Discard { .. } => poll_discard(next, until.deadline(), context),
                    };
                    let expired = done.is_pending() && until.as_mut().poll(context).is_ready();
                    *stage = match (done, *stage) {
                        (Poll::Pending, _) if !expired => return Poll::Pending,
                        // A server that does not end its side does not keep us from it.
                        (_, Stage::Discard { last: false }) => Stage::Shutdown { last: true },
                        (Poll::Ready(()), Stage::Shutdown { last: false }) => {
                            Stage::Discard { last: true }
                        }
                        _ => {
                            *self = Self::Done;
                            continue;
                        }
                    };
                }
                Self::Done => return Poll::Ready(()),
            }
        }
    }
}

/// Reads to the end of the stream, until the time is up however much there is.
fn poll_discard<S: AsyncRead + Unpin>(
    next: &mut S,
    until: Instant,
    context: &mut Context<'_>,
) -> Poll<()> {
    let mut discarded = [0; DISCARD_LEN];
    loop {
        match poll_read(next, &mut discarded, context) {
            Poll::Ready(Ok(1..)) if Instant::now() < until => {}
            Poll::Ready(Ok(1..)) => return Poll::Ready(()),
            Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(()),
            Poll::Pending => return Poll::Pending,
        }
    }
}
