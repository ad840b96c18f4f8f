//! Any bytes as a frame: its header is what RFC 6455 section 5.2 says, judged by a decoder that is
//! written down from that section, comes in any pieces, and is encoded to the same bytes; its payload
//! is unmasked alike in any pieces.
//!
//! Input: seed of the pieces, a frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklet_core::wire::header::{Header, Opcode};
use socklet_fuzz::Input;

/// What the section says of the bytes.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// They end within the header.
    Short,
    Wrong,
    /// A header of so many bytes.
    Header {
        len: usize,
        payload_len: u64,
        key: Option<[u8; 4]>,
    },
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let mut rng = input.rng();
    let bytes = input.rest();
    let judged = judge(bytes);
    let decoded = Header::decode(bytes);
    let (header, len) = match (&judged, decoded) {
        (Verdict::Short, Ok(None)) | (Verdict::Wrong, Err(_)) => return,
        (Verdict::Header { len, payload_len, key }, Ok(Some((header, header_len)))) => {
            assert_eq!((*len, *payload_len), (header_len, header.payload_len));
            assert_eq!(*key, header.masking_key);
            (header, header_len)
        }
        (judged, decoded) => panic!("{judged:?}, {decoded:?}"),
    };
    assert_eq!(header.fin, bytes[0] & 0x80 != 0);
    assert_eq!(header.reserved, bytes[0] & 0x70);
    assert_eq!(Some(header.opcode), Opcode::from_bits(bytes[0]));
    for end in 0..len {
        assert_eq!(Header::decode(&bytes[..end]), Ok(None), "a part of it is no header");
    }
    assert_eq!(header.encoded_len(), len);
    let mut encoded = [0xEE; 20];
    assert!(header.encode(&mut encoded[..len]).is_some_and(|rest| rest.is_empty()));
    assert_eq!(encoded[..len], bytes[..len]);
    assert!(header.encode(&mut encoded[..len - 1]).is_none());

    let Some(mut mask) = header.mask() else { return };
    let key = header.masking_key.expect("a mask has a key");
    let plain: Vec<u8> =
        bytes[len..].iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect();
    let mut pieces = bytes[len..].to_vec();
    let mut rest = &mut pieces[..];
    while !rest.is_empty() {
        let (piece, others) = rest.split_at_mut((1 + rng.below(40)).min(rest.len()));
        mask.apply(piece);
        rest = others;
    }
    assert_eq!(pieces, plain);
});

/// Reads the section from its top to its end.
fn judge(bytes: &[u8]) -> Verdict {
    let [first, second, ..] = *bytes else { return Verdict::Short };
    let is_control = first & 8 != 0;
    if matches!(first & 15, 3..=7 | 11..=15) {
        return Verdict::Wrong;
    }
    if is_control && (first & 0x80 == 0 || second & 0x7F > 125) {
        return Verdict::Wrong;
    }
    let field_len = match second & 0x7F {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(field) = bytes.get(2..2 + field_len) else { return Verdict::Short };
    let payload_len = match field_len {
        0 => u64::from(second & 0x7F),
        _ => field.iter().fold(0, |len, byte| len << 8 | u64::from(*byte)),
    };
    // The minimal number of bytes, and the most significant bit must be 0.
    let least = match field_len {
        0 => 0,
        2 => 126,
        _ => 0x1_0000,
    };
    if payload_len < least || payload_len > u64::MAX >> 1 {
        return Verdict::Wrong;
    }
    let mut len = 2 + field_len;
    let mut key = None;
    if second & 0x80 != 0 {
        let Some(bytes) = bytes.get(len..len + 4) else { return Verdict::Short };
        key = Some([bytes[0], bytes[1], bytes[2], bytes[3]]);
        len += 4;
    }
    Verdict::Header { len, payload_len, key }
}
