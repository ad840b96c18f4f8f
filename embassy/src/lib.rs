//! WebSockets ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)) on microcontrollers: `ws` and
//! `wss` over [`embassy-net`](embassy_net), TLS by embedded-tls, time by
//! [`embassy-time`](embassy_time). `no_std`, no alloc, no `unsafe`.
//!
//! # A client
//! ```
//! use embassy_net::Stack;
//! use socklet_embassy::{
//!     Address, ConnectError, Connector, Error, Memory, core::CloseCode,
//!     core::handshake::client::Request,
//! };
//!
//! async fn hello(
//!     stack: Stack<'static>,
//!     memory: &mut Memory<1536, 1536, 1024, 512>,
//!     rng: &mut impl rand_core::CryptoRng,
//! ) -> Result<Result<(), Error>, ConnectError> {
//!     let request = Request::new("example.com", "/chat");
//!     let address = Address::new("example.com", 80);
//!     Connector::new(stack)
//!         .run(&address, &request, memory.client(rng), async |mut ws| {
//!             ws.send("hello").await?;
//!             while let Some((message, mut reply)) = ws.recv_with_sender().await? {
//!                 reply.feed(message).await?; // An echo, without a copy.
//!             }
//!             ws.close(CloseCode::NORMAL, "").await?;
//!             Ok(())
//!         })
//!         .await
//! }
//! ```
//! For `wss`, `Memory` has a last parameter and the connector one line more:
#![cfg_attr(feature = "tls", doc = "```")]
#![cfg_attr(not(feature = "tls"), doc = "```ignore")]
//! # use embassy_net::Stack;
//! # use socklet_embassy::{Address, ConnectError, Connector, Memory, core::handshake::client::Request};
//! use socklet_embassy::{Dates, MAX_RECORD_LEN, Tls, TlsMemory, Verify};
//!
//! type Secure = Memory<4096, 2048, 1024, 1024, TlsMemory<MAX_RECORD_LEN, 2048, 512>>;
//! # async fn hello(stack: Stack<'static>, memory: &mut Secure, rng: &mut impl rand_core::CryptoRng,
//! #     authority: &[u8], unix_seconds: fn() -> Option<u64>) -> Result<(), ConnectError> {
//! # let request = Request::new("example.com", "/chat");
//! # let address = Address::new("example.com", 443);
//! let verify = Verify::new(authority, Dates::Checked(unix_seconds));
//! Connector::new(stack)
//!     .tls(Tls::new("example.com", verify))
//!     .run(&address, &request, memory.client(rng), async |mut ws| {
//!         // The same WebSocket as without TLS.
//! #       drop(ws)
//!     })
//!     .await
//! # }
//! ```
//!
//! # Why the session is a closure
//! The connection ends where the closure does, in the order that peers expect, and the buffers are
//! free for the next one. And over TLS something has to run beside the session: the futures of
//! embedded-tls must not be dropped midway, those of the WebSocket may be, in `select` or with a
//! time-out, so what encrypts and decrypts is not part of them.
//!
//! | | |
//! |---|---|
//! | [`Connector`] | network, address, TCP, TLS, opening handshake, each with its [deadline](Deadlines) |
//! | `NalConnector` | the same over any network of embedded-nal-async |
//! | [`Memory`] | all buffers of a connection in one value |
//! | [`keep_connected`] | connects again, with a [`Backoff`] |
//! | [`Listener`] | a server, without TLS |
//! | [`Stream`] | what the WebSocket reads and writes, to be split for full duplex |
//! | [`EmbassyTime`] | the clock for keep-alive and the deadlines of the core |
//!
//! # What the layers below do
//! - smoltcp, below embassy-net, believes the window in an acknowledgement that a later one has
//!   overtaken. If that is 0, what it sends waits until the peer sends something: another reason
//!   for keep-alive, as [`CLIENT_CONFIG`] has it. And it finds no fault with an address to which
//!   there is no way: that shows as a time-out.
//! - embedded-tls takes a handshake without a certificate for complete, and rustpki lets everybody
//!   who has a certificate sign others, and panics at a proof without a certificate. `Verify` checks
//!   all three itself; its other limits are said there. What no adapter can mend: a server that has
//!   proved its identity can make embedded-tls panic with a message of the handshake after it.
//!
//! # Features
//! - `medium-ethernet` (default): embassy-net needs one medium; turn it off for another.
//! - `dns`: hosts by name. `ipv6`: addresses of IPv6.
//! - `tls`: `wss`. `p384`: certificates of P-384 too, as those of public authorities.
//! - `nal`: networks other than embassy-net: a modem, a Wi-Fi module, the sockets of a host.
//! - `log`, `defmt`: the life of connections at level debug; `defmt` also formats errors.
//! - `trace`: with one of these, a line for each frame at level trace, such as
//!   `ws > fin=1 rsv1=0 opcode=1 len=5 masked=1 wire=81851f2e3d4c774b51202a`: to (`>`) or from the
//!   peer, and up to 32 bytes as they crossed above TLS, with a `+` if the frame goes on. **It shows
//!   the beginning of every message.**
#![no_std]
#![forbid(unsafe_code)]

#[macro_use]
mod fmt;
mod address;
mod clock;
mod connector;
mod deadlines;
mod error;
mod link;
mod listener;
mod memory;
#[cfg(feature = "nal")]
mod nal;
mod reconnect;
mod socket;
mod stream;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "trace")]
mod trace;
#[cfg(not(feature = "trace"))]
#[path = "untraced.rs"]
mod trace;

pub use address::Address;
pub use clock::EmbassyTime;
pub use connector::{
    CLIENT_CONFIG, Connector, ConnectorOver, EmbassyNet, Network, Plain, WebSocket,
};
pub use deadlines::Deadlines;
pub use error::{ConnectError, Error, Phase, ResolveError, StreamError, TcpError};
pub use listener::{Listener, ServerWebSocket};
pub use memory::{Memory, NoTls, Resources, TlsPart};
#[cfg(feature = "nal")]
pub use nal::{Nal, NalConnector};
pub use reconnect::keep_connected;
pub use socklet_core as core;
/// The core's, for [`keep_connected`].
pub use socklet_core::Backoff;
pub use stream::{Stream, StreamReader, StreamWriter};
#[cfg(feature = "tls")]
pub use tls::{
    CertificateError, DangerNoVerification, Dates, MAX_RECORD_LEN, MaxFragmentLen, Tls, TlsBuffers,
    TlsError, TlsMemory, Verification, Verify,
};
