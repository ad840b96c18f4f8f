//! Echo over sockets: the same server by each peer, and what loads it.

pub mod load;
pub mod memory;
pub mod opening;
pub mod peers;
pub mod process;
pub mod server;

/// Anything that goes wrong ends the measurement.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A stream below a WebSocket: TCP, or TLS over it.
pub trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static {}

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static> Stream for S {}
