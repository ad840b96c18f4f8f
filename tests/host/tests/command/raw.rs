//! Bare sockets to a server that runs: what no WebSocket client would send.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::processes::Server;

/// Longer than anything here takes, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a client that speaks no more than the opening handshake asks for.
pub(crate) const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A TCP connection that does not wait for ever.
pub(crate) fn tcp(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// A connection with its opening handshake behind it.
pub(crate) fn upgraded(server: &Server) -> TcpStream {
    upgraded_with(server, "")
}

/// The same, with further headers, each with its end of the line.
pub(crate) fn upgraded_with(server: &Server, headers: &str) -> TcpStream {
    let mut stream = tcp(server);
    let (request, end) = UPGRADE.split_at(UPGRADE.len() - 2);
    stream.write_all(&[request, headers.as_bytes(), end].concat()).unwrap();
    let head = head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    stream
}

/// Reads a head, up to its blank line.
pub(crate) fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A frame of a client with a masking key of zeros, which leaves its payload as it is.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ ..126 => frame.push(0x80 | len as u8),
        len @ ..0x1_0000 => {
            frame.push(0xfe);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(0xff);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// What a server sends until it ends the stream, or resets it.
pub(crate) fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let (mut all, mut some) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut some) {
            Ok(len @ 1..) => all.extend(&some[..len]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                panic!("the server does not end the stream")
            }
            Ok(0) | Err(_) => return all,
        }
    }
}
