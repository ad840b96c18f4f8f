//! How large the futures of a stream are: firmware keeps them in its tasks.

use std::convert::Infallible;

use embedded_io_async::{ErrorType, Read, Write};
use socklet_core::{
    handshake::client::Request, io::nonblocking::WebSocket, wire::close::CloseCode,
};
use socklet_core_tests::rng::TestRng;

/// A next layer whose own futures have nothing in them.
struct Nothing;

impl ErrorType for Nothing {
    type Error = Infallible;
}
impl Read for Nothing {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> {
        Ok(0)
    }
}
impl Write for Nothing {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(bytes.len())
    }
    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// 128 bytes at most where a word has 32 bits, besides what the next layer's own futures have.
#[test]
fn futures_are_small() {
    let (mut receive, mut staging) = ([0; 512], [0; 512]);
    let mut ws = WebSocket::client(Nothing, TestRng::new(1), &mut receive[..], &mut staging[..]);
    let request = Request::new("example.com", "/");
    let words = size_of::<usize>() / 4;
    let check = |name: &str, len: usize, limit: usize| {
        assert!(len <= limit * words, "{name}: {len} B, limit {limit} B");
        println!("{name}: {len} B");
    };
    check("handshake", size_of_val(&ws.handshake(&request)), 128);
    check("recv", size_of_val(&ws.recv()), 128);
    check("recv_chunk", size_of_val(&ws.recv_chunk()), 128);
    check("send", size_of_val(&ws.send("hello")), 128);
    check("close", size_of_val(&ws.close(CloseCode::NORMAL, "")), 128);
}
