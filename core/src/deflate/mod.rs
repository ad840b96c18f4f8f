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
mod error;
mod fast;
mod header;
mod huffman;
mod inflate;
mod output;

pub use error::InflateError;
pub use inflate::{Inflate, InflateStatus, Inflated};
