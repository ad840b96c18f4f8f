//! Ours: the core with buffers of its caller's, and the adapter for tokio.

use std::{convert::Infallible, hint::black_box};

use chacha20::ChaCha12Rng;
use embedded_io::{ErrorType, Read, Write};
use rand_core::SeedableRng;
use socklet_core::{
    handshake::{accept_for, client::Request},
    io::blocking::WebSocket,
};

use crate::{
    wire::Wire,
    work::{Operation, Work},
};

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// Bytes of a buffer that holds any message here.
const BUFFER_LEN: usize = 128 << 10;

/// The core, blocking, in two buffers.
pub fn core(work: &Work) -> usize {
    let (mut receive, mut staging) = (vec![0; BUFFER_LEN], vec![0; BUFFER_LEN]);
    let (receive, staging) = (&mut receive[..], &mut staging[..]);
    let payload = work.payload();
    let mut received = 0;
    if work.operation == Operation::ClientEncode {
        let next = Opening { wire: work.wire(&[]), written: Vec::new(), response: Vec::new() };
        let mut ws = WebSocket::client(next, ChaCha12Rng::from_seed([7; 32]), receive, staging);
        ws.handshake(&Request::new("a", "/")).unwrap();
        for _ in 0..work.count {
            ws.send(black_box(&payload[..])).unwrap();
        }
        return received;
    }
    let mut ws = WebSocket::server(work.wire(REQUEST), receive, staging);
    ws.accept().unwrap();
    for _ in 0..work.count {
        if work.decodes() {
            received += black_box(ws.recv().unwrap().unwrap().as_bytes()).len();
        } else {
            ws.send(black_box(&payload[..])).unwrap();
        }
    }
    received
}

/// The adapter, over tokio.
pub async fn adapter(work: &Work) -> usize {
    let payload = work.payload();
    let mut received = 0;
    if work.operation == Operation::ClientEncode {
        let mut ws = socklet_std::Client::new().take_over(work.wire(&[]), &[]).unwrap();
        for _ in 0..work.count {
            ws.send(black_box(&payload[..])).await.unwrap();
        }
        return received;
    }
    let mut ws = socklet_std::Server::new().take_over(work.wire(&[]), &[]).unwrap();
    for _ in 0..work.count {
        if work.decodes() {
            let (message, _) = ws.recv_ref().await.unwrap().unwrap();
            received += black_box(message.as_bytes()).len();
        } else {
            ws.send(black_box(&payload[..])).await.unwrap();
        }
    }
    received
}

/// A server's side of the opening handshake, and then the wire.
struct Opening {
    wire: Wire,
    written: Vec<u8>,
    response: Vec<u8>,
}

impl ErrorType for Opening {
    type Error = Infallible;
}

impl Write for Opening {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        if self.response.is_empty() {
            self.written.extend_from_slice(bytes);
            let text = String::from_utf8_lossy(&self.written);
            if let Some((_, rest)) = text.split_once("Sec-WebSocket-Key: ")
                && let Some((key, _)) = rest.split_once("\r\n")
            {
                let accept = accept_for(key.as_bytes().try_into().unwrap());
                self.response.extend_from_slice(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                      Connection: Upgrade\r\nSec-WebSocket-Accept: ",
                );
                self.response.extend_from_slice(&accept);
                self.response.extend_from_slice(b"\r\n\r\n");
            }
            return Ok(bytes.len());
        }
        self.wire.write(bytes)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Read for Opening {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let len = self.response.len().min(into.len());
        into[..len].copy_from_slice(&self.response[..len]);
        Ok(len)
    }
}
