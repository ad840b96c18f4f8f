//! Every preset behind one object.

use socklet_core::deflate::{
    Balanced, Compress, Compressed, Compressor, Direct, Host, HostSmall, Least, Mark, Small, Tiny,
};

/// A [`Compressor`] as an object.
pub trait Any {
    /// [`Compressor::MAX_WINDOW_BITS`].
    fn max_window_bits(&self) -> u8;
    /// [`Compressor::reset`].
    fn reset(&mut self, window_bits: u8);
    /// [`Compressor::compress`].
    fn compress(&mut self, input: &[u8], out: &mut [u8], flush: bool) -> Compressed;
    /// [`Compressor::mark`].
    fn mark(&self) -> Mark;
    /// [`Compressor::rewind`].
    fn rewind(&mut self, mark: Mark);
    /// [`Compressor::max_compressed_len`].
    fn max_compressed_len(&self, len: usize) -> usize;
}

impl<C: Compressor> Any for C {
    fn max_window_bits(&self) -> u8 {
        C::MAX_WINDOW_BITS
    }
    fn reset(&mut self, window_bits: u8) {
        Compressor::reset(self, window_bits);
    }
    fn compress(&mut self, input: &[u8], out: &mut [u8], flush: bool) -> Compressed {
        Compressor::compress(self, input, out, flush)
    }
    fn mark(&self) -> Mark {
        Compressor::mark(self)
    }
    fn rewind(&mut self, mark: Mark) {
        Compressor::rewind(self, mark);
    }
    fn max_compressed_len(&self, len: usize) -> usize {
        C::max_compressed_len(len)
    }
}

/// What makes a compressor.
pub type Make = fn() -> Box<dyn Any>;

/// Every preset, and sizes at the lower limit.
pub const ALL: [(&str, Make); 10] = [
    ("Tiny", || Box::new(Tiny::new())),
    ("Small", || Box::new(Small::new())),
    ("Balanced", || Box::new(Balanced::new())),
    ("HostSmall", || Box::new(HostSmall::new())),
    ("Host", || Box::new(Host::new())),
    ("least", || Box::new(Compress::<320, 1, 0, 80>::new())),
    ("odd", || Box::new(Compress::<1337, 64, 16, 99>::new())),
    ("Least", || Box::new(Least::new())),
    ("direct, least", || Box::new(Direct::<320>::new())),
    ("direct, most", || Box::new(Direct::<1279>::new())),
];

/// Whether the preset of this name writes fixed codes only.
pub fn is_direct(name: &str) -> bool {
    name == "Least" || name.starts_with("direct")
}

/// Compresses a whole message.
pub fn message(compress: &mut dyn Any, message: &[u8]) -> Vec<u8> {
    let mut out = vec![0xAA; compress.max_compressed_len(message.len())];
    let result = compress.compress(message, &mut out, true);
    assert!(result.done, "longer than it may be");
    assert_eq!(result.read, message.len());
    out.truncate(result.written);
    out
}
