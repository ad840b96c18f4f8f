//! Decoders of others, and one of our own, that must all agree.

use flate2::{Decompress, FlushDecompress, Status};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush};

use crate::strict::{Blocks, Strict};

/// Decodes messages of a stream by all decoders at once.
pub struct Oracles {
    strict: Strict,
    zlib: Decompress,
    miniz: Box<InflateState>,
    window: usize,
}

impl Oracles {
    /// With the window that was agreed on.
    #[must_use]
    pub fn new(window_bits: u8) -> Self {
        Self {
            strict: Strict::default(),
            // zlib takes no raw stream with 8 bits.
            zlib: Decompress::new_with_window_bits(false, window_bits.max(9)),
            miniz: InflateState::new_boxed(DataFormat::Raw),
            window: 1 << window_bits,
        }
    }

    /// Checks that the bytes are those of the message, and no distance is beyond the window.
    #[track_caller]
    pub fn check(&mut self, compressed: &[u8], message: &[u8]) -> Blocks {
        let before = self.strict.bytes.len();
        let blocks = self.strict.message(compressed);
        assert!(blocks.farthest <= self.window, "{} is too far", blocks.farthest);
        assert!(&self.strict.bytes[before..] == message, "the strict decoder differs");
        let whole = [compressed, &[0, 0, 0xFF, 0xFF]].concat();
        self.check_zlib(&whole, message);
        let mut out = vec![0; message.len() + 1];
        let result = inflate(&mut self.miniz, &whole, &mut out, MZFlush::None);
        result.status.unwrap();
        assert!(&out[..result.bytes_written] == message, "miniz_oxide differs");
        blocks
    }

    /// In small pieces: zlib takes what it has written in one call for a part of the window.
    #[track_caller]
    fn check_zlib(&mut self, mut compressed: &[u8], message: &[u8]) {
        let mut out = Vec::new();
        loop {
            let mut piece = [0; 61];
            let (read, written) = (self.zlib.total_in(), self.zlib.total_out());
            let status = self.zlib.decompress(compressed, &mut piece, FlushDecompress::Sync);
            let written = (self.zlib.total_out() - written) as usize;
            compressed = &compressed[(self.zlib.total_in() - read) as usize..];
            out.extend_from_slice(&piece[..written]);
            match status {
                Ok(Status::Ok) if written != 0 || !compressed.is_empty() => {}
                Ok(_) => break,
                Err(error) => panic!("zlib: {error}"),
            }
        }
        assert!(out == message, "zlib differs");
    }
}
