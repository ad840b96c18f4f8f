//! WebSockets ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)) in fixed memory, for machines
//! with kilobytes and for everybody else: client and server, blocking and asynchronous, over any
//! next layer that reads and writes bytes. `no_std`, no alloc, no `unsafe`, no panic.
//!
//! # A client
//! ```
//! use socklet_core::{CloseCode, Error, Message, io::blocking::WebSocket};
//! use socklet_core::handshake::client::Request;
//! # use embedded_io::{Read, Write};
//!
//! fn talk<S: Read + Write>(tcp: S, rng: impl rand_core::CryptoRng) -> Result<(), Error<S::Error>> {
//!     let (mut receive, mut staging) = ([0; 1024], [0; 512]);
//!     let mut ws = WebSocket::client(tcp, rng, &mut receive[..], &mut staging[..]);
//!     ws.handshake(&Request::new("example.com", "/chat"))?;
//!     ws.send("hello")?;
//!     if let Some(Message::Text(text)) = ws.recv()? {
//!         assert_eq!(text, "hello");
//!     }
//!     ws.close(CloseCode::NORMAL, "done")?;
//!     Ok(())
//! }
//! ```
//! [`io::nonblocking`] is the same with `.await`.
//!
//! # A byte's journey
//! Inwards: [`io`] reads into the connection's receive buffer; [`connection`] decodes the
//! [header](wire::header), [unmasks](wire::mask) the payload where it lies, joins fragments,
//! checks [UTF-8](wire::utf8) and hands out a [`Message`] that borrows those very bytes; a
//! compressed one is [inflated](deflate::Inflate) in the same buffer before. Control frames are
//! taken out on the way and answered.
//!
//! Outwards: a message is [compressed](deflate::Compress), if that has been agreed on, and cut into
//! frames that fit the staging buffer; each gets its header and mask there, whole or not at all;
//! [`io`] writes what is staged. So neither a dropped future nor a failing transport leaves half a
//! frame of ours behind.
//!
//! | module | job | RFC 6455 |
//! |---|---|---|
//! | [`wire`] | framing as pure functions | 5.2, 5.3, 7.4, 8.1 |
//! | [`handshake`] | the opening handshake over byte slices | 4 |
//! | [`connection`] | the sans-IO state machine | 5.4 to 5.6, 7 |
//! | [`io`] | the layered streams that drive it | |
//! | [`permessage_deflate`] | compression as a type | 9.2, RFC 7692 |
//! | [`deflate`] | the codec, which knows nothing of WebSocket | RFC 1951 |
//! | [`buffer`] | the memory, owned by the caller | |
//!
//! # Memory
//! Two buffers of the caller's: what they must hold is said at
//! [`WebSocket`](io::WebSocket#memory). The connection itself is less than 200 bytes on a 32-bit
//! machine. Nothing is ever reserved because a peer declared a length. Compression is a type: who
//! does not choose it has none of it in the program; who does says where its memory is
//! ([`permessage_deflate`](permessage_deflate#memory)).
//!
//! # Dependencies
//! Four: `embedded-io` and `embedded-io-async` for the next layer, `rand_core` for the caller's
//! generator, `bytemuck` for words in bytes without `unsafe`. SHA-1 and base64 are written here for
//! the one shape that the handshake needs: `handshake/key.rs` says what the crates would cost; so is
//! DEFLATE, for the memory that `miniz_oxide` takes ([`deflate`]). There are no collections, so none
//! of `heapless` is needed.
//!
//! # Features
//! None is on by default; each only adds.
//! - `log`, `defmt`: log the life of connections at level debug, never the contents of messages;
//!   `defmt` also formats errors, settings, messages and frames.
//! - `trace`: decode what an endpoint would refuse, and say where everything lies: for tools that
//!   look at traffic (`trace`).
#![no_std]
#![forbid(unsafe_code)]

mod backoff;
pub mod buffer;
mod config;
pub mod connection;
pub mod deflate;
mod error;
mod fmt;
mod grammar;
pub mod handshake;
pub mod io;
mod message;
mod moving;
pub mod permessage_deflate;
mod role;
#[cfg(feature = "trace")]
pub mod trace;
pub mod wire;

pub use backoff::Backoff;
pub use config::{Config, Fragmentation, Limits, Timeouts};
pub use error::{
    ConfigError, Error, HandshakeError, ProtocolError, ResourceError, Timeout, UsageError,
};
pub use message::{Chunk, Closed, Event, Kind, Message, Side};
pub use role::{Client, Role, Server};
pub use wire::close::CloseCode;
