//! A client over `embedded-io`: opens, sends a text, receives one, closes.
#![no_std]
#![no_main]

use socklet_core::Message;
use socklet_core::handshake::client::Request;
use socklet_core::io::blocking::WebSocket;
use socklet_core::wire::close::CloseCode;
use socklet_size::{Buffer, CLIENT, Constant, Stub, consume, report_state};

static RECEIVE: Buffer<512> = Buffer::new();
static STAGING: Buffer<512> = Buffer::new();

#[unsafe(no_mangle)]
fn app() -> bool {
    talk().is_some()
}

fn talk() -> Option<()> {
    // SAFETY: this runs once.
    let (receive, staging) = unsafe { (RECEIVE.take(), STAGING.take()) };
    let stub = Stub::play(CLIENT);
    let mut ws = WebSocket::client(stub, Constant, &mut receive[..], &mut staging[..]);
    report_state(size_of_val(&ws));
    ws.handshake(&Request::new("example.com", "/chat")).ok()?;
    ws.send("hello").ok()?;
    match ws.recv().ok()?? {
        Message::Text(text) if text.len() == 5 => consume(text.as_bytes()),
        _ => return None,
    }
    ws.close(CloseCode::NORMAL, "").ok()?;
    Some(())
}
