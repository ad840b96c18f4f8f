//! The frame header (RFC 6455 section 5.2): decode and encode.

use crate::{
    error::ProtocolError,
    wire::{MAX_CONTROL_LEN, mask::Mask},
};

/// Reserved bit 1 in the first byte of a header; permessage-deflate marks compressed messages
/// with it (RFC 7692 section 6).
pub const RSV1: u8 = 0x40;
/// Reserved bit 2.
pub const RSV2: u8 = 0x20;
/// Reserved bit 3.
pub const RSV3: u8 = 0x10;

/// FIN in the first byte of a header.
pub(crate) const FIN: u8 = 0x80;
/// MASK in the second.
pub(crate) const MASKED: u8 = 0x80;

/// What a frame is (RFC 6455 section 11.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Opcode {
    /// Goes on with the message that an earlier frame began.
    Continuation = 0x0,
    /// Begins a message of UTF-8 text.
    Text = 0x1,
    /// Begins a message of bytes.
    Binary = 0x2,
    /// Begins or completes the closing handshake.
    Close = 0x8,
    /// Asks for a Pong with the same payload.
    Ping = 0x9,
    /// Answers a Ping, or is a heartbeat that nobody asked for.
    Pong = 0xA,
}

impl Opcode {
    /// The opcode of the low four bits of a frame's first byte; reserved ones are `None`.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits & 0x0F {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Whether frames of this opcode may come between the fragments of a message.
    #[must_use]
    pub const fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }

    /// Whether a frame of this opcode is the first of a message.
    #[must_use]
    pub const fn begins_message(self) -> bool {
        matches!(self, Self::Text | Self::Binary)
    }
}

/// A frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Header {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// The reserved bits as they stand in the first byte: [`RSV1`], [`RSV2`], [`RSV3`]; no others.
    pub reserved: u8,
    /// What the frame is.
    pub opcode: Opcode,
    /// The masking key, in frames of a client.
    pub masking_key: Option<[u8; 4]>,
    /// Length of the payload in bytes, below 2^63.
    pub payload_len: u64,
}

impl Header {
    /// A header without reserved bits.
    #[must_use]
    pub const fn new(
        opcode: Opcode,
        fin: bool,
        masking_key: Option<[u8; 4]>,
        payload_len: u64,
    ) -> Self {
        Self { fin, reserved: 0, opcode, masking_key, payload_len }
    }

    /// Decodes the header at the start of `bytes` and says how many bytes it takes; `None` when
    /// it goes on past their end.
    ///
    /// # Errors
    /// What no state of a connection could allow: reserved opcodes, control frames that are
    /// fragmented or longer than 125 bytes, lengths in more bytes than needed or with their top
    /// bit set. Reserved bits, masking and the order of frames are judged by the connection.
    #[inline]
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        Self::decode_with(bytes, Err)
    }

    /// Decodes as [`decode`](Self::decode) does, but lets `judge` decide about each violation: what
    /// it lets pass is decoded as it stands, a reserved opcode as [`Opcode::Binary`].
    #[inline(always)] // With `Err` for a judge nothing is left of it.
    pub(crate) fn decode_with(
        bytes: &[u8],
        mut judge: impl FnMut(ProtocolError) -> Result<(), ProtocolError>,
    ) -> Result<Option<(Self, usize)>, ProtocolError> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let fin = first & FIN != 0;
        let opcode = match Opcode::from_bits(*first) {
            Some(opcode) => opcode,
            None => {
                judge(ProtocolError::ReservedOpcode)?;
                Opcode::Binary
            }
        };
        let short = second & !MASKED;
        if opcode.is_control() {
            if !fin {
                judge(ProtocolError::FragmentedControl)?;
            }
            if usize::from(short) > MAX_CONTROL_LEN {
                judge(ProtocolError::ControlTooLong)?;
            }
        }
        let (payload_len, rest, mut header_len) = match short {
            126 => {
                let Some((len, rest)) = rest.split_first_chunk() else { return Ok(None) };
                let len = u16::from_be_bytes(*len);
                if len < 126 {
                    judge(ProtocolError::NonMinimalLength)?;
                }
                (u64::from(len), rest, 4)
            }
            127 => {
                let Some((len, rest)) = rest.split_first_chunk() else { return Ok(None) };
                let len = u64::from_be_bytes(*len);
                if len >> 63 != 0 {
                    judge(ProtocolError::LengthTopBit)?;
                }
                if len >> 16 == 0 {
                    judge(ProtocolError::NonMinimalLength)?;
                }
                (len, rest, 10)
            }
            len => (u64::from(len), rest, 2),
        };
        let masking_key = if second & MASKED == 0 {
            None
        } else {
            let Some((key, _)) = rest.split_first_chunk() else { return Ok(None) };
            header_len += 4;
            Some(*key)
        };
        let reserved = first & (RSV1 | RSV2 | RSV3);
        let header = Self { fin, reserved, opcode, masking_key, payload_len };
        Ok(Some((header, header_len)))
    }

    /// Bytes of this header on the wire: 2 to [`MAX_HEADER_LEN`](super::MAX_HEADER_LEN).
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        let len = match self.payload_len {
            0..=125 => 2,
            126..=0xFFFF => 4,
            _ => 10,
        };
        if self.masking_key.is_some() { len + 4 } else { len }
    }

    /// Encodes the header at the start of `out`, the length in as few bytes as can be, and
    /// returns the rest of `out`; `None`, with unspecified bytes written, if it does not fit.
    #[must_use]
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub fn encode<'a>(&self, out: &'a mut [u8]) -> Option<&'a mut [u8]> {
        let (start, mut out) = out.split_first_chunk_mut::<2>()?;
        let bit = |set: bool, mask: u8| if set { mask } else { 0 };
        let reserved = self.reserved & (RSV1 | RSV2 | RSV3);
        let first = bit(self.fin, FIN) | reserved | self.opcode as u8;
        let short = match self.payload_len {
            len @ 0..=125 => len as u8,
            len @ 126..=0xFFFF => {
                let field;
                (field, out) = out.split_first_chunk_mut()?;
                *field = (len as u16).to_be_bytes();
                126
            }
            len => {
                let field;
                (field, out) = out.split_first_chunk_mut()?;
                *field = len.to_be_bytes();
                127
            }
        };
        if let Some(key) = self.masking_key {
            let field;
            (field, out) = out.split_first_chunk_mut()?;
            *field = key;
        }
        *start = [first, short | bit(self.masking_key.is_some(), MASKED)];
        Some(out)
    }

    /// The mask of the payload's first byte.
    #[must_use]
    pub const fn mask(&self) -> Option<Mask> {
        match self.masking_key {
            Some(key) => Some(Mask::new(key)),
            None => None,
        }
    }
}
