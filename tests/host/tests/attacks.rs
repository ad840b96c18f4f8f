//! Attacks on `socklet serve`, on both kinds of it: what it answers, what it costs, and that others
//! are served after it. Run with `--nocapture` it prints the figures.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests panic when something is wrong"
)]

#[path = "attacks/bombs.rs"]
mod bombs;
#[path = "attacks/floods.rs"]
mod floods;
#[path = "attacks/injection.rs"]
mod injection;
#[path = "attacks/keys.rs"]
mod keys;
#[path = "attacks/lengths.rs"]
mod lengths;
#[path = "command/processes.rs"]
mod processes;
#[path = "attacks/protocols.rs"]
mod protocols;
#[path = "command/raw.rs"]
mod raw;
#[path = "attacks/slow.rs"]
mod slow;
mod support;

use processes::{Server, connect};

/// Others are served, whatever was before.
fn serves(server: &Server) {
    let ended = connect(&[&server.url()], b"still here\n");
    assert_eq!((ended.code, ended.text()), (Some(0), "still here\n"), "{}", ended.stderr);
}

/// How much the memory of a server has grown at most, in KiB, since `before_kib`.
fn growth_kib(server: &Server, before_kib: usize) -> usize {
    server.peak_memory_kib().saturating_sub(before_kib)
}
