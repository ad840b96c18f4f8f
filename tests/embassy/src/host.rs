//! Servers on the host.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use embassy_net::{Stack, tcp::TcpSocket};
use embedded_io_async::{Read, Write};
use rustls::ServerConfig;
use socklet_core::{Config, Server, io::nonblocking::WebSocket, permessage_deflate::NoCompression};
use socklet_embassy::EmbassyTime;

use crate::{executor::spawn, tls::TlsServer};

/// The WebSocket of a server on the host.
pub type HostSocket<S> = WebSocket<S, Server, &'static mut [u8], NoCompression, EmbassyTime>;

/// A TCP connection of the host.
pub type Tcp = TcpSocket<'static>;

/// What a server has seen, told to the test.
pub type Seen<T> = Rc<RefCell<Vec<T>>>;

/// A server over any stream, before the opening handshake.
pub fn websocket<S: Read + Write>(stream: S) -> HostSocket<S> {
    HostSocket::server_with(
        stream,
        memory(32 << 10),
        memory(32 << 10),
        Config::SERVER,
        NoCompression,
        EmbassyTime,
    )
}

/// Memory that lives as long as the test program.
fn memory(len: usize) -> &'static mut [u8] {
    Box::leak(vec![0; len].into_boxed_slice())
}

/// A TCP socket of the host with buffers of its own.
#[must_use]
pub fn socket(stack: Stack<'static>) -> Tcp {
    let mut socket = TcpSocket::new(stack, memory(4096), memory(4096));
    socket.set_nagle_enabled(false);
    socket
}

/// Waits for a connection to a port.
pub async fn accept(stack: Stack<'static>, port: u16) -> Tcp {
    let mut socket = socket(stack);
    socket.accept(port).await.unwrap();
    socket
}

/// Ends a connection in order, and waits until the peer has too.
pub async fn end(mut socket: Tcp) {
    socket.close();
    let mut rest = [0; 64];
    while let Ok(1..) = socket.read(&mut rest).await {}
    let _ = socket.flush().await;
}

/// Serves one connection to port 80 after the other.
pub fn serve(stack: Stack<'static>, session: impl AsyncFn(&mut HostSocket<Tcp>) + 'static) {
    spawn(async move {
        loop {
            let mut ws = websocket(accept(stack, 80).await);
            session(&mut ws).await;
            end(ws.into_parts().0).await;
        }
    });
}

/// Serves one connection to port 443 after the other, over TLS.
pub fn serve_tls(
    stack: Stack<'static>,
    config: Arc<ServerConfig>,
    session: impl AsyncFn(&mut HostSocket<TlsServer<Tcp>>) + 'static,
) {
    spawn(async move {
        loop {
            let tls = TlsServer::new(accept(stack, 443).await, config.clone());
            let mut ws = websocket(tls);
            session(&mut ws).await;
            let mut tls = ws.into_parts().0;
            let _ = tls.close().await;
            end(tls.into_inner()).await;
        }
    });
}

/// Sends back what it receives, until the end.
pub async fn echo<S: Read + Write>(ws: &mut HostSocket<S>) {
    if ws.accept().await.is_err() {
        return;
    }
    while let Ok(Some((message, mut reply))) = ws.recv_with_sender().await {
        if reply.send(message).await.is_err() {
            break;
        }
    }
}
