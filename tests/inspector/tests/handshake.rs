//! The opening handshake judged: each violation at its line, extensions by what was offered.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use socklet_inspector_tests::{
    connection, report,
    talk::{Talk, request, response},
    violations,
};
use socklet_wasm::{
    report::Connection,
    stream::Sender::{Client, Server},
};

/// A text of both heads, as it is copied from somewhere.
fn heads(request: &[u8], response: &[u8]) -> Connection {
    connection(&[request, response].concat())
}

fn replaced(head: &[u8], from: &str, to: &str) -> Vec<u8> {
    let head = String::from_utf8(head.to_vec()).unwrap();
    assert!(head.contains(from));
    head.replacen(from, to, 1).into_bytes()
}

/// Where a text stands in a head.
fn at(head: &[u8], text: &str) -> u64 {
    std::str::from_utf8(head).unwrap().find(text).unwrap() as u64
}

#[test]
fn what_was_agreed_is_told() {
    let offer = "Sec-WebSocket-Protocol: chat.v2, chat\r\nSec-WebSocket-Extensions: \
                 permessage-deflate; client_max_window_bits; server_max_window_bits=12\r\n";
    let answer = "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate; \
                  client_no_context_takeover; server_max_window_bits=10\r\n";
    let connection = heads(&request(offer), &response(answer));
    assert_eq!(violations(&connection), []);
    let handshake = &connection.handshake;
    assert_eq!(handshake.target.as_deref(), Some("/chat"));
    assert_eq!(handshake.status, Some(101));
    assert_eq!(handshake.accept.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(handshake.accept, handshake.accept_found);
    assert_eq!(handshake.offered_subprotocols, ["chat.v2", "chat"]);
    assert_eq!(handshake.subprotocol.as_deref(), Some("chat"));
    let client = connection.context(Client).unwrap();
    assert_eq!((client.window_bits, client.takeover), (15, false));
    let server = connection.context(Server).unwrap();
    assert_eq!((server.window_bits, server.takeover), (10, true));
}

#[test]
fn line_feeds_alone_are_taken_for_line_ends() {
    let text = String::from_utf8([request(""), response("")].concat()).unwrap();
    let report = report(text.replace("\r\n", "\n").as_bytes());
    assert_eq!(report.notes.len(), 1);
    assert_eq!(report.violations().count(), 0);
    assert_eq!(report.connections[0].handshake.status, Some(101));
}

#[test]
fn requests() {
    let cases = [
        ("GET ", "PUT ", "method", "GET"),
        ("HTTP/1.1", "HTTP/1.0", "http-version", "GET"),
        ("Host: example.com", "Host: a, b", "host", "Host:"),
        ("Connection: Upgrade", "Connection: close", "connection-header", "Connection:"),
        ("Upgrade: websocket", "Upgrade: h2c", "upgrade-header", "Upgrade:"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhl", "key", "Sec-WebSocket-Key"),
        ("Version: 13", "Version: 8", "version", "Sec-WebSocket-Version"),
        ("Sec-WebSocket-Version: 13", "X: y", "version-missing", "GET"),
        ("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n", "body", "Content-Length"),
        ("Host: example", "Host : example", "malformed-head", "Host"),
        ("Upgrade: websocket", "Upgrade: web\u{1}socket", "malformed-head", "Upgrade:"),
    ];
    let good = request("");
    for (from, to, id, line) in cases {
        let bad = replaced(&good, from, to);
        let connection = heads(&bad, &response(""));
        let offset = if line == "GET" { 0 } else { at(&bad, line) };
        let found: Vec<_> = violations(&connection);
        assert!(found.contains(&(id, "client", offset)), "{id}: {found:?}");
    }
}

#[test]
fn responses() {
    let cases = [
        ("HTTP/1.1", "HTTP/1.0", "http-version", "HTTP"),
        ("Connection: Upgrade", "Connection: close", "connection-header", "Connection:"),
        ("Upgrade: websocket", "Upgrade: websocket, h2c", "upgrade-header", "Upgrade:"),
        ("s3pP", "S3pP", "accept-mismatch", "Sec-WebSocket-Accept"),
        ("Sec-WebSocket-Accept", "X-Accept", "accept-missing", "HTTP"),
    ];
    let good = response("");
    for (from, to, id, line) in cases {
        let bad = replaced(&good, from, to);
        let offset = if line == "HTTP" { 0 } else { at(&bad, line) };
        assert_eq!(violations(&heads(&request(""), &bad)), [(id, "server", offset)]);
    }
    let chosen = response("Sec-WebSocket-Protocol: other\r\n");
    let offset = at(&chosen, "Sec-WebSocket-Protocol");
    let connection = heads(&request("Sec-WebSocket-Protocol: chat\r\n"), &chosen);
    assert_eq!(violations(&connection), [("unsolicited-subprotocol", "server", offset)]);
}

#[test]
fn extensions_by_what_was_offered() {
    let line = |value: &str| match value {
        "" => String::new(),
        value => format!("Sec-WebSocket-Extensions: {value}\r\n"),
    };
    let cases = [
        ("", "permessage-deflate", "unsolicited-extension"),
        ("permessage-deflate", "x-webkit-deflate-frame", "unsolicited-extension"),
        ("permessage-deflate", "permessage-deflate, permessage-deflate", "unsolicited-extension"),
        (
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits=10",
            "extension-response",
        ),
        (
            "permessage-deflate; server_max_window_bits=9",
            "permessage-deflate",
            "extension-response",
        ),
        (
            "permessage-deflate; server_no_context_takeover",
            "permessage-deflate",
            "extension-response",
        ),
        (
            "permessage-deflate",
            "permessage-deflate; server_max_window_bits=7",
            "extension-response",
        ),
        ("permessage-deflate", "permessage-deflate; what=ever", "extension-response"),
    ];
    for (offer, answer, id) in cases {
        let response = response(&line(answer));
        let offset = at(&response, "Sec-WebSocket-Extensions");
        let connection = heads(&request(&line(offer)), &response);
        assert_eq!(violations(&connection), [(id, "server", offset)], "{offer} / {answer}");
    }
    let fitting = [
        ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
        (
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=9",
        ),
        ("permessage-deflate; server_max_window_bits=9, permessage-deflate", "permessage-deflate"),
        ("x, permessage-deflate", "x"),
        ("permessage-deflate", "permessage-deflate; server_max_window_bits=\"10\""),
    ];
    for (offer, answer) in fitting {
        let connection = heads(&request(&line(offer)), &response(&line(answer)));
        assert_eq!(violations(&connection), [], "{offer} / {answer}");
    }
}

#[test]
fn a_declined_upgrade_is_no_websocket() {
    let response = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno".to_vec();
    let talk = Talk::default().says(Client, request("")).says(Server, response);
    let connection = connection(&socklet_inspector_tests::capture::pcap(&talk));
    assert_eq!(connection.handshake.status, Some(403));
    assert!(connection.frames.is_empty() && connection.violations.is_empty());
    assert_eq!(connection.ending.verdict.id(), "declined");
}

#[test]
fn a_request_behind_others_on_the_same_connection() {
    let page = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n".to_vec();
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_vec();
    let talk = Talk::default()
        .says(Client, page)
        .says(Server, answer)
        .says(Client, request(""))
        .says(Server, response(""))
        .frame(Client, 0x1, b"hi");
    let connection = connection(&socklet_inspector_tests::capture::pcap(&talk));
    assert_eq!(violations(&connection), []);
    assert_eq!(connection.messages.len(), 1);
}
