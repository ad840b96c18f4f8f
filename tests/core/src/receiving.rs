//! One open endpoint against given bytes, in every way there is: blocking and asynchronous,
//! messages whole and in chunks, in any pieces.

use socklet_core::{
    Client, Config, Error, Event, Kind, Message, Role, Server, Side,
    io::{blocking, nonblocking},
    permessage_deflate::NoCompression,
};

use crate::{Fault, Who, buffers::TestBuffer, executor::run, rng::TestRng, wire::Wire};

/// What an endpoint has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A whole message.
    Text(String),
    /// A whole message.
    Binary(Vec<u8>),
    /// A Ping.
    Ping(Vec<u8>),
    /// A Pong.
    Pong(Vec<u8>),
}

impl Seen {
    /// A whole message.
    #[must_use]
    pub fn message(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.to_owned()),
            Message::Binary(bytes) => Self::Binary(bytes.to_vec()),
        }
    }

    /// What was received in chunks.
    #[must_use]
    pub fn joined(kind: Kind, bytes: Vec<u8>) -> Self {
        match kind {
            Kind::Text => Self::Text(String::from_utf8(bytes).expect("text that is not UTF-8")),
            _ => Self::Binary(bytes),
        }
    }

    /// What an event was.
    #[must_use]
    pub fn event(event: Event<'_>) -> Self {
        match event {
            Event::Message(message) => Self::message(message),
            Event::Ping(payload) => Self::Ping(payload.to_vec()),
            Event::Pong(payload) => Self::Pong(payload.to_vec()),
        }
    }

    /// Whether it is a message and no control frame.
    #[must_use]
    pub fn is_message(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Binary(_))
    }
}

/// How a connection was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasClosed {
    /// Who sent the first Close frame.
    pub by: Side,
    /// The peer's code.
    pub code: Option<u16>,
    /// The peer's reason.
    pub reason: String,
}

impl WasClosed {
    /// What it borrows.
    #[must_use]
    pub fn of(closed: socklet_core::Closed<'_>) -> Self {
        let code = closed.code.map(|code| code.0);
        Self { by: closed.by, code, reason: closed.reason.to_owned() }
    }
}

/// What came of receiving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What was seen.
    pub seen: Vec<Seen>,
    /// How it ended.
    pub end: Result<WasClosed, Error<Fault>>,
    /// What was written.
    pub written: Vec<u8>,
    /// In how many calls.
    pub writes: usize,
}

/// An endpoint to receive with.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// Its role.
    pub who: Who,
    /// Its settings.
    pub config: Config,
    /// Length of its receive buffer.
    pub receive_len: usize,
    /// Length of its staging buffer.
    pub staging_len: usize,
}

type Blocking<R> = blocking::WebSocket<Wire, R, TestBuffer>;
type Nonblocking<R> = nonblocking::WebSocket<Wire, R, TestBuffer>;

impl Endpoint {
    /// One with buffers of 4 KiB and the settings of its role.
    #[must_use]
    pub fn new(who: Who) -> Self {
        let config = match who {
            Who::Client => Config::CLIENT,
            Who::Server => Config::SERVER,
        };
        Self { who, config, receive_len: 4096, staging_len: 4096 }
    }

    /// With other buffers.
    #[must_use]
    pub fn buffers(self, receive_len: usize, staging_len: usize) -> Self {
        Self { receive_len, staging_len, ..self }
    }

    /// With other settings.
    #[must_use]
    pub fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Receives all that is in the pieces, one a read, until the connection ends.
    ///
    /// # Panics
    /// If the blocking, the asynchronous and the chunked way do not agree.
    pub fn receive<P: AsRef<[u8]>>(&self, pieces: &[P]) -> Received {
        let blocking = self.receive_blocking(pieces);
        let nonblocking = self.receive_nonblocking(pieces);
        assert_eq!(blocking, nonblocking, "blocking and asynchronous");
        let (seen, end) = self.receive_chunks(pieces);
        let messages: Vec<_> = blocking.seen.iter().filter(|s| s.is_message()).cloned().collect();
        assert_eq!((&messages, &blocking.end), (&seen, &end), "whole and in chunks");
        blocking
    }

    /// Receives bytes that come in one read.
    pub fn receive_all(&self, bytes: impl AsRef<[u8]>) -> Received {
        self.receive(&[bytes])
    }

    /// Receives bytes cut in two anywhere, and in pieces of every length, always with the same
    /// outcome but for the number of writes.
    ///
    /// # Panics
    /// If the outcome depends on the pieces.
    pub fn receive_split(&self, bytes: &[u8]) -> Received {
        let whole = self.receive_all(bytes);
        let check = |received: Received, pieces: &str| {
            let received = Received { writes: whole.writes, ..received };
            assert_eq!(received, whole, "in pieces of {pieces}");
        };
        for at in 1..bytes.len() {
            let (head, tail) = bytes.split_at(at);
            check(self.receive(&[head, tail]), &format!("{at} and the rest"));
        }
        for len in 1..bytes.len().min(24) {
            let pieces: Vec<_> = bytes.chunks(len).collect();
            check(self.receive(&pieces), &format!("{len}"));
        }
        whole
    }

    fn receive_blocking<P: AsRef<[u8]>>(&self, pieces: &[P]) -> Received {
        match self.who {
            Who::Client => drain_blocking(self.blocking_client(Wire::new(pieces))),
            Who::Server => drain_blocking(self.blocking_server(Wire::new(pieces))),
        }
    }

    fn receive_nonblocking<P: AsRef<[u8]>>(&self, pieces: &[P]) -> Received {
        match self.who {
            Who::Client => run(drain(self.client(Wire::new(pieces)))),
            Who::Server => run(drain(self.server(Wire::new(pieces)))),
        }
    }

    fn receive_chunks<P: AsRef<[u8]>>(
        &self,
        pieces: &[P],
    ) -> (Vec<Seen>, Result<WasClosed, Error<Fault>>) {
        match self.who {
            Who::Client => drain_chunks(self.blocking_client(Wire::new(pieces))),
            Who::Server => drain_chunks(self.blocking_server(Wire::new(pieces))),
        }
    }

    /// An open client.
    pub fn blocking_client(&self, wire: Wire) -> Blocking<Client<TestRng>> {
        let (receive, staging) = self.test_buffers();
        let rng = TestRng::new(1);
        let ws = blocking::WebSocket::client(wire, rng, receive, staging);
        open(ws.with_config(self.config))
    }

    /// An open server.
    pub fn blocking_server(&self, wire: Wire) -> Blocking<Server> {
        let (receive, staging) = self.test_buffers();
        open(blocking::WebSocket::server(wire, receive, staging).with_config(self.config))
    }

    /// An open client.
    pub fn client(&self, wire: Wire) -> Nonblocking<Client<TestRng>> {
        let (receive, staging) = self.test_buffers();
        let rng = TestRng::new(1);
        let ws = nonblocking::WebSocket::client(wire, rng, receive, staging);
        open(ws.with_config(self.config))
    }

    /// An open server.
    pub fn server(&self, wire: Wire) -> Nonblocking<Server> {
        let (receive, staging) = self.test_buffers();
        open(nonblocking::WebSocket::server(wire, receive, staging).with_config(self.config))
    }

    fn test_buffers(&self) -> (TestBuffer, TestBuffer) {
        (TestBuffer::fixed(self.receive_len), TestBuffer::fixed(self.staging_len))
    }
}

/// Takes a connection as open.
///
/// # Panics
/// If it cannot be.
pub fn open<M, S, R: Role, T: socklet_core::io::Clock>(
    mut ws: socklet_core::io::WebSocket<M, S, R, TestBuffer, NoCompression, T>,
) -> socklet_core::io::WebSocket<M, S, R, TestBuffer, NoCompression, T> {
    ws.assume_open::<Fault>().expect("buffers that can work");
    ws
}

fn drain_blocking<R: Role>(mut ws: Blocking<R>) -> Received {
    let mut seen = Vec::new();
    let end = loop {
        match ws.recv_event() {
            Ok(Some(event)) => seen.push(Seen::event(event)),
            Ok(None) => break Ok(WasClosed::of(ws.closed().expect("closed"))),
            Err(error) => {
                assert_eq!(ws.closed(), None);
                assert_eq!(ws.recv(), Err(error), "an error is repeated");
                break Err(error);
            }
        }
    };
    let wire = ws.into_inner().0;
    Received { seen, end, written: wire.written, writes: wire.writes }
}

async fn drain<R: Role>(mut ws: Nonblocking<R>) -> Received {
    let mut seen = Vec::new();
    let end = loop {
        match ws.recv_event().await {
            Ok(Some(event)) => seen.push(Seen::event(event)),
            Ok(None) => break Ok(WasClosed::of(ws.closed().expect("closed"))),
            Err(error) => {
                assert_eq!(ws.recv().await, Err(error), "an error is repeated");
                break Err(error);
            }
        }
    };
    let wire = ws.into_inner().0;
    Received { seen, end, written: wire.written, writes: wire.writes }
}

fn drain_chunks<R: Role>(mut ws: Blocking<R>) -> (Vec<Seen>, Result<WasClosed, Error<Fault>>) {
    let mut seen = Vec::new();
    let mut begun: Option<Vec<u8>> = None;
    let end = loop {
        match ws.recv_chunk() {
            Ok(Some(chunk)) => {
                assert_eq!(chunk.first, begun.is_none(), "first");
                let mut bytes = begun.take().unwrap_or_default();
                bytes.extend_from_slice(chunk.data);
                if chunk.fin {
                    seen.push(Seen::joined(chunk.kind, bytes));
                } else {
                    begun = Some(bytes);
                }
            }
            Ok(None) => break Ok(WasClosed::of(ws.closed().expect("closed"))),
            Err(error) => break Err(error),
        }
    };
    (seen, end)
}
