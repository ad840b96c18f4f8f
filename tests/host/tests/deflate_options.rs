//! The options of `socklet` about compression: what they make of the opening handshake, and what a
//! user sees.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests panic when something is wrong"
)]

#[path = "command/processes.rs"]
mod processes;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use processes::{FLAVOURS, Server, connect};

/// Reads a head, and returns what it says about extensions.
fn extensions(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    head.lines().find_map(|line| Some(line.strip_prefix("Sec-WebSocket-Extensions: ")?.to_owned()))
}

/// What a server answers to this offer.
fn answer(server: &Server, offer: &str) -> Option<String> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Extensions: {offer}\r\n\r\n"
    )
    .unwrap();
    extensions(&mut stream)
}

#[test]
fn a_server_answers_as_its_options_say() {
    const FRESH: &str =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    for (options, answered) in [
        (&[][..], Some("permessage-deflate")),
        (&["--deflate"], Some("permessage-deflate")),
        (&["--deflate=15"], Some("permessage-deflate")),
        (
            &["--deflate=10"],
            Some("permessage-deflate; client_max_window_bits=10; server_max_window_bits=10"),
        ),
        (
            &["--deflate=8"],
            Some("permessage-deflate; client_max_window_bits=8; server_max_window_bits=8"),
        ),
        (&["--no-deflate"], None),
        (&["--deflate=9", "--no-deflate"], None),
        (&["--no-deflate", "--deflate"], Some("permessage-deflate")),
        (&["--no-context-takeover"], Some(FRESH)),
        (&["--no-context-takeover", "--no-deflate"], None),
    ] {
        for flavour in FLAVOURS {
            let server = Server::start(&[options, flavour].concat());
            let said = answer(&server, "permessage-deflate; client_max_window_bits");
            assert_eq!(said.as_deref(), answered, "{options:?}");
            assert_eq!(answer(&server, "x-other"), None, "{options:?}");
        }
    }
}

#[test]
fn a_client_offers_what_its_options_say() {
    for (options, offered) in [
        (&[][..], None),
        // Compression is off unless it is turned on.
        (&["--no-context-takeover"], None),
        (&["--deflate"], Some("permessage-deflate; client_max_window_bits")),
        (
            &["--deflate=9"],
            // The second is for servers that cannot limit their window.
            Some(
                "permessage-deflate; client_max_window_bits=9; server_max_window_bits=9, \
                 permessage-deflate; client_max_window_bits=9; server_no_context_takeover",
            ),
        ),
        (
            &["--deflate", "--no-context-takeover"],
            Some(
                "permessage-deflate; client_max_window_bits; server_no_context_takeover; \
                 client_no_context_takeover",
            ),
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || extensions(&mut listener.accept().unwrap().0));
        let ended = connect(&[&[url.as_str()], options].concat(), b"");
        assert_eq!(ended.code, Some(1), "nobody answers");
        assert_eq!(server.join().unwrap().as_deref(), offered, "{options:?}");
    }
}

/// Lines that are alike.
fn input() -> String {
    let line = |n| {
        format!(
            "{{\"device\":\"node-{}\",\"sequence\":{n},\"value\":{}}}\n",
            n % 7,
            n * 7919 % 1000
        )
    };
    (0..500).map(line).collect()
}

#[test]
fn lines_go_there_and_come_back_compressed_and_it_is_told_what_that_was_good_for() {
    let input = input();
    let bytes = input.len() - input.lines().count();
    for flavour in FLAVOURS {
        for (server, client) in [
            (&[][..], &["--deflate"][..]),
            (&["--deflate=9"], &["--deflate=12"]),
            (&["--deflate"], &["--deflate=8"]),
        ] {
            let server = Server::start(&[server, flavour].concat());
            let ended = connect(&[&[server.url().as_str()], client].concat(), input.as_bytes());
            assert_eq!((ended.code, ended.text()), (Some(0), input.as_str()), "{client:?}");
            for direction in ["sent", "received"] {
                let told = ended.stderr.lines().find(|line| line.contains(direction));
                let told = told.unwrap_or_else(|| panic!("{client:?}: {}", ended.stderr));
                let numbers: Vec<usize> =
                    told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
                let [plain, compressed, ..] = numbers[..] else { panic!("{told}") };
                assert!(plain == bytes && compressed * 2 < plain, "{told}");
            }
        }
    }
}

#[test]
fn a_server_that_does_not_compress_is_told() {
    for flavour in FLAVOURS {
        let server = Server::start(&[&["--no-deflate"], flavour].concat());
        let ended = connect(&[&server.url(), "--deflate"], b"one\ntwo\n");
        assert_eq!((ended.code, ended.text()), (Some(0), "one\ntwo\n"));
        assert_eq!(ended.stderr, "the server does not compress\n");
    }
}

#[test]
fn a_server_that_is_asked_to_tells_of_each_connection() {
    for flavour in FLAVOURS {
        let server = Server::start(&[&["--verbose"], flavour].concat());
        let ended = connect(&[&server.url(), "--deflate=10"], input().as_bytes());
        assert_eq!(ended.code, Some(0));
        let line = server.log_line();
        assert!(
            line.ends_with(": open; compressed with 10 bits to it, 10 bits from it\n"),
            "{line}"
        );
        let (sent, received) = (server.log_line(), server.log_line());
        assert!(sent.contains(": sent ") && received.contains(": received "), "{sent}{received}");
        let line = server.log_line();
        assert!(line.ends_with(": closed with 1000 \"\"\n"), "{line}");

        let plain = connect(&[&server.url()], b"one\n");
        assert_eq!(plain.code, Some(0));
        let line = server.log_line();
        assert!(line.ends_with(": open; not compressed\n"), "{line}");
    }
}

#[test]
fn a_server_that_is_not_asked_to_tells_nothing() {
    for flavour in FLAVOURS {
        let mut server = Server::start(flavour);
        assert_eq!(connect(&[&server.url()], b"one\n").code, Some(0));
        server.signal("TERM");
        assert_eq!(server.wait(), Some(0));
        assert_eq!(server.rest_of_log(), "");
    }
}
