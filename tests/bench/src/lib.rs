//! What the benchmarks share: a transport in memory that all peers can be given.

pub mod peers;
pub mod wire;
pub mod work;
