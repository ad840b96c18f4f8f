//! The functions beside the streams, for `cargo xtask panic-free`: addresses, heads, keys, the
//! extension, frames, the codec. What comes of it is of no interest: only what is linked.
#![no_std]
#![no_main]

use core::cell::UnsafeCell;
use core::convert::Infallible;
use core::hint::black_box;

use socklet_core::Backoff;
use socklet_core::deflate::{Compressor, Inflate, Tiny};
use socklet_core::handshake::{accept_for, client, encode_key, head_len, server, url::Url};
use socklet_core::permessage_deflate::{NoCompression, Settings, params};
use socklet_core::wire::{header::Header, mask::Mask};
use socklet_size::{Buffer, consume};

static MEMORY: [Buffer<512>; 3] = [const { Buffer::new() }; 3];

/// Codecs in `.bss`.
struct Codecs(UnsafeCell<(Inflate, Tiny)>);

// SAFETY: there is one core, one thread and no interrupt.
unsafe impl Sync for Codecs {}

static CODECS: Codecs = Codecs(UnsafeCell::new((Inflate::new(), Tiny::new())));

#[unsafe(no_mangle)]
fn app() -> bool {
    // SAFETY: this runs once.
    let (bytes, out, window, codecs) =
        unsafe { (MEMORY[0].take(), MEMORY[1].take(), MEMORY[2].take(), &mut *CODECS.0.get()) };
    let bytes = black_box(&mut bytes[..]);
    addresses(bytes);
    handshakes(bytes, out);
    frames(bytes, out);
    codec(codecs, bytes, window, out);
    waits(bytes.len() as u32);
    true
}

fn waits(seed: u32) {
    let mut backoff = Backoff::new(seed.into()).range(black_box(seed), black_box(seed));
    backoff.was_open_ms(black_box(7));
    black_box((backoff.next_ms(), backoff.next_ms()));
}

fn addresses(bytes: &[u8]) {
    if let Ok(url) =
        core::str::from_utf8(bytes).map_err(drop).and_then(|text| Url::parse(text).map_err(drop))
    {
        consume(url.authority.as_bytes());
        consume(url.target.as_bytes());
        black_box((url.host, url.port, url.is_secure));
    }
}

fn handshakes(bytes: &[u8], out: &mut [u8]) {
    let key = encode_key(black_box(&[7; 16]));
    consume(&accept_for(&key));
    let text = core::str::from_utf8(bytes).unwrap_or_default();
    let asked = client::Request::new(text, text).subprotocols(black_box(&["a", "b"]));
    let _ = asked.encode::<Infallible>(&[7; 16], &NoCompression, out);
    let _ = client::key_of(out).map(|key| consume(key));
    let Some(head) = head_len(bytes).and_then(|len| bytes.get(..len)) else { return };
    if let Ok(request) = server::Request::parse(head) {
        request.headers().for_each(|header| consume(header.value));
        black_box((request.origin(), request.is_upgrade(), request.choose_subprotocol(&["a"])));
        match request.check() {
            Ok(key) => {
                let accept = server::Accept::new().subprotocol("a");
                let extension = &mut NoCompression;
                let _ =
                    server::encode_accept::<Infallible>(&request, &key, &accept, extension, out);
            }
            Err(error) => _ = server::encode_failure(error, out),
        }
    }
    if let Ok(response) = client::Response::parse(head) {
        response.headers().for_each(|header| consume(header.value));
        let _ = response.check(&asked, &key, &mut NoCompression);
    }
    let _ = server::Reject::new(404).body(bytes).encode::<Infallible>(out);
    let can = black_box(Settings::DEFAULT.negotiable);
    let mut answer = Discarded;
    black_box(params::accept(&can, [&*bytes].into_iter(), &mut answer).is_ok());
    black_box(params::confirm(&can, [&*bytes].into_iter()).is_ok());
}

/// Text that nobody reads.
struct Discarded;

impl core::fmt::Write for Discarded {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        consume(text.as_bytes());
        Ok(())
    }
}

fn frames(bytes: &mut [u8], out: &mut [u8]) {
    if let Ok(Some((header, len))) = Header::decode(bytes) {
        black_box((header.encode(out).is_some(), header.encoded_len()));
        if let Some(payload) = bytes.get_mut(len..) {
            Mask::new(header.masking_key.unwrap_or_default()).apply(payload);
        }
    }
}

fn codec(codecs: &mut (Inflate, Tiny), bytes: &[u8], window: &mut [u8], out: &mut [u8]) {
    let (inflate, compress) = codecs;
    inflate.reset();
    let at = black_box(9);
    let _ = black_box(inflate.inflate(bytes, window, at, at, black_box(256)).is_ok());
    compress.reset(black_box(9));
    let compressed = compress.compress(bytes, out, black_box(true));
    black_box((compressed.done, compressed.written));
}
