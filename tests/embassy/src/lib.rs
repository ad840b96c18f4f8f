//! What the tests of socklet-embassy share: a device and a host, each with the real embassy-net,
//! joined by a link that can misbehave, in virtual time. Everything is deterministic.
//!
//! | module | what |
//! |---|---|
//! | [`clock`] | the time of embassy-time, one for each thread |
//! | [`executor`] | one thread that polls, and lets time pass when nobody can go on |
//! | [`join`] | two futures at once |
//! | [`link`] | an Ethernet cable that drops, delays, reorders, duplicates, and can be cut |
//! | [`network`] | a device and a host on its ends |
//! | [`name_server`] | answers for the names that tests look up |
//! | [`tls`] | a TLS server by rustls over any stream |
//! | [`certificates`] | authorities and what they sign |
//! | [`host`] | WebSocket servers on the host |
//! | [`device`] | memory and settings of the device |
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub mod certificates;
pub mod clock;
pub mod device;
pub mod executor;
pub mod host;
pub mod join;
pub mod link;
pub mod name_server;
pub mod network;
pub mod tls;
