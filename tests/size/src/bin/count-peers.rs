//! What messages take in instructions, of ours and of peers, over the same next layer: it copies
//! what is read, and drops what is written.
#![no_std]
#![no_main]

use core::convert::Infallible;

use embedded_websocket::framer::{Framer, ReadResult};
use embedded_websocket::{
    WebSocketClient, WebSocketSendMessageType, WebSocketServer, WebSocketState,
};
use socklet_core::Message;
use socklet_core::io::nonblocking::WebSocket;
use socklet_size::{Buffer, Constant, Generator, Plain, Played, block_on, count};

/// Bytes of a message and of how many fragments it is made, with the name of that.
type Shape = (usize, usize, &'static str);

const WHOLE: [Shape; 6] = [
    (16, 1, "16 B"),
    (64, 1, "64 B"),
    (125, 1, "125 B"),
    (512, 1, "512 B"),
    (1024, 1, "1 KiB"),
    (4096, 1, "4 KiB"),
];

const FRAGMENTED: [Shape; 6] = [
    (4096, 2, "4 KiB in 2 fragments"),
    (4096, 4, "4 KiB in 4 fragments"),
    (4096, 8, "4 KiB in 8 fragments"),
    (4096, 16, "4 KiB in 16 fragments"),
    (4096, 32, "4 KiB in 32 fragments"),
    (4096, 64, "4 KiB in 64 fragments"),
];

const BUFFER_LEN: usize = 5120;

static READ: Buffer<BUFFER_LEN> = Buffer::new();
static WRITE: Buffer<BUFFER_LEN> = Buffer::new();
static MESSAGE: Buffer<BUFFER_LEN> = Buffer::new();
static FRAMES: Buffer<BUFFER_LEN> = Buffer::new();
static TEXT: [u8; 4096] = [b'a'; 4096];

/// Buffers of a connection: to read, to write, and one that some peers need for the message.
type Buffers<'a> = [&'a mut [u8]; 3];

#[unsafe(no_mangle)]
fn app() -> bool {
    run().is_some()
}

fn run() -> Option<()> {
    // SAFETY: this runs once.
    let (read, write, message) = unsafe { (READ.take(), WRITE.take(), MESSAGE.take()) };
    // SAFETY: this runs once.
    let frames = unsafe { FRAMES.take() };
    let mut buffers: Buffers<'_> = [&mut read[..], &mut write[..], &mut message[..]];
    count("nothing", "", || ());
    for shape in WHOLE.iter().chain(&FRAGMENTED) {
        let bytes = put_message(frames, shape)?;
        socklet_receives(bytes, &mut buffers, shape)?;
        websocketz_receives(bytes, &mut buffers, shape)?;
        embedded_websocket_receives(bytes, &mut buffers, shape)?;
    }
    for shape in &WHOLE {
        let payload = TEXT.get(..shape.0)?;
        socklet_sends(payload, &mut buffers, shape.2)?;
        websocketz_sends(payload, &mut buffers, shape.2)?;
        embedded_websocket_sends(payload, &mut buffers, shape.2)?;
    }
    Some(())
}

fn socklet_receives(
    bytes: &[u8],
    [read, write, _]: &mut Buffers<'_>,
    &(len, _, name): &Shape,
) -> Option<()> {
    let mut ws = WebSocket::server(Played(bytes), &mut read[..], &mut write[..]);
    ws.assume_open::<Infallible>().ok()?;
    count("socklet: receive ", name, || match block_on(ws.recv()) {
        Ok(Some(Message::Binary(payload))) => payload.len() == len,
        _ => false,
    })
    .then_some(())
}

fn websocketz_receives(
    bytes: &[u8],
    [read, write, message]: &mut Buffers<'_>,
    &(len, _, name): &Shape,
) -> Option<()> {
    let mut ws = websocketz::WebSocket::server(Played(bytes), Constant, read, write, message);
    count("websocketz: receive ", name, || {
        block_on(async {
            match websocketz::next!(ws) {
                Some(Ok(websocketz::Message::Binary(payload))) => payload.len() == len,
                _ => false,
            }
        })
    })
    .then_some(())
}

fn embedded_websocket_receives(
    bytes: &[u8],
    [read, write, message]: &mut Buffers<'_>,
    &(len, _, name): &Shape,
) -> Option<()> {
    let mut ws = WebSocketServer::new_server();
    ws.state = WebSocketState::Open;
    let mut cursor = 0;
    let mut framer = Framer::new(read, &mut cursor, write, &mut ws);
    let mut stream = Plain(Played(bytes));
    count("embedded-websocket: receive ", name, || match framer.read(&mut stream, message) {
        Ok(ReadResult::Binary(payload)) => payload.len() == len,
        _ => false,
    })
    .then_some(())
}

fn socklet_sends(payload: &[u8], [read, write, _]: &mut Buffers<'_>, name: &str) -> Option<()> {
    let mut ws = WebSocket::client(Played(&[]), Constant, &mut read[..], &mut write[..]);
    ws.assume_open::<Infallible>().ok()?;
    count("socklet: send ", name, || block_on(ws.send(payload)).is_ok()).then_some(())
}

fn websocketz_sends(
    payload: &[u8],
    [read, write, message]: &mut Buffers<'_>,
    name: &str,
) -> Option<()> {
    let mut ws = websocketz::WebSocket::client(Played(&[]), Constant, read, write, message);
    count("websocketz: send ", name, || {
        block_on(ws.send(websocketz::Message::Binary(payload))).is_ok()
    })
    .then_some(())
}

fn embedded_websocket_sends(
    payload: &[u8],
    [read, write, _]: &mut Buffers<'_>,
    name: &str,
) -> Option<()> {
    let mut ws = WebSocketClient::new_client(Generator);
    ws.state = WebSocketState::Open;
    let mut cursor = 0;
    let mut framer = Framer::new(read, &mut cursor, write, &mut ws);
    let mut stream = Plain(Played(&[]));
    count("embedded-websocket: send ", name, || {
        framer.write(&mut stream, WebSocketSendMessageType::Binary, true, payload).is_ok()
    })
    .then_some(())
}

/// Writes a message as so many fragments of a client's. The key consists of zeros, which costs the
/// same as any.
fn put_message<'a>(
    frames: &'a mut [u8; BUFFER_LEN],
    &(len, fragments, _): &Shape,
) -> Option<&'a [u8]> {
    let fragment_len = len.checked_div(fragments)?;
    let mut at = 0_usize;
    for fragment in 0..fragments {
        let opcode = if fragment == 0 { 0x02 } else { 0x00 };
        let fin = if fragment.checked_add(1)? == fragments { 0x80 } else { 0 };
        let [.., high, low] = fragment_len.to_be_bytes();
        let long = [opcode | fin, 0x80 | 126, high, low, 0, 0, 0, 0];
        let short = [opcode | fin, 0x80 | low, 0, 0, 0, 0];
        let header = if fragment_len < 126 { &short[..] } else { &long[..] };
        for part in [header, TEXT.get(..fragment_len)?] {
            let end = at.checked_add(part.len())?;
            frames.get_mut(at..end)?.copy_from_slice(part);
            at = end;
        }
    }
    frames.get(..at)
}
