//! What callers hand in cannot become a line of its own in a handshake.

use std::net::TcpListener;
use std::thread;

use socklet_std::{Answer, Client, Error, Server};

use crate::support::{memory_socket, raw_request};

/// What would be another header, or another request.
const EVIL: [&str; 6] =
    ["a\r\nEvil: 1", "a\nEvil: 1", "a\rEvil: 1", "a\0", "a\r\n\r\nGET / HTTP/1.1", "a\u{7f}"];

/// Asserts that both clients refuse with a typed error, before they send a byte.
fn is_refused(name: &str, url_of: impl Fn(&str) -> String, client: &Client) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url_of(&listener.local_addr().unwrap().to_string());
    let received = thread::spawn(move || {
        listener.set_nonblocking(true).unwrap();
        listener
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for outcome in
        [runtime.block_on(client.connect(&url)).map(drop), client.connect_blocking(&url).map(drop)]
    {
        let error = outcome.expect_err(name);
        assert!(matches!(error, Error::Config(_) | Error::Url(_)), "{name}: {error:?}");
    }
    // Whether or not there was a connection, nothing was written on it.
    let listener = received.join().unwrap();
    while let Ok((mut stream, _)) = listener.accept() {
        stream.set_nonblocking(false).unwrap();
        assert_eq!(crate::raw::read_all(&mut stream), b"", "{name}");
    }
}

#[test]
fn a_client_refuses_what_would_be_another_line() {
    let ws = |address: &str| format!("ws://{address}/");
    for evil in EVIL {
        is_refused("a value", ws, &Client::new().header("X", evil));
        is_refused("a name", ws, &Client::new().header(evil, "x"));
        is_refused("an origin", ws, &Client::new().origin(evil));
        is_refused("a subprotocol", ws, &Client::new().subprotocols([evil]));
        is_refused("a path", |address| format!("ws://{address}/{evil}"), &Client::new());
        is_refused("a query", |address| format!("ws://{address}/?{evil}"), &Client::new());
    }
    is_refused("a header of the handshake", ws, &Client::new().header("Host", "other"));
    is_refused("a length", ws, &Client::new().header("Content-Length", "8"));
    is_refused("a coding", ws, &Client::new().header("Transfer-Encoding", "chunked"));
}

#[test]
fn a_server_refuses_what_would_be_another_line() {
    let evil = EVIL.into_iter().flat_map(|evil| {
        [
            Answer::accept().header("X", evil),
            Answer::accept().header(evil, "x"),
            Answer::accept().subprotocol(evil),
            Answer::reject(404).header("X", evil),
            Answer::reject(302).header(evil, "/"),
        ]
    });
    for answer in evil {
        let (stream, written) = memory_socket(raw_request());
        let outcome = Server::new().accept_with_blocking(stream, |_| answer.clone());
        assert!(matches!(outcome, Err(Error::Config(_))), "{answer:?}: {outcome:?}");
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert!(written.is_empty(), "{answer:?}: {written}");
    }
}
