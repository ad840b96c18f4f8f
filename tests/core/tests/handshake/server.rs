//! The request that a server accepts, and the responses that it writes.

use socklet_core::handshake::server::{Accept, Reject, Request, encode_accept, encode_failure};
use socklet_core::permessage_deflate::NoCompression;
use socklet_core::{ConfigError, Error, HandshakeError, ResourceError};

use crate::support::{
    ACCEPT, KEY, REQUEST, add, check_request, check_response, encode_accept as accepted, encoded,
    with, without,
};

#[test]
fn the_example_request_is_accepted() {
    assert_eq!(check_request(REQUEST), Ok(*KEY));
    let request = Request::parse(REQUEST.as_bytes()).unwrap();
    assert!(request.is_upgrade());
    assert_eq!((request.method(), request.target()), ("GET", "/chat"));
    assert_eq!(request.origin(), Some(&b"http://example.com"[..]));
    assert_eq!(request.header("host"), Some(&b"server.example.com"[..]));
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["chat", "superchat"]);
}

#[test]
fn checks_are_made_in_order() {
    // From the last check to the first, each fault is added to those before.
    let mut head = add(REQUEST, "Transfer-Encoding: chunked");
    assert_eq!(check_request(&head), Err(HandshakeError::Body));
    head = with(&head, "Version: 13", "Version: 8");
    assert_eq!(check_request(&head), Err(HandshakeError::Version));
    head = without(&head, "Sec-WebSocket-Version");
    assert_eq!(check_request(&head), Err(HandshakeError::VersionMissing));
    head = without(&head, "Sec-WebSocket-Key");
    assert_eq!(check_request(&head), Err(HandshakeError::Key));
    head = without(&head, "Upgrade");
    assert_eq!(check_request(&head), Err(HandshakeError::UpgradeHeader));
    head = without(&head, "Connection");
    assert_eq!(check_request(&head), Err(HandshakeError::ConnectionHeader));
    head = without(&head, "Host");
    assert_eq!(check_request(&head), Err(HandshakeError::Host));
    head = with(&head, "GET", "POST");
    assert_eq!(check_request(&head), Err(HandshakeError::Method));
    head = with(&head, "HTTP/1.1", "HTTP/1.0");
    assert_eq!(check_request(&head), Err(HandshakeError::HttpVersion));
    head = with(&head, "HTTP/1.0", "HTTP/one");
    assert_eq!(check_request(&head), Err(HandshakeError::MalformedHead));
}

#[test]
fn lists_case_and_repeated_lines_are_understood() {
    for (from, to) in [
        ("Connection: Upgrade", "connection: keep-alive, upgrade"),
        ("Connection: Upgrade", "Connection: Upgrade, HTTP2-Settings"),
        ("Connection: Upgrade", "Connection: close\r\nConnection:UPGRADE"),
        ("Upgrade: websocket", "Upgrade: h2c, WebSocket"),
        ("Sec-WebSocket-Key", "SEC-WEBSOCKET-KEY"),
        ("HTTP/1.1", "HTTP/1.2"),
        ("GET /chat", "GET http://server.example.com/chat?a=b"),
        ("Host: server.example.com", "Host: [::1]:9001"),
    ] {
        let head = with(REQUEST, from, to);
        assert_eq!(check_request(&head), Ok(*KEY), "{to:?}");
        assert!(Request::parse(head.as_bytes()).unwrap().is_upgrade(), "{to:?}");
    }
}

#[test]
fn tokens_are_compared_whole() {
    for (from, to, error) in [
        ("Connection: Upgrade", "Connection: Upgrades", HandshakeError::ConnectionHeader),
        ("Connection: Upgrade", "Connection: x Upgrade", HandshakeError::ConnectionHeader),
        ("Connection: Upgrade", "Connection: \"Upgrade\"", HandshakeError::ConnectionHeader),
        ("Connection: Upgrade", "Connection: keep-alive", HandshakeError::ConnectionHeader),
        ("Upgrade: websocket", "Upgrade: web socket", HandshakeError::UpgradeHeader),
        ("Upgrade: websocket", "Upgrade: websocket/13", HandshakeError::UpgradeHeader),
        ("Upgrade: websocket", "Upgrade: h2c", HandshakeError::UpgradeHeader),
        ("GET /chat", "get /chat", HandshakeError::Method),
        ("GET /chat", "GETS /chat", HandshakeError::Method),
        ("Version: 13", "Version: 013", HandshakeError::Version),
        ("Version: 13", "Version: 13, 8", HandshakeError::Version),
        ("Version: 13", "Version: 1", HandshakeError::Version),
        ("Version: 13", "Version:", HandshakeError::Version),
        ("HTTP/1.1", "HTTP/2.1", HandshakeError::HttpVersion),
        ("HTTP/1.1", "HTTP/0.9", HandshakeError::HttpVersion),
    ] {
        assert_eq!(check_request(with(REQUEST, from, to)), Err(error), "{to:?}");
    }
}

#[test]
fn what_must_be_there_once_is_refused_twice() {
    for (line, error) in [
        ("Host: server.example.com", HandshakeError::Host),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", HandshakeError::Key),
        ("Sec-WebSocket-Version: 13", HandshakeError::Version),
    ] {
        assert_eq!(check_request(add(REQUEST, line)), Err(error), "{line}");
    }
}

#[test]
fn is_upgrade_tells_a_websocket_from_a_page() {
    let is_upgrade = |head: &str| Request::parse(head.as_bytes()).unwrap().is_upgrade();
    assert!(is_upgrade(REQUEST));
    assert!(is_upgrade(&without(REQUEST, "Sec-WebSocket-Key")));
    assert!(!is_upgrade("GET /chat HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(!is_upgrade(&with(REQUEST, "GET", "POST")));
    assert!(!is_upgrade(&with(REQUEST, "HTTP/1.1", "HTTP/1.0")));
    assert!(!is_upgrade(&without(REQUEST, "Connection")));
    assert!(!is_upgrade(&with(REQUEST, "Upgrade: websocket", "Upgrade: h2c")));
}

#[test]
fn a_request_that_something_else_parsed_is_as_good() {
    let parts: [(&str, &[u8]); 5] = [
        ("host", b"a"),
        ("connection", b"keep-alive, Upgrade"),
        ("upgrade", b"websocket"),
        ("sec-websocket-key", KEY),
        ("sec-websocket-version", b"13"),
    ];
    let request = Request::from_parts("GET", "/chat", true, &parts);
    assert!(request.is_upgrade());
    let key = request.check().unwrap();
    let written =
        encoded(|out| encode_accept(&request, &key, &Accept::new(), &mut NoCompression, out));
    assert!(written.unwrap().contains(ACCEPT));

    let old = Request::from_parts("GET", "/chat", false, &parts);
    assert_eq!(old.check(), Err(HandshakeError::HttpVersion));
    let keyless = Request::from_parts("GET", "/chat", true, &parts[..3]);
    assert_eq!(keyless.check(), Err(HandshakeError::Key));
}

#[test]
fn an_accepting_response_has_all_that_section_4_2_2_asks_for() {
    let accept = Accept::new().subprotocol("chat").headers(&[("Server", "x"), ("Set-Cookie", "a")]);
    let expected = "HTTP/1.1 101 Switching Protocols\r\n\
        Upgrade: websocket\r\n\
        Connection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
        Sec-WebSocket-Protocol: chat\r\n\
        Server: x\r\n\
        Set-Cookie: a\r\n\
        \r\n";
    let written = accepted(REQUEST, &accept).unwrap();
    assert_eq!(written, expected);
    assert_eq!(check_response(written), Ok(()));

    let plain = accepted(REQUEST, &Accept::new()).unwrap();
    assert!(!plain.contains("Protocol:") && !plain.contains("Extensions"));
    assert_eq!(check_response(plain), Ok(()));
}

#[test]
fn an_offer_of_compression_is_not_accepted_without_compression() {
    let head = add(REQUEST, "Sec-WebSocket-Extensions: permessage-deflate");
    let written = accepted(&head, &Accept::new()).unwrap();
    assert!(!written.contains("Extensions"), "{written}");
}

#[test]
fn the_server_s_preference_chooses_the_subprotocol() {
    let head = with(REQUEST, "chat, superchat", "a, b\r\nsec-websocket-protocol: ,c ,, \"x\"");
    let request = Request::parse(head.as_bytes()).unwrap();
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(request.choose_subprotocol(&["x", "c", "a"]), Some("c"));
    assert_eq!(request.choose_subprotocol(&["A", "", "\"x\""]), None);
    assert_eq!(request.choose_subprotocol(&[]), None);
}

#[test]
fn only_an_offered_subprotocol_can_be_chosen() {
    for chosen in ["other", "Chat", "chat, superchat", "", "chat\r\nX: y"] {
        let error = accepted(REQUEST, &Accept::new().subprotocol(chosen)).unwrap_err();
        assert_eq!(error, Error::Config(ConfigError::SubprotocolNotOffered), "{chosen:?}");
    }
}

#[test]
fn headers_of_the_handshake_itself_are_reserved() {
    for name in ["upgrade", "Connection", "Content-Length", "Transfer-Encoding", "Sec-WebSocket-X"]
    {
        let error = accepted(REQUEST, &Accept::new().headers(&[(name, "x")])).unwrap_err();
        assert_eq!(error, Error::Config(ConfigError::ReservedHeader), "{name}");
    }
    for name in ["connection", "Content-Length", "transfer-encoding"] {
        let reject = Reject::new(403);
        let error = encoded(|out| reject.headers(&[(name, "x")]).encode(out)).unwrap_err();
        assert_eq!(error, Error::Config(ConfigError::ReservedHeader), "{name}");
    }
}

#[test]
fn rejections_are_whole_responses() {
    let reject = Reject::new(401)
        .headers(&[("WWW-Authenticate", "Basic"), ("Content-Type", "text/plain")])
        .body(b"who are you?");
    let expected = "HTTP/1.1 401 Unauthorized\r\n\
        Connection: close\r\n\
        WWW-Authenticate: Basic\r\n\
        Content-Type: text/plain\r\n\
        Content-Length: 12\r\n\
        \r\n\
        who are you?";
    assert_eq!(encoded(|out| reject.encode(out)).unwrap(), expected);

    let bare = "HTTP/1.1 499 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(encoded(|out| Reject::new(499).encode(out)).unwrap(), bare);

    let unmodified = "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";
    let reject = Reject::new(304).body(b"there is none");
    assert_eq!(encoded(|out| reject.encode(out)).unwrap(), unmodified);

    let body = [b'x'; 1234];
    let long = encoded(|out| Reject::new(500).body(&body).encode(out)).unwrap();
    assert!(long.contains("\r\nContent-Length: 1234\r\n\r\nxxx"), "{long}");
}

#[test]
fn only_a_status_of_300_to_599_rejects() {
    for status in 0..=u16::MAX {
        let result = Reject::new(status).encode::<()>(&mut [0; 128]);
        match status {
            300..=599 => assert!(result.is_ok(), "{status}"),
            _ => assert_eq!(result, Err(Error::Config(ConfigError::InvalidStatus)), "{status}"),
        }
    }
}

#[test]
fn buffers_that_are_too_small_are_told_the_length_needed() {
    let request = Request::parse(REQUEST.as_bytes()).unwrap();
    let accept = Accept::new().subprotocol("chat").headers(&[("Server", "x")]);
    let needed = accepted(REQUEST, &accept).unwrap().len();
    for available in 0..needed {
        let mut out = vec![0; available];
        let result = encode_accept::<()>(&request, KEY, &accept, &mut NoCompression, &mut out);
        let expected = ResourceError::StagingBuffer { needed, available };
        assert_eq!(result, Err(Error::Resource(expected)));
    }
    let reject = Reject::new(404).body(b"no");
    let needed = encoded(|out| reject.encode(out)).unwrap().len();
    for available in 0..needed {
        let expected = ResourceError::StagingBuffer { needed, available };
        let result = reject.encode::<()>(&mut vec![0; available]);
        assert_eq!(result, Err(Error::Resource(expected)));
    }
}

fn failure(error: HandshakeError) -> String {
    encoded(|out| Ok(encode_failure(error, out))).unwrap()
}

#[test]
fn a_bad_request_is_answered_with_400_and_the_reason() {
    let expected = "HTTP/1.1 400 Bad Request\r\n\
        Connection: close\r\n\
        Content-Type: text/plain\r\n\
        Content-Length: 26\r\n\
        \r\n\
        no valid Sec-WebSocket-Key";
    assert_eq!(failure(HandshakeError::Key), expected);
    for error in [
        HandshakeError::MalformedHead,
        HandshakeError::HttpVersion,
        HandshakeError::Method,
        HandshakeError::Host,
        HandshakeError::ConnectionHeader,
        HandshakeError::UpgradeHeader,
        HandshakeError::VersionMissing,
        HandshakeError::Body,
    ] {
        let written = failure(error);
        assert!(written.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{written}");
        assert!(written.ends_with(&format!("\r\n\r\n{}", error.reason())), "{written}");
    }
}

#[test]
fn another_version_is_answered_with_426_and_ours() {
    let expected = "HTTP/1.1 426 Upgrade Required\r\n\
        Connection: Upgrade, close\r\n\
        Content-Type: text/plain\r\n\
        Upgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\n\
        Content-Length: 31\r\n\
        \r\n\
        Sec-WebSocket-Version is not 13";
    assert_eq!(failure(HandshakeError::Version), expected);
}

#[test]
fn a_head_that_is_too_long_is_answered_with_431() {
    let expected = "HTTP/1.1 431 Request Header Fields Too Large\r\n\
        Connection: close\r\n\
        Content-Type: text/plain\r\n\
        Content-Length: 18\r\n\
        \r\n\
        HTTP head too long";
    assert_eq!(failure(HandshakeError::HeadTooLong { limit: 4096 }), expected);
}

#[test]
fn a_failure_is_written_as_far_as_it_fits() {
    let whole = failure(HandshakeError::Key);
    for available in 0..=whole.len() + 1 {
        let mut out = vec![b'#'; available];
        let len = encode_failure(HandshakeError::Key, &mut out);
        assert_eq!(len, available.min(whole.len()));
        assert_eq!(&out[..len], &whole.as_bytes()[..len]);
    }
}

#[test]
fn nothing_is_written_after_an_answer_or_to_nobody() {
    assert_eq!(failure(HandshakeError::Rejected { status: 403 }), "");
    assert_eq!(failure(HandshakeError::EndOfStream), "");
}
