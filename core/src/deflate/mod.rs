//! DEFLATE ([RFC 1951](https://www.rfc-editor.org/rfc/rfc1951)) in fixed memory.

mod block;
mod code_lengths;
pub mod compress;
mod emit;
mod fast;
mod history;
mod matcher;
mod parse;
mod presets;
mod run_lengths;
mod strategy;
mod symbols;
mod tokens;
mod writer;

pub use compress::{Compress, Compressed, Compressor, Mark};
pub use fast::Fast;
pub use presets::{Balanced, Host, HostSmall, Small, Tiny};
pub use strategy::{Strategy, Thorough};

/// The value at an index that is known to lie within, or zero.
#[inline(always)]
fn get<T: Copy + Default>(values: &[T], at: usize) -> T {
    values.get(at).copied().unwrap_or_default()
}

/// Stores a value at an index that is known to lie within.
#[inline(always)]
fn set<T>(values: &mut [T], at: usize, value: T) {
    if let Some(slot) = values.get_mut(at) {
        *slot = value;
    }
}
