//! A client over `embedded-io-async`: opens, sends a text, receives one, closes.
#![no_std]
#![no_main]

use socklet_core::Message;
use socklet_core::handshake::client::Request;
use socklet_core::io::nonblocking::WebSocket;
use socklet_core::wire::close::CloseCode;
use socklet_size::{Buffer, CLIENT, Constant, Stub, block_on, consume, report_state};

const REQUEST: Request<'_> = Request::new("example.com", "/chat");

static RECEIVE: Buffer<512> = Buffer::new();
static STAGING: Buffer<512> = Buffer::new();

#[unsafe(no_mangle)]
fn app() -> bool {
    block_on(talk()).is_some()
}

async fn talk() -> Option<()> {
    // SAFETY: this runs once.
    let (receive, staging) = unsafe { (RECEIVE.take(), STAGING.take()) };
    let stub = Stub::play(CLIENT);
    let mut ws = WebSocket::client(stub, Constant, &mut receive[..], &mut staging[..]);
    report_state(size_of_val(&ws));
    ws.handshake(&REQUEST).await.ok()?;
    ws.send("hello").await.ok()?;
    match ws.recv().await.ok()?? {
        Message::Text(text) if text.len() == 5 => consume(text.as_bytes()),
        _ => return None,
    }
    ws.close(CloseCode::NORMAL, "").await.ok()?;
    Some(())
}
