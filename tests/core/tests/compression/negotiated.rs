//! The opening handshake between two streams: what they agree on, and what that means for memory.

use std::thread;

use socklet_core::{
    Client, Config, Error, HandshakeError, Kind, Server,
    handshake::client::Request,
    io::{NoClock, WebSocket, blocking},
    permessage_deflate::{Agreed, Compression, Context, Negotiable, NoCompression, Settings},
};
use socklet_core_tests::{
    Fault,
    buffers::TestBuffer,
    deflating::{EAGER, TestDeflate, deflate},
    frames::Frame,
    pipe::{Pipe, duplex},
    rng::TestRng,
    wire::Wire,
};

use crate::support::*;

/// Opens a connection of two endpoints with these receive buffers, and sends messages both ways.
fn connect<C: Compression, D: Compression>(
    (c, client_len): (C, usize),
    (d, server_len): (D, usize),
) -> [Option<Agreed>; 2]
where
    blocking::WebSocket<Pipe, Server, TestBuffer, D>: Send,
{
    let (near, far) = duplex(1 << 20);
    let staging = || TestBuffer::fixed(1000);
    let receive = TestBuffer::fixed;
    let rng = TestRng::new(3);
    let (config, near_len, far_len) = (Config::CLIENT, receive(client_len), receive(server_len));
    let mut client: blocking::WebSocket<_, _, _, C> =
        WebSocket::client_with(near, rng, near_len, staging(), config, c, NoClock);
    let mut server: blocking::WebSocket<_, _, _, D> =
        WebSocket::server_with(far, far_len, staging(), Config::SERVER, d, NoClock);
    thread::scope(|scope| {
        let serving = scope.spawn(move || {
            server.accept().unwrap();
            while let Some((message, mut reply)) = server.recv_with_sender().unwrap() {
                reply.feed(message).unwrap();
            }
            server.compression()
        });
        client.handshake(&Request::new("example.com", "/")).unwrap();
        for n in 0..50 {
            let message = json(n, 150);
            client.send(message.as_str()).unwrap();
            assert_eq!(client.recv().unwrap().unwrap().as_bytes(), message.as_bytes());
        }
        let agreed = client.compression();
        client.close(socklet_core::CloseCode::NORMAL, "").unwrap();
        [agreed, serving.join().unwrap()]
    })
}

const fn context(window_bits: u8, takeover: bool) -> Context {
    Context { window_bits, takeover }
}

/// Both ends see the same.
fn mirrored(agreed: [Option<Agreed>; 2]) -> Option<Agreed> {
    let [client, server] = agreed;
    assert_eq!(
        client,
        server.map(|Agreed { send, receive }| Agreed { send: receive, receive: send })
    );
    client
}

#[test]
fn two_endpoints_agree_on_what_both_can_hold() {
    // The compressor of these tests holds 10 bits.
    let agreed = mirrored(connect((deflate(EAGER), 40_000), (deflate(EAGER), 40_000)));
    let both = context(10, true);
    assert_eq!(agreed, Some(Agreed { send: both, receive: both }));
}

#[test]
fn never_more_than_the_receive_buffer_holds() {
    let agreed = mirrored(connect((deflate(EAGER), 1100), (deflate(EAGER), 800)));
    assert_eq!(agreed, Some(Agreed { send: context(8, true), receive: context(9, true) }));
    // With less than the smallest window, none is kept.
    let agreed = mirrored(connect((deflate(EAGER), 700), (deflate(EAGER), 600)));
    let expected = Agreed { send: context(10, false), receive: context(10, false) };
    assert_eq!(agreed, Some(expected));
}

#[test]
fn the_largest_window_is_what_its_parts_leave_of_the_buffer() {
    let most = Settings::DEFAULT.negotiable;
    let bits = |receive_len| {
        let Negotiable { receive_bits, receive_takeover, .. } = most.fitting(receive_len);
        receive_takeover.then_some(receive_bits)
    };
    assert_eq!(bits(0), None);
    assert_eq!(bits(767), None);
    assert_eq!(bits(768), Some(8));
    assert_eq!(bits(1023), Some(8));
    assert_eq!(bits(1024), Some(9));
    assert_eq!(bits(1536), Some(10));
    assert_eq!(bits(4096), Some(11));
    assert_eq!(bits(1 << 20), Some(15));
    for len in 0..100_000 {
        let Some(bits) = bits(len) else { continue };
        assert!((1 << bits) + 256.max(len / 8) + 256 <= len, "{bits} in {len}");
    }
}

#[test]
fn an_endpoint_without_compression_speaks_to_one_with_it() {
    assert_eq!(connect((NoCompression, 1000), (deflate(EAGER), 4000)), [None, None]);
    assert_eq!(connect((deflate(EAGER), 4000), (NoCompression, 1000)), [None, None]);
    let off = Settings::OFF;
    assert_eq!(connect((deflate(off), 4000), (deflate(EAGER), 4000)), [None, None]);
    assert_eq!(connect((deflate(EAGER), 4000), (deflate(off), 4000)), [None, None]);
}

#[test]
fn contexts_are_not_kept_where_an_endpoint_says_so() {
    let mut settings = EAGER;
    settings.negotiable.receive_takeover = false;
    let agreed = mirrored(connect((deflate(settings), 4000), (deflate(EAGER), 4000)));
    assert_eq!(agreed, Some(Agreed { send: context(10, true), receive: context(10, false) }));
    let agreed = mirrored(connect((deflate(EAGER), 4000), (deflate(settings), 4000)));
    assert_eq!(agreed, Some(Agreed { send: context(10, false), receive: context(10, true) }));
}

type Asking = blocking::WebSocket<Wire, Client<TestRng>, TestBuffer, TestDeflate>;

/// What a client makes of a response with this extension line.
fn answered(settings: Settings, extensions: &str) -> Result<Option<Agreed>, Error<Fault>> {
    opened(settings, extensions, &[]).map(|ws| ws.compression())
}

/// A client that has received a response with this extension line, and frames behind it.
fn opened(settings: Settings, extensions: &str, frames: &[Frame]) -> Result<Asking, Error<Fault>> {
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Extensions: {extensions}\r\n\r\n",
        "ACCEPT"
    );
    // The key is drawn from a generator that is known.
    let client = |wire: Wire| -> Asking {
        let (receive, staging) = (TestBuffer::fixed(4096), TestBuffer::fixed(500));
        let (rng, compression) = (TestRng::new(5), deflate(settings));
        WebSocket::client_with(wire, rng, receive, staging, Config::CLIENT, compression, NoClock)
    };
    let mut asking = client(Wire::new([b""; 0]));
    let request = Request::new("example.com", "/");
    asking.handshake(&request).unwrap_err();
    let written = &asking.inner().written;
    let key = socklet_core::handshake::client::key_of(written).unwrap();
    let accept = socklet_core::handshake::accept_for(key);
    let response = response.replace("ACCEPT", std::str::from_utf8(&accept).unwrap());
    let mut read = response.into_bytes();
    read.extend(frames.iter().flat_map(Frame::encode));
    let mut ws = client(Wire::new([read]));
    ws.handshake(&request)?;
    Ok(ws)
}

#[test]
fn messages_behind_the_response_in_the_same_read_find_room_to_be_inflated() {
    let message = json(1, 150_000);
    let mut peer = Peer::new(10);
    let frames = [
        compressed(Kind::Text, peer.compress(message.as_bytes())),
        compressed(Kind::Text, peer.compress(b"more")),
        Frame::close(1000, ""),
    ];
    let line = "permessage-deflate; server_max_window_bits=11";
    let (seen, end) = receive_chunks(opened(EAGER, line, &frames).unwrap());
    assert!(end.is_ok(), "{end:?}");
    assert_eq!(seen, [text(&message), text("more")]);
}

#[test]
fn a_client_fails_a_connection_whose_response_does_not_fit_its_offer() {
    let refused = |error: HandshakeError| Err(Error::Handshake(error));
    let both =
        |receive_bits| Agreed { send: context(10, true), receive: context(receive_bits, true) };
    // 4096 bytes hold 11 bits.
    let line = "permessage-deflate; server_max_window_bits=11";
    assert_eq!(answered(EAGER, line), Ok(Some(both(11))));
    let line = "permessage-deflate; server_max_window_bits=8";
    assert_eq!(answered(EAGER, line), Ok(Some(both(8))));
    for line in [
        "permessage-deflate",
        "permessage-deflate; server_max_window_bits=12",
        "permessage-deflate; server_max_window_bits=11; unheard_of",
        "permessage-deflate; server_max_window_bits=11; server_max_window_bits=11",
        "permessage-deflate; server_max_window_bits=11; client_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=11; client_max_window_bits",
    ] {
        assert_eq!(answered(EAGER, line), refused(HandshakeError::ExtensionResponse), "{line}");
    }
    let unsolicited = refused(HandshakeError::UnsolicitedExtension);
    assert_eq!(answered(EAGER, "permessage-bzip2"), unsolicited);
    let line = "permessage-deflate; server_max_window_bits=11";
    assert_eq!(answered(Settings::OFF, line), unsolicited);
    assert_eq!(answered(EAGER, ""), Ok(None));
}
