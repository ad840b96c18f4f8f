//! What the benchmarks share: a transport in memory that all peers can be given, and servers that
//! echo over sockets with what loads them.

pub mod echo;
pub mod peers;
pub mod wire;
pub mod work;
