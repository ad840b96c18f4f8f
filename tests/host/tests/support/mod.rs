//! What the tests of the streams share: servers of both kinds on real sockets, certificates, and
//! peers that do what no WebSocket does.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(unreachable_pub, reason = "a module that several test programs include")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use rcgen::{CertificateParams, DnType, Issuer, KeyPair};
use socklet_std::{
    Client, ClientTls, Error, Server, ServerTls, blocking,
    permessage_deflate::{Agreed, Context, Settings},
};

pub mod relay;

/// Longer than anything here takes, unless it hangs.
pub const LONG: Duration = Duration::from_secs(30);

/// A server that echoes on every connection, and says nothing of how they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Blocking,
    Tokio,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Blocking, Self::Tokio];

    /// Starts the server on a free port. It ends with the test program.
    pub fn serve(self, server: Server) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        match self {
            Self::Blocking => {
                thread::spawn(move || {
                    for stream in listener.incoming() {
                        let server = server.clone();
                        thread::spawn(move || echo_blocking(&server, stream.unwrap()));
                    }
                });
            }
            Self::Tokio => {
                thread::spawn(move || {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async move {
                        listener.set_nonblocking(true).unwrap();
                        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                        loop {
                            let (stream, _) = listener.accept().await.unwrap();
                            let server = server.clone();
                            tokio::spawn(async move { echo(&server, stream).await });
                        }
                    });
                });
            }
        }
        address
    }
}

fn echo_blocking(server: &Server, stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut ws = server.accept_blocking(stream)?;
    while let Some((message, mut reply)) = ws.recv_ref()? {
        reply.feed(message)?;
    }
    Ok(())
}

async fn echo(server: &Server, stream: tokio::net::TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut ws = server.accept(stream).await?;
    while let Some((message, mut reply)) = ws.recv_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

/// The error of both clients, which must be the same kind of thing.
pub fn both(url: &str, client: &Client, check: impl Fn(Error)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    check(runtime.block_on(client.connect(url)).expect_err("no connection"));
    check(client.connect_blocking(url).expect_err("no connection"));
}

/// A server that gives the same answer to two clients, one after the other.
pub fn serve_twice(answer: impl Fn(&mut TcpStream, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/chat?room=1", listener.local_addr().unwrap());
    thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let head = read_head(&mut stream);
            answer(&mut stream, head);
        }
    });
    url
}

/// Starts a server for one connection, which it hands to `serve`.
pub fn serve_once<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, thread::JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let thread = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        serve(stream)
    });
    (url, thread)
}

/// Starts a server that accepts one WebSocket and hands out the bare socket behind it.
pub fn serve_raw<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, thread::JoinHandle<T>) {
    serve_once(|stream| {
        let ws = Server::new().accept_blocking(stream).unwrap();
        let (blocking::MaybeTls::Plain(stream), leftover) = ws.into_inner() else {
            panic!("TLS without a certificate")
        };
        assert!(leftover.is_empty());
        stream.set_read_timeout(Some(LONG)).unwrap();
        serve(stream)
    })
}

/// Reads a head, up to its blank line.
pub fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Reads a frame of a client: the first byte, and the payload without its mask.
pub fn read_masked(stream: &mut impl Read) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[1] & 0x80, 0x80, "a client masks");
    assert!(head[1] & 0x7f < 126, "a short frame");
    let mut key = [0; 4];
    stream.read_exact(&mut key).unwrap();
    let mut payload = vec![0; usize::from(head[1] & 0x7f)];
    stream.read_exact(&mut payload).unwrap();
    for (at, byte) in payload.iter_mut().enumerate() {
        *byte ^= key[at % 4];
    }
    (head[0], payload)
}

/// Reads to the end of the stream; a reset is an error.
pub fn read_to_end(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A response with a body, as an HTTP server gives it.
pub fn respond(stream: &mut impl Write, head: &str, body: &str) {
    let len = body.len();
    write!(stream, "HTTP/1.1 {head}\r\nContent-Length: {len}\r\n\r\n{body}").unwrap();
}

/// How many authorities there are.
static AUTHORITIES: AtomicUsize = AtomicUsize::new(0);

/// An authority of our own and a certificate for `localhost` and 127.0.0.1 by it.
pub struct Certificates {
    pub ca: String,
    pub chain: String,
    pub key: String,
}

impl Certificates {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// The certificate of the server as `change` wants it.
    pub fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Two authorities of one name would be told apart by their signatures only.
        let number = AUTHORITIES.fetch_add(1, Ordering::Relaxed);
        params.distinguished_name.push(DnType::CommonName, format!("authority {number}"));
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let ca = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let chain = params.signed_by(&key, &issuer).unwrap();
        Self { ca: ca.pem(), chain: chain.pem(), key: key.serialize_pem() }
    }

    pub fn server(&self) -> ServerTls {
        ServerTls::from_pem(self.chain.as_bytes(), self.key.as_bytes()).unwrap()
    }

    pub fn client(&self) -> ClientTls {
        ClientTls::new().ca_pem(self.ca.as_bytes()).unwrap()
    }
}

/// Bytes without a pattern that a frame boundary could hide behind.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..len).map(step).collect()
}

/// A stream in memory: what is read of it is given, what is written is kept.
#[derive(Debug)]
pub struct MemorySocket {
    input: std::io::Cursor<Vec<u8>>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Read for MemorySocket {
    fn read(&mut self, space: &mut [u8]) -> std::io::Result<usize> {
        self.input.read(space)
    }
}

impl Write for MemorySocket {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.written.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl blocking::Socket for MemorySocket {}

/// A stream in memory, and what is written to it.
pub fn memory_socket(input: Vec<u8>) -> (MemorySocket, Arc<Mutex<Vec<u8>>>) {
    let written = Arc::new(Mutex::new(Vec::new()));
    (MemorySocket { input: std::io::Cursor::new(input), written: Arc::clone(&written) }, written)
}

/// A whole request that can be answered.
pub fn raw_request() -> Vec<u8> {
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
      Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        .to_vec()
}

/// The bytes that an open client writes.
pub fn client_frames(
    send: impl FnOnce(&mut blocking::WebSocket<MemorySocket>) -> Result<(), Error>,
) -> Vec<u8> {
    frames_of(&Client::new(), send)
}

/// The bytes that a client writes which compresses each message on its own.
pub fn compressed_frames(
    send: impl FnOnce(&mut blocking::WebSocket<MemorySocket>) -> Result<(), Error>,
) -> Vec<u8> {
    let context = Context { window_bits: 15, takeover: false };
    let agreed = Agreed { send: context, receive: context };
    frames_of(&Client::new().deflate(Settings::DEFAULT).agreed(Some(agreed)), send)
}

fn frames_of(
    client: &Client,
    send: impl FnOnce(&mut blocking::WebSocket<MemorySocket>) -> Result<(), Error>,
) -> Vec<u8> {
    let (stream, written) = memory_socket(Vec::new());
    let mut ws = client.take_over_blocking(stream, &[]).unwrap();
    send(&mut ws).unwrap();
    std::mem::take(&mut *written.lock().unwrap())
}

/// The masking keys of frames of at most 125 bytes.
pub fn masking_keys(mut wire: &[u8]) -> Vec<u32> {
    let mut keys = Vec::new();
    while let [_, len, key @ ..] = wire {
        assert!((0x80..0x80 + 126).contains(len), "masked and short");
        let (key, payload) = key.split_first_chunk().unwrap();
        keys.push(u32::from_be_bytes(*key));
        wire = &payload[usize::from(len & 0x7f)..];
    }
    keys
}
