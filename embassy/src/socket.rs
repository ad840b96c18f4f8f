//! One TCP connection: made, accepted, and ended so that the peer gets the last byte.

use embassy_net::{
    Stack,
    tcp::{self, TcpSocket},
};
use embassy_time::Duration;

use crate::{
    address::Address,
    deadlines::{Deadlines, within},
    error::{ConnectError, Phase, TcpError},
    memory::TcpBuffers,
};

/// A socket that is not connected.
fn socket<'s>(stack: Stack<'s>, buffers: TcpBuffers<'s>) -> Result<TcpSocket<'s>, TcpError> {
    #[cfg(feature = "nal")]
    if buffers.rx.is_empty() {
        return Err(TcpError::NoMemory);
    }
    let mut socket = TcpSocket::new(stack, buffers.rx, buffers.tx);
    // A small message would wait for the acknowledgement of the one before.
    socket.set_nagle_enabled(false);
    Ok(socket)
}

/// Watches over a connection that has been made. The time-out without keep-alive would end one that
/// is only idle.
fn watch(socket: &mut TcpSocket<'_>, deadlines: &Deadlines) {
    let silence = milliseconds(deadlines.tcp_silence_ms);
    socket.set_timeout(silence);
    socket.set_keep_alive(silence.map(|silence| silence / 3));
}

fn milliseconds(limit_ms: u32) -> Option<Duration> {
    (limit_ms != 0).then(|| Duration::from_millis(limit_ms.into()))
}

/// Waits for the network, finds the address, connects.
pub(crate) async fn connect<'s>(
    stack: Stack<'s>,
    address: &Address<'_>,
    buffers: TcpBuffers<'s>,
    deadlines: &Deadlines,
) -> Result<TcpSocket<'s>, ConnectError> {
    let network = async {
        stack.wait_link_up().await;
        stack.wait_config_up().await;
    };
    let late = |phase| move |_| ConnectError::Timeout(phase);
    within(deadlines.network_ms, network).await.map_err(late(Phase::Network))?;
    let resolve = within(deadlines.resolve_ms, address.resolve(stack));
    let host = resolve.await.map_err(late(Phase::Resolve))??;
    if address.port() == 0 {
        return Err(TcpError::InvalidPort.into());
    }
    let mut socket = socket(stack, buffers)?;
    let connect = within(deadlines.connect_ms, socket.connect((host, address.port())));
    match connect.await.map_err(late(Phase::Connect))? {
        Ok(()) => {
            watch(&mut socket, deadlines);
            Ok(socket)
        }
        Err(tcp::ConnectError::NoRoute | tcp::ConnectError::InvalidState) => {
            Err(TcpError::NoRoute.into())
        }
        Err(tcp::ConnectError::TimedOut) => Err(ConnectError::Timeout(Phase::Connect)),
        Err(tcp::ConnectError::ConnectionReset) => Err(TcpError::Refused.into()),
    }
}

/// Waits for a connection to a port.
pub(crate) async fn accept<'s>(
    stack: Stack<'s>,
    port: u16,
    buffers: TcpBuffers<'s>,
    deadlines: &Deadlines,
) -> Result<TcpSocket<'s>, TcpError> {
    let mut socket = socket(stack, buffers)?;
    // For a peer that asks for a connection and is never heard of again.
    socket.set_timeout(milliseconds(deadlines.connect_ms));
    match socket.accept(port).await {
        Ok(()) => {
            watch(&mut socket, deadlines);
            Ok(socket)
        }
        Err(tcp::AcceptError::InvalidPort | tcp::AcceptError::InvalidState) => {
            Err(TcpError::InvalidPort)
        }
        Err(tcp::AcceptError::ConnectionReset) => Err(TcpError::Refused),
    }
}

/// Ends a connection: with an end of stream in both directions if it is `clean` and the peer takes
/// part in time, else with a reset.
pub(crate) async fn shut_down(mut socket: TcpSocket<'_>, clean: bool, deadlines: &Deadlines) {
    if deadlines.close_ms == 0 {
        socket.abort();
        return;
    }
    if clean {
        socket.close();
        let ended = within(deadlines.close_ms, async {
            let mut rest = [0; 32];
            // What the peer still sends is of no use, but unread it would hold up its end.
            while let Ok(1..) = socket.read(&mut rest).await {}
            socket.flush().await
        });
        if let Ok(Ok(())) = ended.await {
            return;
        }
    }
    socket.abort();
    // So that the reset leaves before the socket is gone.
    let _ = within(deadlines.close_ms, socket.flush()).await;
}
