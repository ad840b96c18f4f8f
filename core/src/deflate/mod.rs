//! placeholder
use core::fmt;
/// x
#[derive(Debug)]
pub struct Inflate {}
/// x
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inflated {
    /// x
    pub read: usize,
    /// x
    pub written: usize,
    /// x
    pub status: InflateStatus,
}
/// x
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InflateStatus {
    /// x
    NeedsInput,
    /// x
    NeedsRoom,
}
/// x
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum InflateError {
    /// x
    BlockType,
    /// x
    Unfinished,
}
impl InflateError {
    /// x
    pub const fn reason(self) -> &'static str {
        "x"
    }
}
impl fmt::Display for InflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}
#[allow(missing_docs)]
impl Inflate {
    pub const fn new() -> Self {
        Self {}
    }
    pub fn reset(&mut self) {}
    pub fn inflate(
        &mut self,
        input: &[u8],
        _b: &mut [u8],
        _at: usize,
        _history: usize,
        _window_len: usize,
    ) -> Result<Inflated, InflateError> {
        Ok(Inflated { read: input.len(), written: 0, status: InflateStatus::NeedsInput })
    }
    pub fn is_at_block_start(&self) -> bool {
        true
    }
    pub fn is_final(&self) -> bool {
        false
    }
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Compressed {
    pub read: usize,
    pub written: usize,
    pub done: bool,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Mark(u32);
#[allow(missing_docs)]
pub trait Compressor: fmt::Debug {
    const MAX_WINDOW_BITS: u8;
    fn reset(&mut self, window_bits: u8);
    fn compress(&mut self, input: &[u8], out: &mut [u8], flush: bool) -> Compressed;
    fn mark(&self) -> Mark;
    fn rewind(&mut self, mark: Mark);
}
#[allow(missing_docs)]
pub const fn max_compressed_len(len: usize) -> usize {
    len.saturating_add(len / 8).saturating_add(16)
}

#[derive(Debug)]
#[allow(missing_docs)]
pub struct Host {}
#[allow(missing_docs)]
impl Host {
    pub const fn new() -> Self {
        Self {}
    }
}
impl Compressor for Host {
    const MAX_WINDOW_BITS: u8 = 15;
    fn reset(&mut self, _w: u8) {}
    fn compress(&mut self, input: &[u8], _out: &mut [u8], _flush: bool) -> Compressed {
        Compressed { read: input.len(), written: 0, done: true }
    }
    fn mark(&self) -> Mark {
        Mark(0)
    }
    fn rewind(&mut self, _mark: Mark) {}
}
