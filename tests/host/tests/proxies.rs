//! Proxies that do not do what they should. Real ones are in `cargo xtask interop proxies`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use socklet_std::{Client, Error, Proxies, Proxy, ProxyError, Server, Timeout, Timeouts};
use support::{Kind, both, read_head};

/// A proxy that does the same on every connection.
fn proxy(serve: impl Fn(&mut TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&mut stream.unwrap());
        }
    });
    address
}

fn client(scheme: &str, address: SocketAddr) -> Client {
    Client::new().proxy(Proxy::parse(&format!("{scheme}://me:secret@{address}")).unwrap())
}

fn both_fail(scheme: &str, address: SocketAddr, expected: ProxyError) {
    both("ws://example.com/", &client(scheme, address), |error| match error {
        Error::Proxy(error) => assert_eq!(error, expected),
        error => panic!("{error} in place of {expected}"),
    });
}

#[test]
fn refusals_have_their_errors() {
    let address = proxy(|stream| {
        let head = read_head(stream);
        assert!(head.starts_with("CONNECT example.com:80 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n"), "{head}");
        stream.write_all(b"HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    both_fail("http", address, ProxyError::Refused { status: 407 });
    let address = proxy(|stream| {
        stream.read_exact(&mut [0; 4]).unwrap();
        stream.write_all(b"\x05\x02").unwrap();
        stream.read_exact(&mut [0; 11]).unwrap();
        stream.write_all(b"\x01\x01").unwrap();
    });
    both_fail("socks5", address, ProxyError::Login);
    let address = proxy(|stream| {
        stream.read_exact(&mut [0; 4]).unwrap();
        stream.write_all(b"\x05\x00").unwrap();
        stream.read_exact(&mut [0; 18]).unwrap();
        stream.write_all(b"\x05\x04\x00\x01\0\0\0\0\0\0").unwrap();
    });
    both_fail("socks5", address, ProxyError::Socks { code: 4 });
}

#[test]
fn answers_that_are_none_are_errors() {
    let address = proxy(|stream| {
        let _ = read_head(stream);
    });
    both_fail("http", address, ProxyError::Closed);
    let address = proxy(|stream| {
        let _ = read_head(stream);
        stream.write_all(b"SSH-2.0-OpenSSH\r\n\r\n").unwrap();
    });
    both_fail("http", address, ProxyError::Malformed);
    let address = proxy(|stream| {
        stream.read_exact(&mut [0; 4]).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    both_fail("socks5", address, ProxyError::Malformed);
}

#[test]
fn an_endless_answer_is_read_up_to_a_limit() {
    let address = proxy(|stream| {
        let _ = read_head(stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X: yyyyyyyyyyyyyyyyyyyyyyyy\r\n").is_ok() {}
    });
    both_fail("http", address, ProxyError::TooLong);
}

#[test]
fn a_proxy_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let timeouts = Timeouts { handshake_ms: 200, ..Timeouts::CLIENT };
    for scheme in ["http", "socks5"] {
        both("ws://example.com/", &client(scheme, address).timeouts(timeouts), |error| {
            assert!(matches!(error, Error::Timeout(Timeout::Handshake)), "{error}");
        });
    }
}

#[test]
fn a_server_among_the_exceptions_is_reached_without_the_proxy() {
    // Nobody listens there.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let server = Kind::Tokio.serve(Server::new());
    let url = format!("ws://{server}/");
    let proxies = Proxies::from(Proxy::parse(&format!("http://{address}")).unwrap());
    both(&url, &Client::new().proxy(proxies.clone()), |error| {
        assert!(matches!(error, Error::Io(_)), "{error}");
    });
    let mut ws = Client::new().proxy(proxies.except("127.0.0.0/8")).connect_blocking(&url).unwrap();
    ws.send("hello").unwrap();
    assert_eq!(ws.recv().unwrap(), Some("hello".into()));
}
