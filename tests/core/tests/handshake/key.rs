//! `Sec-WebSocket-Key` and `Sec-WebSocket-Accept` against the RFC and against other people's code.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use socklet_core::HandshakeError;
use socklet_core::handshake::{accept_for, encode_key};

use crate::support::{ACCEPT, KEY, REQUEST, Random, check_request, with};

#[test]
fn the_example_of_rfc_6455_section_1_3() {
    assert_eq!(&encode_key(b"the sample nonce"), KEY);
    assert_eq!(&accept_for(KEY), ACCEPT.as_bytes());
}

#[test]
fn keys_and_answers_agree_with_the_crates_sha1_and_base64() {
    let mut random = Random(1);
    for _ in 0..5_000 {
        let nonce: [u8; 16] = std::array::from_fn(|_| random.next() as u8);
        let key = encode_key(&nonce);
        assert_eq!(key.as_slice(), STANDARD.encode(nonce).as_bytes());
        let digest =
            Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        assert_eq!(accept_for(&key).as_slice(), STANDARD.encode(digest.finalize()).as_bytes());
    }
}

#[test]
fn every_digit_of_base64_is_written_right() {
    for byte in 0..=255 {
        let nonce = [byte; 16];
        assert_eq!(encode_key(&nonce).as_slice(), STANDARD.encode(nonce).as_bytes());
    }
}

#[test]
fn a_key_is_valid_if_it_decodes_to_16_bytes() {
    let lenient = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let mut random = Random(2);
    let bytes = b"ABCYZabcyz0189+/=-_";
    for _ in 0..5_000 {
        // Mostly a key, with up to three bytes replaced and, seldom, another length.
        let mut key = encode_key(&std::array::from_fn(|_| random.next() as u8)).to_vec();
        for _ in 0..random.below(4) {
            let at = random.below(key.len());
            key[at] = bytes[random.below(bytes.len())];
        }
        match random.below(10) {
            0 => key.truncate(random.below(24)),
            1 => key.extend_from_slice(b"AA=="),
            _ => {}
        }
        let key = String::from_utf8(key).unwrap();
        let is_valid = lenient.decode(&key).is_ok_and(|nonce| nonce.len() == 16);
        let head = with(REQUEST, "dGhlIHNhbXBsZSBub25jZQ==", &key);
        match check_request(&head) {
            Ok(found) => assert!(is_valid && found == key.as_bytes(), "{key}"),
            Err(error) => assert!(!is_valid && error == HandshakeError::Key, "{key}"),
        }
    }
}
