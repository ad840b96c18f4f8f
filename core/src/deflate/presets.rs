//! Sizes that fit well together.

use super::{Compress, Direct, Fast};

/// Windows of up to 9 bits, in 800 bytes and the least flash: fixed codes only. Compresses short
/// messages better than [`Tiny`] does, long ones worse and more slowly.
pub type Least = Direct<752>;

/// Windows of up to 9 bits, in 3 KiB, with all codes: for a controller that has little to spare.
pub type Tiny = Compress<752, 128, 128, 128>;

/// Windows of up to 10 bits, in 6 KiB.
pub type Small = Compress<1536, 512, 512, 256>;

/// Windows of up to 11 bits, in 12 KiB: for a controller with memory to spare. Compresses better
/// than zlib does at its highest level with the same window.
pub type Balanced = Compress<2816, 1024, 2048, 512>;

/// Windows of up to 15 bits, in 128 KiB: the best ratio, for hosts that send little and want it
/// small.
pub type HostSmall = Compress<40960, 8192, 32768, 2048>;

/// Windows of up to 15 bits, in 118 KiB: the speed of zlib-rs at its lowest level, with a better
/// ratio.
pub type Host = Compress<65536, 4096, 0, 8192, Fast>;
