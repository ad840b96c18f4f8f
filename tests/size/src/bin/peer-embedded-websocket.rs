//! The dialogue of `client-blocking` with `embedded-websocket`.
#![no_std]
#![no_main]

use embedded_websocket::framer::{Framer, ReadResult, Stream};
use embedded_websocket::{
    Client, WebSocketClient, WebSocketCloseStatusCode, WebSocketOptions, WebSocketSendMessageType,
};
use rand_core_06::{Error, RngCore};
use socklet_size::{Buffer, CLIENT, Constant, Stub, consume, report_state};

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

/// The same next layer, with this crate's traits.
struct Plain(Stub);

impl Stream<()> for Plain {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ()> {
        embedded_io::Read::read(&mut self.0, buf).map_err(|_| ())
    }

    fn write_all(&mut self, buf: &[u8]) -> Result<(), ()> {
        embedded_io::Write::write_all(&mut self.0, buf).map_err(|_| ())
    }
}

/// The same generator, with this crate's traits.
struct Generator;

impl RngCore for Generator {
    fn next_u32(&mut self) -> u32 {
        rand_core::TryRng::try_next_u32(&mut Constant).unwrap_or_default()
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::TryRng::try_next_u64(&mut Constant).unwrap_or_default()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        let _ = rand_core::TryRng::try_fill_bytes(&mut Constant, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
