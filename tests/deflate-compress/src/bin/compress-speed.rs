//! Compares compressors: ratio and speed over the messages of a file, each a length in four
//! bytes, lowest first, and so many bytes.
//!
//! usage: compress-speed FILE
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here must be seen"
)]

use std::time::{Duration, Instant};

use flate2::{Decompress, FlushDecompress};
use socklet_core::deflate::{Balanced, Compressor, Host, HostSmall, Small, Tiny};
use socklet_deflate_compress_tests::{CZlib, Encoder, Miniz, Ours, ZlibRs};

fn main() {
    let path = std::env::args().nth(1).expect("usage: compress-speed FILE");
    let bytes = std::fs::read(path).unwrap();
    let mut messages = Vec::new();
    let mut rest = &bytes[..];
    while let Some((len, tail)) = rest.split_first_chunk::<4>() {
        let (message, tail) = tail.split_at(u32::from_le_bytes(*len) as usize);
        messages.push(message);
        rest = tail;
    }
    println!("{:<22} {:>8} {:>7} {:>9}", "", "bytes", "ratio", "MB/s");
    ours::<Tiny>("Tiny", &messages);
    ours::<Small>("Small", &messages);
    ours::<Balanced>("Balanced", &messages);
    ours::<HostSmall>("HostSmall", &messages);
    ours::<Host>("Host", &messages);
    for (level, bits) in
        [(1, 9), (6, 9), (6, 10), (1, 11), (6, 11), (9, 11), (1, 15), (6, 15), (9, 15)]
    {
        let name = format!("C zlib {level}, {bits} bits");
        report(&name, 0, &messages, || Box::new(CZlib::new(level, bits)));
    }
    for (level, bits) in [(1, 11), (6, 11), (1, 15), (6, 15)] {
        let name = format!("zlib-rs {level}, {bits} bits");
        report(&name, 0, &messages, || Box::new(ZlibRs::new(level, bits)));
    }
    for level in [1, 6] {
        report(&format!("miniz_oxide {level}"), 0, &messages, || Box::new(Miniz::new(level)));
    }
}

fn ours<C: Compressor + Default + 'static>(name: &str, messages: &[&[u8]]) {
    let name = format!("{name}, {} bits", C::MAX_WINDOW_BITS);
    report(&name, size_of::<C>(), messages, || Box::new(Ours(Box::<C>::default())));
}

/// Best of some rounds.
fn report(name: &str, size: usize, messages: &[&[u8]], make: impl Fn() -> Box<dyn Encoder>) {
    let total: usize = messages.iter().map(|message| message.len()).sum();
    let mut out = vec![0; 1 << 20];
    let mut best = Duration::MAX;
    let mut compressed = 0;
    for _ in 0..5 {
        let mut encoder = make();
        let start = Instant::now();
        compressed = messages.iter().map(|message| encoder.message(message, &mut out)).sum();
        best = best.min(start.elapsed());
    }
    let mut encoder = make();
    let mut inflate = Decompress::new(false);
    let mut back = vec![0; 1 << 20];
    for message in messages {
        let len = encoder.message(message, &mut out);
        out[len..len + 4].copy_from_slice(&[0, 0, 0xFF, 0xFF]);
        let before = inflate.total_out();
        inflate.decompress(&out[..len + 4], &mut back, FlushDecompress::Sync).unwrap();
        assert!(*message == &back[..(inflate.total_out() - before) as usize], "{name}");
    }
    let speed = total as f64 / best.as_secs_f64() / 1e6;
    println!("{name:<22} {size:>8} {:>7.3} {speed:>9.1}", total as f64 / compressed as f64);
}
