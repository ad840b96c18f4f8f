//! The opening handshake, for those peers that can be handed a stream after it: so that none brings
//! an HTTP server with it that would be measured too.

use socklet_core::handshake::accept_for;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Failure, Stream};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// Opens a connection as a client, without extensions.
///
/// # Errors
/// If the server declines.
pub async fn open(stream: &mut impl Stream) -> Result<(), Failure> {
    stream.write_all(REQUEST).await?;
    stream.flush().await?;
    let head = head(stream).await?;
    if head.starts_with("HTTP/1.1 101 ") { Ok(()) } else { Err(head.into()) }
}

/// Accepts a connection as a server; `extension` is what it says that it agrees to.
///
/// # Errors
/// If there is no key.
pub async fn accept(stream: &mut impl Stream, extension: Option<&str>) -> Result<(), Failure> {
    let head = head(stream).await?;
    let (_, rest) = head.split_once("Sec-WebSocket-Key: ").ok_or("a request without a key")?;
    let (key, _) = rest.split_once("\r\n").ok_or("a request without an end")?;
    let accept = accept_for(key.as_bytes().try_into()?);
    let accept = str::from_utf8(&accept)?;
    let extension = extension.map(|name| format!("Sec-WebSocket-Extensions: {name}\r\n"));
    let extension = extension.unwrap_or_default();
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extension}\r\n"
    );
    stream.write_all(response.as_bytes()).await?;
    Ok(stream.flush().await?)
}

/// Reads a head byte by byte, and nothing of what follows.
async fn head(stream: &mut impl Stream) -> Result<String, Failure> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(head)?)
}
