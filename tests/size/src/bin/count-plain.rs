//! What the opening handshake, and messages without compression, take in instructions.
//!
//! What is received lies in the receive buffer already, and what is sent is given to a next layer
//! that drops it, so that neither counts; of the handshake the stub transport's copying does.
#![no_std]
#![no_main]

use core::convert::Infallible;
use core::hint::black_box;

use socklet_core::handshake::{accept_for, client::Request};
use socklet_core::io::nonblocking::WebSocket;
use socklet_core::wire::mask::Mask;
use socklet_core::{Message, Role};
use socklet_size::{Buffer, CLIENT, Constant, Kept, SERVER, Stub, block_on, count};

const REQUEST: Request<'_> = Request::new("example.com", "/chat");

/// A length of payloads: its name, and the field of a frame's header that says it.
struct Length {
    bytes: usize,
    name: &'static str,
    field: &'static [u8],
}

const LENGTHS: [Length; 4] = [
    Length { bytes: 16, name: "16 B", field: &[16] },
    Length { bytes: 125, name: "125 B", field: &[125] },
    Length { bytes: 1024, name: "1 KiB", field: &[126, 4, 0] },
    Length { bytes: 4096, name: "4 KiB", field: &[126, 16, 0] },
];

static RECEIVE: Buffer<4224> = Buffer::new();
static STAGING: Buffer<4224> = Buffer::new();
static FRAME: Buffer<4224> = Buffer::new();
static TEXT: [u8; 4096] = [b'a'; 4096];

const BINARY: u8 = 0x82;
const TEXT_FRAME: u8 = 0x81;

#[unsafe(no_mangle)]
fn app() -> bool {
    run().is_some()
}

fn run() -> Option<()> {
    // SAFETY: this runs once.
    let (receive, staging, frame) = unsafe { (RECEIVE.take(), STAGING.take(), FRAME.take()) };
    count("nothing", "", || ());

    let stub = Stub::play(CLIENT);
    let mut ws = WebSocket::client(stub, Constant, &mut receive[..], &mut staging[..]);
    count("client: opening handshake", "", || block_on(ws.handshake(&REQUEST)).is_ok())
        .then_some(())?;
    let stub = Stub::play(SERVER);
    let mut ws = WebSocket::server(stub, &mut receive[..], &mut staging[..]);
    count("server: opening handshake", "", || block_on(ws.accept()).is_ok()).then_some(())?;
    count("of which SHA-1 and base64", "", || accept_for(black_box(b"WlpaWlpaWlpaWlpaWlpaWg==")));

    for length in &LENGTHS {
        for (opcode, name) in
            [(BINARY, "server: receive binary, "), (TEXT_FRAME, "server: receive text, ")]
        {
            let next = Kept::new(&mut []);
            let mut ws = WebSocket::server(next, &mut receive[..], &mut staging[..]);
            ws.assume_open::<Infallible>().ok()?;
            ws.preload(put_frame(frame, opcode, length, true)?).ok()?;
            recv(&mut ws, name, length)?;
        }
    }
    for length in &LENGTHS {
        let next = Kept::new(&mut []);
        let mut ws = WebSocket::client(next, Constant, &mut receive[..], &mut staging[..]);
        ws.assume_open::<Infallible>().ok()?;
        ws.preload(put_frame(frame, BINARY, length, false)?).ok()?;
        recv(&mut ws, "client: receive binary, ", length)?;
        let payload = TEXT.get(..length.bytes)?;
        count("client: send binary, ", length.name, || block_on(ws.send(payload)).is_ok())
            .then_some(())?;
    }
    for length in &LENGTHS {
        let next = Kept::new(&mut []);
        let mut ws = WebSocket::server(next, &mut receive[..], &mut staging[..]);
        ws.assume_open::<Infallible>().ok()?;
        let payload = TEXT.get(..length.bytes)?;
        count("server: send binary, ", length.name, || block_on(ws.send(payload)).is_ok())
            .then_some(())?;
    }
    let bytes = black_box(receive.get_mut(..4096)?);
    count("mask alone, ", "4 KiB", || Mask::new([1, 2, 3, 4]).apply(bytes));
    Some(())
}

/// Receives the message that was put in.
fn recv<R: Role>(
    ws: &mut WebSocket<Kept<'_>, R, &mut [u8]>,
    name: &str,
    length: &Length,
) -> Option<()> {
    count(name, length.name, || match block_on(ws.recv()) {
        Ok(Some(Message::Binary(payload))) => payload.len() == length.bytes,
        Ok(Some(Message::Text(payload))) => payload.len() == length.bytes,
        _ => false,
    })
    .then_some(())
}

/// Writes a frame of so many letters. The key that masks it consists of zeros, which costs the same.
fn put_frame<'a>(
    frame: &'a mut [u8; 4224],
    opcode: u8,
    length: &Length,
    is_masked: bool,
) -> Option<&'a [u8]> {
    let mut header = [0; 8];
    let (first, field) = header.split_first_mut()?;
    *first = opcode;
    field.get_mut(..length.field.len())?.copy_from_slice(length.field);
    *field.first_mut()? |= if is_masked { 0x80 } else { 0 };
    let key_len = if is_masked { 4 } else { 0 };
    let header_len = length.field.len().checked_add(1)?.checked_add(key_len)?;
    let len = header_len.checked_add(length.bytes)?;
    let (to_header, to_payload) = frame.get_mut(..len)?.split_at_mut_checked(header_len)?;
    to_header.copy_from_slice(header.get(..header_len)?);
    to_payload.copy_from_slice(TEXT.get(..length.bytes)?);
    frame.get(..len)
}
