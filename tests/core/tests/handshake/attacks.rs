//! Bytes that nobody should send, and arguments that nobody should pass.

use socklet_core::handshake::server::{Accept, Reject, Request};
use socklet_core::handshake::{client, head_len};
use socklet_core::{ConfigError, Error, HandshakeError};

use crate::support::{
    ACCEPT, ASKED, KEY, REQUEST, RESPONSE, Random, add, check_request, check_response,
    encode_accept, encode_request, encoded, is_token, with,
};

/// Texts that begin another line, or end the head, in somebody's parser.
const INJECTIONS: [&str; 8] =
    ["\r\nX: y", "a\r\nX: y", "a\nX: y", "a\rX: y", "\r\n\r\n", "a\0b", "a\x7f", "a\x0bb"];

#[test]
fn headers_of_the_caller_cannot_inject_lines() {
    for text in INJECTIONS {
        let value: &[_] = &[("X", text)];
        let name: &[_] = &[(text, "x")];
        for (headers, error) in
            [(value, ConfigError::InvalidHeaderValue), (name, ConfigError::InvalidHeaderName)]
        {
            let error = Error::Config(error);
            assert_eq!(encode_request(&ASKED.headers(headers)), Err(error), "{text:?}");
            let accept = Accept::new().headers(headers);
            assert_eq!(encode_accept(REQUEST, &accept), Err(error), "{text:?}");
            let reject = Reject::new(403).headers(headers);
            assert_eq!(encoded(|out| reject.encode(out)), Err(error), "{text:?}");
        }
    }
    for name in ["", "X:", "X Y", "X: y", ":", "\u{e4}", "X\t"] {
        let error = encode_request(&ASKED.headers(&[(name, "x")])).unwrap_err();
        assert_eq!(error, Error::Config(ConfigError::InvalidHeaderName), "{name:?}");
    }
}

#[test]
fn hosts_targets_origins_and_subprotocols_cannot_inject_lines() {
    for text in INJECTIONS {
        let host = encode_request(&client::Request::new(text, "/"));
        assert_eq!(host, Err(Error::Config(ConfigError::InvalidHost)), "{text:?}");
        let target = format!("/{text}");
        let target = encode_request(&client::Request::new("a", &target));
        assert_eq!(target, Err(Error::Config(ConfigError::InvalidTarget)), "{text:?}");
        let origin = encode_request(&ASKED.origin(text));
        assert_eq!(origin, Err(Error::Config(ConfigError::InvalidHeaderValue)), "{text:?}");
        let subprotocol = encode_request(&ASKED.subprotocols(&["a", text]));
        assert_eq!(subprotocol, Err(Error::Config(ConfigError::InvalidSubprotocol)), "{text:?}");
        let chosen = encode_accept(REQUEST, &Accept::new().subprotocol(text));
        assert_eq!(chosen, Err(Error::Config(ConfigError::SubprotocolNotOffered)), "{text:?}");
    }
}

#[test]
fn values_may_hold_what_http_allows() {
    let request = ASKED.headers(&[("X", "a\tb \u{e4} \"c\"; d=e, :")]);
    let written = encode_request(&request).unwrap();
    let request = Request::parse(written.as_bytes()).unwrap();
    assert_eq!(request.header("x"), Some("a\tb \u{e4} \"c\"; d=e, :".as_bytes()));
}

#[test]
fn requests_that_announce_a_body_are_refused() {
    for line in [
        "Transfer-Encoding: chunked",
        "transfer-encoding: identity",
        "Transfer-Encoding:",
        "Transfer-Encoding: xchunked",
        "Content-Length: 5",
        "Content-Length: 00",
        "Content-Length: +0",
        "Content-Length: 0, 0",
        "Content-Length: 0x0",
        "Content-Length:",
        "Content-Length: 0\r\nContent-Length: 7",
        "Content-Length: 7\r\nContent-Length: 0",
        "Content-Length: 18446744073709551616",
    ] {
        assert_eq!(check_request(add(REQUEST, line)), Err(HandshakeError::Body), "{line:?}");
    }
    assert_eq!(check_request(add(REQUEST, "Content-Length: 0")), Ok(*KEY));
}

#[test]
fn shapes_that_two_parsers_read_differently_are_malformed() {
    for line in [
        "Content-Length : 5",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        "X: y\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X: y\0",
        "X\0: y",
        "Transfer-Encoding: \x0bchunked",
        "GET /other HTTP/1.1",
    ] {
        let result = check_request(add(REQUEST, line));
        assert_eq!(result, Err(HandshakeError::MalformedHead), "{line:?}");
    }
}

#[test]
fn hosts_that_cannot_be_are_refused() {
    for host in ["", "a b", "a/b", "u@a", "a,b c", "\u{e4}", "a\tb", "a\"b"] {
        let head = with(REQUEST, "Host: server.example.com", &format!("Host: {host}"));
        assert_eq!(check_request(head), Err(HandshakeError::Host), "{host:?}");
    }
}

#[test]
fn other_protocols_on_the_port_are_refused() {
    let others: [&[u8]; 6] = [
        b"EHLO example.com\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    ];
    for bytes in others {
        let len = head_len(bytes).unwrap();
        assert!(check_request(&bytes[..len]).is_err(), "{bytes:?}");
        assert!(check_response(&bytes[..len]).is_err(), "{bytes:?}");
    }
}

#[test]
fn random_bytes_neither_panic_nor_shake_hands() {
    let mut random = Random(3);
    for _ in 0..50_000 {
        let len = random.below(80);
        let mut bytes: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        if random.below(2) == 0 {
            bytes.extend_from_slice(b"\r\n\r\n");
        }
        let head = &bytes[..head_len(&bytes).unwrap_or(bytes.len())];
        assert!(check_request(head).is_err());
        assert!(check_response(head).is_err());
    }
}

#[test]
fn heads_shuffled_from_their_own_pieces_never_panic_and_never_forge_an_accept() {
    let pieces: Vec<&str> = [REQUEST, RESPONSE]
        .iter()
        .flat_map(|head| head.split_inclusive([' ', ':', ',', '\n']))
        .chain(["\r\n", "\r\n\r\n", " ", "\t", ",", "Transfer-Encoding: chunked\r\n", "\0"])
        .filter(|piece| !piece.contains(ACCEPT))
        .collect();
    let mut random = Random(4);
    for _ in 0..30_000 {
        let count = random.below(40);
        let mut head: String = (0..count).map(|_| pieces[random.below(pieces.len())]).collect();
        head.push_str("\r\n\r\n");
        let head = &head[..head_len(head.as_bytes()).unwrap()];
        assert!(check_response(head).is_err());
        if let Ok(request) = Request::parse(head.as_bytes()) {
            let _ = request.check();
            let _ = (request.is_upgrade(), request.origin(), request.headers().count());
            assert!(request.subprotocols().all(|name| name.bytes().all(is_token)));
        }
    }
}

#[test]
fn parts_of_any_bytes_do_not_panic() {
    let mut random = Random(5);
    let names = [
        "Host",
        "Connection",
        "Upgrade",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Protocol",
        "Content-Length",
        "",
        "\u{e4}",
        "a b",
    ];
    for _ in 0..20_000 {
        let values: Vec<Vec<u8>> = (0..random.below(8))
            .map(|_| (0..random.below(30)).map(|_| random.next() as u8).collect())
            .collect();
        let parts: Vec<(&str, &[u8])> =
            values.iter().map(|value| (names[random.below(names.len())], &value[..])).collect();
        let request = Request::from_parts("GET", "", true, &parts);
        assert!(request.check().is_err() && !request.is_upgrade());
        assert!(request.headers().count() == parts.len());
        assert!(request.subprotocols().all(|name| name.bytes().all(is_token)));
    }
}
