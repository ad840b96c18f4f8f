//! Sizes that fit well together.

use super::{Compress, Fast};

/// For a few kilobytes.
pub type Tiny = Compress<752, 128, 128, 128>;
/// Between `Tiny` and `Balanced`.
pub type Small = Compress<1536, 512, 512, 256>;
/// For a controller with memory to spare.
pub type Balanced = Compress<2816, 1024, 2048, 512>;
/// For hosts with many connections.
pub type HostSmall = Compress<40960, 8192, 32768, 2048>;
/// For hosts.
pub type Host = Compress<65536, 4096, 0, 8192, Fast>;
