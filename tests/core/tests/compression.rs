//! permessage-deflate (RFC 7692) in open connections: what is received, what is sent, what was
//! agreed on, and in how much memory.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

#[path = "compression/bombs.rs"]
mod bombs;
#[path = "compression/inbound.rs"]
mod inbound;
#[path = "compression/negotiated.rs"]
mod negotiated;
#[path = "compression/outbound.rs"]
mod outbound;
#[path = "compression/small_buffers.rs"]
mod small_buffers;
#[path = "compression/support.rs"]
mod support;
