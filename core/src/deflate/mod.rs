//! DEFLATE ([RFC 1951](https://www.rfc-editor.org/rfc/rfc1951)) in fixed memory. It knows nothing
//! of WebSocket.
//!
//! ```text
//! input:  | block | block | block that is final | block of the next stream ...
//!
//!                     +---- Inflate ----+
//! compressed bytes -> | bits -> codes   | -> buffer[at..]
//!                     +-----------------+      |
//!                              ^               |  matches copy from what was written
//!                              +---------------+  and from `history` bytes before `at`
//!
//! buffer: |  older bytes  |  history  | written | room |
//!                                     ^ at
//! ```
//! The window is the caller's buffer: what is inflated lies where it is read, and is not copied
//! through a window of the decoder's.
//!
//! # Memory
//! The [`Inflate`] takes 1,412 bytes on microcontrollers, which have no tables of codes, and 3 KiB on
//! 64-bit machines, which have such and an inner loop of their own. A compressor takes what its preset says; the ratios are
//! those of two streams of JSON messages over one context (market updates, sensor reports), and
//! `tests/deflate/RESULTS.md` compares them with other codecs.
//!
//! | preset | window | bytes on 32 bits | on 64 bits | market | sensors |
//! |---|---|---|---|---|---|
//! | [`Least`] | 9 bits | 780 | 800 | 1.97 | 4.77 |
//! | [`Tiny`] | 9 bits | 3,040 | 3,072 | 2.21 | 4.13 |
//! | [`Small`] | 10 bits | 5,744 | 5,776 | 3.07 | 5.24 |
//! | [`Balanced`] | 11 bits | 11,888 | 11,920 | 3.51 | 5.62 |
//! | [`HostSmall`] | 15 bits | 130,416 | 130,448 | 3.66 | 6.21 |
//! | [`Host`] | 15 bits | 120,768 | 120,800 | 2.79 | 4.62 |
//!
//! [`Least`] also takes the least flash, 1.6 KB on a Cortex-M0 where the others take 5.8 KB: it writes
//! fixed codes only, which cost short messages least. It has no tables to search with, so that long
//! messages take more time than with [`Tiny`], and short ones less.
//!
//! # Why not miniz_oxide
//! Its inflate takes 10.5 KB besides the window and 7.1 KB of flash, and is slower; its compressor
//! needs an allocator and about 280 KB. So it is what the tests compare with, as zlib is.

mod bits;
mod block;
mod code_lengths;
mod compress;
mod compressor;
mod direct;
mod draft;
mod emit;
mod error;
mod fast;
mod header;
mod history;
mod huffman;
mod inflate;
mod inflate_fast;
mod matcher;
mod output;
mod parse;
mod presets;
mod run_lengths;
mod strategy;
mod symbols;
mod tokens;
mod whole_codes;
mod writer;

pub use compress::Compress;
pub(crate) use compressor::Steps;
pub use compressor::{Compressed, Compressor, Mark};
pub use direct::Direct;
pub use error::InflateError;
pub use fast::Fast;
#[cfg(feature = "trace")]
pub(crate) use inflate::trace as inflate_trace;
pub use inflate::{Inflate, InflateStatus, Inflated};
pub use presets::{Balanced, Host, HostSmall, Least, Small, Tiny};
pub use strategy::{Strategy, Thorough};
pub(crate) use writer::Output;

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

/// Copies as many bytes as there is room for, and says how many.
#[inline(always)]
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let len = from.len().min(to.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    len
}
