//! A client over `embedded-io` that compresses, with the compressor of the least flash.
#![no_std]
#![no_main]

use socklet_core::deflate::Least;
use socklet_size::{Codecs, talk_deflating};

static CODECS: Codecs<Least> = Codecs::new(Least::new());

#[unsafe(no_mangle)]
fn app() -> bool {
    talk_deflating(&CODECS).is_some()
}
