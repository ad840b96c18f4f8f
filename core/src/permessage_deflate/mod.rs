//! Compression as a type: what a connection offers, accepts and does to payloads
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).
//!
//! A connection is generic over [`Compression`]. [`NoCompression`] holds nothing and does
//! nothing: a client never offers the extension, a server never accepts it, RSV1 is a protocol
//! error, and no code of the codec is linked.

pub mod params;

use core::fmt;

use crate::error::HandshakeError;

/// What a connection does about the extension permessage-deflate.
///
/// Sealed: the choices are those of this module.
pub trait Compression: sealed::Sealed {
    /// Whether a client offers the extension at all: if not, [`offer`](Self::offer) is not called.
    const OFFERS: bool;

    /// Client: writes the value of `Sec-WebSocket-Extensions` to offer.
    ///
    /// # Errors
    /// The error of `out`.
    fn offer(&self, out: &mut impl fmt::Write) -> fmt::Result;

    /// Client: takes the response's `Sec-WebSocket-Extensions` values, none or more of them.
    ///
    /// # Errors
    /// [`HandshakeError::UnsolicitedExtension`] for anything that was not offered.
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
}

/// No compression: not offered, not accepted, not linked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoCompression;

impl Compression for NoCompression {
    const OFFERS: bool = false;

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
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NoCompression {}
}
