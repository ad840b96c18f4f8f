//! What is told of each connection with `--verbose`.

use std::{fmt::Display, net::SocketAddr};

use socklet_std::{
    Closed,
    permessage_deflate::{Agreed, Volume},
};

use crate::terminal::{note, volume};

/// The journal of one connection.
pub(super) struct Journal {
    peer: SocketAddr,
    is_kept: bool,
}

impl Journal {
    /// One for a peer; without `is_kept` nothing is told.
    pub(super) const fn new(peer: SocketAddr, is_kept: bool) -> Self {
        Self { peer, is_kept }
    }

    /// Tells that the connection is open.
    pub(super) fn opened(&self, compression: Option<Agreed>) {
        if !self.is_kept {
            return;
        }
        let peer = self.peer;
        let Some(Agreed { send, receive }) = compression else {
            return note(format_args!("{peer}: open; not compressed"));
        };
        let (send, receive) = (send.window_bits, receive.window_bits);
        note(format_args!(
            "{peer}: open; compressed with {send} bits to it, {receive} bits from it"
        ));
    }

    /// Tells what has failed, whether it is kept or not.
    pub(super) fn failed(&self, what: impl Display) {
        note(format_args!("{}: {what}", self.peer));
    }

    /// Tells how it was closed, and what was sent and received.
    pub(super) fn closed(&self, closed: &Closed, [sent, received]: [Option<Volume>; 2]) {
        if !self.is_kept {
            return;
        }
        let (peer, Closed { code, reason, .. }) = (self.peer, closed);
        volume(format_args!("{peer}: sent"), sent);
        volume(format_args!("{peer}: received"), received);
        let code = code.map_or_else(|| "no code".to_owned(), |code| code.0.to_string());
        note(format_args!("{peer}: closed with {code} {reason:?}"));
    }
}
