//! The other way: fields to a frame, through the core's encoder and compressor.

use alloc::{vec, vec::Vec};

use socklet_core::{
    deflate::{Compressed, Compressor, Least},
    wire::header::{Header, Opcode, RSV1, RSV2, RSV3},
};

/// The fields of a frame. Whatever they say is written, allowed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields {
    /// FIN.
    pub fin: bool,
    /// RSV1.
    pub rsv1: bool,
    /// RSV2.
    pub rsv2: bool,
    /// RSV3.
    pub rsv3: bool,
    /// The opcode's four bits.
    pub opcode: u8,
    /// The masking key.
    pub masking_key: Option<[u8; 4]>,
    /// Whether the payload is compressed as a message by itself; RSV1 says so.
    pub compress: bool,
}

impl Fields {
    /// A frame that is a whole message, or a control frame; not masked.
    #[must_use]
    pub const fn new(opcode: u8) -> Self {
        Self {
            fin: true,
            rsv1: false,
            rsv2: false,
            rsv3: false,
            opcode: opcode & 0xf,
            masking_key: None,
            compress: false,
        }
    }
}

/// Builds a frame.
#[must_use]
pub fn build(fields: &Fields, payload: &[u8]) -> Vec<u8> {
    let compressed = fields.compress.then(|| compress(payload));
    let payload = compressed.as_deref().unwrap_or(payload);
    let opcode = Opcode::from_bits(fields.opcode).unwrap_or(Opcode::Continuation);
    let mut header = Header::new(opcode, fields.fin, fields.masking_key, payload.len() as u64);
    let bits = [(fields.rsv1 || fields.compress, RSV1), (fields.rsv2, RSV2), (fields.rsv3, RSV3)];
    for (_, bit) in bits.into_iter().filter(|(is_set, _)| *is_set) {
        header.reserved |= bit;
    }
    let header_len = header.encoded_len();
    let mut frame = vec![0; header_len];
    // It has just the length that the header takes.
    let _ = header.encode(&mut frame);
    if let Some(first) = frame.first_mut() {
        // A reserved opcode has no name.
        *first = *first & 0xf0 | fields.opcode & 0xf;
    }
    frame.extend_from_slice(payload);
    if let (Some(mut mask), Some(payload)) = (header.mask(), frame.get_mut(header_len..)) {
        mask.apply(payload);
    }
    frame
}

/// The body of a Close frame (RFC 6455 section 5.5.1).
#[must_use]
pub fn close_body(code: u16, reason: &str) -> Vec<u8> {
    let mut body = code.to_be_bytes().to_vec();
    body.extend_from_slice(reason.as_bytes());
    body
}

/// Compresses a message by itself, without the tail that RFC 7692 section 7.2.1 has removed.
fn compress(message: &[u8]) -> Vec<u8> {
    let mut compressor = Least::new();
    let mut out = vec![0; Least::max_compressed_len(message.len())];
    let Compressed { written, .. } = compressor.compress(message, &mut out, true);
    out.truncate(written);
    out
}
