//! The halves of a split stream, which receive and send at the same time.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

#[path = "halves/support.rs"]
mod support;
#[path = "halves/wakeups.rs"]
mod wakeups;
