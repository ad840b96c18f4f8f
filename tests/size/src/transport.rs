//! A next layer that plays one side of a WebSocket connection from flash, a segment a read.

use core::convert::Infallible;
use core::hint::black_box;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use embedded_io::{ErrorType, Read, Write};

/// What a client is told: its key is accepted, "hello", and the reply to its close.
pub const CLIENT: usize = 0;
/// What a server is told: a request, "hello" and a close, both masked.
pub const SERVER: usize = 1;

/// What a client is told that compresses: as [`CLIENT`], and "Hello" compressed.
pub const DEFLATING_CLIENT: usize = 2;

/// All scripts are in every program, so that neither counts. The key is what [`Constant`] makes.
static SCRIPTS: [[&[u8]; 3]; 3] = [
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\
          Sec-WebSocket-Accept: 1nwQI3IBoftOh+fG2YorpTWcrHs=\r\n\r\n",
        b"\x81\x05hello",
        b"\x88\x02\x03\xe8",
    ],
    [
        b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Key: WlpaWlpaWlpaWlpaWlpaWg==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"\x81\x85\x01\x02\x03\x04\x69\x67\x6f\x68\x6e",
        b"\x88\x82\x01\x02\x03\x04\x02\xea",
    ],
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\
          Sec-WebSocket-Accept: 1nwQI3IBoftOh+fG2YorpTWcrHs=\r\n\
          Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n\r\n",
        b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",
        b"\x88\x02\x03\xe8",
    ],
];

static SCRIPT: AtomicUsize = AtomicUsize::new(0);
static SEGMENT: AtomicUsize = AtomicUsize::new(0);
static OFFSET: AtomicUsize = AtomicUsize::new(0);

/// The next layer.
pub struct Stub(());

impl Stub {
    /// Starts playing [`CLIENT`] or [`SERVER`].
    #[inline(never)]
    pub fn play(script: usize) -> Self {
        SCRIPT.store(black_box(script), Relaxed);
        SEGMENT.store(0, Relaxed);
        OFFSET.store(0, Relaxed);
        Self(())
    }
}

impl ErrorType for Stub {
    type Error = Infallible;
}

impl Read for Stub {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        Ok(read(buf))
    }
}

impl Write for Stub {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        consume(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl embedded_io_async::Read for Stub {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        Ok(read(buf))
    }
}

impl embedded_io_async::Write for Stub {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        consume(buf);
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A next layer that keeps what is written, up to a length, and has nothing to read.
pub struct Kept<'a> {
    bytes: &'a mut [u8],
    len: usize,
}

impl<'a> Kept<'a> {
    /// Keeps what is written here.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, len: 0 }
    }

    /// What has been written.
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl ErrorType for Kept<'_> {
    type Error = Infallible;
}

impl embedded_io_async::Read for Kept<'_> {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> {
        Ok(0)
    }
}

impl embedded_io_async::Write for Kept<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(buf) {
            *to = *from;
        }
        self.len = self.len.saturating_add(buf.len()).min(self.bytes.len());
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A next layer that has these bytes to read, as much of them as fits at once, and drops what is
/// written.
pub struct Played<'a>(pub &'a [u8]);

impl ErrorType for Played<'_> {
    type Error = Infallible;
}

impl Read for Played<'_> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let len = buf.len().min(self.0.len());
        let (Some((from, rest)), Some(to)) = (self.0.split_at_checked(len), buf.get_mut(..len))
        else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.0 = rest;
        Ok(len)
    }
}

impl Write for Played<'_> {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        Ok(black_box(buf).len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl embedded_io_async::Read for Played<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        Read::read(self, buf)
    }
}

impl embedded_io_async::Write for Played<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        Write::write(self, buf)
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Reads from one segment, never across its end; 0 at the end of the script.
#[inline(never)]
fn read(buf: &mut [u8]) -> usize {
    let (script, segment) = (SCRIPT.load(Relaxed), SEGMENT.load(Relaxed));
    let bytes = SCRIPTS.get(script).and_then(|s| s.get(segment)).copied().unwrap_or_default();
    let mut offset = OFFSET.load(Relaxed);
    let mut len = 0_usize;
    for (to, from) in buf.iter_mut().zip(bytes.get(offset..).unwrap_or_default()) {
        *to = *from;
        len = len.wrapping_add(1);
    }
    offset = offset.wrapping_add(len);
    if offset >= bytes.len() {
        SEGMENT.store(segment.wrapping_add(1), Relaxed);
        offset = 0;
    }
    OFFSET.store(offset, Relaxed);
    len
}

/// Uses the transport and the generator, so that a program without a connection has them too.
pub fn touch_transport() -> bool {
    let mut stub = Stub::play(CLIENT);
    let mut bytes = [0; 8];
    consume(&Constant::word().to_le_bytes());
    let (Ok(len), Ok(_)) = (Read::read(&mut stub, &mut bytes), Write::write(&mut stub, &bytes));
    len == bytes.len()
}

/// Uses bytes in a way that no optimiser can leave out.
#[inline(never)]
pub fn consume(bytes: &[u8]) {
    let mut sum = 0_u32;
    for &byte in bytes {
        sum = (sum ^ u32::from(byte)).rotate_left(5);
    }
    black_box(sum);
}

/// A generator whose every byte is 0x5a, so that the accept in the script fits the key. For
/// measuring only: a masking key that a page can guess is no masking key (RFC 6455, section 10.3).
pub struct Constant;

impl Constant {
    #[inline(never)]
    fn word() -> u32 {
        black_box(0x5a5a_5a5a)
    }
}

impl rand_core::TryRng for Constant {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(Self::word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(Self::word()) << 32 | u64::from(Self::word()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = Self::word() as u8;
        }
        Ok(())
    }
}

// Not true; it only lets the constant stand in for a generator that is.
impl rand_core::TryCryptoRng for Constant {}
