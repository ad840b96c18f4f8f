//! A client over `embedded-io` that compresses, with any compressor.

use core::cell::UnsafeCell;

use socklet_core::deflate::{Compressor, Inflate};
use socklet_core::handshake::client::Request;
use socklet_core::io::{NoClock, blocking::WebSocket};
use socklet_core::permessage_deflate::{Deflate, Settings};
use socklet_core::wire::close::CloseCode;
use socklet_core::{Config, Message};

use crate::{Buffer, Constant, DEFLATING_CLIENT, Stub, consume, report_state};

const REQUEST: Request<'_> = Request::new("example.com", "/chat");

static RECEIVE: Buffer<1024> = Buffer::new();
static STAGING: Buffer<512> = Buffer::new();

/// Codecs in `.bss`, as the buffers are.
pub struct Codecs<C>(UnsafeCell<(Inflate, C)>);

// SAFETY: there is one core, one thread and no interrupt.
unsafe impl<C> Sync for Codecs<C> {}

impl<C> Codecs<C> {
    /// A decoder and this compressor.
    pub const fn new(compressor: C) -> Self {
        Self(UnsafeCell::new((Inflate::new(), compressor)))
    }
}

/// Opens, sends a text, receives one, closes: once in a program.
pub fn talk_deflating<C: Compressor>(codecs: &Codecs<C>) -> Option<()> {
    // SAFETY: this runs once.
    let (receive, staging, codecs) =
        unsafe { (RECEIVE.take(), STAGING.take(), &mut *codecs.0.get()) };
    let stub = Stub::play(DEFLATING_CLIENT);
    let compression = Deflate::new(&mut codecs.0, &mut codecs.1, Settings::DEFAULT);
    let mut ws: WebSocket<_, _, _, _> = WebSocket::client_with(
        stub,
        Constant,
        &mut receive[..],
        &mut staging[..],
        Config::CLIENT,
        compression,
        NoClock,
    );
    report_state(size_of_val(&ws));
    ws.handshake(&REQUEST).ok()?;
    ws.compression()?;
    ws.send("hello, hello, hello, hello, hello").ok()?;
    match ws.recv().ok()?? {
        Message::Text(text) if text.len() == 5 => consume(text.as_bytes()),
        _ => return None,
    }
    ws.close(CloseCode::NORMAL, "").ok()?;
    Some(())
}
