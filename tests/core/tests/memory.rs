//! Buffers: what fits, what is said when something does not, and that none grows by what a peer
//! only declares.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    Config, ConfigError, Error, Fragmentation, Message, ResourceError, UsageError,
    io::blocking::WebSocket, wire::MAX_CONTROL_FRAME_LEN,
};
use socklet_core_tests::{
    Fault, Who,
    buffers::TestBuffer,
    frames::{Frame, decode},
    receiving::{Endpoint, Seen, open},
    rng::TestRng,
    wire::Wire,
};

type Server = WebSocket<Wire, socklet_core::Server, TestBuffer>;

fn server(wire: Wire, receive: TestBuffer, staging: TestBuffer) -> Server {
    open(WebSocket::server(wire, receive, staging))
}

/// A message in so many fragments with a Ping of the greatest length after each but the last.
fn with_pings(payload: &[u8], fragment_len: usize, who: Who) -> Vec<u8> {
    let count = payload.len().div_ceil(fragment_len.max(1)).max(1);
    let mut bytes = Vec::new();
    for n in 0..count {
        let part = &payload[n * fragment_len..payload.len().min((n + 1) * fragment_len)];
        let frame = if n == 0 { Frame::binary(part) } else { Frame::more(part) };
        if n + 1 == count {
            bytes.extend(frame.to(who));
        } else {
            bytes.extend(frame.not_fin().to(who));
            bytes.extend(Frame::ping([b'p'; 125]).to(who));
        }
    }
    bytes
}

#[test]
fn a_message_of_the_receive_buffer_less_131_bytes_always_fits() {
    for who in Who::BOTH {
        for receive_len in [131, 132, 140, 263, 400] {
            let endpoint = Endpoint::new(who).buffers(receive_len, 131);
            let payload = TestRng::new(1).bytes(receive_len - MAX_CONTROL_FRAME_LEN);
            for fragment_len in [1, 2, 7, 63, payload.len().max(1)] {
                let bytes = with_pings(&payload, fragment_len, who).repeat(2);
                for piece_len in [1, 2, 3, 50, 131, 137, bytes.len()] {
                    let pieces: Vec<_> = bytes.chunks(piece_len).collect();
                    let received = endpoint.receive(&pieces);
                    let messages: Vec<_> =
                        received.seen.iter().filter(|s| s.is_message()).collect();
                    let expected = Seen::Binary(payload.clone());
                    assert_eq!(messages, [&expected, &expected], "{receive_len} {piece_len}");
                    assert_eq!(received.end, Err(Error::ConnectionLost));
                }
            }
        }
    }
}

#[test]
fn buffers_of_131_bytes_are_enough_for_an_echo_in_chunks() {
    let payload = TestRng::new(2).bytes(10_000);
    for who in Who::BOTH {
        let bytes = with_pings(&payload, 900, who);
        let endpoint = Endpoint::new(who).buffers(131, 131);
        let mut echoed = Vec::new();
        match who {
            Who::Server => {
                let mut ws = endpoint.blocking_server(Wire::cut_every(&bytes, 77));
                while let Ok(Some(chunk)) = ws.recv_chunk() {
                    let (kind, data, fin) = (chunk.kind, chunk.data.to_vec(), chunk.fin);
                    ws.send_part(kind, &data, fin).unwrap();
                }
                echoed.extend(ws.into_inner().0.written);
            }
            Who::Client => {
                let mut ws = endpoint.blocking_client(Wire::cut_every(&bytes, 77));
                while let Ok(Some(chunk)) = ws.recv_chunk() {
                    let (kind, data, fin) = (chunk.kind, chunk.data.to_vec(), chunk.fin);
                    ws.send_part(kind, &data, fin).unwrap();
                }
                echoed.extend(ws.into_inner().0.written);
            }
        }
        let frames = decode(&echoed);
        let data = frames.iter().filter(|frame| frame.opcode < 8);
        assert_eq!(data.flat_map(|frame| frame.payload.clone()).collect::<Vec<_>>(), payload);
        assert_eq!(frames.iter().filter(|frame| frame.opcode == 10).count(), 11);
    }
}

#[test]
fn buffers_that_are_too_small_are_refused_before_anything_is_sent() {
    let new = |receive_len, staging_len| {
        let (receive, staging) = (TestBuffer::fixed(receive_len), TestBuffer::fixed(staging_len));
        let mut ws: Server = WebSocket::server(Wire::default(), receive, staging);
        (ws.assume_open::<Fault>(), ws.accept())
    };
    let refused = |error| (Err(Error::Config(error)), Err(Error::Config(error)));
    assert_eq!(new(131, 130), refused(ConfigError::StagingBufferTooSmall));
    assert_eq!(new(130, 131), refused(ConfigError::ReceiveBufferTooSmall));
    assert_eq!(new(0, 0), refused(ConfigError::StagingBufferTooSmall));
    assert_eq!(new(131, 131).0, Ok(()));
}

#[test]
fn a_message_that_is_too_long_says_so_and_is_then_received_in_chunks_whole() {
    for who in Who::BOTH {
        let payload = TestRng::new(3).bytes(1000);
        let bytes = [with_pings(&payload, 350, who), Frame::text("after").to(who)].concat();
        for piece_len in [1, 13, 200, bytes.len()] {
            let endpoint = Endpoint::new(who).buffers(300, 300);
            let wire = Wire::cut_every(&bytes, piece_len);
            match who {
                Who::Server => check_too_long(endpoint.blocking_server(wire), &payload),
                Who::Client => check_too_long(endpoint.blocking_client(wire), &payload),
            }
        }
    }
}

fn check_too_long<R: socklet_core::Role>(mut ws: WebSocket<Wire, R, TestBuffer>, payload: &[u8]) {
    for _ in 0..2 {
        let Err(Error::Resource(ResourceError::ReceiveBuffer { needed, available })) = ws.recv()
        else {
            panic!("a message that does not fit")
        };
        assert_eq!(available, 300);
        assert!(needed > 300 && needed <= 1000, "{needed}");
    }
    assert!(ws.is_open());
    let mut joined = Vec::<u8>::new();
    loop {
        let chunk = ws.recv_chunk().unwrap().unwrap();
        assert_eq!(chunk.first, joined.is_empty());
        joined.extend(chunk.data);
        if chunk.fin {
            break;
        }
        assert_eq!(ws.recv(), Err(Error::Usage(UsageError::MessageUnfinished)));
    }
    assert_eq!(joined, payload);
    assert_eq!(ws.recv(), Ok(Some(Message::Text("after"))));
}

#[test]
fn memory_is_not_reserved_from_a_declared_length() {
    for declared in [100_000, 1 << 24, 1 << 30] {
        let bytes = Frame::binary([1; 200]).declare(declared, 8).to(Who::Server);
        let (receive, staging) = (TestBuffer::growing(256, 1 << 26), TestBuffer::fixed(131));
        let mut config = Config::SERVER;
        config.limits.message_len = 0;
        let ws = server(Wire::cut_every(&bytes, 50), receive, staging);
        let mut ws = ws.with_config(config);
        assert_eq!(ws.recv(), Err(Error::ConnectionLost));
        let (receive, ..) = ws.into_parts().1.into_buffers();
        assert_eq!((receive.peak_len, receive.growths), (256, 0));
    }
}

#[test]
fn a_growing_buffer_grows_with_what_has_arrived_and_no_further() {
    let payload = TestRng::new(4).bytes(3_000);
    for fragment_len in [3_000, 100] {
        let bytes = with_pings(&payload, fragment_len, Who::Server);
        let (receive, staging) = (TestBuffer::growing(131, 1 << 20), TestBuffer::fixed(131));
        let mut ws = server(Wire::cut_every(&bytes, 97), receive, staging);
        assert_eq!(ws.recv(), Ok(Some(Message::Binary(&payload))));
        let (receive, ..) = ws.into_parts().1.into_buffers();
        assert!(receive.peak_len <= payload.len() + MAX_CONTROL_FRAME_LEN, "{}", receive.peak_len);
    }
}

#[test]
fn a_growing_buffer_that_may_not_grow_further_says_so() {
    let bytes = Frame::binary([7; 2_000]).to(Who::Server);
    let (receive, staging) = (TestBuffer::growing(131, 1_000), TestBuffer::fixed(131));
    let mut ws = server(Wire::new([bytes]), receive, staging);
    let too_small = ResourceError::ReceiveBuffer { needed: 2_000, available: 1_000 };
    assert_eq!(ws.recv(), Err(Error::Resource(too_small)));
}

#[test]
fn a_message_that_must_not_be_fragmented_says_what_it_needs() {
    let (receive, staging) = (TestBuffer::fixed(131), TestBuffer::fixed(200));
    let config = Config { fragmentation: Fragmentation::Never, ..Config::SERVER };
    let mut ws = server(Wire::default(), receive, staging).with_config(config);
    assert_eq!(ws.send(&[1; 196]), Ok(()));
    let too_small = ResourceError::StagingBuffer { needed: 201, available: 200 };
    assert_eq!(ws.send(&[1; 197]), Err(Error::Resource(too_small)));
    assert_eq!(ws.unfinished(), None);
    assert_eq!(ws.send(&[2; 3]), Ok(()));
    let frames = decode(&ws.into_inner().0.written);
    assert_eq!(frames.iter().map(|frame| frame.payload.len()).collect::<Vec<_>>(), [196, 3]);
}

#[test]
fn bytes_that_were_not_decoded_are_given_back() {
    let next = b"bytes of another protocol";
    let bytes = [&Frame::text("last").to(Who::Server)[..], next].concat();
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::new([bytes]));
    assert_eq!(ws.recv(), Ok(Some(Message::Text("last"))));
    let (_, connection) = ws.into_parts();
    assert_eq!(connection.undecoded(), next);
    let (receive, undecoded, _) = connection.into_buffers();
    assert_eq!(&socklet_core::buffer::Buffer::bytes(&receive)[undecoded], next);
}

#[test]
fn bytes_that_something_else_has_read_come_first() {
    let bytes = Frame::text("early").to(Who::Server);
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::new([&bytes[4..]]));
    ws.preload(&bytes[..4]).unwrap();
    assert_eq!(ws.recv(), Ok(Some(Message::Text("early"))));
    let (needed, available) = (4097, 4096);
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::new([&bytes[..]]));
    let too_small = ResourceError::ReceiveBuffer { needed, available };
    assert_eq!(ws.preload(&[0; 4097]), Err(too_small));
    assert_eq!(ws.recv(), Ok(Some(Message::Text("early"))));
}
