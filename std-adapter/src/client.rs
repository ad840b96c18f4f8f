//! What a client asks for, and how it behaves: the same for both streams.

use std::{fmt, time::Duration};

use socklet_core::{
    Config, Fragmentation, Limits, Timeouts,
    handshake::client::Request,
    permessage_deflate::{Agreed, Settings},
};

#[cfg(feature = "blocking-tls")]
use crate::tls::ClientTls;
use crate::url::Url;

/// What a client asks for, and how it behaves: headers, subprotocols, deadlines, limits.
///
/// One value can open many connections.
///
/// # Examples
/// ```no_run
/// # async fn run() -> Result<(), socklet_std::Error> {
/// use std::time::Duration;
/// use socklet_std::Client;
///
/// let client = Client::new()
///     .header("Authorization", "Bearer 123")
///     .subprotocols(["chat.v2", "chat"])
///     .keep_alive(Duration::from_secs(20));
/// let mut ws = client.connect("wss://example.com/chat").await?;
/// ws.send("hello").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) origin: Option<String>,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) config: Config,
    pub(crate) deflate: Settings,
    pub(crate) agreed: Option<Agreed>,
    #[cfg(feature = "blocking-tls")]
    pub(crate) tls: ClientTls,
}

impl Client {
    /// A client with the presets [`Config::CLIENT`](socklet_core::Config::CLIENT).
    #[must_use]
    pub const fn new() -> Self {
        Self {
            headers: Vec::new(),
            origin: None,
            subprotocols: Vec::new(),
            config: Config::CLIENT,
            deflate: Settings::OFF,
            agreed: None,
            #[cfg(feature = "blocking-tls")]
            tls: ClientTls::new(),
        }
    }

    /// Adds a header to the request; those of the handshake itself are always there.
    ///
    /// What cannot be a header is told when connecting, as an [`Error::Config`](crate::Error).
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets `Origin`, which browsers send and some servers want.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Offers subprotocols, the best one first (RFC 6455 section 1.9).
    #[must_use]
    pub fn subprotocols<I: IntoIterator<Item: Into<String>>>(mut self, subprotocols: I) -> Self {
        self.subprotocols = subprotocols.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the TLS of `wss://`.
    #[cfg(feature = "blocking-tls")]
    #[must_use]
    pub fn tls(self, tls: ClientTls) -> Self {
        Self { tls, ..self }
    }

    /// The request for an address.
    pub(crate) fn with_request<T>(&self, url: &Url, use_it: impl FnOnce(&Request<'_>) -> T) -> T {
        let authority = url.authority();
        let subprotocols: Vec<&str> = self.subprotocols.iter().map(String::as_str).collect();
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut request =
            Request::new(&authority, url.target()).subprotocols(&subprotocols).headers(&headers);
        if let Some(origin) = &self.origin {
            request = request.origin(origin);
        }
        use_it(&request)
    }
}

settings!(Client);

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Client {
    // Headers often hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Client")
            .field("headers", &headers)
            .field("origin", &self.origin)
            .field("subprotocols", &self.subprotocols)
            .field("config", &self.config)
            .field("deflate", &self.deflate)
            .field("agreed", &self.agreed)
            .finish_non_exhaustive()
    }
}
