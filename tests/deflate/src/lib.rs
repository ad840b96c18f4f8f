//! What the tests of the codec share: other people's codecs to compare with, inputs, and streams
//! made by hand. Everything is deterministic; a failure repeats.
//!
//! | module | what |
//! |---|---|
//! | [`zlib`] | zlib, raw, with any level, strategy and window |
//! | [`miniz`] | miniz_oxide |
//! | [`inputs`] | texts, JSON, noise, runs, mixtures; random messages of all kinds |
//! | [`writer`] | streams bit by bit, as no compressor makes them |
//! | [`inflating`] | runs the decoder in one go and in pieces |
//! | [`presets`] | every preset of the compressor behind one object |
//! | [`oracles`], [`strict`] | decoders that all have to agree on what was compressed |
//! | [`encoders`] | compressors of other makes, to measure against |
//! | [`corpus`] | streams of messages, to measure with |
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub mod corpus;
pub mod encoders;
pub mod inflating;
pub mod inputs;
pub mod miniz;
pub mod oracles;
pub mod presets;
pub mod strict;
pub mod writer;
pub mod zlib;
