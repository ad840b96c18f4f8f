//! Compares how fast messages and a text are inflated by the core, by miniz_oxide and by zlib.
//!
//! `inflate-speed MESSAGES TEXT`: MESSAGES has each message behind its length, a little-endian
//! u32; TEXT is any large file. Messages are compressed by zlib over one history and inflated one
//! at a time; what counts is what comes out.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that fails is of no use"
)]

use std::time::{Duration, Instant};

use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use socklet_core::deflate::Inflate;
use socklet_deflate_tests::zlib::{Compressor, Decompressor, Flush, Strategy};

/// The best of so many runs.
const RUNS: u32 = 15;

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(messages), Some(text)) = (args.next(), args.next()) else {
        eprintln!("usage: inflate-speed MESSAGES TEXT");
        std::process::exit(2);
    };
    let messages = messages_of(&std::fs::read(messages).unwrap());
    let text = std::fs::read(text).unwrap();
    println!("{:24} {:>8} {:>8} {:>8}  MB/s out", "", "core", "miniz", "zlib");
    for window_bits in [11, 15] {
        let mut zlib = Compressor::new(6, window_bits, Strategy::Default);
        let streams: Vec<Vec<u8>> =
            messages.iter().map(|message| zlib.compress(message, Flush::Sync)).collect();
        report(&format!("messages, {window_bits} bits"), &streams, &messages.concat());
    }
    for level in [1, 6, 9] {
        let stream = Compressor::new(level, 15, Strategy::Default).compress(&text, Flush::Finish);
        report(&format!("text, level {level}"), &[stream], &text);
    }
}

fn messages_of(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let (message, rest) = rest.split_at(u32::from_le_bytes(*len) as usize);
        messages.push(message.to_vec());
        bytes = rest;
    }
    messages
}

/// Takes turns, so that all have the same weather.
fn report(name: &str, streams: &[Vec<u8>], expected: &[u8]) {
    let mut out = vec![0; expected.len() + 1024];
    let mut best = [Duration::MAX; 3];
    for _ in 0..RUNS {
        for (best, inflate) in best.iter_mut().zip([core, miniz, zlib]) {
            out.fill(0);
            let start = Instant::now();
            let written = inflate(streams, &mut out);
            *best = (*best).min(start.elapsed());
            assert!(out[..written] == *expected, "{name}");
        }
    }
    let [core, miniz, zlib] = best.map(|time| expected.len() as f64 / time.as_secs_f64() / 1e6);
    println!(
        "{name:24} {core:8.1} {miniz:8.1} {zlib:8.1}  {:.2} of miniz, {:.2} of zlib",
        core / miniz,
        core / zlib
    );
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
