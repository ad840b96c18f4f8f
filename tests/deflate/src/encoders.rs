//! All compressors behind one trait, to compare them.

use flate2::{Compression, FlushCompress};
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, compress, create_comp_flags_from_zip_params,
};
use socklet_core::deflate::Compressor;
use zlib_rs::{Deflate, DeflateFlush};

/// Compresses messages one after the other, as RFC 7692 wants them.
pub trait Encoder {
    /// Compresses one message to `out`, and returns its length without 00 00 FF FF.
    fn message(&mut self, message: &[u8], out: &mut [u8]) -> usize;
}

/// One of this project.
pub struct Ours<C>(pub Box<C>);

impl<C: Compressor> Encoder for Ours<C> {
    fn message(&mut self, message: &[u8], out: &mut [u8]) -> usize {
        let result = self.0.compress(message, out, true);
        assert!(result.done && result.read == message.len());
        result.written
    }
}

/// The zlib written in C.
pub struct CZlib(flate2::Compress);

impl CZlib {
    /// With a level and a window.
    #[must_use]
    pub fn new(level: u32, window_bits: u8) -> Self {
        Self(flate2::Compress::new_with_window_bits(Compression::new(level), false, window_bits))
    }
}

impl Encoder for CZlib {
    fn message(&mut self, message: &[u8], out: &mut [u8]) -> usize {
        let before = self.0.total_out();
        self.0.compress(message, out, FlushCompress::Sync).unwrap();
        (self.0.total_out() - before) as usize - 4
    }
}

/// The zlib written in Rust.
pub struct ZlibRs(Deflate);

impl ZlibRs {
    /// With a level and a window.
    #[must_use]
    pub fn new(level: i32, window_bits: u8) -> Self {
        Self(Deflate::new(level, false, window_bits))
    }
}

impl Encoder for ZlibRs {
    fn message(&mut self, message: &[u8], out: &mut [u8]) -> usize {
        let before = self.0.total_out();
        self.0.compress(message, out, DeflateFlush::SyncFlush).unwrap();
        (self.0.total_out() - before) as usize - 4
    }
}

/// `miniz_oxide`, whose window is always 15 bits.
pub struct Miniz(Box<CompressorOxide>);

impl Miniz {
    /// With a level.
    #[must_use]
    pub fn new(level: i32) -> Self {
        Self(Box::new(CompressorOxide::new(create_comp_flags_from_zip_params(level, 0, 0))))
    }
}

impl Encoder for Miniz {
    fn message(&mut self, message: &[u8], out: &mut [u8]) -> usize {
        let (_, read, written) = compress(&mut self.0, message, out, TDEFLFlush::Sync);
        assert_eq!(read, message.len());
        written - 4
    }
}
