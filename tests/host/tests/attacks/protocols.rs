//! Other protocols on the port, and requests that two servers would read differently.

use std::io::Write;
use std::net::Shutdown;

use crate::processes::{FLAVOURS, Server, file};
use crate::raw::{UPGRADE, frame, read_all, tcp};
use crate::serves;
use crate::support::Certificates;

/// A ClientHello of TLS 1.2, as far as anybody looks who does not expect one.
const CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03\
    0123456789abcdef0123456789abcdef\x00\x00\x02\x13\x01\x01\x00\x00\x00";

/// The upgrade with one line changed, or with lines before the end.
fn with(lines: &str) -> Vec<u8> {
    let request = UPGRADE.strip_suffix(b"\r\n").unwrap();
    [request, lines.as_bytes(), b"\r\n"].concat()
}

fn instead(of: &str, line: &str) -> Vec<u8> {
    let request = std::str::from_utf8(UPGRADE).unwrap();
    assert!(request.contains(of));
    request.replace(of, line).into_bytes()
}

/// Sends this and then ends the stream; returns the whole answer.
fn answer(server: &Server, request: &[u8]) -> Vec<u8> {
    let mut stream = tcp(server);
    // The server may end it before all is written.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    read_all(&mut stream)
}

/// Whether an answer is one HTTP response of a refusal, or nothing: what follows the head is not
/// taken for another request, and not for frames.
fn refuses(name: &str, answer: &[u8]) {
    let text = String::from_utf8_lossy(answer);
    assert!(answer.is_empty() || text.starts_with("HTTP/1.1 4"), "{name}: {text}");
    assert!(text.matches("HTTP/1.1 ").count() <= 1, "{name}: {text}");
    assert!(!text.contains("smuggled"), "{name}: {text}");
}

#[test]
fn other_protocols_on_the_port_are_refused() {
    let upgrade = String::from_utf8_lossy(UPGRADE);
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nsmuggled".to_owned();
    let upgrading_post = instead("GET / HTTP/1.1", "POST / HTTP/1.1");
    let old = instead("GET / HTTP/1.1", "GET / HTTP/1.0");
    let protocols: [(&str, &[u8]); 11] = [
        ("a POST with a body", post.as_bytes()),
        ("a POST that upgrades", &upgrading_post),
        ("HTTP/1.0", &old),
        ("no version", b"GET /\r\n\r\n"),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
        ("TLS", CLIENT_HELLO),
        ("SSH", b"SSH-2.0-OpenSSH_9.9\r\n"),
        ("SMTP", b"EHLO a\r\nMAIL FROM:<a@b>\r\nDATA\r\n\r\nsmuggled\r\n.\r\n"),
        ("a store of keys", b"*1\r\n$4\r\nPING\r\n\r\n"),
        ("a proxy's first line", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\nGET / HTTP/1.1\r\n\r\n"),
        ("CONNECT", b"CONNECT localhost:25 HTTP/1.1\r\nHost: localhost:25\r\n\r\nsmuggled"),
    ];
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        for (name, request) in protocols {
            refuses(name, &answer(&server, request));
        }
        // The second request of a pipeline is no frame, and not answered.
        let twice = answer(&server, format!("{upgrade}{upgrade}").as_bytes());
        assert_eq!(String::from_utf8_lossy(&twice).matches("HTTP/1.1 101").count(), 1);
        serves(&server);
    }
}

#[test]
fn requests_that_two_servers_read_differently_are_refused() {
    let shapes: Vec<(&str, Vec<u8>)> = vec![
        ("a body", with("Content-Length: 8\r\n")),
        ("two lengths", with("Content-Length: 0\r\nContent-Length: 8\r\n")),
        ("two lengths in one line", with("Content-Length: 0, 8\r\n")),
        ("a coding", with("Transfer-Encoding: chunked\r\n")),
        ("a coding that is none", with("Transfer-Encoding: xchunked\r\n")),
        ("a coding and a length", with("Transfer-Encoding: chunked\r\nContent-Length: 8\r\n")),
        ("a folded line", with("X: a\r\n Transfer-Encoding: chunked\r\n")),
        ("a line folded by a tab", with("X: a\r\n\tb\r\n")),
        ("a bare LF", with("X: a\nTransfer-Encoding: chunked\r\n")),
        ("a bare CR", with("X: a\rTransfer-Encoding: chunked\r\n")),
        ("a NUL", with("X: a\0b\r\n")),
        ("a control byte", with("X: a\x08b\r\n")),
        ("DEL", with("X: a\x7fb\r\n")),
        ("a space before the colon", with("Content-Length : 8\r\n")),
        ("a tab before the colon", with("X\t: a\r\n")),
        ("a space before the name", with(" X: a\r\n")),
        ("no name", with(": a\r\n")),
        ("no colon", with("X\r\n")),
        ("two hosts", with("Host: other\r\n")),
        ("no host", instead("Host: localhost\r\n", "")),
        ("two keys", with("Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n")),
        ("two spaces", instead("GET / ", "GET  / ")),
        ("a space in the target", instead("GET / ", "GET /a b ")),
        ("lines of LF only", instead("\r\n", "\n")),
        ("a name that is not ASCII", with("X\u{e9}: a\r\n")),
        ("a NUL in the target", instead("GET / ", "GET /\0 ")),
    ];
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        for (name, request) in &shapes {
            let request = [request.as_slice(), b"smuggled", &frame(0x81, b"smuggled")].concat();
            refuses(name, &answer(&server, &request));
        }
        println!("{flavour:?}: {} shapes refused", shapes.len());
        serves(&server);
    }
}

#[test]
fn values_that_are_not_utf_8_are_no_reason_to_refuse() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        let request = [&UPGRADE[..UPGRADE.len() - 2], b"X: caf\xe9 \xff\xfe\r\n\r\n"].concat();
        let answer = answer(&server, &request);
        assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
        serves(&server);
    }
}

#[test]
fn plain_text_on_the_tls_port_is_never_answered_in_plain() {
    let certificates = Certificates::new();
    let chain = file("plain-chain.pem", certificates.chain.as_bytes());
    let key = file("plain-key.pem", certificates.key.as_bytes());
    let tls = ["--tls-cert", chain.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    for flavour in FLAVOURS {
        let server = Server::start(&[&tls[..], flavour].concat());
        for request in [UPGRADE, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x81\x85", &[0; 100]] {
            let answer = answer(&server, request);
            // An alert at most.
            assert!(answer.is_empty() || answer[0] == 0x15, "{answer:x?}");
            assert!(server.log_line().contains("TLS"), "a line in the log");
        }
    }
}
