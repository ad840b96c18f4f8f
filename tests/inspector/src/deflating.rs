//! Compressed messages of one sender, over one context.

use socklet_core::deflate::{Balanced, Compressed, Compressor};
use socklet_wasm::{
    build::{Fields, build},
    stream::Sender,
};

use crate::talk::KEY;

/// Compresses messages of one sender.
#[derive(Debug)]
pub struct Deflater {
    compressor: Box<Balanced>,
    from: Sender,
}

impl Deflater {
    /// At the start of a connection.
    #[must_use]
    pub fn new(from: Sender) -> Self {
        Self { compressor: Box::new(Balanced::new()), from }
    }

    /// The compressed data of the next message.
    pub fn data(&mut self, message: &[u8]) -> Vec<u8> {
        let mut out = vec![0; Balanced::max_compressed_len(message.len())];
        let Compressed { written, done, .. } = self.compressor.compress(message, &mut out, true);
        assert!(done);
        out.truncate(written);
        out
    }

    /// A frame with the next message.
    pub fn frame(&mut self, opcode: u8, message: &[u8]) -> Vec<u8> {
        let data = self.data(message);
        self.wrap(opcode, true, &data)
    }

    /// A frame with compressed data.
    #[must_use]
    pub fn wrap(&self, opcode: u8, fin: bool, data: &[u8]) -> Vec<u8> {
        let masking_key = (self.from == Sender::Client).then_some(KEY);
        build(&Fields { fin, rsv1: opcode != 0, masking_key, ..Fields::new(opcode) }, data)
    }
}
