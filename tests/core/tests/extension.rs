//! The parameters of permessage-deflate, offered and answered (RFC 7692 section 7.1).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

#[path = "extension/client.rs"]
mod client;
#[path = "extension/grammar.rs"]
mod grammar;
#[path = "extension/random.rs"]
mod random;
#[path = "extension/server.rs"]
mod server;
#[path = "extension/support.rs"]
mod support;
