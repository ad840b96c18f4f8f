//! What the tests of the codec share: other people's codecs to compare with, inputs, and streams
//! made by hand. Everything is deterministic; a failure repeats.
//!
//! | module | what |
//! |---|---|
//! | [`zlib`] | zlib, raw, with any level, strategy and window |
//! | [`miniz`] | miniz_oxide |
//! | [`inputs`] | texts, JSON, noise, runs, mixtures |
//! | [`writer`] | streams bit by bit, as no compressor makes them |
//! | [`inflating`] | runs the decoder in one go and in pieces |
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub mod inflating;
pub mod inputs;
pub mod miniz;
pub mod writer;
pub mod zlib;
