//! What compressed messages take in instructions, over contexts that have seen one like them.
#![no_std]
#![no_main]

use core::cell::UnsafeCell;
use core::convert::Infallible;

use socklet_core::deflate::{Balanced, Compressor, Inflate, Least, Tiny};
use socklet_core::io::{NoClock, nonblocking::WebSocket};
use socklet_core::permessage_deflate::{Agreed, Context, Deflate, Settings};
use socklet_core::{Config, Message};
use socklet_size::{Buffer, Constant, Kept, block_on, count};

static RECEIVE: Buffer<8192> = Buffer::new();
static STAGING: Buffer<8192> = Buffer::new();
static WIRE: Buffer<8192> = Buffer::new();

/// Codecs in `.bss`, as the buffers are. The receiver never compresses, so its compressor is small.
struct Codecs(UnsafeCell<(Inflate, Least, Least, Tiny, Balanced)>);

// SAFETY: there is one core, one thread and no interrupt.
unsafe impl Sync for Codecs {}

static CODECS: Codecs = Codecs(UnsafeCell::new((
    Inflate::new(),
    Least::new(),
    Least::new(),
    Tiny::new(),
    Balanced::new(),
)));

#[unsafe(no_mangle)]
fn app() -> bool {
    run().is_some()
}

fn run() -> Option<()> {
    // SAFETY: this runs once.
    let (inflate, idle, least, tiny, balanced) = unsafe { &mut *CODECS.0.get() };
    count("nothing", "", || ());
    let sensor = [
        include_str!("../messages/telemetry-1.json"),
        include_str!("../messages/telemetry-2.json"),
    ];
    let market = [
        include_str!("../messages/orderbook-1.json"),
        include_str!("../messages/orderbook-2.json"),
    ];
    // SAFETY: this runs once.
    let mut buffers = unsafe { [RECEIVE.take(), STAGING.take(), WIRE.take()] };
    let names = ["client: send text, Least, ", "server: receive text, fixed codes, "];
    converse((inflate, idle, least), &mut buffers, 9, sensor, names, "110 B")?;
    converse((inflate, idle, least), &mut buffers, 9, market, names, "1 KiB")?;
    let names = ["client: send text, Tiny, ", "server: receive text, 9 bits, "];
    converse((inflate, idle, tiny), &mut buffers, 9, sensor, names, "110 B")?;
    converse((inflate, idle, tiny), &mut buffers, 9, market, names, "1 KiB")?;
    let names = ["client: send text, Balanced, ", "server: receive text, 11 bits, "];
    converse((inflate, idle, balanced), &mut buffers, 11, sensor, names, "110 B")?;
    converse((inflate, idle, balanced), &mut buffers, 11, market, names, "1 KiB")
}

/// Sends two messages over one context and receives them; the second of each counts.
fn converse<O: Compressor>(
    (inflate, idle, compress): (&mut Inflate, &mut Least, &mut O),
    [receive, staging, wire]: &mut [&mut [u8; 8192]; 3],
    window_bits: u8,
    messages: [&str; 2],
    [send, recv]: [&str; 2],
    length: &str,
) -> Option<()> {
    let context = Context { window_bits, takeover: true };
    let agreed = Agreed { send: context, receive: context };
    let compression = Deflate::new(&mut *inflate, compress, Settings::DEFAULT).with_agreed(agreed);
    let next = Kept::new(&mut wire[..]);
    let mut ws: WebSocket<_, _, _, _> = WebSocket::client_with(
        next,
        Constant,
        &mut receive[..],
        &mut staging[..],
        Config::CLIENT,
        compression,
        NoClock,
    );
    ws.assume_open::<Infallible>().ok()?;
    let [first, second] = messages;
    block_on(ws.send(first)).ok()?;
    let first_len = ws.inner().written().len();
    count(send, length, || block_on(ws.send(second)).is_ok()).then_some(())?;
    let (next, _) = ws.into_parts();

    let compression = Deflate::new(&mut *inflate, idle, Settings::DEFAULT).with_agreed(agreed);
    let mut ws: WebSocket<_, _, _, _> = WebSocket::server_with(
        Kept::new(&mut []),
        &mut receive[..],
        &mut staging[..],
        Config::SERVER,
        compression,
        NoClock,
    );
    ws.assume_open::<Infallible>().ok()?;
    let (first, other) = next.written().split_at_checked(first_len)?;
    ws.preload(first).ok()?;
    block_on(ws.recv()).ok()??;
    ws.preload(other).ok()?;
    count(recv, length, || match block_on(ws.recv()) {
        Ok(Some(Message::Text(text))) => text == second,
        _ => false,
    })
    .then_some(())
}
