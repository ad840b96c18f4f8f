//! The halves of a split stream, which receive and send at the same time.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

#[path = "halves/chunked_ends.rs"]
mod chunked_ends;
#[path = "halves/closing.rs"]
mod closing;
#[path = "halves/compression.rs"]
mod compression;
#[path = "halves/deadlines.rs"]
mod deadlines;
#[path = "halves/dropping.rs"]
mod dropping;
#[path = "halves/duplex.rs"]
mod duplex;
#[path = "halves/faults.rs"]
mod faults;
#[path = "halves/handover.rs"]
mod handover;
#[path = "halves/interleaving.rs"]
mod interleaving;
#[path = "halves/playing.rs"]
mod playing;
#[path = "halves/random.rs"]
mod random;
#[path = "halves/reunite.rs"]
mod reunite;
#[path = "halves/slow_peers.rs"]
mod slow_peers;
#[path = "halves/staging.rs"]
mod staging;
#[path = "halves/support.rs"]
mod support;
#[path = "halves/taker.rs"]
mod taker;
#[path = "halves/wakeups.rs"]
mod wakeups;
