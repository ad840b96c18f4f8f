//! RFC 6455 framing as pure functions over bytes: no state, no I/O, no allocation.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-------+-+-------------+-------------------------------+
//! |F|R|R|R| opcode|M| payload len |  extended payload length      |
//! |I|S|S|S|  (4)  |A|     (7)     |  (16 if len = 126,            |
//! |N|V|V|V|       |S|             |   64 if len = 127)            |
//! | |1|2|3|       |K|             |                               |
//! +-+-+-+-+-------+-+-------------+-------------------------------+
//! | masking key (32, if MASK)     | payload, masked if MASK       |
//! +-------------------------------+-------------------------------+
//! ```

pub mod close;
pub mod header;
pub mod mask;
pub mod utf8;

/// Longest frame header in bytes: two, a 64-bit length, a masking key.
pub const MAX_HEADER_LEN: usize = 14;

/// Longest payload of a control frame in bytes (RFC 6455 section 5.5).
pub const MAX_CONTROL_LEN: usize = 125;

/// Longest control frame in bytes: two of header, a masking key, [`MAX_CONTROL_LEN`] of payload.
pub const MAX_CONTROL_FRAME_LEN: usize = 6 + MAX_CONTROL_LEN;

/// Bytes of a masking key.
pub(crate) const KEY_LEN: usize = 4;

/// Longest payload whose length is in the second byte of the header.
pub(crate) const MAX_SHORT_LEN: usize = 125;
