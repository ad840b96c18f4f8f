//! The opening handshake of both roles, as pure functions over caller-owned bytes
//! ([RFC 6455 section 4](https://www.rfc-editor.org/rfc/rfc6455#section-4)).
//!
//! ```text
//! client                                            server
//! client::Request::encode
//!     GET /chat HTTP/1.1                       -->  head_len
//!     Host: server.example.com                      server::Request::parse
//!     Upgrade: websocket                            server::Request::check
//!     Connection: Upgrade                           server::Decision of the caller
//!     Sec-WebSocket-Version: 13
//!     Sec-WebSocket-Protocol: chat.v2, chat
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
//!
//! head_len                                     <--  server::encode_accept
//! client::Response::parse                               HTTP/1.1 101 Switching Protocols
//! client::Response::check                               Upgrade: websocket
//!                                                       Connection: Upgrade
//!                                                       Sec-WebSocket-Accept: s3pPLMBi ... K+xOo=
//!                                                       Sec-WebSocket-Protocol: chat
//!
//!     frames                                   <->      frames
//! ```
//!
//! A head ends with its blank line; what follows it in the same bytes are frames. Nothing here
//! waits or keeps anything: an incomplete head is `None` of [`head_len`], and the stream that calls
//! these functions bounds the length and the time.
//!
//! # What is checked, in this order
//! | | the server's response | the client's request |
//! |---|---|---|
//! | 1 | the head has no control bytes, bare line ends, folded lines, bad names | the same |
//! | 2 | status 101, else the response can be read | HTTP/1.1 |
//! | 3 | HTTP/1.1 | GET |
//! | 4 | `Connection` lists `upgrade` | one valid `Host` |
//! | 5 | `Upgrade` is `websocket` alone | `Connection` lists `upgrade` |
//! | 6 | `Sec-WebSocket-Accept` is there | `Upgrade` lists `websocket` |
//! | 7 | it is the whole right answer, once | one `Sec-WebSocket-Key`, base64 of 16 bytes |
//! | 8 | at most one subprotocol, one that was offered | one `Sec-WebSocket-Version`, 13 |
//! | 9 | no extension, or parameter of one, that was not offered | no body: it would be read as frames |
//!
//! What a caller adds is checked too: no host, target, subprotocol or header can begin another line
//! or replace one that the handshake writes itself.

pub mod client;
mod fields;
mod head;
mod key;
pub mod server;
pub mod url;

pub use head::{Header, Headers, head_len};
pub use key::{Key, accept_for, base64_digit, encode_key};
