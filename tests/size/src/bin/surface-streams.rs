//! The whole surface of the streams, for `cargo xtask panic-free`: both roles, blocking and
//! asynchronous, whole and in halves, compressed, with every way to send and to receive. What comes of
//! it is of no interest: only what is linked.
#![no_std]
#![no_main]

use core::cell::UnsafeCell;
use core::hint::black_box;

use socklet_core::connection::{Encoded, Mode};
use socklet_core::deflate::{Balanced, Inflate, Small};
use socklet_core::handshake::client::Request;
use socklet_core::handshake::server::{Accept, Decision, Reject};
use socklet_core::io::split::{LocalCells, nonblocking as halves};
use socklet_core::io::{Clock, blocking, nonblocking};
use socklet_core::permessage_deflate::{Compression, Deflate, Settings, Volume};
use socklet_core::wire::close::CloseCode;
use socklet_core::{Config, Error, Kind, Message, Role};
use socklet_size::{Buffer, CLIENT, Constant, SERVER, Stub, block_on, consume};

const REQUEST: Request<'_> = Request::new("example.com", "/chat")
    .origin("http://example.com")
    .subprotocols(&["chat.v2", "chat"])
    .headers(&[("Authorization", "Bearer 123")]);

static MEMORY: [Buffer<1024>; 8] = [const { Buffer::new() }; 8];

/// Codecs in `.bss`.
struct Codecs(UnsafeCell<(Inflate, Inflate, Small, Balanced)>);

// SAFETY: there is one core, one thread and no interrupt.
unsafe impl Sync for Codecs {}

static CODECS: Codecs =
    Codecs(UnsafeCell::new((Inflate::new(), Inflate::new(), Small::new(), Balanced::new())));

/// A message with its frames.
struct Made;

impl Encoded for Made {
    fn message(&self) -> Message<'_> {
        Message::Text(black_box("hello"))
    }

    fn plain(&self) -> &[u8] {
        black_box(b"\x81\x05hello")
    }

    fn compressed(&self, window_bits: u8) -> Option<(&[u8], Volume)> {
        black_box(window_bits == 9).then_some((black_box(b"\xc1\x01x"), Volume::default()))
    }
}

/// Time goes by with each look at it.
#[derive(Clone)]
struct Ticks(u64);

impl Clock for Ticks {
    fn now_ms(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(black_box(1));
        self.0
    }
}

impl blocking::Deadline<Stub> for Ticks {
    fn limit(&mut self, _: &mut Stub, _: Option<u64>) -> Result<(), core::convert::Infallible> {
        Ok(())
    }
}

impl nonblocking::Timer for Ticks {
    async fn sleep_until_ms(&mut self, at_ms: u64) {
        while self.now_ms() < at_ms {}
    }
}

#[unsafe(no_mangle)]
fn app() -> bool {
    // SAFETY: this runs once.
    let codecs = unsafe { &mut *CODECS.0.get() };
    let (one, other, small, balanced) =
        (&mut codecs.0, &mut codecs.1, &mut codecs.2, &mut codecs.3);
    let mut buffers = MEMORY.iter();
    let mut buffer = || {
        // SAFETY: each is taken once.
        buffers.next().map(|buffer| unsafe { &mut buffer.take()[..] }).unwrap_or_default()
    };
    let settings = black_box(Settings::DEFAULT);

    let compression = Deflate::new(&mut *one, &mut *small, settings);
    let mut ws = nonblocking::WebSocket::client_with(
        Stub::play(CLIENT),
        Constant,
        buffer(),
        buffer(),
        black_box(Config::CLIENT),
        compression,
        Ticks(0),
    );
    let _ = block_on(ws.handshake(&REQUEST)).map(|response| response.status());
    let _ = block_on(talk(&mut ws));
    block_on(talk_in_halves(ws));

    let compression = Deflate::new(&mut *other, &mut *balanced, settings);
    let mut ws = nonblocking::WebSocket::server_with(
        Stub::play(SERVER),
        buffer(),
        buffer(),
        black_box(Config::SERVER),
        compression,
        Ticks(0),
    );
    let _ = block_on(ws.accept_with(|request| match request.target() {
        "/chat" => Decision::Accept(Accept::new().headers(&[("X-Room", "1")])),
        _ => Decision::Reject(Reject::new(404).body(b"no such room")),
    }));
    let _ = block_on(talk(&mut ws));
    block_on(talk_in_halves(ws));

    let compression = Deflate::new(one, small, settings);
    let mut ws = blocking::WebSocket::client_with(
        Stub::play(CLIENT),
        Constant,
        buffer(),
        buffer(),
        black_box(Config::CLIENT),
        compression,
        Ticks(0),
    );
    let _ = ws.handshake(&REQUEST).map(|response| response.status());
    let _ = talk_blocking(&mut ws);

    let compression = Deflate::new(other, balanced, settings);
    let mut ws = blocking::WebSocket::server_with(
        Stub::play(SERVER),
        buffer(),
        buffer(),
        black_box(Config::SERVER),
        compression,
        Ticks(0),
    );
    let _ = ws.accept();
    let _ = talk_blocking(&mut ws);
    true
}

type Failure = Error<core::convert::Infallible>;

/// The conversation, awaited or not.
macro_rules! talk {
    ($ws:ident $(, $await:tt)?) => {{
        let _ = $ws.preload(black_box(b"\x89\x00"));
        $ws.set_compression(black_box(true));
        let bytes = black_box(&[7; 700][..]);
        let _ = $ws.send("hello")$(.$await)?;
        let _ = $ws.feed(Message::Binary(bytes))$(.$await)?;
        let _ = $ws.send_part(Kind::Text, b"gr\xc3", false)$(.$await)?;
        let _ = $ws.sender().send_encoded(&Made, black_box(true))$(.$await)?;
        let _ = $ws.ping(b"ping")$(.$await)?;
        let _ = $ws.pong(b"pong")$(.$await)?;
        let _ = $ws.send_part(Kind::Text, b"\xbc", true)$(.$await)?;
        let _ = $ws.flush()$(.$await)?;
        if let Some((message, mut reply)) = $ws.recv_with_sender()$(.$await)?? {
            consume(message.as_bytes());
            let _ = reply.send(message)$(.$await)?;
            let _ = reply.feed("x")$(.$await)?;
            let _ = reply.send_part(Kind::Binary, bytes, true)$(.$await)?;
            let _ = reply.ping(b"")$(.$await)?;
        }
        if let Some(chunk) = $ws.recv_chunk()$(.$await)?? {
            consume(chunk.data);
        }
        if let Some((chunk, mut reply)) = $ws.recv_chunk_with_sender()$(.$await)?? {
            let _ = reply.send_part(chunk.kind, chunk.data, chunk.fin)$(.$await)?;
        }
        let _ = $ws.recv_event()$(.$await)??;
        let _ = $ws.receive(black_box(Mode::Whole), true)$(.$await)??;
        if let Some(message) = $ws.recv()$(.$await)?? {
            consume(message.as_bytes());
        }
        let closed = $ws.close(CloseCode(black_box(1000)), black_box("bye"))$(.$await)??;
        consume(closed.reason.as_bytes());
        black_box(($ws.unfinished(), $ws.bytes_sent(), $ws.bytes_received(), $ws.frame_left()));
        black_box(($ws.volume_sent(), $ws.volume_received(), $ws.compression()));
        Ok(())
    }};
}

async fn talk<R: Role, C: Compression>(
    ws: &mut nonblocking::WebSocket<Stub, R, &mut [u8], C, Ticks>,
) -> Result<(), Failure> {
    talk!(ws, await)
}

fn talk_blocking<R: Role, C: Compression>(
    ws: &mut blocking::WebSocket<Stub, R, &mut [u8], C, Ticks>,
) -> Result<(), Failure> {
    talk!(ws)
}

async fn talk_in_halves<R: Role, C: Compression>(
    ws: nonblocking::WebSocket<Stub, R, &mut [u8], C, Ticks>,
) {
    let mut cells = None;
    let (mut reads, mut writes): (halves::ReceiveHalf<_, _, _, _, C, _>, halves::SendHalf<_, _>) =
        ws.split(
            |next| (next, Stub::play(CLIENT)),
            |writer| &*cells.insert(LocalCells::new(writer)),
        );
    let _ = writes.send("hello").await;
    let _ = writes.feed(Message::Binary(black_box(&[7; 700]))).await;
    let _ = writes.send_part(Kind::Text, b"gr\xc3", black_box(false)).await;
    let _ = writes.send_encoded(&Made, black_box(true)).await;
    let _ = writes.ping(b"ping").await;
    let _ = writes.pong(b"pong").await;
    let _ = writes.flush().await;
    let _ = reads.recv().await.map(|message| message.map(|message| consume(message.as_bytes())));
    let _ = reads.recv_chunk().await.map(|chunk| chunk.map(|chunk| consume(chunk.data)));
    let _ = reads.recv_event().await.map(|event| black_box(event.is_some()));
    let _ = writes.close(CloseCode::NORMAL, "bye").await;
    black_box((writes.unfinished(), writes.volume_sent(), reads.volume_received()));
}
