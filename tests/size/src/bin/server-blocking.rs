//! A server over `embedded-io`: accepts, receives a text, sends one, answers the close.
#![no_std]
#![no_main]

use socklet_core::Message;
use socklet_core::io::blocking::WebSocket;
use socklet_size::{Buffer, SERVER, Stub, consume, report_state};

static RECEIVE: Buffer<512> = Buffer::new();
static STAGING: Buffer<512> = Buffer::new();

#[unsafe(no_mangle)]
fn app() -> bool {
    talk().is_some()
}

fn talk() -> Option<()> {
    // SAFETY: this runs once.
    let (receive, staging) = unsafe { (RECEIVE.take(), STAGING.take()) };
    let stub = Stub::play(SERVER);
    let mut ws = WebSocket::server(stub, &mut receive[..], &mut staging[..]);
    report_state(size_of_val(&ws));
    ws.accept().ok()?;
    match ws.recv().ok()?? {
        Message::Text(text) if text.len() == 5 => consume(text.as_bytes()),
        _ => return None,
    }
    ws.send("hello").ok()?;
    ws.recv().ok()?.is_none().then_some(())
}
