//! Frame headers (RFC 6455 sections 5.2 and 5.7): decoded and encoded, and cut anywhere.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use socklet_core::{
    Error, ProtocolError,
    wire::{
        MAX_HEADER_LEN,
        header::{Header, Opcode, RSV1, RSV2, RSV3},
    },
};
use socklet_core_tests::{Who, receiving::Endpoint, receiving::Seen, rng::TestRng};

const OPCODES: [Opcode; 6] =
    [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong];

/// Lengths at which the field changes, and what 32-bit arithmetic would make of longer ones.
const LENGTHS: [u64; 17] = [
    0,
    1,
    124,
    125,
    126,
    127,
    128,
    0xFFFE,
    0xFFFF,
    0x1_0000,
    0x1_0001,
    0xFFFF_FFFF,
    0x1_0000_0000,
    0x1_0000_0005,
    0x7F_FFFF_FFFF,
    (1 << 62) + 9,
    u64::MAX >> 1,
];

/// The examples of section 5.7 as they stand, and what a peer of the role receives.
fn rfc_examples() -> Vec<(Who, Vec<u8>, Seen)> {
    let hello = Seen::Text("Hello".into());
    let masked_hello = [0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58];
    let (short, long) = (TestRng::new(1).bytes(256), TestRng::new(2).bytes(65536));
    vec![
        (Who::Client, b"\x81\x05Hello".to_vec(), hello.clone()),
        (Who::Server, [&b"\x81\x85"[..], &masked_hello].concat(), hello.clone()),
        (Who::Client, b"\x01\x03Hel\x80\x02lo".to_vec(), hello),
        (Who::Client, b"\x89\x05Hello".to_vec(), Seen::Ping(b"Hello".to_vec())),
        (Who::Server, [&b"\x8A\x85"[..], &masked_hello].concat(), Seen::Pong(b"Hello".to_vec())),
        (Who::Client, [&b"\x82\x7E\x01\x00"[..], &short].concat(), Seen::Binary(short.clone())),
        (
            Who::Client,
            [&b"\x82\x7F\0\0\0\0\0\x01\0\0"[..], &long].concat(),
            Seen::Binary(long.clone()),
        ),
    ]
}

#[test]
fn the_examples_of_the_rfc_are_received_in_every_split() {
    for (who, bytes, seen) in rfc_examples() {
        let endpoint = Endpoint::new(who).buffers(70_000, 4096);
        let received = if bytes.len() < 300 {
            endpoint.receive_split(&bytes)
        } else {
            let ends = (1..14).chain(bytes.len() - 3..bytes.len());
            for at in ends {
                let (head, tail) = bytes.split_at(at);
                assert_eq!(endpoint.receive(&[head, tail]).seen, std::slice::from_ref(&seen));
            }
            endpoint.receive_all(&bytes)
        };
        assert_eq!(received.seen, [seen]);
        assert_eq!(received.end, Err(Error::ConnectionLost));
    }
}

#[test]
fn headers_decode_to_what_was_encoded_and_take_as_few_bytes_as_can_be() {
    for opcode in OPCODES {
        for len in LENGTHS {
            for bits in 0..16_u8 {
                for key in [None, Some([1, 2, 3, 4]), Some([0; 4])] {
                    let fin = bits & 8 != 0 || opcode.is_control();
                    let mut header = Header::new(opcode, fin, key, len);
                    header.reserved = (bits & 7) << 4;
                    check_round_trip(header);
                }
            }
        }
    }
}

#[test]
fn the_reserved_bits_are_where_the_section_draws_them() {
    assert_eq!([RSV1, RSV2, RSV3], [0x40, 0x20, 0x10]);
    for reserved in [RSV1, RSV2, RSV3] {
        let (header, _) = Header::decode(&[0x82 | reserved, 0]).unwrap().unwrap();
        assert_eq!(header.reserved, reserved);
    }
}

fn check_round_trip(header: Header) {
    let mut out = [0xEE; MAX_HEADER_LEN + 1];
    let rest_len = header.encode(&mut out).unwrap().len();
    let header_len = out.len() - rest_len;
    let field_len = match header.payload_len {
        0..=125 => 0,
        126..=0xFFFF => 2,
        _ => 8,
    };
    let expected_len = 2 + field_len + header.masking_key.map_or(0, |_| 4);
    assert_eq!((header_len, header.encoded_len()), (expected_len, expected_len));
    assert!(out[header_len..].iter().all(|byte| *byte == 0xEE), "nothing behind is touched");
    if header.opcode.is_control() && header.payload_len > 125 {
        assert_eq!(Header::decode(&out), Err(ProtocolError::ControlTooLong));
        return;
    }
    assert_eq!(Header::decode(&out), Ok(Some((header, header_len))));
    for cut in 0..header_len {
        assert_eq!(Header::decode(&out[..cut]), Ok(None), "cut at {cut}");
        assert_eq!(header.encode(&mut [0; MAX_HEADER_LEN][..cut]), None, "room for {cut}");
    }
}

#[test]
fn every_first_two_bytes_are_judged_by_the_rules_of_the_section() {
    for first in 0..=255_u8 {
        for second in 0..=255_u8 {
            let bytes = [&[first, second][..], &[0x7F; 12]].concat();
            let (opcode, short) = (first & 0xF, second & 0x7F);
            let expected = match opcode {
                3..=7 | 11.. => Some(ProtocolError::ReservedOpcode),
                8.. if first & 0x80 == 0 => Some(ProtocolError::FragmentedControl),
                8.. if short > 125 => Some(ProtocolError::ControlTooLong),
                _ => None,
            };
            let decoded = Header::decode(&bytes);
            match expected {
                Some(error) => assert_eq!(decoded, Err(error), "{first:#x} {second:#x}"),
                None => {
                    let (header, header_len) = decoded.unwrap().unwrap();
                    assert_eq!(header.opcode as u8, opcode);
                    assert_eq!(header.masking_key.is_some(), second & 0x80 != 0);
                    assert_eq!(header.encoded_len(), header_len);
                }
            }
        }
    }
}

#[test]
fn lengths_in_more_bytes_than_needed_are_refused_up_to_the_last() {
    for len in 0..=0xFFFF_u16 {
        let [high, low] = len.to_be_bytes();
        let decoded = Header::decode(&[0x82, 126, high, low]);
        assert_eq!(decoded.is_err(), len < 126, "{len} in two bytes");
        let decoded = Header::decode(&[0x82, 127, 0, 0, 0, 0, 0, 0, high, low]);
        assert_eq!(decoded, Err(ProtocolError::NonMinimalLength), "{len} in eight bytes");
    }
    let decoded = Header::decode(&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(decoded.unwrap().unwrap().0.payload_len, 0x1_0000);
}
