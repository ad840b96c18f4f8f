//! What a client asks for, and how it behaves: the same for both streams.

use std::{fmt, time::Duration};

use socklet_core::{
    Config, Fragmentation, Limits, Timeouts,
    permessage_deflate::{Agreed, Settings},
};

use crate::Proxies;
#[cfg(feature = "blocking-tls")]
use crate::tls::ClientTls;

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
    pub(crate) proxies: Proxies,
    pub(crate) redirects: u8,
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
            proxies: Proxies::none(),
            redirects: 0,
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
    ///
    /// # Examples
    /// ```
    /// let client = socklet_std::Client::new().origin("https://example.com");
    /// ```
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

    /// Reaches servers through proxies: a [`Proxy`](crate::Proxy) for all, or whatever
    /// [`Proxies`] say. At first there is none, and the environment is not looked at.
    ///
    /// # Examples
    /// ```
    /// use socklet_std::{Client, Proxies};
    ///
    /// let client = Client::new().proxy(Proxies::from_environment()?);
    /// # Ok::<(), socklet_std::ProxyError>(())
    /// ```
    #[must_use]
    pub fn proxy(self, proxies: impl Into<Proxies>) -> Self {
        Self { proxies: proxies.into(), ..self }
    }

    /// Follows up to so many redirects, none at first (RFC 6455 section 4.1, step 5 behind the
    /// response): those of the statuses 301, 302, 303, 307 and 308 to an address that is one of a
    /// WebSocket, where `http` counts as `ws` and `https` as `wss`. From `wss` to `ws` none is
    /// followed. One that is not followed is an [`Error::Declined`](crate::Error::Declined).
    ///
    /// Another server than the one that was asked for is sent no `Authorization` and no `Cookie`.
    ///
    /// # Examples
    /// ```
    /// let client = socklet_std::Client::new().follow_redirects(5);
    /// ```
    #[must_use]
    pub const fn follow_redirects(mut self, limit: u8) -> Self {
        self.redirects = limit;
        self
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
            .field("proxies", &self.proxies)
            .field("redirects", &self.redirects)
            .finish_non_exhaustive()
    }
}
