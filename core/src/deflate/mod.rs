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
//! Flash on thumbv6m-none-eabi (opt-level z, fat LTO, panic abort; more than the same program
//! without): 2,542 bytes, of which 122 are `memset`. Machines of 64 bits have an inner loop more.

mod bits;
mod block;
mod code_lengths;
mod compress;
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
mod writer;

pub(crate) use compress::sealed;
pub use compress::{Compress, Compressed, Compressor, Mark};
pub use error::InflateError;
pub use fast::Fast;
pub use inflate::{Inflate, InflateStatus, Inflated};
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

/// Copies as many bytes as there is room for, and says how many.
#[inline(always)]
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let len = from.len().min(to.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    len
}
