//! The stream that blocks, over `std::net`.
//!
//! Its deadlines are those of the socket ([`Socket`]): a call waits in the kernel, no longer than
//! the connection's [`Timeouts`](crate::Timeouts) say.

mod accept;
mod connect;
mod deadline;
mod io;
mod maybe_tls;
mod reach;
mod socket;
mod split;
mod stream;
#[cfg(feature = "blocking-tls")]
mod tls_halves;

pub use io::{Clock, Io};
pub use maybe_tls::{Half, MaybeTls};
pub use socket::{Socket, SplitSocket};
pub use split::{Halves, Reader, Writer};
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
