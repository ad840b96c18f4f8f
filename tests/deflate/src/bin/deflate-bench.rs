//! Compares the codec of the core with others at equal windows: ratio, memory and speed, as two
//! tables.
//!
//! `deflate-bench ORDERBOOK TELEMETRY`: two streams of `corpus.py`, whose messages are compressed
//! one after the other over one context. All take turns in one process; a speed is given relative
//! to one of them, for machines differ and are noisy.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that fails is of no use"
)]

use std::time::{Duration, Instant};

use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use socklet_core::deflate::{
    Balanced, Compressor as _, Host, HostSmall, Inflate, Least, Small, Tiny,
};
use socklet_deflate_tests::{
    corpus::messages,
    encoders::{CZlib, Encoder, Miniz, Ours, ZlibRs},
    zlib::{Compressor, Decompressor, Flush, Strategy},
};

/// The best of so many runs.
const RUNS: u32 = 15;

type Messages = Vec<Vec<u8>>;

/// A compressor: its name, its window in bits, its memory in bytes if it is known, how it is made.
struct Row {
    name: &'static str,
    window_bits: u8,
    memory: Option<usize>,
    make: fn() -> Box<dyn Encoder>,
}

macro_rules! ours {
    ($preset:ident) => {
        Row {
            name: concat!("**", stringify!($preset), "**"),
            window_bits: $preset::MAX_WINDOW_BITS,
            memory: Some(size_of::<$preset>()),
            make: || Box::new(Ours(Box::<$preset>::default())),
        }
    };
}

macro_rules! theirs {
    ($name:literal, $bits:literal, $memory:expr, $make:expr) => {
        Row { name: $name, window_bits: $bits, memory: $memory, make: || Box::new($make) }
    };
}

/// What zlib allocates (zconf.h), with its default memLevel of 8.
const fn zlib_memory(window_bits: u32) -> Option<usize> {
    Some((1 << (window_bits + 2)) + (1 << 17))
}

/// The first is what the speed of the others is given in.
fn rows() -> Vec<Row> {
    vec![
        theirs!("zlib-rs level 1", 15, None, ZlibRs::new(1, 15)),
        ours!(Least),
        ours!(Tiny),
        theirs!("zlib level 6", 9, zlib_memory(9), CZlib::new(6, 9)),
        theirs!("zlib level 9", 9, zlib_memory(9), CZlib::new(9, 9)),
        ours!(Small),
        theirs!("zlib level 9", 10, zlib_memory(10), CZlib::new(9, 10)),
        ours!(Balanced),
        theirs!("zlib level 6", 11, zlib_memory(11), CZlib::new(6, 11)),
        theirs!("zlib level 9", 11, zlib_memory(11), CZlib::new(9, 11)),
        theirs!("zlib-rs level 6", 11, None, ZlibRs::new(6, 11)),
        ours!(HostSmall),
        ours!(Host),
        theirs!("zlib level 1", 15, zlib_memory(15), CZlib::new(1, 15)),
        theirs!("zlib level 6", 15, zlib_memory(15), CZlib::new(6, 15)),
        theirs!("zlib level 9", 15, zlib_memory(15), CZlib::new(9, 15)),
        theirs!("zlib-rs level 6", 15, None, ZlibRs::new(6, 15)),
        theirs!("miniz_oxide level 1", 15, None, Miniz::new(1)),
        theirs!("miniz_oxide level 6", 15, None, Miniz::new(6)),
    ]
}

fn main() {
    let paths: Vec<_> = std::env::args().skip(1).collect();
    let [orderbook, telemetry] = paths.as_slice() else {
        eprintln!("usage: deflate-bench ORDERBOOK TELEMETRY");
        std::process::exit(2);
    };
    let streams = [orderbook, telemetry].map(|path| messages(&std::fs::read(path).unwrap()));
    compressing(&streams);
    inflating(&streams);
}

fn compressing(streams: &[Messages; 2]) {
    let rows = rows();
    let [orderbook, telemetry] = streams.each_ref().map(|stream| compress_all(&rows, stream));
    println!(
        "| compressor | window | memory | orderbook | telemetry | speed, orderbook | telemetry |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (at, row) in rows.iter().enumerate() {
        let memory = row.memory.map_or_else(|| "?".to_owned(), |bytes| format!("{bytes} B"));
        println!(
            "| {} | {} bits | {memory} | {:.3} | {:.3} | {:.2} | {:.2} |",
            row.name,
            row.window_bits,
            orderbook[at].0,
            telemetry[at].0,
            orderbook[0].1.as_secs_f64() / orderbook[at].1.as_secs_f64(),
            telemetry[0].1.as_secs_f64() / telemetry[at].1.as_secs_f64(),
        );
    }
    println!();
}

/// The ratio of each, and its best time.
fn compress_all(rows: &[Row], messages: &Messages) -> Vec<(f64, Duration)> {
    let total: usize = messages.iter().map(Vec::len).sum();
    let mut results = vec![(0.0, Duration::MAX); rows.len()];
    let mut out = vec![0; 1 << 16];
    for _ in 0..RUNS / 3 {
        for (row, (ratio, best)) in rows.iter().zip(&mut results) {
            let mut encoder = (row.make)();
            let start = Instant::now();
            let compressed: usize =
                messages.iter().map(|message| encoder.message(message, &mut out)).sum();
            *best = (*best).min(start.elapsed());
            *ratio = total as f64 / compressed as f64;
        }
    }
    results
}

fn inflating(streams: &[Messages; 2]) {
    println!("| inflating | core | miniz_oxide | zlib |");
    println!("|---|---|---|---|");
    for (name, stream) in ["orderbook", "telemetry"].into_iter().zip(streams) {
        for window_bits in [11, 15] {
            let mut zlib = Compressor::new(6, window_bits, Strategy::Default);
            let compressed: Messages =
                stream.iter().map(|message| zlib.compress(message, Flush::Sync)).collect();
            let [core, miniz, zlib] = inflate_all(&compressed, &stream.concat());
            let speed = |time: Duration| miniz.as_secs_f64() / time.as_secs_f64();
            println!(
                "| {name}, {window_bits} bits | {:.2} | 1.00 | {:.2} |",
                speed(core),
                speed(zlib)
            );
        }
    }
    println!(
        "| memory besides the window | {} B | {} B | ? |",
        size_of::<Inflate>(),
        size_of::<DecompressorOxide>()
    );
}

fn inflate_all(streams: &[Vec<u8>], expected: &[u8]) -> [Duration; 3] {
    let mut out = vec![0; expected.len() + 1024];
    let mut best = [Duration::MAX; 3];
    for _ in 0..RUNS {
        for (best, inflate) in best.iter_mut().zip([core, miniz, zlib]) {
            out.fill(0);
            let start = Instant::now();
            let written = inflate(streams, &mut out);
            *best = (*best).min(start.elapsed());
            assert!(out[..written] == *expected);
        }
    }
    best
}

fn core(streams: &[Vec<u8>], out: &mut [u8]) -> usize {
    let mut inflate = Inflate::new();
    let mut at = 0;
    for stream in streams {
        at += inflate.inflate(stream, out, at, at, 32768).unwrap().written;
    }
    at
}

fn miniz(streams: &[Vec<u8>], out: &mut [u8]) -> usize {
    let mut inflate = DecompressorOxide::new();
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF
        | inflate_flags::TINFL_FLAG_HAS_MORE_INPUT;
    let mut at = 0;
    for stream in streams {
        at += decompress(&mut inflate, stream, out, at, flags).2;
    }
    at
}

fn zlib(streams: &[Vec<u8>], out: &mut [u8]) -> usize {
    let mut inflate = Decompressor::new(15);
    let mut at = 0;
    for stream in streams {
        at += inflate.inflate(stream, &mut out[at..]).written;
    }
    at
}
