//! What was decoded and where it lies, for tools that look at traffic: the decoders of this crate,
//! which go on where an endpoint stops.
//!
//! | what | where an endpoint has |
//! |---|---|
//! | [`Frame`]: a header with all that is wrong with it | [`Header::decode`] |
//! | [`Extension`]: an element of `Sec-WebSocket-Extensions` | [`params`](crate::permessage_deflate::params) |
//! | [`Inflate::inflate_traced`](crate::deflate::Inflate::inflate_traced): each [`Step`] | [`Inflate::inflate`](crate::deflate::Inflate::inflate) |
//!
//! There is no second decoder here: what an endpoint refuses is what these report.

use crate::{ProtocolError, wire::header::Header};

pub use crate::deflate::inflate_trace::{BlockKind, Step, Symbol};
pub use crate::permessage_deflate::params::trace::{Extension, Extensions, Parameter, Parameters};

/// Most violations that one header can hold.
const MAX_ERRORS: usize = 3;

/// A frame's header (RFC 6455 section 5.2), whether an endpoint would accept it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Its fields. A reserved opcode stands as [`Opcode::Binary`](crate::wire::header::Opcode), a
    /// length may have its top bit set.
    pub header: Header,
    /// The four bits of the opcode as they are.
    pub opcode_bits: u8,
    /// Bytes of the header: 2 to 14.
    pub header_len: usize,
    errors: [Option<ProtocolError>; MAX_ERRORS],
}

impl Frame {
    /// Decodes the header at the start of `bytes`; `None` when it goes on past their end.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut errors = [None; MAX_ERRORS];
        let mut slots = errors.iter_mut();
        let decoded = Header::decode_with(bytes, |error| {
            if let Some(slot) = slots.next() {
                *slot = Some(error);
            }
            Ok(())
        });
        let (header, header_len) = decoded.ok()??;
        let opcode_bits = bytes.first()? & 0x0F;
        Some(Self { header, opcode_bits, header_len, errors })
    }

    /// What is wrong with the header by itself, in the order of its bytes: the first is what
    /// [`Header::decode`] returns.
    pub fn errors(&self) -> impl Iterator<Item = ProtocolError> + use<> {
        self.errors.into_iter().flatten()
    }

    /// Where the byte is that breaks this rule, counted from the start of the frame.
    #[must_use]
    pub const fn offset_of(error: ProtocolError) -> usize {
        match error {
            ProtocolError::Masked | ProtocolError::Unmasked | ProtocolError::ControlTooLong => 1,
            ProtocolError::NonMinimalLength | ProtocolError::LengthTopBit => 2,
            _ => 0,
        }
    }
}
