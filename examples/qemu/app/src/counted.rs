//! What the plugin of `cargo xtask bench tls` counts, where the feature `count` is on: the opening,
//! and messages there and back that cost the program itself next to nothing.

use rand_core::CryptoRng;
use socklet_embassy::core::permessage_deflate::Compression;
use socklet_embassy::{Error, WebSocket};

#[cfg(feature = "count")]
pub(crate) use socklet_qemu_support::markers::{begin, end};

/// Nothing is counted.
#[cfg(not(feature = "count"))]
pub(crate) const fn begin() {}

/// Nothing is counted.
#[cfg(not(feature = "count"))]
pub(crate) const fn end() {}

/// Messages that are counted together: what the network makes of one differs from one to the next.
#[cfg(feature = "count")]
const MESSAGES: u32 = 32;

/// What is sent.
#[cfg(feature = "count")]
static PAYLOAD: [u8; 4096] = [0x55; 4096];

/// Sends a message and takes the answer, again and again, and looks at nothing but the length. Says
/// whether all came back.
#[cfg(feature = "count")]
pub(crate) async fn exchange<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    len: usize,
) -> Result<bool, Error> {
    let payload = PAYLOAD.get(..len).unwrap_or_default();
    begin();
    for _ in 0..MESSAGES {
        ws.send(payload).await?;
        let mut left = len;
        loop {
            let Some(chunk) = ws.recv_chunk().await? else { return Ok(false) };
            left = left.wrapping_sub(chunk.data.len());
            if chunk.fin {
                break;
            }
        }
        if left != 0 {
            return Ok(false);
        }
    }
    end();
    Ok(true)
}

/// There is no such step.
#[cfg(not(feature = "count"))]
pub(crate) async fn exchange<G: CryptoRng, C: Compression>(
    _: &mut WebSocket<'_, G, C>,
    _: usize,
) -> Result<bool, Error> {
    Ok(false)
}
