//! WebSockets ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)) for programs on an operating
//! system: async over tokio, blocking over `std::net`, TLS by rustls.
//!
//! ```no_run
//! # async fn run() -> Result<(), socklet_std::Error> {
//! use socklet_std::{CloseCode, connect};
//!
//! let mut ws = connect("wss://example.com/chat").await?;
//! ws.send("hello").await?;
//! while let Some(message) = ws.recv().await? {
//!     println!("{message:?}");
//! }
//! ws.close(CloseCode::NORMAL, "").await?;
//! # Ok(())
//! # }
//! ```
//!
//! Without async it is [`blocking::connect`], with the same methods. [`Client`] has the settings;
//! [`Server`] accepts connections.
//!
//! | | tokio | blocking |
//! |---|---|---|
//! | connect | [`Client::connect`] | [`Client::connect_blocking`] |
//! | connect again | [`Client::reconnecting`] | a loop over [`Backoff`]: [`blocking`] |
//! | accept | [`Server::accept`] | [`Server::accept_blocking`] |
//! | the stream | [`tokio::WebSocket`] | [`blocking::WebSocket`] |
//! | two halves | [`tokio::WebSocket::into_split`] | [`blocking::WebSocket::into_split`] |
//! | own streams | `AsyncRead + AsyncWrite` | [`blocking::Socket`] |
//! | from an HTTP server | `Server::upgrade` for hyper, `axum::WebSocketUpgrade` | |
//! | over one that is open | [`Client::connect_over`] | [`Client::connect_over_blocking`] |
//!
//! A [`Message`] shares its bytes with its clones; a [`Broadcast`] is framed, and compressed, once
//! for many connections.
//!
//! # What it does by itself
//! - It answers Pings and Close frames while a receive waits, and ends the stream below in the
//!   order of RFC 6455 section 7.1.1, so that the peer sees the last frame.
//! - It fails a peer that breaks the protocol, or exceeds the [`Limits`], with the right close
//!   code; and one that is silent, if [`Timeouts`] or [`Client::keep_alive`] say so.
//! - It checks the server's certificate. It follows redirects and uses proxies only if told so
//!   ([`Client::follow_redirects`], [`Client::proxy`]); else a redirect is reported, with the
//!   address it points to, as [`Error::Declined`].
//! - It reserves no memory by a length that a peer declares.
//!
//! # Features
//! All are additive. Default: `tokio`, `tls`, `webpki-roots` and `command`, which builds the
//! `socklet` command; libraries may want `default-features = false`.
//!
//! | feature | |
//! |---|---|
//! | `tokio` | the stream over tokio |
//! | `tls` | `wss://` by rustls with ring |
//! | `blocking-tls` | the same for the blocking stream alone, without any of tokio |
//! | `webpki-roots` | trusts the authorities of the browsers, built in |
//! | `platform-roots` | trusts the authorities of the operating system |
//! | `tungstenite` | messages to and from those of `tungstenite` |
//! | `hyper` | takes over connections that hyper 1 upgrades |
//! | `axum` | an extractor for axum 0.8 |
//! | `http` | connects to an `http::Uri` or an `http::Request` |
//! | `tracing` | a span for each connection, with role and target, and events at level debug: open, closed, tries to reconnect, and Pings but for halves; never a payload, a header or a query |
//! | `log` | the same as lines of `log`; with `tracing` as well, those that `tracing` makes for programs without a subscriber |
//!
//! # Compression
//! permessage-deflate (RFC 7692) is off unless [`Client::deflate`] or [`Server::deflate`] turns it
//! on, with the [`Settings`](permessage_deflate::Settings) for windows, context takeover and what
//! is worth compressing.
//!
//! ```
//! use socklet_std::{Client, permessage_deflate::Settings};
//!
//! let client = Client::new().deflate(Settings::DEFAULT);
//! ```
#![deny(unsafe_code)]

#[macro_use]
mod settings;
mod addresses;
#[cfg(feature = "axum")]
pub mod axum;
pub mod blocking;
mod broadcast;
mod buffer;
mod cells;
mod client;
mod declined;
mod deflate;
pub mod dump;
mod error;
#[cfg(feature = "hyper")]
pub mod hyper;
mod io_error;
mod message;
mod proxy;
mod redirect;
mod rng;
mod server;
mod target;
mod teardown;
#[cfg(feature = "blocking-tls")]
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(any(feature = "tracing", feature = "log"))]
mod trace;
#[cfg(not(any(feature = "tracing", feature = "log")))]
#[path = "untraced.rs"]
mod trace;
mod url;
mod wide;

pub use broadcast::Broadcast;
pub use buffer::GrowingBuffer;
pub use client::Client;
pub use deflate::{Allocated, HostCompressing, HostDeflate};
pub use error::{Declined, Error};
pub use io_error::IoError;
pub use message::{Closed, Message, Sendable};
pub use proxy::{Proxies, Proxy, ProxyError};
pub use rng::Rng;
pub use server::{Answer, Server};
pub use target::{IntoTarget, Target};
#[cfg(feature = "blocking-tls")]
pub use tls::{ClientTls, ServerTls, TlsError};
#[cfg(feature = "tokio")]
pub use tokio::connect;
pub use url::{Url, UrlError};

/// What [`Message`] holds.
pub use bytes::Bytes;
/// What [`Message`] holds: text that shares its bytes.
pub use bytestring::ByteString;

/// The core: sans-IO, `no_std`, without allocation.
pub use socklet_core as core;
pub use socklet_core::{
    Backoff, Chunk, Config, ConfigError, Event, Fragmentation, HandshakeError, Kind, Limits,
    ProtocolError, ResourceError, Role, Side, Timeout, Timeouts, UsageError,
    handshake::server::Request, permessage_deflate, wire::close::CloseCode,
};

/// The role of a client: it owns the generator of its masking keys.
pub type ClientRole = socklet_core::Client<Rng>;

/// The role of a server.
pub type ServerRole = socklet_core::Server;
