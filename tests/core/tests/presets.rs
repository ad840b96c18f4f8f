//! What the presets of the compressor take: the table in the documentation of
//! `socklet_core::deflate`.

use socklet_core::deflate::{Balanced, Compressor, Host, HostSmall, Inflate, Least, Small, Tiny};

/// The largest window in bits; whether the compressor takes so many bytes, on 64 bits to the byte.
/// On 32 bits it depends on how words of 64 bits are aligned.
fn takes<C: Compressor>(window_bits: u8, on_32: usize, on_64: usize) -> bool {
    let len = size_of::<C>();
    let is_right = if usize::BITS == 64 { len == on_64 } else { len <= on_32 && len + 16 >= on_32 };
    C::MAX_WINDOW_BITS == window_bits && is_right
}

#[test]
fn presets_take_what_the_documentation_says() {
    assert!(takes::<Least>(9, 780, 800));
    assert!(takes::<Tiny>(9, 3_040, 3_072));
    assert!(takes::<Small>(10, 5_744, 5_776));
    assert!(takes::<Balanced>(11, 11_888, 11_920));
    assert!(takes::<HostSmall>(15, 130_416, 130_448));
    assert!(takes::<Host>(15, 120_768, 120_800));
    assert!(size_of::<Inflate>() <= if usize::BITS == 64 { 3 << 10 } else { 1_432 });
}
