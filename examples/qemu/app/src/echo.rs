//! Messages that are sent, come back, and are compared, of any length and part by part.

use rand_core::CryptoRng;
use socklet_embassy::core::Kind;
use socklet_embassy::core::permessage_deflate::Compression;
use socklet_embassy::{Error, WebSocket};

use crate::pattern::Pattern;

/// Bytes that are made, and sent, at a time.
const PART_LEN: usize = 256;

/// How a message came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    Back,
    Changed,
    /// With this many bytes.
    Short(usize),
    /// Not at all: the peer closed the connection.
    Not,
}

/// Sends a message of `len` bytes in fragments of `part_len`, and compares what comes back.
pub(crate) async fn echo<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    kind: Kind,
    len: usize,
    part_len: usize,
) -> Result<Came, Error> {
    let pattern = Pattern::new(kind, len as u32);
    send(ws, kind, len, part_len, pattern.clone()).await?;
    receive(ws, kind, len, pattern).await
}

/// Sends a message part by part.
async fn send<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    kind: Kind,
    len: usize,
    part_len: usize,
    mut pattern: Pattern,
) -> Result<(), Error> {
    let mut part = [0; PART_LEN];
    let mut left = len;
    loop {
        let len = left.min(part_len).min(PART_LEN);
        let part = part.get_mut(..len).unwrap_or_default();
        pattern.fill(part);
        left = left.saturating_sub(len);
        ws.send_part(kind, part, left == 0).await?;
        if left == 0 {
            return Ok(());
        }
    }
}

/// Receives a message chunk by chunk.
async fn receive<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    kind: Kind,
    len: usize,
    mut pattern: Pattern,
) -> Result<Came, Error> {
    let mut received: usize = 0;
    let mut same = true;
    loop {
        let Some(chunk) = ws.recv_chunk().await? else {
            return Ok(Came::Not);
        };
        same &= chunk.kind == kind && pattern.is_next(chunk.data);
        received = received.saturating_add(chunk.data.len());
        if chunk.fin {
            break;
        }
    }
    Ok(match (same, received == len) {
        (_, false) => Came::Short(received),
        (false, true) => Came::Changed,
        (true, true) => Came::Back,
    })
}
