//! The stream over tokio: `async` methods, `Stream` and `Sink`, halves for two tasks.

mod accept;
mod closing;
mod connect;
mod deadline;
mod driver;
mod duplex;
mod inbox;
mod io;
mod maybe_tls;
mod reach;
mod reconnect;
mod sender;
mod socket;
mod split;
mod teardown;
mod timer;

#[cfg(feature = "hyper")]
pub(crate) use deadline::Deadline;
pub use inbox::Inbox;
pub use maybe_tls::MaybeTls;
pub use reconnect::{Lost, Reconnect, Reconnecting};
pub use sender::Sender;
pub use socket::WebSocket;
pub use split::{Reader, ReuniteError, Writer};

use crate::{Client, Error, IntoTarget};

/// Opens a connection to `ws://host/path` or `wss://host/path`, with the presets of [`Client`].
///
/// # Errors
/// As [`Client::connect`].
pub async fn connect(to: impl IntoTarget) -> Result<WebSocket, Error> {
    Client::new().connect(to).await
}
