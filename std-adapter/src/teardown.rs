//! How long an ended connection is waited for, the same for both streams.

use std::time::Duration;

/// Longest time that the end of the stream is waited for after the last frame.
const LIMIT_MS: u32 = 3000;

/// Bytes that are discarded at a time.
pub(crate) const DISCARD_LEN: usize = 4 << 10;

/// How long to wait for the end of the stream, if a closing handshake may take `closing_ms`.
pub(crate) fn limit(closing_ms: u32) -> Duration {
    let limit_ms = if closing_ms == 0 { LIMIT_MS } else { closing_ms.min(LIMIT_MS) };
    Duration::from_millis(limit_ms.into())
}
