//! What other implementations got wrong in framing, each as a test named for it, in both roles.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{Error, ProtocolError, wire::close::CloseCode};
use socklet_core_tests::{
    Fault, Who,
    frames::{Frame, decode},
    receiving::{Endpoint, Received, Seen},
};

/// Checks, for every split of the bytes, that the connection fails with this error, that the
/// peer is told why in one Close frame, and that nothing was received.
#[track_caller]
fn fails(endpoint: Endpoint, bytes: &[u8], error: ProtocolError) {
    let received = endpoint.receive_split(bytes);
    assert_eq!(received.end, Err(Error::Protocol(error)), "{:?} {bytes:x?}", endpoint.who);
    assert_eq!(received.seen, [], "nothing is received");
    assert_told(&received, error.close_code());
}

#[track_caller]
fn assert_told(received: &Received, code: CloseCode) {
    let frames = decode(&received.written);
    let last = frames.last().expect("a Close frame");
    assert_eq!((last.opcode, &last.payload[..]), (8, &code.0.to_be_bytes()[..]));
}

#[test]
fn a_two_byte_header_split_across_reads_is_no_error() {
    for who in Who::BOTH {
        let bytes = Frame::text("split").to(who);
        let pieces: Vec<_> = bytes.chunks(1).collect();
        let received = Endpoint::new(who).receive(&pieces);
        assert_eq!(received.seen, [Seen::Text("split".into())]);
    }
}

#[test]
fn a_64_bit_length_is_not_cut_to_32_bits() {
    // A length of 2^32 + 5 taken for 5 would let the peer smuggle in the frame that follows.
    for who in Who::BOTH {
        for declared in [(1 << 32) + 5, 1 << 33, (1 << 40) + 5, (1 << 63) - 1, (1 << 62) + 5] {
            let frame = Frame::binary([5; 5]).declare(declared, 8).to(who);
            let bytes = [frame, Frame::text("smuggled").to(who)].concat();
            fails(Endpoint::new(who), &bytes, ProtocolError::MessageTooLong);
            let unlimited = Endpoint::new(who).config(|config| config.limits.message_len = 0);
            let received = unlimited.receive_split(&bytes);
            assert_eq!(received.seen, []);
            let end = match usize::try_from(declared) {
                Ok(_) => Error::ConnectionLost,
                Err(_) => Error::Protocol(ProtocolError::MessageTooLong),
            };
            assert_eq!(received.end, Err(end), "{declared}");
        }
    }
}

#[test]
fn a_length_that_overflows_when_the_header_is_added_is_no_panic() {
    for who in Who::BOTH {
        let unlimited = Endpoint::new(who).config(|config| config.limits.message_len = 0);
        for declared in [u64::MAX >> 1, (u64::MAX >> 1) - 13, u64::from(u32::MAX), 0x7FFF_FFFF] {
            let fragments = [
                Frame::binary([1; 20]).not_fin().to(who),
                Frame::more([2; 20]).declare(declared, 8).to(who),
            ];
            let received = unlimited.receive_split(&fragments.concat());
            assert_eq!(received.seen, []);
            assert!(received.end.is_err());
        }
    }
}

#[test]
fn a_length_in_more_bytes_than_needed_is_refused() {
    for who in Who::BOTH {
        for (len, field_len) in [(0, 2), (5, 2), (125, 2), (0, 8), (5, 8), (126, 8), (0xFFFF, 8)] {
            let bytes = Frame::binary([0; 5]).declare(len, field_len).to(who);
            fails(Endpoint::new(who), &bytes, ProtocolError::NonMinimalLength);
        }
    }
}

#[test]
fn a_length_with_its_top_bit_set_is_refused() {
    for who in Who::BOTH {
        for len in [1 << 63, (1 << 63) + 5, u64::MAX] {
            let bytes = Frame::binary([0; 5]).declare(len, 8).to(who);
            fails(Endpoint::new(who), &bytes, ProtocolError::LengthTopBit);
        }
    }
}

#[test]
fn a_control_frame_without_fin_is_refused() {
    for who in Who::BOTH {
        for frame in [Frame::ping("x"), Frame::pong("x"), Frame::close(1000, "")] {
            let bytes = frame.not_fin().to(who);
            fails(Endpoint::new(who), &bytes, ProtocolError::FragmentedControl);
        }
    }
}

#[test]
fn a_ping_of_300_bytes_is_refused_and_one_of_126_too() {
    for who in Who::BOTH {
        for opcode in [8, 9, 10] {
            for len in [126, 300, 70_000] {
                let bytes = Frame::new(opcode, vec![0; len]).to(who);
                let received = Endpoint::new(who).receive(&[&bytes[..2], &bytes[2..]]);
                assert_eq!(received.end, Err(Error::Protocol(ProtocolError::ControlTooLong)));
                // Two bytes tell: nobody waits for the rest, or makes room for it.
                let received = Endpoint::new(who).receive_all(&bytes[..2]);
                assert_eq!(received.end, Err(Error::Protocol(ProtocolError::ControlTooLong)));
                assert_told(&received, CloseCode::PROTOCOL);
            }
        }
    }
}

#[test]
fn reserved_bits_are_refused_on_every_frame() {
    for who in Who::BOTH {
        for rsv in 1..8 {
            for opcode in [1, 2, 8, 9, 10] {
                let bytes = Frame::new(opcode, b"").rsv(rsv).to(who);
                fails(Endpoint::new(who), &bytes, ProtocolError::ReservedBits);
            }
            let bytes = [Frame::text("a").not_fin().to(who), Frame::more("b").rsv(rsv).to(who)];
            fails(Endpoint::new(who), &bytes.concat(), ProtocolError::ReservedBits);
        }
    }
}

#[test]
fn reserved_opcodes_are_refused() {
    for who in Who::BOTH {
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            let bytes = Frame::new(opcode, b"x").to(who);
            fails(Endpoint::new(who), &bytes, ProtocolError::ReservedOpcode);
        }
    }
}

#[test]
fn a_frame_with_the_masking_of_the_wrong_side_is_refused() {
    for opcode in [1, 2, 8, 9, 10] {
        let unmasked = Frame::new(opcode, b"").encode();
        fails(Endpoint::new(Who::Server), &unmasked, ProtocolError::Unmasked);
        let masked = Frame::new(opcode, b"").key(Some([0; 4])).encode();
        fails(Endpoint::new(Who::Client), &masked, ProtocolError::Masked);
    }
}

#[test]
fn a_second_text_that_is_not_final_does_not_replace_the_first() {
    for who in Who::BOTH {
        for second in [Frame::text("two").not_fin(), Frame::text("two"), Frame::binary("two")] {
            let bytes = [Frame::text("one").not_fin().to(who), second.to(who)].concat();
            fails(Endpoint::new(who), &bytes, ProtocolError::ExpectedContinuation);
        }
    }
}

#[test]
fn a_continuation_of_nothing_is_refused() {
    for who in Who::BOTH {
        for frame in [Frame::more("x"), Frame::more("x").not_fin(), Frame::more("")] {
            fails(Endpoint::new(who), &frame.to(who), ProtocolError::UnexpectedContinuation);
        }
        let message = Frame::text("whole").to(who);
        let received =
            Endpoint::new(who).receive_split(&[message, Frame::more("x").to(who)].concat());
        assert_eq!(received.seen, [Seen::Text("whole".into())]);
        assert_eq!(received.end, Err(Error::Protocol(ProtocolError::UnexpectedContinuation)));
    }
}

#[test]
fn a_ping_inside_a_fragmented_message_leaves_it_as_it_was() {
    for who in Who::BOTH {
        let bytes = [
            Frame::text("He").not_fin().to(who),
            Frame::ping("1").to(who),
            Frame::more("l").not_fin().to(who),
            Frame::ping("2").to(who),
            Frame::pong("3").to(who),
            Frame::more("lo").to(who),
            Frame::text("next").to(who),
        ];
        let received = Endpoint::new(who).receive_split(&bytes.concat());
        let control = |payload: &str| payload.as_bytes().to_vec();
        assert_eq!(
            received.seen,
            [
                Seen::Ping(control("1")),
                Seen::Ping(control("2")),
                Seen::Pong(control("3")),
                Seen::Text("Hello".into()),
                Seen::Text("next".into()),
            ]
        );
        let pongs: Vec<_> =
            decode(&received.written).into_iter().map(|f| (f.opcode, f.payload)).collect();
        assert_eq!(pongs, [(10, control("1")), (10, control("2"))]);
    }
}

#[test]
fn an_assembled_message_has_a_limit() {
    for who in Who::BOTH {
        let limited = Endpoint::new(who).config(|config| config.limits.message_len = 100);
        let fragment = |opcode, len| Frame::new(opcode, vec![b'a'; len]).not_fin().to(who);
        let within = [fragment(1, 60), fragment(0, 39), Frame::more("a").to(who)].concat();
        assert_eq!(limited.receive_split(&within).seen, [Seen::Text("a".repeat(100))]);
        let beyond = [fragment(1, 60), fragment(0, 39), Frame::more("aa").to(who)].concat();
        fails(limited, &beyond, ProtocolError::MessageTooLong);
        fails(limited, &Frame::binary([0; 101]).to(who), ProtocolError::MessageTooLong);
        // The header tells: the payload is not waited for.
        let header = &Frame::binary([0; 101]).to(who)[..if who == Who::Server { 6 } else { 2 }];
        fails(limited, header, ProtocolError::MessageTooLong);
    }
}

#[test]
fn empty_fragments_have_a_limit() {
    for who in Who::BOTH {
        let limited = Endpoint::new(who).config(|config| config.limits.fragments = 10);
        let mut bytes = Frame::text("").not_fin().to(who);
        for _ in 0..8 {
            bytes.extend(Frame::more("").not_fin().to(who));
        }
        let tenth = [bytes.clone(), Frame::more("ok").to(who)].concat();
        // The next message is counted anew.
        let received = limited.receive_split(&[&tenth[..], &tenth].concat());
        assert_eq!(received.seen, [Seen::Text("ok".into()), Seen::Text("ok".into())]);
        bytes.extend(Frame::more("").not_fin().to(who));
        fails(limited, &[bytes, Frame::more("").to(who)].concat(), ProtocolError::TooManyFragments);
    }
}

#[test]
fn empty_fragments_without_end_are_ended_by_the_usual_limits() {
    let (bytes, more) = (Frame::text("").not_fin(), Frame::more("").not_fin());
    let flood = [bytes.to(Who::Server), more.to(Who::Server).repeat((1 << 17) + 1)].concat();
    let mut ws =
        Endpoint::new(Who::Server).blocking_server(socklet_core_tests::wire::Wire::new([flood]));
    assert_eq!(ws.recv().map(|_| ()), Err(Error::Protocol(ProtocolError::TooManyFragments)));
}

#[test]
fn pongs_do_not_queue_up_without_bound() {
    // Twenty thousand Pings in one go to buffers of 131 bytes: all are answered, in order.
    for who in Who::BOTH {
        let pings: Vec<_> = (0..20_000_u32).map(|n| Frame::ping(n.to_be_bytes()).to(who)).collect();
        let received = Endpoint::new(who).buffers(131, 131).receive_all(pings.concat());
        let pongs = decode(&received.written);
        assert_eq!(pongs.len(), pings.len());
        for (n, pong) in (0_u32..).zip(pongs) {
            assert_eq!((pong.opcode, &pong.payload[..]), (10, &n.to_be_bytes()[..]));
        }
    }
}

#[test]
fn a_burst_of_echoes_leaves_in_one_write() {
    use socklet_core_tests::wire::Wire;

    let burst: Vec<_> =
        (0..60).map(|n| Frame::text(format!("message {n}")).to(Who::Server)).collect();
    let mut ws = Endpoint::new(Who::Server).blocking_server(Wire::new([burst.concat()]));
    let mut echoed = 0;
    let end: Error<Fault> = loop {
        match ws.recv_with_sender() {
            Ok(Some((message, mut reply))) => reply.feed(message).unwrap(),
            Ok(None) => panic!("closed"),
            Err(error) => break error,
        }
        echoed += 1;
    };
    assert_eq!((end, echoed), (Error::ConnectionLost, 60));
    let wire = ws.into_inner().0;
    assert_eq!((wire.writes, wire.flushes), (1, 1));
    assert_eq!(decode(&wire.written).len(), 60);
}

#[test]
fn a_message_and_its_header_leave_in_one_write() {
    use socklet_core_tests::wire::Wire;

    let mut ws = Endpoint::new(Who::Client).blocking_client(Wire::default());
    for len in [0, 1, 31, 32, 33, 200, 3000] {
        let before = ws.inner().writes;
        ws.send(socklet_core::Message::Binary(&vec![1; len])).unwrap();
        assert_eq!(ws.inner().writes, before + 1, "{len} bytes");
    }
}
