//! Any bytes to an open endpoint of either role, with or without compression, in any pieces: it
//! ends, in the memory that it had; neither the pieces nor receiving in chunks make a difference; and
//! what it sends back are the messages that it received, in frames that zlib can read.
//!
//! Input: role and settings (six bytes), seed of the pieces, what the peer sends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklet_core::{
    Client, Config, Error, Kind, Message, ProtocolError as P, ResourceError, Role, Server,
    buffer::Buffer,
    io::{NoClock, WebSocket, blocking},
    permessage_deflate::{Agreed, Compression, Context, NoCompression, Settings},
};
use socklet_core_tests::{
    Fault,
    buffers::TestBuffer,
    deflating::{EAGER, deflate},
    frames::decode,
    receiving::{Seen, WasClosed},
    rng::TestRng,
    wire::Wire,
};
use socklet_deflate_tests::zlib::{Decompressor, Verdict};
use socklet_fuzz::Input;

type Stream<R, C> = blocking::WebSocket<Wire, R, TestBuffer, C>;

/// How the endpoint under test is made.
#[derive(Debug, Clone, Copy)]
struct Setting {
    is_client: bool,
    receive_len: usize,
    staging_len: usize,
    config: Config,
    /// Whether frames of several are joined in whole messages, or everything comes in chunks.
    chunks: bool,
    deflate: Option<(Settings, Agreed)>,
}

/// What came of it.
#[derive(Debug, PartialEq)]
struct Outcome {
    seen: Vec<Seen>,
    end: Result<WasClosed, Error<Fault>>,
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let setting = Setting::choose(&mut input);
    let mut rng = input.rng();
    let bytes = input.rest();
    let whole = setting.receive(Wire::new([bytes]));
    let most = 1 + rng.below(bytes.len().min(400) + 1);
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (piece, others) = rest.split_at((1 + rng.below(most)).min(rest.len()));
        pieces.push(piece);
        rest = others;
    }
    setting.compare(&whole, &setting.receive(Wire::new(pieces)));
    let in_chunks = Setting { chunks: true, ..setting };
    setting.compare(&whole, &in_chunks.receive(Wire::new([bytes])));
});

impl Setting {
    fn choose(input: &mut Input<'_>) -> Self {
        let flags = input.byte();
        let is_client = flags & 1 != 0;
        let receive_len = input.one_of([768, 1100, 2000, 4096, 10_000]);
        let staging_len = input.one_of([139, 200, 400, 3000]);
        let mut config = if is_client { Config::CLIENT } else { Config::SERVER };
        config.limits.message_len = input.one_of([1 << 20, 3000, 100]);
        let settings = Settings { expansion: input.one_of([0, 100, 2]), ..EAGER };
        let windows = input.byte();
        let mut can = Settings::DEFAULT.negotiable;
        can.receive_takeover = flags & 4 != 0;
        can.receive_bits = 8 + windows % 8;
        let can = can.fitting(receive_len);
        let agreed = Agreed {
            send: Context { window_bits: 8 + windows / 8 % 3, takeover: flags & 8 != 0 },
            receive: Context { window_bits: can.receive_bits, takeover: can.receive_takeover },
        };
        let deflate = (flags & 2 != 0).then_some((settings, agreed));
        Self { is_client, receive_len, staging_len, config, chunks: flags & 16 != 0, deflate }
    }

    /// Checks that the same bytes have the same outcome, however they came.
    fn compare(&self, one: &Outcome, other: &Outcome) {
        let ends = [&one.end, &other.end];
        if ends.iter().any(|end| matches!(end, Err(Error::Resource(_)))) {
            // It had no room for the window: what lay there undecoded says when that showed.
            return;
        }
        assert!(one.seen == other.seen, "{self:?} {ends:?}");
        // A message that is wrong in two ways: text is looked at when it has been inflated, as far
        // as one read goes; and an expansion is what it is until then.
        let may_come_first = |end: &&Result<_, Error<Fault>>| {
            matches!(end, Err(Error::Protocol(P::InvalidUtf8 | P::Expansion)))
        };
        assert!(ends[0] == ends[1] || ends.iter().any(may_come_first), "{self:?} {ends:?}");
    }

    fn receive(&self, wire: Wire) -> Outcome {
        match self.deflate {
            None => self.receive_with(wire, NoCompression),
            Some((settings, agreed)) => {
                self.receive_with(wire, deflate(settings).with_agreed(agreed))
            }
        }
    }

    fn receive_with<C: Compression>(&self, wire: Wire, compression: C) -> Outcome {
        let receive = TestBuffer::fixed(self.receive_len);
        let staging = TestBuffer::fixed(self.staging_len);
        let (config, rng) = (self.config, TestRng::new(1));
        if self.is_client {
            self.run::<Client<TestRng>, C>(WebSocket::client_with(
                wire,
                rng,
                receive,
                staging,
                config,
                compression,
                NoClock,
            ))
        } else {
            self.run::<Server, C>(WebSocket::server_with(
                wire,
                receive,
                staging,
                config,
                compression,
                NoClock,
            ))
        }
    }

    /// Receives to the end, and sends back whole messages.
    fn run<R: Role, C: Compression>(&self, mut ws: Stream<R, C>) -> Outcome {
        ws.assume_open::<Fault>().expect("buffers that can work");
        let (mut seen, mut echoed) = (Vec::new(), Vec::new());
        let end = loop {
            let received = if self.chunks { Ok(None) } else { echo(&mut ws) };
            match received {
                Ok(Some(message)) => {
                    echoed.push(message.clone());
                    seen.push(message);
                    continue;
                }
                Ok(None) if ws.closed().is_some() => {}
                // Too long for the buffer, or all of it in chunks.
                Ok(None) | Err(Error::Resource(ResourceError::ReceiveBuffer { .. })) => {
                    match joined(&mut ws) {
                        Ok(Some(message)) => {
                            seen.push(message);
                            continue;
                        }
                        Ok(None) => {}
                        Err(error) => break Err(error),
                    }
                }
                Err(error) => break Err(error),
            }
            break Ok(WasClosed::of(ws.closed().expect("nothing more comes")));
        };
        if let Err(error) = &end {
            assert_eq!(ws.recv_chunk().as_ref(), Err(error), "an error is repeated");
            let is_resource = matches!(error, Error::Resource(ResourceError::ReceiveBuffer { .. }));
            assert!(!is_resource || self.may_not_hold_the_window(), "{self:?} {error:?}");
        }
        let (wire, buffer, _) = ws.into_inner();
        assert_eq!((buffer.bytes().len(), buffer.growths), (self.receive_len, 0));
        let sent = self.sent(&wire.written);
        // What is staged when the connection fails may not leave any more.
        assert!(sent.len() == echoed.len() || end.is_err() && sent.len() < echoed.len());
        assert!(sent == echoed[..sent.len()], "what was sent differs: {self:?}");
        Outcome { seen, end }
    }

    /// Whether the receive buffer may be too small for the window: of a peer that keeps no context,
    /// whose message has to fit it instead.
    fn may_not_hold_the_window(&self) -> bool {
        self.deflate.is_some_and(|(_, Agreed { receive, .. })| {
            let zone_len = 256.max(self.receive_len / 8);
            !receive.takeover && (1 << receive.window_bits) + zone_len + 256 > self.receive_len
        })
    }

    /// The messages in what was written.
    fn sent(&self, written: &[u8]) -> Vec<Seen> {
        let mut zlib = Decompressor::new(15);
        let (mut messages, mut begun) = (Vec::new(), None::<(u8, bool, Vec<u8>)>);
        for frame in decode(written) {
            assert_eq!(frame.key.is_some(), self.is_client);
            if frame.opcode >= 8 {
                assert!(frame.fin && frame.rsv == 0 && frame.payload.len() <= 125);
                continue;
            }
            let (kind, is_compressed, mut bytes) = match begun.take() {
                None => (frame.opcode, frame.rsv == 4, Vec::new()),
                Some(begun) => {
                    assert_eq!((frame.opcode, frame.rsv), (0, 0));
                    begun
                }
            };
            assert!(matches!(kind, 1 | 2) && (frame.rsv == 0 || is_compressed));
            bytes.extend(&frame.payload);
            if !frame.fin {
                begun = Some((kind, is_compressed, bytes));
                continue;
            }
            if is_compressed {
                let (_, agreed) = self.deflate.expect("compressed only if that is agreed on");
                if !agreed.send.takeover {
                    zlib.reset(&[]);
                }
                bytes.extend([0, 0, 0xFF, 0xFF]);
                let mut room = vec![0; 2 * self.receive_len];
                let outcome = zlib.inflate(&bytes, &mut room);
                assert_eq!((outcome.verdict, outcome.read), (Verdict::Open, bytes.len()));
                bytes = room[..outcome.written].to_vec();
            }
            let kind = if kind == 1 { Kind::Text } else { Kind::Binary };
            messages.push(Seen::joined(kind, bytes));
        }
        messages
    }
}

/// Receives a whole message and sends it back.
fn echo<R: Role, C: Compression>(ws: &mut Stream<R, C>) -> Result<Option<Seen>, Error<Fault>> {
    let Some((message, mut reply)) = ws.recv_with_sender()? else { return Ok(None) };
    let seen = match message {
        Message::Text(text) => Seen::Text(text.to_owned()),
        Message::Binary(bytes) => Seen::Binary(bytes.to_vec()),
    };
    reply.feed(message)?;
    Ok(Some(seen))
}

/// Receives a message in chunks.
fn joined<R: Role, C: Compression>(ws: &mut Stream<R, C>) -> Result<Option<Seen>, Error<Fault>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = ws.recv_chunk()? {
        assert_eq!(chunk.first, bytes.is_empty() && chunk.first);
        bytes.extend_from_slice(chunk.data);
        if chunk.fin {
            return Ok(Some(Seen::joined(chunk.kind, bytes)));
        }
    }
    Ok(None)
}
