//! The request that a client writes, and the response that it accepts.

use socklet_core::handshake::client::{Request, Response, key_of};
use socklet_core::permessage_deflate::NoCompression;
use socklet_core::{ConfigError, Error, HandshakeError, ResourceError};

use crate::support::{
    ACCEPT, ASKED, KEY, RESPONSE, add, check_request, check_response, encode_request, with, without,
};

#[test]
fn a_request_has_all_that_section_4_1_asks_for() {
    let request = Request::new("server.example.com:8080", "/chat?room=1")
        .origin("http://example.com")
        .subprotocols(&["chat.v2", "chat"])
        .headers(&[("Authorization", "Bearer abc"), ("X-Empty", "")]);
    let expected = "GET /chat?room=1 HTTP/1.1\r\n\
        Host: server.example.com:8080\r\n\
        Upgrade: websocket\r\n\
        Connection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\n\
        Origin: http://example.com\r\n\
        Sec-WebSocket-Protocol: chat.v2, chat\r\n\
        Authorization: Bearer abc\r\n\
        X-Empty: \r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        \r\n";
    let written = encode_request(&request).unwrap();
    assert_eq!(written, expected);
    assert_eq!(key_of(written.as_bytes()), Some(KEY));
    assert_eq!(check_request(written), Ok(*KEY));
}

#[test]
fn the_least_request_offers_no_subprotocol_and_no_extension() {
    let expected = "GET / HTTP/1.1\r\n\
        Host: a\r\n\
        Upgrade: websocket\r\n\
        Connection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        \r\n";
    assert_eq!(encode_request(&Request::new("a", "/")).unwrap(), expected);
}

#[test]
fn a_buffer_that_is_too_small_is_told_the_length_needed() {
    let needed = encode_request(&ASKED).unwrap().len();
    for available in 0..needed {
        let mut out = vec![0; available];
        let result = ASKED.encode::<()>(b"the sample nonce", &NoCompression, &mut out);
        let expected = ResourceError::StagingBuffer { needed, available };
        assert_eq!(result, Err(Error::Resource(expected)));
    }
    let mut out = vec![0; needed];
    assert_eq!(ASKED.encode::<()>(b"the sample nonce", &NoCompression, &mut out), Ok(needed));
}

#[test]
fn the_key_is_found_in_a_request_only() {
    assert_eq!(key_of(b""), None);
    assert_eq!(key_of(b"\r\n\r\n"), None);
    assert_eq!(key_of(b"GET / HTTP/1.1\r\n\r\n"), None);
    assert_eq!(key_of(KEY), None);
}

#[test]
fn hosts_are_names_and_addresses() {
    for host in ["a", "a.example:80", "127.0.0.1", "[::1]:9001", "[fe80::1%25eth0]", "b\u{63}-_~"] {
        assert!(encode_request(&Request::new(host, "/")).is_ok(), "{host}");
    }
    for host in ["", " ", "a b", "a\r\nX: y", "a\0", "a/b", "u@a", "a?b", "a#b", "\u{e4}", "a\\b"] {
        let error = encode_request(&Request::new(host, "/")).unwrap_err();
        assert_eq!(error, Error::Config(ConfigError::InvalidHost), "{host:?}");
    }
}

#[test]
fn targets_are_a_path_and_a_query() {
    for target in ["/", "/a/b?c=d&e", "/%20", "//", "/?"] {
        assert!(encode_request(&Request::new("a", target)).is_ok(), "{target}");
    }
    for target in ["", "a", "?a", "*", "http://a/", "/a b", "/a#b", "/\u{e4}", "/\t", "/\x7f"] {
        let error = encode_request(&Request::new("a", target)).unwrap_err();
        assert_eq!(error, Error::Config(ConfigError::InvalidTarget), "{target:?}");
    }
}

#[test]
fn subprotocols_are_distinct_tokens() {
    for list in [&["a", "b c"][..], &[""], &["a,b"], &["a", "b", "a"], &["a\r\nX: y"], &["\u{e4}"]]
    {
        let error = encode_request(&Request::new("a", "/").subprotocols(list)).unwrap_err();
        assert_eq!(error, Error::Config(ConfigError::InvalidSubprotocol), "{list:?}");
    }
    assert!(encode_request(&Request::new("a", "/").subprotocols(&["a", "A"])).is_ok());
}

#[test]
fn headers_of_the_handshake_itself_are_reserved() {
    for name in [
        "Host",
        "upgrade",
        "CONNECTION",
        "Content-Length",
        "transfer-encoding",
        "Sec-WebSocket-Key",
        "sec-websocket-anything",
    ] {
        let error = encode_request(&Request::new("a", "/").headers(&[(name, "x")])).unwrap_err();
        assert_eq!(error, Error::Config(ConfigError::ReservedHeader), "{name}");
    }
    for name in ["Hosts", "Sec-WebSocket", "Sec-Fetch-Mode", "Connectio"] {
        assert!(encode_request(&Request::new("a", "/").headers(&[(name, "x")])).is_ok(), "{name}");
    }
}

#[test]
fn the_example_response_is_accepted() {
    assert_eq!(check_response(RESPONSE), Ok(()));
    let response = Response::parse(RESPONSE.as_bytes()).unwrap();
    assert_eq!((response.status(), response.subprotocol()), (101, Some("chat")));
}

#[test]
fn checks_are_made_in_order() {
    // From the last check to the first, each fault is added to those before.
    let mut head = add(RESPONSE, "Sec-WebSocket-Extensions: x");
    assert_eq!(check_response(&head), Err(HandshakeError::UnsolicitedExtension));
    head = with(&head, "Protocol: chat", "Protocol: other");
    assert_eq!(check_response(&head), Err(HandshakeError::UnsolicitedSubprotocol));
    head = with(&head, ACCEPT, "AAAALMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(check_response(&head), Err(HandshakeError::AcceptMismatch));
    head = without(&head, "Sec-WebSocket-Accept");
    assert_eq!(check_response(&head), Err(HandshakeError::AcceptMissing));
    head = without(&head, "Upgrade");
    assert_eq!(check_response(&head), Err(HandshakeError::UpgradeHeader));
    head = without(&head, "Connection");
    assert_eq!(check_response(&head), Err(HandshakeError::ConnectionHeader));
    head = with(&head, "HTTP/1.1", "HTTP/1.0");
    assert_eq!(check_response(&head), Err(HandshakeError::HttpVersion));
    head = with(&head, "101 Switching", "200 Switching");
    assert_eq!(check_response(&head), Err(HandshakeError::Declined { status: 200 }));
    head = with(&head, "HTTP/1.0", "HTTP/x.0");
    assert_eq!(check_response(&head), Err(HandshakeError::MalformedHead));
}

#[test]
fn a_declined_request_leaves_the_response_to_be_read() {
    let head = b"HTTP/1.1 302 Found\r\nLocation: /new\r\n\r\n";
    let response = Response::parse(head).unwrap();
    let result = response.check(&ASKED, KEY, &mut NoCompression);
    assert_eq!(result, Err(HandshakeError::Declined { status: 302 }));
    assert_eq!(response.header("location"), Some(&b"/new"[..]));
    assert_eq!(response.subprotocol(), None);
}

#[test]
fn lists_case_and_repeated_lines_are_understood() {
    for (from, to) in [
        ("Connection: Upgrade", "CONNECTION: keep-alive, ,\tuPGRADE ,"),
        ("Connection: Upgrade", "Connection: keep-alive\r\nConnection: upgrade"),
        ("Upgrade: websocket", "upgrade:WebSocket"),
        ("Upgrade: websocket", "Upgrade: websocket\r\nUpgrade: websocket"),
        ("Sec-WebSocket-Accept", "sec-websocket-accept"),
        ("HTTP/1.1", "HTTP/1.9"),
        ("Protocol: chat", "Protocol: superchat"),
    ] {
        assert_eq!(check_response(with(RESPONSE, from, to)), Ok(()), "{to:?}");
    }
    assert_eq!(check_response(without(RESPONSE, "Sec-WebSocket-Protocol")), Ok(()));
}

#[test]
fn an_upgrade_to_something_else_too_is_refused() {
    for to in ["Upgrade: websocket, h2c", "Upgrade: TLS/1.0, websocket", "Upgrade: websocket/13"] {
        let head = with(RESPONSE, "Upgrade: websocket", to);
        assert_eq!(check_response(head), Err(HandshakeError::UpgradeHeader), "{to:?}");
    }
}

#[test]
fn subprotocols_that_were_not_offered_are_refused() {
    for chosen in ["other", "Chat", "chat, superchat", "chat,", "cha", "chatt", ""] {
        let head = with(RESPONSE, "Protocol: chat", &format!("Protocol: {chosen}"));
        assert_eq!(check_response(head), Err(HandshakeError::UnsolicitedSubprotocol), "{chosen}");
    }
    let head = add(RESPONSE, "Sec-WebSocket-Protocol: chat");
    assert_eq!(check_response(&head), Err(HandshakeError::UnsolicitedSubprotocol));
    assert_eq!(Response::parse(head.as_bytes()).unwrap().subprotocol(), None);

    let plain = Request::new("server.example.com", "/chat");
    let result =
        Response::parse(RESPONSE.as_bytes()).unwrap().check(&plain, KEY, &mut NoCompression);
    assert_eq!(result, Err(HandshakeError::UnsolicitedSubprotocol));
}

#[test]
fn another_request_s_answer_is_refused() {
    let response = Response::parse(RESPONSE.as_bytes()).unwrap();
    let result = response.check(&ASKED, b"AGhlIHNhbXBsZSBub25jZQ==", &mut NoCompression);
    assert_eq!(result, Err(HandshakeError::AcceptMismatch));
}
