//! How long each phase of a connection may take.

use core::future::Future;

use embassy_time::{Duration, Instant, TimeoutError, with_deadline};

/// Deadlines in milliseconds; 0: none. Those of the opening and closing handshake, and of silence,
/// are in [`Config`](socklet_core::Config).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Deadlines {
    /// For the network to be there: link and address.
    pub network_ms: u32,
    /// For the host's address.
    pub resolve_ms: u32,
    /// For the TCP connection, once one end has asked for it.
    pub connect_ms: u32,
    /// For the TLS handshake.
    pub tls_ms: u32,
    /// For silence of the peer's machine, which is asked whether it is there after each third of
    /// this (keep-alive of TCP): so a network that has vanished is noticed whatever the session
    /// does. Without it, it is noticed by the keep-alive of
    /// [`Timeouts`](socklet_core::Timeouts), if the session receives, or once TCP's buffer is full,
    /// if it only sends.
    pub tcp_silence_ms: u32,
    /// For each step of the end: what is left to be sent, TLS's `close_notify`, the end of the
    /// TCP connection. After it the connection is reset; with 0 at once.
    pub close_ms: u32,
}

impl Deadlines {
    /// 30 s for the network, 10 s each to resolve and to connect, 20 s for TLS, no keep-alive of
    /// TCP, 3 s for each step of the end.
    pub const DEFAULT: Self = Self {
        network_ms: 30_000,
        resolve_ms: 10_000,
        connect_ms: 10_000,
        tls_ms: 20_000,
        tcp_silence_ms: 0,
        close_ms: 3_000,
    };
}

impl Default for Deadlines {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The output of a future, or an error if it took longer than `limit_ms`, unless that is 0.
///
/// Not `async`: that would keep the future twice.
pub(crate) fn within<F: Future>(
    limit_ms: u32,
    future: F,
) -> impl Future<Output = Result<F::Output, TimeoutError>> {
    let limit = Duration::from_millis(limit_ms.into());
    let at = match limit_ms {
        0 => Instant::MAX,
        _ => Instant::now().checked_add(limit).unwrap_or(Instant::MAX),
    };
    with_deadline(at, future)
}
