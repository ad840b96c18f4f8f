//! A client over `embedded-io` that compresses, with the smallest compressor of all codes.
#![no_std]
#![no_main]

use socklet_core::deflate::Tiny;
use socklet_size::{Codecs, talk_deflating};

static CODECS: Codecs<Tiny> = Codecs::new(Tiny::new());

#[unsafe(no_mangle)]
fn app() -> bool {
    talk_deflating(&CODECS).is_some()
}
