//! The opening handshake over its public functions (RFC 6455 section 4).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

#[path = "handshake/attacks.rs"]
mod attacks;
#[path = "handshake/client.rs"]
mod client;
#[path = "handshake/defects.rs"]
mod defects;
#[path = "handshake/head.rs"]
mod head;
#[path = "handshake/key.rs"]
mod key;
#[path = "handshake/mutations.rs"]
mod mutations;
#[path = "handshake/server.rs"]
mod server;
#[path = "handshake/support.rs"]
mod support;
