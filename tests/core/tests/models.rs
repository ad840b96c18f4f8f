//! Random senders and receivers against models that keep what was sent in plain lists.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    Error, Kind, Message, Side,
    connection::{Mode, Ready},
};
use socklet_core_tests::{
    Who,
    frames::{Frame, decode},
    in_every_way,
    rng::TestRng,
    wire::Wire,
};

/// Whole messages and control frames, each with its opcode and in order.
type Sent = (Vec<(u8, Vec<u8>)>, Vec<(u8, Vec<u8>)>);

/// Joins fragments, which have to follow the rules (RFC 6455 section 5.4).
fn join(frames: Vec<Frame>) -> Sent {
    let (mut messages, mut controls) = (Vec::new(), Vec::new());
    let mut begun: Option<(u8, Vec<u8>)> = None;
    for frame in frames {
        assert_eq!(frame.rsv, 0);
        if frame.opcode >= 8 {
            assert!(frame.fin, "a control frame is not fragmented");
            controls.push((frame.opcode, frame.payload));
            continue;
        }
        if frame.opcode == 0 {
            begun.as_mut().expect("something to continue").1.extend(frame.payload);
        } else {
            assert!(begun.is_none(), "a message within another");
            begun = Some((frame.opcode, frame.payload));
        }
        if frame.fin {
            messages.extend(begun.take());
        }
    }
    assert!(begun.is_none(), "a message without its end");
    (messages, controls)
}

#[test]
fn whatever_is_sent_in_any_order_arrives_whole_and_in_order() {
    for seed in 0..250 {
        let staging_len = [131, 140, 200, 300, 700][TestRng::new(seed).below(5)];
        in_every_way!((200, staging_len), |_| Wire::default(), |who, ws, wait| {
            let mut rng = TestRng::new(seed);
            let (mut messages, mut controls) = (Vec::new(), Vec::new());
            let mut begun: Option<Vec<u8>> = None;
            for _ in 0..1 + rng.below(30) {
                let len = [0, 1, 5, 100, 125, 130, 250, 900][rng.below(8)];
                match rng.below(6) {
                    0 if begun.is_none() => {
                        let bytes = rng.bytes(len);
                        wait(ws.send(Message::Binary(&bytes))).unwrap();
                        messages.push((2, bytes));
                    }
                    1 if begun.is_none() => {
                        let bytes = rng.bytes(len);
                        wait(ws.feed(Message::Binary(&bytes))).unwrap();
                        messages.push((2, bytes));
                    }
                    2 if begun.is_none() => {
                        let text = rng.text(len);
                        wait(ws.feed(text.as_str())).unwrap();
                        messages.push((1, text.into_bytes()));
                    }
                    3 => {
                        let payload = rng.bytes(len.min(125));
                        wait(ws.ping(&payload)).unwrap();
                        controls.push((9, payload));
                    }
                    4 => {
                        let payload = rng.bytes(len.min(125));
                        wait(ws.sender().pong(&payload)).unwrap();
                        controls.push((10, payload));
                    }
                    _ => {
                        let (part, fin) = (rng.bytes(len), rng.once_in(2));
                        wait(ws.send_part(Kind::Binary, &part, fin)).unwrap();
                        let mut message = begun.take().unwrap_or_default();
                        message.extend(part);
                        if fin {
                            messages.push((2, message));
                        } else {
                            begun = Some(message);
                        }
                    }
                }
            }
            if let Some(message) = begun {
                wait(ws.send_part(Kind::Binary, &[], true)).unwrap();
                messages.push((2, message));
            }
            wait(ws.flush()).unwrap();
            let frames = decode(&ws.inner().written);
            let masked = who == Who::Client;
            assert!(frames.iter().all(|frame| frame.key.is_some() == masked), "seed {seed}");
            assert_eq!(join(frames), (messages, controls), "seed {seed}, {who:?}");
        });
    }
}

/// What a peer sends: messages in fragments, Pings between these, and Close at the end.
struct Peer {
    messages: Vec<(Kind, Vec<u8>)>,
    pings: Vec<Vec<u8>>,
    /// The wire bytes in the pieces that they arrive in.
    pieces: Vec<Vec<u8>>,
}

impl Peer {
    fn new(seed: u64, who: Who) -> Self {
        let mut rng = TestRng::new(seed);
        let mut peer = Self { messages: Vec::new(), pings: Vec::new(), pieces: Vec::new() };
        let mut bytes = Vec::new();
        for _ in 0..1 + rng.below(8) {
            let len = [0, 1, 5, 60, 125, 126, 250, 900][rng.below(8)];
            let (kind, payload) = match rng.once_in(2) {
                true => (Kind::Text, rng.text(len).into_bytes()),
                false => (Kind::Binary, rng.bytes(len)),
            };
            // Cut anywhere, within code points too.
            let mut ends: Vec<_> =
                (0..rng.below(5)).map(|_| rng.below(payload.len() + 1)).collect();
            ends.sort_unstable();
            ends.push(payload.len());
            let mut start = 0;
            for (n, end) in ends.iter().enumerate() {
                let part = &payload[start..*end];
                let mut frame = match (n, kind) {
                    (0, Kind::Text) => Frame::text(part),
                    (0, Kind::Binary) => Frame::binary(part),
                    _ => Frame::more(part),
                };
                frame.fin = n + 1 == ends.len();
                bytes.extend(frame.to(who));
                start = *end;
                if rng.once_in(3) {
                    let len = rng.below(126);
                    let ping = rng.bytes(len);
                    bytes.extend(Frame::ping(&ping).to(who));
                    peer.pings.push(ping);
                }
            }
            peer.messages.push((kind, payload));
        }
        bytes.extend(Frame::close(1000, "bye").to(who));
        let longest = [1, 3, 20, 200, 5000][rng.below(5)];
        while !bytes.is_empty() {
            let len = (1 + rng.below(longest)).min(bytes.len());
            peer.pieces.push(bytes.drain(..len).collect());
        }
        peer
    }
}

#[test]
fn whatever_the_pieces_buffers_and_modes_each_message_and_ping_is_received_once() {
    for seed in 0..250 {
        let mut lens = TestRng::new(!seed);
        let lens = ([131, 140, 200, 300, 700][lens.below(5)], [131, 200, 600][lens.below(3)]);
        in_every_way!(lens, |_| Wire::default(), |who, ws, wait| {
            let peer = Peer::new(seed, who);
            *ws.inner_mut() = Wire::new(&peer.pieces);
            let mut rng = TestRng::new(seed);
            let (mut messages, mut pings) = (Vec::new(), Vec::new());
            let mut begun: Option<(Kind, Vec<u8>)> = None;
            loop {
                let mut mode = match begun.is_some() || rng.once_in(2) {
                    true => Mode::Chunks,
                    false => Mode::Whole,
                };
                let mut ready = wait(ws.receive(mode, true));
                if let Err(Error::Resource(_)) = ready {
                    assert_eq!(mode, Mode::Whole, "chunks always fit");
                    mode = Mode::Chunks;
                    ready = wait(ws.receive(mode, true));
                }
                match ready {
                    Ok(Ready::Data) if mode == Mode::Chunks => {
                        let chunk = ws.chunk();
                        assert_eq!(chunk.first, begun.is_none());
                        let (kind, mut bytes) = begun.take().unwrap_or((chunk.kind, Vec::new()));
                        assert_eq!(kind, chunk.kind);
                        bytes.extend(chunk.data);
                        if chunk.fin {
                            messages.push((kind, bytes));
                        } else {
                            begun = Some((kind, bytes));
                        }
                    }
                    Ok(Ready::Data) => {
                        let message = ws.message().0.unwrap();
                        messages.push((message.kind(), message.as_bytes().to_vec()));
                    }
                    Ok(Ready::Ping) => pings.push(ws.control().to_vec()),
                    Ok(Ready::Ended) => break,
                    other => panic!("{other:?}, seed {seed}, {who:?}"),
                }
            }
            let closed = ws.closed().map(|closed| (closed.by, closed.code, closed.reason));
            let code = Some(socklet_core::wire::close::CloseCode::NORMAL);
            assert_eq!(closed, Some((Side::Peer, code, "bye")), "seed {seed}");
            assert!(messages == peer.messages && pings == peer.pings, "seed {seed}, {who:?}");
            let answers = pings.into_iter().map(|ping| (10, ping));
            let answers: Vec<_> = answers.chain([(8, 1000_u16.to_be_bytes().to_vec())]).collect();
            assert_eq!(join(decode(&ws.inner().written)).1, answers, "seed {seed}, {who:?}");
        });
    }
}
