//! The server: echoes, and sends a ping when it is asked to.

use socklet_std::{
    CloseCode, Closed, Server, ServerTls, Side,
    dump::{Dump, Entry},
};
use tokio::net::TcpListener;

use crate::Failure;

/// The message that asks for a ping.
pub(crate) const PING_ME: &str = "ping me";

/// What the ping says.
pub(crate) const ARE_YOU_THERE: &[u8] = b"are you there?";

/// Serves one client to its end.
pub(crate) async fn run(
    listener: &TcpListener,
    tls: ServerTls,
    report: impl FnMut(&Entry<'_>) + Unpin,
) -> Result<(), Failure> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let server = Server::new().tls(tls).subprotocols(["echo"]);
    let mut ws = server.accept_layered(stream, |stream| Dump::new(stream, report)).await?;
    while let Some((message, mut reply)) = ws.recv_ref().await? {
        if message.as_bytes() == PING_ME.as_bytes() {
            reply.ping(ARE_YOU_THERE).await?;
        }
        reply.feed(message).await?;
    }
    match ws.closed() {
        Some(Closed { by: Side::Peer, code: Some(CloseCode::NORMAL), .. }) => Ok(()),
        other => Err(format!("the server saw another end: {other:?}").into()),
    }
}
