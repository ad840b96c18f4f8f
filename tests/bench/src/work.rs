//! What is done, so many times.

use socklet_core::wire::{
    header::{Header, Opcode},
    mask::Mask,
};

use crate::wire::{Arrival, Wire};

/// The masking key of what is received.
pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A server receives.
    Decode {
        /// Text or binary.
        opcode: Opcode,
        /// How many frames there are for each read.
        arrival: Arrival,
    },
    /// A client sends.
    ClientEncode,
    /// A server sends.
    ServerEncode,
}

impl Operation {
    /// By its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let decode = |opcode, arrival| Self::Decode { opcode, arrival };
        Some(match name {
            "decode" => decode(Opcode::Binary, Arrival::Batched),
            "decode-text" => decode(Opcode::Text, Arrival::Batched),
            "decode-single" => decode(Opcode::Binary, Arrival::Single),
            "client-encode" => Self::ClientEncode,
            "server-encode" => Self::ServerEncode,
            _ => return None,
        })
    }
}

/// An operation on messages of one length, so many times.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// What is done.
    pub operation: Operation,
    /// Bytes of each message.
    pub len: usize,
    /// How many.
    pub count: usize,
}

impl Work {
    /// Whether messages are received.
    #[must_use]
    pub const fn decodes(&self) -> bool {
        matches!(self.operation, Operation::Decode { .. })
    }

    /// The transport, on which `head` comes first.
    #[must_use]
    pub fn wire(&self, head: &[u8]) -> Wire {
        let Operation::Decode { opcode, arrival } = self.operation else {
            return Wire::new(head.to_vec(), &[0], Arrival::Single);
        };
        let header = Header::new(opcode, true, Some(KEY), self.len as u64);
        let mut frame = vec![0; header.encoded_len()];
        header.encode(&mut frame).unwrap();
        let mut payload = self.payload();
        Mask::new(KEY).apply(&mut payload);
        frame.extend_from_slice(&payload);
        Wire::new(head.to_vec(), &frame, arrival)
    }

    /// A message.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        b"Words, words, words. ".iter().copied().cycle().take(self.len).collect()
    }
}
