//! WebSockets in fixed memory.
#![no_std]
#![forbid(unsafe_code)]

pub mod buffer;
mod config;
pub mod connection;
mod error;
mod fmt;
pub mod handshake;
pub mod io;
mod message;
pub mod permessage_deflate;
mod role;
pub mod wire;

pub use config::{Config, Fragmentation, Limits, Timeouts};
pub use error::{
    ConfigError, Error, HandshakeError, ProtocolError, ResourceError, Timeout, UsageError,
};
pub use message::{Chunk, Closed, Event, Kind, Message, Side};
pub use role::{Client, Role, Server};
