//! Compression as a type: what a connection offers, accepts and does to payloads
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).
//!
//! A connection is generic over [`Compression`], of which there are two kinds.
//!
//! - [`NoCompression`] holds nothing and does nothing: a client never offers the extension, a
//!   server never accepts it, RSV1 is a protocol error, and no code of the codec is linked.
//! - [`Deflate`] is permessage-deflate, with or without context takeover in each direction.
//!
//! ```text
//!  what is sent                     the wire                        what is received
//!  message -> Compress -> ... 00    frame rsv1 | frame | frame fin  ... + 00 00 ff ff -> Inflate
//!             its window            (compressed)                    the receive buffer
//! ```
//!
//! # Memory
//! A [`Compressor`](crate::deflate::Compressor) holds its own window: its presets are in
//! [`deflate`](crate::deflate). An [`Inflate`](crate::deflate::Inflate) holds only its tables: a
//! message is inflated into the receive buffer, and the window is what stands there before it. So
//! the receive buffer has to hold
//!
//! | | bytes |
//! |---|---|
//! | the window, if the peer keeps its context | 2^`window_bits` |
//! | bytes that are not inflated yet | 256, or an eighth of the buffer if that is more |
//! | a message that is received whole, or 256 for chunks | its length |
//!
//! and nothing is ever agreed to that it does not: [`Negotiable::fitting`]. Without context
//! takeover no window is kept between messages, so a message that fits the buffer can be received
//! whatever window its sender had.

mod context;
mod deflate;
pub mod params;

use core::fmt;

pub use context::{InboundContext, OutboundContext};
pub(crate) use deflate::zone_len;
pub use deflate::{Deflate, Place, Settings, Volume};
pub use params::{Agreed, Context, Negotiable};

use crate::error::HandshakeError;

/// What a connection does about the extension permessage-deflate, and the memory for it.
///
/// Sealed: the choices are those of this module.
pub trait Compression: sealed::Sealed {
    /// What is negotiated within the opening handshake.
    type Negotiation: Negotiation;
    /// What is kept of what is received.
    type Inbound: InboundContext;
    /// What is kept of what is sent.
    type Outbound: OutboundContext;

    /// Takes it apart into what the parts of a connection need.
    fn into_parts(self) -> (Self::Negotiation, Self::Inbound, Self::Outbound);
}

/// What an endpoint says about the extension in the opening handshake.
///
/// Sealed, as [`Compression`] is.
pub trait Negotiation: fmt::Debug + sealed::Sealed {
    /// Whether a client offers the extension at all: if not, [`offer`](Self::offer) is not called.
    fn is_offered(&self) -> bool;

    /// Client: writes the value of `Sec-WebSocket-Extensions` to offer.
    ///
    /// # Errors
    /// The error of `out`.
    fn offer(&self, out: &mut impl fmt::Write) -> fmt::Result;

    /// Client: takes the response's `Sec-WebSocket-Extensions` values, none or more of them.
    ///
    /// # Errors
    /// [`HandshakeError::UnsolicitedExtension`] for anything that was not offered,
    /// [`HandshakeError::ExtensionResponse`] for an answer that does not fit the offer.
    fn confirm<'a>(
        &mut self,
        response: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), HandshakeError>;

    /// Server: considers the request's `Sec-WebSocket-Extensions` values in order. Writes the
    /// value of the response to `out` and returns true if it accepts one; else writes nothing.
    ///
    /// # Errors
    /// The error of `out`.
    fn accept<'a>(
        &mut self,
        offers: impl Iterator<Item = &'a [u8]>,
        out: &mut impl fmt::Write,
    ) -> Result<bool, fmt::Error>;

    /// Takes note of the longest that the receive buffer can become, in bytes.
    fn fit(&mut self, receive_len: usize);

    /// What both endpoints agreed on; `None` without compression.
    fn agreed(&self) -> Option<Agreed>;
}

/// No compression: not offered, not accepted, not linked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoCompression;

impl Compression for NoCompression {
    type Negotiation = Self;
    type Inbound = Self;
    type Outbound = Self;

    fn into_parts(self) -> (Self, Self, Self) {
        (self, self, self)
    }
}

impl Negotiation for NoCompression {
    fn is_offered(&self) -> bool {
        false
    }

    fn offer(&self, _: &mut impl fmt::Write) -> fmt::Result {
        Ok(())
    }

    fn confirm<'a>(
        &mut self,
        mut response: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), HandshakeError> {
        match response.next() {
            None => Ok(()),
            Some(_) => Err(HandshakeError::UnsolicitedExtension),
        }
    }

    fn accept<'a>(
        &mut self,
        _: impl Iterator<Item = &'a [u8]>,
        _: &mut impl fmt::Write,
    ) -> Result<bool, fmt::Error> {
        Ok(false)
    }

    fn fit(&mut self, _: usize) {}

    fn agreed(&self) -> Option<Agreed> {
        None
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NoCompression {}
}
