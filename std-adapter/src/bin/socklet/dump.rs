//! What crosses the wire: as lines on standard error, or as a capture in a file.

mod capture;

use std::net::SocketAddr;

use socklet_std::{
    Side,
    blocking::Socket,
    dump::{Dump, Entry, Tap},
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{Failure, args, terminal};
use capture::Capture;

/// A stream over tokio, whatever is below it.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Where it is told.
pub(crate) enum Dumping {
    Nowhere,
    Lines,
    Capture(Capture),
}

/// Whose connection it is, and which.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) local: Option<SocketAddr>,
    pub(crate) peer: Option<SocketAddr>,
    /// Who opens it.
    pub(crate) client: Side,
}

impl Dumping {
    /// Makes the file, if there is to be one.
    pub(crate) fn new(dump: &args::Dump) -> Result<Self, Failure> {
        Ok(match dump {
            args::Dump::Nowhere => Self::Nowhere,
            args::Dump::Lines => Self::Lines,
            args::Dump::File(path) => Self::Capture(
                Capture::create(path)
                    .map_err(|error| format!("cannot write {}: {error}", path.display()))?,
            ),
        })
    }

    pub(crate) const fn is_wanted(&self) -> bool {
        !matches!(self, Self::Nowhere)
    }

    /// A layer over a stream that tells what crosses it.
    pub(crate) fn layer<S: Stream + 'static>(&self, stream: S, ends: Ends) -> Box<dyn Stream> {
        match self {
            Self::Nowhere => Box::new(stream),
            Self::Lines => Box::new(Dump::new(stream, lines(ends))),
            Self::Capture(capture) => Box::new(Tap::over(stream, capture.connection(ends))),
        }
    }

    /// The same over a blocking stream.
    pub(crate) fn layer_blocking<S: Socket + 'static>(
        &self,
        stream: S,
        ends: Ends,
    ) -> Box<dyn Socket> {
        match self {
            Self::Nowhere => Box::new(stream),
            Self::Lines => Box::new(Dump::new(stream, lines(ends))),
            Self::Capture(capture) => Box::new(Tap::over(stream, capture.connection(ends))),
        }
    }
}

/// Prints frames, at a server with the client in front.
fn lines(ends: Ends) -> impl FnMut(&Entry<'_>) + Unpin + Send {
    let peer = ends.peer.filter(|_| ends.client == Side::Peer);
    move |entry| terminal::frame(peer, entry)
}
