//! From a URL to an open WebSocket, over TCP or over TLS with a server that is verified.

use embassy_net::Stack;
use rand_core::CryptoRng;
use socklet_embassy::core::handshake::client::Request;
use socklet_embassy::core::handshake::url::Url;
use socklet_embassy::{Address, ConnectError, Connector, Dates, Tls, Verify, WebSocket};

use crate::config;
use crate::memory::{Compression, Lent};

/// Opens a connection and runs `talk` with it.
///
/// # Errors
/// There was no connection, and `talk` did not run.
pub(crate) async fn open<'m, R: CryptoRng, U>(
    stack: Stack<'_>,
    url: &Url<'_>,
    lent: Lent<'m, R>,
    talk: impl for<'s> AsyncFnOnce(WebSocket<'s, &'m mut R, Compression<'m>>) -> U,
) -> Result<U, ConnectError> {
    let address = Address::new(config::ADDRESS.unwrap_or(url.host), url.port);
    let request = Request::new(url.authority, url.target);
    let connector = Connector::new(stack);
    if !url.is_secure {
        return connector.run(&address, &request, lent, talk).await;
    }
    // No clock runs while these boards are without power. One that has the time, of SNTP or of a
    // clock with a battery, checks the dates of certificates too: `Dates::Checked`.
    let verify = Verify::new(config::AUTHORITY, Dates::DangerUnchecked);
    connector.tls(Tls::new(url.host, verify)).run(&address, &request, lent, talk).await
}
