//! What is received: the examples of RFC 7692, its rules about frames, and what is no DEFLATE.

use socklet_core::{
    Error, Kind, ProtocolError, Side, deflate::InflateError, wire::close::CloseCode,
};
use socklet_core_tests::{
    Who,
    frames::{self, Frame},
    receiving::{Seen, WasClosed},
    wire::Wire,
};

use crate::support::*;

const CLOSED: fn() -> WasClosed =
    || WasClosed { by: Side::Peer, code: Some(1000), reason: String::new() };

/// "Hello" in a block of its own (RFC 7692 section 7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// Both roles receive these frames, and then a Close.
fn received(frames: impl IntoIterator<Item = Frame>) -> Vec<Seen> {
    let mut frames: Vec<_> = frames.into_iter().collect();
    frames.push(Frame::close(1000, ""));
    let [client, server] = Who::BOTH.map(|who| {
        let (seen, end) = Setting::new(who).receive_frames(&frames);
        assert_eq!(end, Ok(CLOSED()), "{who:?} {frames:?}");
        seen
    });
    assert_eq!(client, server);
    client
}

/// Both roles fail at these frames, with the close code of the error, after having seen this.
fn refused(frames: impl IntoIterator<Item = Frame>, error: ProtocolError) -> Vec<Seen> {
    let frames: Vec<_> = frames.into_iter().collect();
    let [client, server] = Who::BOTH.map(|who| {
        let setting = Setting::new(who);
        let (seen, end) = setting.receive_frames(&frames);
        assert_eq!(end, Err(Error::Protocol(error)), "{who:?} {frames:?}");
        seen
    });
    assert_eq!(client, server);
    let setting = Setting::new(Who::Server);
    let mut ws = setting.server(Wire::new([setting.encode(&frames)]));
    while let Ok(Some(_)) = ws.recv() {}
    let told = frames::decode(&ws.inner().written).pop().unwrap();
    assert_eq!(told.payload, error.close_code().0.to_be_bytes());
    client
}

#[test]
fn the_examples_of_the_rfc_are_received() {
    // Sections 7.2.3.1 to 7.2.3.6: one frame, two frames, a shared window, no compression, a
    // final block, two blocks, nothing.
    let frame = |payload: &[u8]| compressed(Kind::Text, payload);
    assert_eq!(received([frame(&HELLO)]), [text("Hello")]);
    assert_eq!(received([frame(&HELLO[..3]).not_fin(), Frame::more(&HELLO[3..])]), [text("Hello")]);
    let shared = [0xf2, 0x00, 0x11, 0x00, 0x00];
    assert_eq!(received([frame(&HELLO), frame(&shared)]), [text("Hello"), text("Hello")]);
    let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    assert_eq!(received([frame(&stored)]), [text("Hello")]);
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    assert_eq!(received([frame(&last), frame(&HELLO)]), [text("Hello"), text("Hello")]);
    let two = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(received([frame(&two)]), [text("Hello")]);
    assert_eq!(received([frame(&[0x00])]), [text("")]);
}

#[test]
fn what_some_leave_off_besides_the_tail_is_not_missed() {
    // A final block without the empty one behind it, and an empty message of no bytes at all.
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let frames = [&last[..], &[], &HELLO].map(|payload| compressed(Kind::Text, payload));
    assert_eq!(received(frames), [text("Hello"), text(""), text("Hello")]);
}

#[test]
fn control_frames_come_between_the_frames_of_a_compressed_message() {
    let seen = received([
        compressed(Kind::Text, &HELLO[..1]).not_fin(),
        Frame::ping("1"),
        Frame::more(&HELLO[1..1]).not_fin(),
        Frame::pong("2"),
        Frame::more(&HELLO[1..6]).not_fin(),
        Frame::ping("3"),
        Frame::more(&HELLO[6..]),
    ]);
    let bytes = |text: &str| text.as_bytes().to_vec();
    assert_eq!(
        seen,
        [Seen::Ping(bytes("1")), Seen::Pong(bytes("2")), Seen::Ping(bytes("3")), text("Hello")]
    );
}

#[test]
fn messages_that_are_not_compressed_leave_the_context_alone() {
    let mut peer = Peer::new(11);
    let (one, two) = (json(1, 100), json(2, 90));
    let seen = received([
        compressed(Kind::Text, peer.compress(one.as_bytes())),
        Frame::text("as it is").not_fin(),
        Frame::more(", in two frames"),
        Frame::binary(b"bytes"),
        compressed(Kind::Text, peer.compress(two.as_bytes())),
        compressed(Kind::Binary, peer.compress(one.as_bytes())),
    ]);
    assert_eq!(
        seen,
        [
            text(&one),
            text("as it is, in two frames"),
            Seen::Binary(b"bytes".to_vec()),
            text(&two),
            Seen::Binary(one.clone().into_bytes()),
        ]
    );
}

#[test]
fn reserved_bits_mark_the_first_frame_of_a_message_and_nothing_else() {
    let bits = ProtocolError::ReservedBits;
    let begun = || compressed(Kind::Text, &HELLO[..3]).not_fin();
    refused([begun(), Frame::more(&HELLO[3..]).rsv(0b100)], bits);
    refused([Frame::ping("").rsv(0b100)], bits);
    refused([Frame::pong("").rsv(0b100)], bits);
    refused([Frame::close(1000, "").rsv(0b100)], bits);
    for rsv in [0b001, 0b010, 0b011, 0b101, 0b110, 0b111] {
        refused([Frame::text(HELLO).rsv(rsv)], bits);
    }
    refused([begun(), compressed(Kind::Text, HELLO)], ProtocolError::ExpectedContinuation);
}

#[test]
fn data_that_are_no_deflate_data_are_refused_each_with_its_error() {
    let cases: [(&[u8], InflateError); 6] = [
        (&[0x06, 0x00], InflateError::BlockType),
        (&[0x00, 0x05, 0x00, 0xfa, 0xfe, 0x48], InflateError::StoredLength),
        // A table of which the first code length repeats the one before.
        (&[0x04, 0x00, 0xfe, 0xff], InflateError::CodeLengths),
        // Fixed codes: a literal/length 286, and a distance of a byte that is not there.
        (&[0x1a, 0x03, 0x00], InflateError::Symbol),
        (&[0x02, 0x02, 0x00], InflateError::Distance),
        // A stored block that is cut off.
        (&[0x00, 0x06, 0x00, 0xf9, 0xff, 0x48], InflateError::Unfinished),
    ];
    for (payload, error) in cases {
        let frame = compressed(Kind::Binary, payload);
        let hello = compressed(Kind::Text, HELLO);
        assert_eq!(refused([frame.clone()], ProtocolError::from(error)), []);
        if error != InflateError::Distance {
            let seen = refused([hello, frame], ProtocolError::from(error));
            assert_eq!(seen, [text("Hello")]);
        }
    }
    assert_eq!(ProtocolError::InflateSymbol.close_code(), CloseCode::INVALID_PAYLOAD);
}

#[test]
fn a_message_cut_off_anywhere_is_refused() {
    let message = json(7, 150);
    let whole = Peer::new(9).compress(message.as_bytes());
    for len in 1..whole.len() - 1 {
        let frames = [compressed(Kind::Binary, &whole[..len])];
        let setting = Setting::new(Who::Client);
        let (seen, end) = setting.receive_pieces(&[&setting.encode(&frames)]);
        assert_eq!(seen, [], "{len} of {}", whole.len());
        assert!(
            matches!(end, Err(Error::Protocol(error)) if error.close_code().0 == 1007),
            "{len} of {}: {end:?}",
            whole.len()
        );
    }
}

#[test]
fn text_is_utf_8_when_it_is_inflated() {
    let mut peer = Peer::new(9);
    let valid = compressed(Kind::Text, peer.compress("grüße 🦀".as_bytes()));
    assert_eq!(received([valid]), [text("grüße 🦀")]);

    let invalid = Peer::new(9).compress(b"abc \xff def");
    let error = ProtocolError::InvalidUtf8;
    refused([compressed(Kind::Text, &invalid)], error);
    let cut = Peer::new(9).compress("abc ü".as_bytes().split_last().unwrap().1);
    refused([compressed(Kind::Text, cut)], error);
    assert_eq!(
        received([compressed(Kind::Binary, invalid)]),
        [Seen::Binary(b"abc \xff def".to_vec())]
    );
}

#[test]
fn text_that_cannot_become_utf_8_is_refused_before_the_message_ends() {
    let message = [&[b'a'; 200][..], b"\xff", &[b'b'; 200]].concat();
    let payload = Peer::new(9).compress(&message);
    let frames = [compressed(Kind::Text, payload).not_fin()];
    let setting = Setting::new(Who::Client);
    let mut ws = setting.client(Wire::new([setting.encode(&frames)]));
    assert_eq!(ws.recv(), Err(Error::Protocol(ProtocolError::InvalidUtf8)));
}

#[test]
fn a_distance_beyond_the_window_agreed_on_is_refused() {
    // The peer compresses with a larger window than it may.
    let mut peer = Peer::new(10);
    let far = json(3, 700);
    let frames =
        [&far, &far].map(|message| compressed(Kind::Text, peer.compress(message.as_bytes())));
    let setting = Setting::new(Who::Client).receive(9, true);
    let (seen, end) = setting.receive_pieces(&[&setting.encode(&frames)]);
    assert_eq!(seen, [text(&far)]);
    assert_eq!(end, Err(Error::Protocol(ProtocolError::InflateDistance)));
}

#[test]
fn a_thousand_messages_of_one_context_are_received() {
    for bits in 8..=10 {
        let mut peer = Peer::new(bits);
        let messages: Vec<_> = (0..1000).map(|number| json(number, number % 300)).collect();
        let mut frames: Vec<_> = messages
            .iter()
            .map(|message| compressed(Kind::Text, peer.compress(message.as_bytes())))
            .collect();
        frames.push(Frame::close(1000, ""));
        for who in Who::BOTH {
            let setting = Setting::new(who).receive(bits, true).receive_len(1900);
            let bytes = setting.encode(&frames);
            let pieces: Vec<_> = bytes.chunks(700).collect();
            let (seen, end) = setting.receive_pieces(&pieces);
            assert_eq!(end, Ok(CLOSED()));
            assert!(
                seen.iter().eq(messages
                    .iter()
                    .map(|message| text(message))
                    .collect::<Vec<_>>()
                    .iter())
            );
        }
    }
}

#[test]
fn a_decoder_that_an_earlier_connection_left_in_a_message_begins_anew() {
    use socklet_core::{
        Config, Server,
        connection::{Connection, Mode, Ready, Step},
        deflate::{Inflate, Small},
        permessage_deflate::{Agreed, Context, Deflate, Settings},
    };
    let (mut inflate, mut compressor) = (Inflate::new(), Small::new());
    let context = Context { window_bits: 10, takeover: true };
    let agreed = Agreed { send: context, receive: context };
    // A stored block of ten bytes, of which two come; and, by itself, "Hello".
    let torn = [0xc1, 0x90, 0, 0, 0, 0, 0x00, 0x0a, 0x00, 0xf5, 0xff, b'A', b'B'];
    let whole = [0xc1, 0x87, 0, 0, 0, 0, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    for (bytes, expected) in [(torn, None), (whole, Some("Hello")), (whole, Some("Hello"))] {
        let (mut receive, mut staging) = ([0; 4096], [0; 512]);
        let deflate = Deflate::new(&mut inflate, &mut compressor, Settings::DEFAULT);
        let deflate = deflate.with_agreed(agreed);
        let (receive, staging) = (&mut receive[..], &mut staging[..]);
        let mut connection = Connection::new(Server, receive, staging, Config::SERVER, deflate);
        connection.assume_open::<()>(None).unwrap();
        connection.preload(&bytes).unwrap();
        let step = connection.poll_receive(Mode::Whole, false, None);
        let Some(expected) = expected else {
            assert_eq!(step, Step::Read);
            continue;
        };
        assert_eq!(step, Step::Ready(Ready::Data));
        assert_eq!(connection.message().0.unwrap().as_bytes(), expected.as_bytes());
    }
}
