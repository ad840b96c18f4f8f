//! The dialogue of `client-async` with `websocketz`.
#![no_std]
#![no_main]

use socklet_size::{Buffer, CLIENT, Constant, Stub, block_on, consume, report_state};
use websocketz::http::Header;
use websocketz::options::ConnectOptions;
use websocketz::{CloseCode, CloseFrame, Message, WebSocket, next};

static READ: Buffer<512> = Buffer::new();
static WRITE: Buffer<512> = Buffer::new();
static FRAGMENTS: Buffer<512> = Buffer::new();

#[unsafe(no_mangle)]
fn app() -> bool {
    block_on(talk()).is_some()
}

async fn talk() -> Option<()> {
    // SAFETY: this runs once.
    let (read, write, fragments) = unsafe { (READ.take(), WRITE.take(), FRAGMENTS.take()) };
    let stub = Stub::play(CLIENT);
    let headers = [Header { name: "Host", value: b"example.com" }];
    let options = ConnectOptions::default().with_path("/chat").ok()?.with_headers(&headers);
    let connect = WebSocket::connect::<16>(options, stub, Constant, read, write, fragments);
    let mut ws = connect.await.ok()?;
    report_state(size_of_val(&ws));
    ws.send(Message::Text("hello")).await.ok()?;
    match next!(ws) {
        Some(Ok(Message::Text(text))) if text.len() == 5 => consume(text.as_bytes()),
        _ => return None,
    }
    ws.send(Message::Close(Some(CloseFrame::no_reason(CloseCode::Normal)))).await.ok()?;
    match next!(ws) {
        Some(Ok(Message::Close(_))) | None => Some(()),
        _ => None,
    }
}
