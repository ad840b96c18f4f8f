//! Defects that were found in other implementations, each with a test that it is not here.

use socklet_core::HandshakeError;
use socklet_core::handshake::server::{Accept, Request};
use socklet_core::handshake::{accept_for, client, encode_key, head_len};
use socklet_core::permessage_deflate::NoCompression;

use crate::support::{
    ACCEPT, ASKED, KEY, REQUEST, RESPONSE, add, check_request, check_response, encode_accept,
    encode_request, with, without,
};

#[test]
fn a_key_of_any_length_does_not_panic_the_server() {
    for len in (0..200).chain([1_000, 100_000]).filter(|len| *len != KEY.len()) {
        let head = with(REQUEST, "dGhlIHNhbXBsZSBub25jZQ==", &"A".repeat(len));
        assert_eq!(check_request(head), Err(HandshakeError::Key), "{len}");
    }
}

#[test]
fn a_key_of_the_right_length_that_is_not_base64_is_refused() {
    for key in [
        "dGhlIHNhbXBsZSBub25jZQ=A",
        "dGhlIHNhbXBsZSBub25jZQAA",
        "dGhl-HNhbXBsZSBub25jZQ==",
        "========================",
        "dGhlIHNhbXBsZSBub25jZ===",
        "\"dGhlIHNhbXBsZSBub25jZQ\"=",
    ] {
        let head = with(REQUEST, "dGhlIHNhbXBsZSBub25jZQ==", key);
        assert_eq!(check_request(head), Err(HandshakeError::Key), "{key}");
    }
}

#[test]
fn a_subprotocol_of_any_length_does_not_panic_the_server() {
    for len in (0..200).chain([1_000, 100_000]) {
        let long = "a".repeat(len);
        let head = with(REQUEST, "chat, superchat", &format!("{long}, chat"));
        let request = Request::parse(head.as_bytes()).unwrap();
        assert_eq!(request.choose_subprotocol(&["chat"]), Some("chat"));
        assert_eq!(request.subprotocols().next(), Some(if len == 0 { "chat" } else { &long }));
    }
}

#[test]
fn ten_thousand_subprotocols_do_not_panic_the_server() {
    let many: Vec<String> = (0..10_000).map(|n| format!("p{n}")).collect();
    let head = with(REQUEST, "chat, superchat", &many.join(","));
    let request = Request::parse(head.as_bytes()).unwrap();
    assert_eq!(request.subprotocols().count(), 10_000);
    assert_eq!(request.choose_subprotocol(&["p9999"]), Some("p9999"));
}

#[test]
fn a_101_without_accept_is_refused() {
    let head = without(RESPONSE, "Sec-WebSocket-Accept");
    assert_eq!(check_response(head), Err(HandshakeError::AcceptMissing));
}

#[test]
fn a_prefix_of_the_accept_is_refused() {
    for len in 0..ACCEPT.len() {
        let head = with(RESPONSE, ACCEPT, &ACCEPT[..len]);
        assert_eq!(check_response(head), Err(HandshakeError::AcceptMismatch), "{len}");
    }
}

#[test]
fn the_accept_and_more_is_refused() {
    for accept in [
        format!("{ACCEPT}="),
        format!("{ACCEPT}, x"),
        format!("x{ACCEPT}"),
        format!("{ACCEPT},{ACCEPT}"),
        format!("\"{ACCEPT}\""),
        ACCEPT.to_lowercase(),
    ] {
        let head = with(RESPONSE, ACCEPT, &accept);
        assert_eq!(check_response(head), Err(HandshakeError::AcceptMismatch), "{accept}");
    }
}

#[test]
fn two_accepts_are_refused_in_either_order() {
    for other in [ACCEPT, "AAAALMBiTxaQ9kYGzzhZRbK+xOo="] {
        let line = format!("Sec-WebSocket-Accept: {other}");
        assert_eq!(check_response(add(RESPONSE, &line)), Err(HandshakeError::AcceptMismatch));
        let head = with(RESPONSE, "Upgrade: websocket", &format!("{line}\r\nUpgrade: websocket"));
        assert_eq!(check_response(head), Err(HandshakeError::AcceptMismatch));
    }
}

#[test]
fn connection_and_upgrade_are_checked_by_both_roles() {
    for (start, error) in [
        ("Connection", HandshakeError::ConnectionHeader),
        ("Upgrade", HandshakeError::UpgradeHeader),
    ] {
        assert_eq!(check_request(without(REQUEST, start)), Err(error));
        assert_eq!(check_response(without(RESPONSE, start)), Err(error));
    }
    let head = with(RESPONSE, "Connection: Upgrade", "Connection: close");
    assert_eq!(check_response(head), Err(HandshakeError::ConnectionHeader));
    let head = with(RESPONSE, "Upgrade: websocket", "Upgrade: h2c");
    assert_eq!(check_response(head), Err(HandshakeError::UpgradeHeader));
}

#[test]
fn the_connection_header_of_firefox_is_accepted() {
    let head = with(REQUEST, "Connection: Upgrade", "Connection: keep-alive, Upgrade");
    assert_eq!(check_request(head), Ok(*KEY));
}

#[test]
fn a_frame_in_the_same_segment_as_the_101_is_left_alone() {
    let frame = b"\x81\x05Hello";
    let bytes = [RESPONSE.as_bytes(), frame].concat();
    let len = head_len(&bytes).unwrap();
    assert_eq!(check_response(&bytes[..len]), Ok(()));
    assert_eq!(&bytes[len..], frame);
}

#[test]
fn a_frame_in_the_same_segment_as_the_request_is_left_alone() {
    let frame = b"\x81\x85\r\n\r\n\x45\x6f\x61\x66\x62";
    let bytes = [REQUEST.as_bytes(), frame].concat();
    let len = head_len(&bytes).unwrap();
    assert_eq!(check_request(&bytes[..len]), Ok(*KEY));
    assert_eq!(&bytes[len..], frame);
}

#[test]
fn the_subprotocol_list_is_never_echoed_whole() {
    let request = Request::parse(REQUEST.as_bytes()).unwrap();
    let chosen = request.choose_subprotocol(&["superchat", "chat"]).unwrap();
    let written = encode_accept(REQUEST, &Accept::new().subprotocol(chosen)).unwrap();
    assert_eq!(written.matches("Sec-WebSocket-Protocol: superchat\r\n").count(), 1);
    assert_eq!(written.matches("Sec-WebSocket-Protocol").count(), 1);
    // And a client does not take it from a server that does.
    let head = with(RESPONSE, "Protocol: chat", "Protocol: chat, superchat");
    assert_eq!(check_response(head), Err(HandshakeError::UnsolicitedSubprotocol));
}

#[test]
fn the_key_depends_on_every_bit_of_the_nonce() {
    let mut keys = vec![encode_key(&[0; 16])];
    for bit in 0..128 {
        let mut nonce = [0; 16];
        nonce[bit / 8] = 1 << (bit % 8);
        let mut out = [0; 512];
        let len = ASKED.encode::<()>(&nonce, &NoCompression, &mut out).unwrap();
        keys.push(*client::key_of(&out[..len]).unwrap());
    }
    let mut answers: Vec<_> = keys.iter().map(accept_for).collect();
    keys.sort_unstable();
    keys.dedup();
    answers.sort_unstable();
    answers.dedup();
    assert_eq!((keys.len(), answers.len()), (129, 129));
}

#[test]
fn an_extension_that_was_not_offered_is_refused() {
    for line in [
        "Sec-WebSocket-Extensions: permessage-deflate",
        "sec-websocket-extensions: permessage-deflate; server_max_window_bits=10",
        "Sec-WebSocket-Extensions: x-unknown",
        "Sec-WebSocket-Extensions:",
    ] {
        let head = add(RESPONSE, line);
        assert_eq!(check_response(head), Err(HandshakeError::UnsolicitedExtension), "{line}");
    }
}

#[test]
fn one_extra_header_does_not_break_the_handshake() {
    let request = ASKED.headers(&[("Authorization", "Bearer x")]);
    let written = encode_request(&request).unwrap();
    let key = check_request(&written).unwrap();
    assert_eq!(&key, KEY);
    let response = encode_accept(&written, &Accept::new().subprotocol("chat")).unwrap();
    assert_eq!(check_response(response), Ok(()));
}
