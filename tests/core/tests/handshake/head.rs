//! Where a head ends, and what makes it malformed, for both roles.

use socklet_core::HandshakeError::MalformedHead;
use socklet_core::handshake::{client, head_len, server};

use crate::support::{REQUEST, RESPONSE, add, check_request, check_response, with};

/// Both parsers refuse it.
fn assert_malformed(line: &str) {
    assert_eq!(check_request(add(REQUEST, line)), Err(MalformedHead), "{line:?}");
    assert_eq!(check_response(add(RESPONSE, line)), Err(MalformedHead), "{line:?}");
}

/// Both parsers take it, and the handshake is made.
fn assert_fine(line: &str) {
    assert!(check_request(add(REQUEST, line)).is_ok(), "{line:?}");
    assert_eq!(check_response(add(RESPONSE, line)), Ok(()), "{line:?}");
}

#[test]
fn every_prefix_of_a_head_is_not_complete() {
    for head in [REQUEST, RESPONSE] {
        for len in 0..head.len() {
            assert_eq!(head_len(&head.as_bytes()[..len]), None, "{len}");
        }
        assert_eq!(head_len(head.as_bytes()), Some(head.len()));
    }
}

#[test]
fn a_part_of_a_head_is_never_taken_for_a_head() {
    for len in 0..REQUEST.len() {
        assert_eq!(check_request(&REQUEST[..len]), Err(MalformedHead));
    }
    for len in 0..RESPONSE.len() {
        assert_eq!(check_response(&RESPONSE[..len]), Err(MalformedHead));
    }
}

#[test]
fn the_head_ends_at_the_first_blank_line_whatever_follows() {
    for tail in [b"\x81\x05Hello".as_slice(), b"\r\n\r\n", b"\0", b"GET / HTTP/1.1\r\n\r\n"] {
        let bytes = [RESPONSE.as_bytes(), tail].concat();
        assert_eq!(head_len(&bytes), Some(RESPONSE.len()));
    }
}

#[test]
fn searching_can_go_on_three_bytes_before_the_end() {
    let head = REQUEST.as_bytes();
    let mut found = Vec::new();
    for searched in 0..head.len() {
        let from = searched.saturating_sub(3);
        found.extend(head_len(&head[from..]).map(|len| from + len));
    }
    assert_eq!(found, vec![head.len(); head.len()]);
}

#[test]
fn bare_line_feeds_end_no_head_and_no_line() {
    assert_eq!(head_len(REQUEST.replace("\r\n", "\n").as_bytes()), None);
    assert_eq!(head_len(b"GET / HTTP/1.1\r\nHost: a\r\n\nX"), None);
    assert_malformed("X: a\nY: b");
    assert_malformed("X: a\n");
    assert_malformed("\nX: a");
}

#[test]
fn bare_carriage_returns_are_malformed() {
    assert_malformed("X: a\rY: b");
    assert_malformed("X: a\r");
    assert_malformed("\rX: a");
}

#[test]
fn control_bytes_are_malformed_and_others_are_not() {
    for byte in 0..=255_u8 {
        let is_control = byte < 0x20 && byte != b'\t' || byte == 0x7f;
        let line = [b"X: a".as_slice(), &[byte], b"b\r\n\r\n"].concat();
        let request = [&REQUEST.as_bytes()[..REQUEST.len() - 2], &line].concat();
        assert_eq!(check_request(&request).is_err(), is_control, "{byte:#x}");
        let response = [&RESPONSE.as_bytes()[..RESPONSE.len() - 2], &line].concat();
        assert_eq!(check_response(&response).is_err(), is_control, "{byte:#x}");
    }
}

#[test]
fn folded_lines_are_malformed() {
    assert_malformed("X: a\r\n b");
    assert_malformed("X: a\r\n\tb");
    assert_malformed(" X: a");
    let folded = with(REQUEST, "Connection: Upgrade", "Connection: keep-alive,\r\n Upgrade");
    assert_eq!(check_request(folded), Err(MalformedHead));
}

#[test]
fn names_are_tokens_right_before_a_colon() {
    for line in ["X : a", "X\t: a", ": a", "X", "X Y: a", "X(a): b", "\"X\": a", "X\u{e9}: a"] {
        assert_malformed(line);
    }
    for line in ["X:a", "X:", "X:\t a \t", "!#$%&'*+-.^_`|~0aZ: a", "X: a: b", "X: \u{e9}"] {
        assert_fine(line);
    }
}

#[test]
fn nothing_may_follow_the_blank_line_of_a_parsed_head() {
    assert_eq!(check_request(format!("{REQUEST}X")), Err(MalformedHead));
    assert_eq!(check_request(format!("{REQUEST}\r\n")), Err(MalformedHead));
    assert_eq!(check_response(format!("{RESPONSE}\u{81}\u{0}")), Err(MalformedHead));
    assert_eq!(check_request(format!("\r\n{REQUEST}")), Err(MalformedHead));
}

#[test]
fn request_lines_have_three_parts_and_one_space_between() {
    for line in [
        "",
        "GET",
        "GET /chat",
        "GET /chat ",
        "GET  HTTP/1.1",
        "GET  /chat HTTP/1.1",
        "GET /chat  HTTP/1.1",
        "GET /chat HTTP/1.1 ",
        " GET /chat HTTP/1.1",
        "GET /ch at HTTP/1.1",
        "GET\t/chat\tHTTP/1.1",
        "G@T /chat HTTP/1.1",
        "GET /ch\u{e9}t HTTP/1.1",
        "GET /chat HTTP/1.10",
        "GET /chat HTTP/11",
        "GET /chat HTTP/1",
        "GET /chat http/1.1",
        "GET /chat HTTPS/1.1",
        "HTTP/1.1 101 Switching Protocols",
    ] {
        let head = with(REQUEST, "GET /chat HTTP/1.1", line);
        assert_eq!(check_request(head), Err(MalformedHead), "{line:?}");
    }
}

#[test]
fn status_lines_have_a_version_and_three_digits() {
    for line in [
        "",
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1 10",
        "HTTP/1.1 10 OK",
        "HTTP/1.1 1010",
        "HTTP/1.1 101Switching",
        "HTTP/1.1  101 OK",
        "HTTP/1.1 1x1 OK",
        "HTTP/1.1 -10 OK",
        "HTTP/1.1\t101 OK",
        "HTTP/11 101 OK",
        "http/1.1 101 OK",
        "ICY 101 OK",
        "GET /chat HTTP/1.1",
    ] {
        let head = with(RESPONSE, "HTTP/1.1 101 Switching Protocols", line);
        assert_eq!(check_response(head), Err(MalformedHead), "{line:?}");
    }
    for line in ["HTTP/1.1 101", "HTTP/1.1 101 ", "HTTP/1.1 101 \u{e9}t\u{e9}", "HTTP/1.2 101 OK"] {
        let head = with(RESPONSE, "HTTP/1.1 101 Switching Protocols", line);
        assert_eq!(check_response(head), Ok(()), "{line:?}");
    }
}

#[test]
fn headers_are_listed_in_order_with_trimmed_values() {
    let head = "HTTP/1.1 302 Found\r\nLocation:/elsewhere \t\r\nx: \t1\r\nX: 2\r\n\r\n";
    let response = client::Response::parse(head.as_bytes()).unwrap();
    let found: Vec<_> = response.headers().map(|h| (h.name, h.value)).collect();
    let expected = [("Location", &b"/elsewhere"[..]), ("x", b"1"), ("X", b"2")];
    assert_eq!(found, expected);
    assert_eq!(response.header("LOCATION"), Some(&b"/elsewhere"[..]));
    assert_eq!(response.header("X"), Some(&b"1"[..]));
    assert_eq!(response.header("Locatio"), None);

    let head = "PUT * HTTP/1.0\r\na:\r\n\r\n";
    let request = server::Request::parse(head.as_bytes()).unwrap();
    let found: Vec<_> = request.headers().map(|h| (h.name, h.value)).collect();
    assert_eq!(found, [("a", &b""[..])]);
    assert_eq!((request.method(), request.target()), ("PUT", "*"));

    let parts = [("A", &b" b "[..])];
    let request = server::Request::from_parts("GET", "/", true, &parts);
    let found: Vec<_> = request.headers().map(|h| (h.name, h.value)).collect();
    assert_eq!(found, [("A", &b"b"[..])]);
}

#[test]
fn a_head_without_fields_is_a_head() {
    let response = client::Response::parse(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    assert_eq!((response.status(), response.headers().count()), (200, 0));
}
