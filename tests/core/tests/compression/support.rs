//! One endpoint that inflates, against given bytes, in every way there is.

use socklet_core::{
    Client, Config, Error, Kind, Role, Server,
    deflate::{Compressor, Small},
    io::{NoClock, WebSocket, blocking},
    permessage_deflate::{Agreed, Context, Settings},
};
use socklet_core_tests::{
    Fault, Who,
    buffers::TestBuffer,
    deflating::{EAGER, TestDeflate, deflate},
    frames::Frame,
    receiving::{Seen, WasClosed},
    rng::TestRng,
    wire::Wire,
};

/// An open stream that compresses.
pub(crate) type Open<S, R> = blocking::WebSocket<S, R, TestBuffer, TestDeflate>;

/// What an endpoint is.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) who: Who,
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    pub(crate) receive_len: usize,
    /// What is agreed on for what it receives.
    pub(crate) receive: Context,
}

/// What came of receiving: whole messages and control frames, and the end.
pub(crate) type Outcome = (Vec<Seen>, Result<WasClosed, Error<Fault>>);

impl Setting {
    /// One that receives with a window of 11 bits that is kept, in 4 KiB.
    pub(crate) fn new(who: Who) -> Self {
        let config = match who {
            Who::Client => Config::CLIENT,
            Who::Server => Config::SERVER,
        };
        let receive = Context { window_bits: 11, takeover: true };
        Self { who, config, settings: EAGER, receive_len: 4096, receive }
    }

    pub(crate) fn receive_len(self, receive_len: usize) -> Self {
        Self { receive_len, ..self }
    }

    pub(crate) fn receive(self, window_bits: u8, takeover: bool) -> Self {
        Self { receive: Context { window_bits, takeover }, ..self }
    }

    fn compression(&self) -> TestDeflate {
        let send = Context { window_bits: 9, takeover: true };
        deflate(self.settings).with_agreed(Agreed { send, receive: self.receive })
    }

    fn buffers(&self) -> (TestBuffer, TestBuffer) {
        (TestBuffer::fixed(self.receive_len), TestBuffer::fixed(300))
    }

    pub(crate) fn client(&self, wire: Wire) -> Open<Wire, Client<TestRng>> {
        let ((receive, staging), rng) = (self.buffers(), TestRng::new(1));
        let compression = self.compression();
        open(WebSocket::client_with(wire, rng, receive, staging, self.config, compression, NoClock))
    }

    pub(crate) fn server(&self, wire: Wire) -> Open<Wire, Server> {
        let (receive, staging) = self.buffers();
        open(WebSocket::server_with(
            wire,
            receive,
            staging,
            self.config,
            self.compression(),
            NoClock,
        ))
    }

    /// Receives frames, masked if that is what this side receives, whole and in chunks, in one
    /// piece, cut in two anywhere and in pieces of every length: always with the same outcome.
    pub(crate) fn receive_frames(&self, frames: &[Frame]) -> Outcome {
        let bytes = self.encode(frames);
        let whole = self.receive_pieces(&[&bytes]);
        for at in 1..bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(self.receive_pieces(&[head, tail]), whole, "cut at {at}");
        }
        for len in 1..bytes.len().min(20) {
            let pieces: Vec<_> = bytes.chunks(len).collect();
            assert_eq!(self.receive_pieces(&pieces), whole, "in pieces of {len}");
        }
        whole
    }

    /// Frames as this side receives them.
    pub(crate) fn encode(&self, frames: &[Frame]) -> Vec<u8> {
        frames.iter().flat_map(|frame| frame.clone().to(self.who)).collect()
    }

    /// Receives pieces, whole and in chunks.
    pub(crate) fn receive_pieces(&self, pieces: &[&[u8]]) -> Outcome {
        let wire = || Wire::new(pieces);
        let (whole, chunks) = match self.who {
            Who::Client => (receive(self.client(wire())), receive_chunks(self.client(wire()))),
            Who::Server => (receive(self.server(wire())), receive_chunks(self.server(wire()))),
        };
        let messages: Vec<_> = whole.0.iter().filter(|seen| seen.is_message()).cloned().collect();
        assert_eq!((messages, whole.1.clone()), chunks, "whole and in chunks");
        whole
    }
}

pub(crate) fn open<S, R: Role>(mut ws: Open<S, R>) -> Open<S, R> {
    ws.assume_open::<Fault>().unwrap();
    ws
}

fn receive<R: Role>(mut ws: Open<Wire, R>) -> Outcome {
    let mut seen = Vec::new();
    loop {
        match ws.recv_event() {
            Ok(Some(event)) => seen.push(Seen::event(event)),
            Ok(None) => return (seen, Ok(WasClosed::of(ws.closed().unwrap()))),
            Err(error) => return (seen, Err(error)),
        }
    }
}

pub(crate) fn receive_chunks<R: Role>(mut ws: Open<Wire, R>) -> Outcome {
    let (mut seen, mut begun) = (Vec::new(), None::<Vec<u8>>);
    loop {
        match ws.recv_chunk() {
            Ok(Some(chunk)) => {
                assert_eq!(chunk.first, begun.is_none());
                let mut bytes = begun.take().unwrap_or_default();
                bytes.extend_from_slice(chunk.data);
                if chunk.fin {
                    seen.push(Seen::joined(chunk.kind, bytes));
                } else {
                    begun = Some(bytes);
                }
            }
            Ok(None) => return (seen, Ok(WasClosed::of(ws.closed().unwrap()))),
            Err(error) => return (seen, Err(error)),
        }
    }
}

/// A peer's context.
pub(crate) struct Peer(Box<Small>);

impl Peer {
    pub(crate) fn new(window_bits: u8) -> Self {
        let mut compress = Box::new(Small::new());
        compress.reset(window_bits);
        Self(compress)
    }

    /// A message as the peer compresses it, without the tail.
    pub(crate) fn compress(&mut self, message: &[u8]) -> Vec<u8> {
        let mut out = vec![0; Small::max_compressed_len(message.len())];
        let compressed = self.0.compress(message, &mut out, true);
        assert!(compressed.done);
        out.truncate(compressed.written);
        out
    }
}

/// The first frame of a compressed message.
pub(crate) fn compressed(kind: Kind, payload: impl AsRef<[u8]>) -> Frame {
    let frame = match kind {
        Kind::Text => Frame::text(payload),
        _ => Frame::binary(payload),
    };
    frame.rsv(0b100)
}

pub(crate) fn text(text: &str) -> Seen {
    Seen::Text(text.to_owned())
}

/// JSON of about `len` bytes, of which no two are the same.
pub(crate) fn json(number: usize, len: usize) -> String {
    let mut rng = TestRng::new(number as u64);
    let mut json = format!(r#"{{"number":{number}"#);
    while json.len() < len {
        json += &format!(r#","value {}":{}.{:02}"#, rng.below(20), rng.below(500), rng.below(100));
    }
    json + "}"
}
