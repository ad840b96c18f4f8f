//! A server over `embedded-io-async`: accepts, receives a text, sends one, answers the close.
#![no_std]
#![no_main]

use socklet_core::Message;
use socklet_core::io::nonblocking::WebSocket;
use socklet_size::{Buffer, SERVER, Stub, block_on, consume, report_state};

static RECEIVE: Buffer<512> = Buffer::new();
static STAGING: Buffer<512> = Buffer::new();

#[unsafe(no_mangle)]
fn app() -> bool {
    block_on(talk()).is_some()
}

async fn talk() -> Option<()> {
    // SAFETY: this runs once.
    let (receive, staging) = unsafe { (RECEIVE.take(), STAGING.take()) };
    let stub = Stub::play(SERVER);
    let mut ws = WebSocket::server(stub, &mut receive[..], &mut staging[..]);
    report_state(size_of_val(&ws));
    ws.accept().await.ok()?;
    match ws.recv().await.ok()?? {
        Message::Text(text) if text.len() == 5 => consume(text.as_bytes()),
        _ => return None,
    }
    ws.send("hello").await.ok()?;
    ws.recv().await.ok()?.is_none().then_some(())
}
