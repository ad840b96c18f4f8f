//! What is sent: frames that any peer can inflate.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush};
use socklet_core::{
    Fragmentation, Kind, Message, Role, Server,
    io::{NoClock, WebSocket},
    permessage_deflate::{Agreed, Context, Settings, Volume},
};
use socklet_core_tests::{
    Who,
    buffers::TestBuffer,
    deflating::{EAGER, deflate},
    frames::{self, Frame},
    rng::TestRng,
    wire::Wire,
};

use crate::support::*;

/// An open server that compresses with a window of so many bits, and has a small staging buffer.
fn sender(settings: Settings, send: Context, staging_len: usize) -> Open<Wire, Server> {
    let receive = Context { window_bits: 15, takeover: false };
    let compression = deflate(settings).with_agreed(Agreed { send, receive });
    let (receive, staging) = (TestBuffer::fixed(1000), TestBuffer::fixed(staging_len));
    let config = socklet_core::Config::SERVER;
    let wire = Wire::new([b""; 0]);
    open(WebSocket::server_with(wire, receive, staging, config, compression, NoClock))
}

const TAKEOVER: Context = Context { window_bits: 10, takeover: true };

/// Inflates messages one after the other, as a peer of another make does.
struct Oracle(Box<InflateState>);

impl Oracle {
    fn new() -> Self {
        Self(InflateState::new_boxed(DataFormat::Raw))
    }

    fn inflate(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut input = [payload, &[0, 0, 0xff, 0xff]].concat();
        let mut message = Vec::new();
        loop {
            let mut out = vec![0; 4096];
            let done = inflate(&mut self.0, &input, &mut out, MZFlush::Sync);
            message.extend_from_slice(&out[..done.bytes_written]);
            input.drain(..done.bytes_consumed);
            if done.bytes_written < out.len() {
                assert!(input.is_empty(), "{done:?}");
                return message;
            }
        }
    }
}

/// Puts the frames of messages together, and checks where they are marked as compressed.
fn messages(frames: &[Frame]) -> Vec<(bool, Vec<u8>)> {
    let mut messages = Vec::new();
    let mut begun: Option<(bool, Vec<u8>)> = None;
    for frame in frames.iter().filter(|frame| frame.opcode < 8) {
        let (is_compressed, mut payload) = match begun.take() {
            None => (frame.rsv == 0b100, Vec::new()),
            Some(message) => {
                assert_eq!((frame.opcode, frame.rsv), (0, 0), "a continuation");
                message
            }
        };
        payload.extend_from_slice(&frame.payload);
        if frame.fin {
            messages.push((is_compressed, payload));
        } else {
            begun = Some((is_compressed, payload));
        }
    }
    assert_eq!(begun, None);
    messages
}

fn written<R: Role>(ws: &Open<Wire, R>) -> Vec<Frame> {
    frames::decode(&ws.inner().written)
}

#[test]
fn any_peer_inflates_what_was_sent_over_one_context() {
    for staging_len in [131, 140, 300, 2000] {
        for takeover in [true, false] {
            let mut ws = sender(EAGER, Context { takeover, ..TAKEOVER }, staging_len);
            let sent: Vec<_> = (0..200).map(|n| json(n, n * 7 % 900)).collect();
            for (n, message) in sent.iter().enumerate() {
                match n % 3 {
                    0 => ws.send(message.as_str()).unwrap(),
                    1 => ws.send(Message::Binary(message.as_bytes())).unwrap(),
                    _ => {
                        let (head, tail) = message.as_bytes().split_at(message.len() / 3);
                        ws.send_part(Kind::Text, head, false).unwrap();
                        ws.ping(b"between").unwrap();
                        ws.send_part(Kind::Text, b"", false).unwrap();
                        ws.send_part(Kind::Text, tail, true).unwrap();
                    }
                }
            }
            let frames = written(&ws);
            assert!(frames.iter().all(|frame| frame.encode().len() <= staging_len));
            let mut oracle = Oracle::new();
            let received = messages(&frames);
            assert_eq!(received.len(), sent.len());
            for ((is_compressed, payload), message) in received.iter().zip(&sent) {
                if !takeover {
                    oracle = Oracle::new();
                }
                let inflated = match is_compressed {
                    true => oracle.inflate(payload),
                    false => payload.clone(),
                };
                assert!(inflated == message.as_bytes(), "{staging_len} {takeover} {message}");
            }
            let compressed: usize = received.iter().map(|(_, payload)| payload.len()).sum();
            let plain: usize = sent.iter().map(String::len).sum();
            assert!(
                compressed * 10 < plain * if takeover { 5 } else { 8 },
                "{compressed}, {plain}"
            );
        }
    }
}

#[test]
fn a_context_that_is_kept_makes_the_same_message_shorter() {
    let message = json(1, 300);
    for (takeover, is_shorter) in [(true, true), (false, false)] {
        let mut ws = sender(EAGER, Context { takeover, ..TAKEOVER }, 1000);
        ws.send(message.as_str()).unwrap();
        ws.send(message.as_str()).unwrap();
        let [one, two] = messages(&written(&ws)).try_into().unwrap();
        assert!(one.0 && two.0);
        assert_eq!(two.1.len() * 4 < one.1.len(), is_shorter);
        assert_eq!(two.1 == one.1, !is_shorter);
    }
}

#[test]
fn a_message_below_the_threshold_is_sent_as_it_is() {
    let settings = Settings { threshold_len: 10, ..EAGER };
    let mut ws = sender(settings, TAKEOVER, 1000);
    ws.send("aaaaaaaaa").unwrap();
    ws.send("aaaaaaaaaa").unwrap();
    let [short, long] = messages(&written(&ws)).try_into().unwrap();
    assert_eq!(short, (false, b"aaaaaaaaa".to_vec()));
    assert!(long.0);
}

#[test]
fn bytes_that_do_not_compress_are_sent_as_they_are_and_the_context_is_as_before() {
    let mut rng = TestRng::new(9);
    let mut ws = sender(EAGER, TAKEOVER, 2000);
    let (one, two) = (json(1, 400), json(2, 400));
    ws.send(one.as_str()).unwrap();
    let noise = rng.bytes(500);
    ws.send(Message::Binary(&noise)).unwrap();
    ws.send(two.as_str()).unwrap();
    let received = messages(&written(&ws));
    assert_eq!(received[1], (false, noise));
    let mut oracle = Oracle::new();
    assert!(received[0].0 && received[2].0);
    assert_eq!(oracle.inflate(&received[0].1), one.as_bytes());
    assert_eq!(oracle.inflate(&received[2].1), two.as_bytes());
}

#[test]
fn a_caller_may_choose_for_each_message() {
    let mut ws = sender(EAGER, TAKEOVER, 1000);
    let message = "all the same all the same all the same";
    ws.set_compression(false);
    ws.send(message).unwrap();
    ws.set_compression(true);
    ws.send_part(Kind::Text, message.as_bytes(), false).unwrap();
    // It holds from the next message on.
    ws.set_compression(false);
    ws.send_part(Kind::Text, message.as_bytes(), true).unwrap();
    ws.send(message).unwrap();
    let received = messages(&written(&ws));
    assert_eq!(received.iter().map(|m| m.0).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(Oracle::new().inflate(&received[1].1), message.repeat(2).as_bytes());
}

#[test]
fn the_client_masks_what_it_has_compressed() {
    let setting = Setting::new(Who::Client);
    let mut ws = setting.client(Wire::new([b""; 0]));
    for n in 0..20 {
        ws.send(json(n, 200).as_str()).unwrap();
    }
    let frames = written(&ws);
    assert!(frames.iter().all(|frame| frame.key.is_some()));
    let mut oracle = Oracle::new();
    for (n, (is_compressed, payload)) in messages(&frames).into_iter().enumerate() {
        assert!(is_compressed);
        assert_eq!(oracle.inflate(&payload), json(n, 200).as_bytes());
    }
}

#[test]
fn lengths_take_as_few_bytes_as_can_be() {
    // Around the lengths at which a header becomes longer: compressed they are less than that.
    for len in (100..160).chain(65_500..65_600) {
        let mut rng = TestRng::new(len as u64);
        let message: String = (0..len).map(|_| char::from(b'a' + rng.below(4) as u8)).collect();
        let mut ws = sender(EAGER, TAKEOVER, 70_000);
        ws.send(message.as_str()).unwrap();
        let written = &ws.inner().written;
        let frame = frames::decode(written).pop().unwrap();
        assert_eq!(frame.encode(), *written, "{len}");
        assert_eq!(Oracle::new().inflate(&frame.payload), message.as_bytes());
    }
}

#[test]
fn a_message_that_must_not_be_fragmented_is_one_frame_or_an_error() {
    let mut ws = sender(EAGER, TAKEOVER, 300);
    ws.config_mut().fragmentation = Fragmentation::Never;
    ws.send("a".repeat(200).as_str()).unwrap();
    ws.send("b".repeat(296).as_str()).unwrap();
    ws.send("c".repeat(297).as_str()).unwrap_err();
    let frames = written(&ws);
    assert_eq!(frames.len(), 2);
    assert!(frames.iter().all(|frame| frame.fin));
}

#[test]
fn volumes_count_compressed_messages_in_both_directions() {
    let mut ws = sender(EAGER, TAKEOVER, 1000);
    assert_eq!(ws.volume_sent(), Some(Volume::default()));
    let message = json(1, 500);
    ws.send(message.as_str()).unwrap();
    ws.set_compression(false);
    ws.send(message.as_str()).unwrap();
    let compressed = written(&ws)[0].payload.len() as u64;
    assert_eq!(ws.volume_sent(), Some(Volume { plain: message.len() as u64, compressed }));

    let setting = Setting::new(Who::Client);
    let frame = compressed_frame(&message);
    let bytes = setting.encode(&[Frame::text("plain"), frame.clone()]);
    let mut ws = setting.client(Wire::new([bytes]));
    while ws.recv().is_ok_and(|message| message.is_some()) {}
    let compressed = frame.payload.len() as u64;
    assert_eq!(ws.volume_received(), Some(Volume { plain: message.len() as u64, compressed }));
}

fn compressed_frame(message: &str) -> Frame {
    compressed(Kind::Text, Peer::new(10).compress(message.as_bytes()))
}

#[test]
fn short_texts_that_are_alike_are_compressed_though_none_is_shorter_by_itself() {
    let report = |n: usize| format!("valve {n} of boiler #2: {} Pa", 31 * n);
    let alone = Peer::new(10).compress(report(100).as_bytes()).len();
    assert!(alone >= report(100).len(), "{alone}: a shorter one is wanted here");
    let mut ws = sender(EAGER, TAKEOVER, 1000);
    for n in 100..200 {
        ws.send(report(n).as_str()).unwrap();
    }
    let Volume { plain, compressed } = ws.volume_sent().unwrap();
    assert_eq!(plain, (100..200).map(|n| report(n).len() as u64).sum::<u64>());
    assert!(compressed * 5 < 2 * plain, "{compressed} of {plain}");

    // Without a context there is nothing to be gained.
    let mut ws = sender(EAGER, Context { takeover: false, ..TAKEOVER }, 1000);
    ws.send(report(100).as_str()).unwrap();
    assert_eq!(ws.volume_sent(), Some(Volume::default()));
}
