//! What each peer makes of a connection: sends back every message, as its documentation shows it.
//!
//! Those named `batched` stage replies while there is something to receive at once, and write when
//! there is not: of each peer that has a way to do so.

use fastwebsockets::{FragmentCollector, Frame, OpCode, Role, WebSocket};
use futures_util::{FutureExt, Sink, SinkExt, Stream as Messages, StreamExt};
use socklet_std::{Server, blocking};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::{WebSocketStream, tungstenite};

use super::{Failure, Stream, opening};

/// Bytes that the raw echo reads at once.
const RAW_LEN: usize = 64 << 10;

/// No peer: what is read is written.
pub async fn raw(mut stream: impl Stream) -> Result<(), Failure> {
    let mut buffer = vec![0; RAW_LEN];
    loop {
        let len = stream.read(&mut buffer).await?;
        if len == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..len]).await?;
        stream.flush().await?;
    }
}

/// Ours over tokio: what is staged leaves when there is nothing more to receive.
pub async fn socklet(stream: impl Stream, server: &Server) -> Result<(), Failure> {
    let mut ws = server.accept(stream).await?;
    while let Some((message, mut reply)) = ws.recv_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

/// Ours, blocking.
pub fn socklet_blocking(stream: impl blocking::Socket, server: &Server) -> Result<(), Failure> {
    let mut ws = server.accept_blocking(stream)?;
    while let Some((message, mut reply)) = ws.recv_ref()? {
        reply.feed(message)?;
    }
    Ok(())
}

/// fastwebsockets.
pub async fn fastwebsockets(mut stream: impl Stream) -> Result<(), Failure> {
    opening::accept(&mut stream, None).await?;
    let mut ws = FragmentCollector::new(WebSocket::after_handshake(stream, Role::Server));
    loop {
        let frame = ws.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => {
                ws.write_frame(Frame::new(true, frame.opcode, None, frame.payload)).await?;
            }
            _ => {}
        }
    }
}

/// tokio-tungstenite.
pub async fn tungstenite(mut stream: impl Stream, batched: bool) -> Result<(), Failure> {
    opening::accept(&mut stream, None).await?;
    let role = tungstenite::protocol::Role::Server;
    let ws = WebSocketStream::from_raw_socket(stream, role, None).await;
    echo(ws, batched, |message| Ok(message?)).await
}

/// tokio-websockets.
pub async fn tokio_websockets(mut stream: impl Stream, batched: bool) -> Result<(), Failure> {
    opening::accept(&mut stream, None).await?;
    let ws = tokio_websockets::ServerBuilder::new().serve(stream);
    echo(ws, batched, |message| Ok(message?)).await
}

/// yawc; with `deflate` it compresses over one context.
pub async fn yawc(mut stream: impl Stream, batched: bool, deflate: bool) -> Result<(), Failure> {
    const EXTENSION: &str = "permessage-deflate";
    let extension = deflate.then_some(EXTENSION);
    opening::accept(&mut stream, extension).await?;
    let options = yawc::Options::default();
    let options = if deflate { options.with_balanced_compression() } else { options };
    let ws = yawc::WebSocket::from_stream_with_extensions(
        stream,
        yawc::Role::Server,
        extension,
        options,
    )?;
    echo(ws, batched, Ok).await
}

/// Echoes what implements `Stream` and `Sink`.
async fn echo<W, I, M, E>(
    mut ws: W,
    batched: bool,
    message: impl Fn(I) -> Result<M, Failure>,
) -> Result<(), Failure>
where
    W: Messages<Item = I> + Sink<M, Error = E> + Unpin,
    Failure: From<E>,
{
    loop {
        let ready = if batched { ws.next().now_or_never() } else { None };
        let received = match ready {
            Some(received) => received,
            None => {
                ws.flush().await?;
                ws.next().await
            }
        };
        let Some(received) = received else { return Ok(()) };
        let received = message(received)?;
        if batched {
            ws.feed(received).await?;
        } else {
            ws.send(received).await?;
        }
    }
}
