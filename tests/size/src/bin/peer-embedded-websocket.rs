//! The dialogue of `client-blocking` with `embedded-websocket`.
#![no_std]
#![no_main]

use embedded_websocket::framer::{Framer, ReadResult};
use embedded_websocket::{
    Client, WebSocketClient, WebSocketCloseStatusCode, WebSocketOptions, WebSocketSendMessageType,
};
use socklet_size::{Buffer, CLIENT, Generator, Plain, Stub, consume, report_state};

static READ: Buffer<512> = Buffer::new();
static WRITE: Buffer<512> = Buffer::new();
static MESSAGE: Buffer<512> = Buffer::new();

#[unsafe(no_mangle)]
fn app() -> bool {
    talk().is_some()
}

fn talk() -> Option<()> {
    // SAFETY: this runs once.
    let (read, write, message) = unsafe { (READ.take(), WRITE.take(), MESSAGE.take()) };
    let mut stub = Plain(Stub::play(CLIENT));
    let mut ws = WebSocketClient::new_client(Generator);
    report_state(size_of_val(&ws) + size_of::<Framer<'_, Generator, Client>>());
    let options = WebSocketOptions {
        path: "/chat",
        host: "example.com",
        origin: "http://example.com",
        sub_protocols: None,
        additional_headers: None,
    };
    let mut cursor = 0;
    let mut framer = Framer::new(read, &mut cursor, write, &mut ws);
    framer.connect(&mut stub, &options).ok()?;
    framer.write(&mut stub, WebSocketSendMessageType::Text, true, b"hello").ok()?;
    match framer.read(&mut stub, message).ok()? {
        ReadResult::Text(text) if text.len() == 5 => consume(text.as_bytes()),
        _ => return None,
    }
    framer.close(&mut stub, WebSocketCloseStatusCode::NormalClosure, None).ok()?;
    framer.read(&mut stub, message).ok()?;
    Some(())
}
