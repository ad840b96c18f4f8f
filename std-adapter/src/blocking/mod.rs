//! The stream that blocks, over `std::net`.
//!
//! Its deadlines are those of the socket ([`Socket`]): a call waits in the kernel, no longer than
//! the connection's [`Timeouts`](crate::Timeouts) say.
//!
//! # Connecting again
//! Takes a loop over a [`Backoff`](crate::Backoff); what becomes of messages is as
#![cfg_attr(feature = "tokio", doc = "[`Reconnecting`](crate::tokio::Reconnecting) says.")]
#![cfg_attr(not(feature = "tokio"), doc = "`tokio::Reconnecting` says.")]
//!
//! ```no_run
//! use std::{thread, time::{Duration, Instant}};
//! use socklet_std::{Backoff, Client, Error, IntoTarget};
//!
//! fn feed(client: &Client, mut token: impl FnMut() -> String) -> Result<(), Error> {
//!     let mut backoff = Backoff::new(std::process::id().into());
//!     loop {
//!         let target = "wss://example.com/feed".into_target()?.header("Authorization", token());
//!         match client.connect_blocking(target) {
//!             Ok(mut ws) => {
//!                 let since = Instant::now();
//!                 // A failure of the connection is a reason to open another.
//!                 let _ = ws.send("hello");
//!                 while let Ok(Some(message)) = ws.recv() {
//!                     println!("{message:?}");
//!                 }
//!                 backoff.was_open_ms(since.elapsed().as_millis().try_into().unwrap_or(u64::MAX));
//!             }
//!             Err(error) if error.is_permanent() => return Err(error),
//!             Err(error) => eprintln!("{error}"),
//!         }
//!         thread::sleep(Duration::from_millis(backoff.next_ms().into()));
//!     }
//! }
//! ```

mod accept;
mod connect;
mod deadline;
mod io;
mod joined;
mod maybe_tls;
mod reach;
mod socket;
mod split;
mod stream;
#[cfg(feature = "blocking-tls")]
mod tls_halves;

pub use io::{Clock, Io};
pub use joined::Joined;
pub use maybe_tls::{Half, MaybeTls};
pub use socket::{Socket, SplitSocket};
pub use split::{Halves, Reader, ReuniteError, Reunited, Writer};
pub use stream::{Sender, WebSocket};
#[cfg(feature = "blocking-tls")]
pub use tls_halves::{TlsReads, TlsWrites};

use crate::{Client, Error, IntoTarget};

/// Opens a connection to `ws://host/path` or `wss://host/path`, with the presets of [`Client`].
///
/// # Errors
/// As [`Client::connect_blocking`].
///
/// # Examples
/// ```no_run
/// let mut ws = socklet_std::blocking::connect("wss://example.com/chat")?;
/// ws.send("hello")?;
/// while let Some(message) = ws.recv()? {
///     println!("{message:?}");
/// }
/// # Ok::<(), socklet_std::Error>(())
/// ```
pub fn connect(to: impl IntoTarget) -> Result<WebSocket, Error> {
    Client::new().connect_blocking(to)
}
