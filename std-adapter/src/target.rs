//! What a client connects to: an address, and what a single request has of its own.

#[cfg(feature = "http")]
mod http;

use std::fmt;

use socklet_core::handshake::client::Request;

use crate::{Client, Error, Url};

/// Where to connect to, and what is asked for there beside what the [`Client`] asks for anyway.
#[derive(Clone)]
pub struct Target {
    pub(crate) url: Url,
    /// Another `Host` than the address has.
    host: Option<String>,
    origin: Option<String>,
    subprotocols: Vec<String>,
    headers: Vec<(String, String)>,
    /// Whether a redirect has led to another server, which is sent no credentials.
    is_elsewhere: bool,
}

/// What can be connected to: an address as text or as [`Url`], and with the feature `http` an
/// `http::Uri` or an `http::Request`.
///
/// # Examples
/// An `http::Request` may hold all that the handshake needs, as other libraries make it: what the
/// handshake writes itself is left out of it, and what it chooses is taken over.
#[cfg_attr(feature = "http", doc = "```no_run")]
#[cfg_attr(not(feature = "http"), doc = "```ignore")]
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let request = http::Request::get("wss://example.com/chat")
///     .header("Authorization", "Bearer 123")
///     .header("Sec-WebSocket-Protocol", "chat.v2, chat")
///     .body(())?;
/// let mut ws = socklet_std::Client::new().connect(request).await?;
/// # Ok(())
/// # }
/// ```
pub trait IntoTarget {
    /// Makes the target.
    ///
    /// # Errors
    /// [`Error::Url`] for an address that is not one of a WebSocket, [`Error::Config`] for a header
    /// that cannot be sent.
    fn into_target(self) -> Result<Target, Error>;
}

impl Target {
    /// The address.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The same at another address, that of a redirect; credentials are for the same server only.
    pub(crate) fn redirected(&self, url: Url) -> Self {
        // To TLS on the same host is the same server, too.
        let ports = (self.url.port(), url.port());
        let is_upgrade = ports == (80, 443) && !self.url.is_secure() && url.is_secure();
        let is_same = self.url.host() == url.host() && (ports.0 == ports.1 || is_upgrade);
        let mut target = Self { url, ..self.clone() };
        if !is_same {
            target.host = None;
            target.is_elsewhere = true;
        }
        target
    }

    /// Adds a header for this request alone, in place of one of the same name that the client has.
    ///
    /// What the handshake writes itself is left out, and what it chooses is taken over: `Host`,
    /// `Origin`, `Sec-WebSocket-Protocol`. What cannot be a header is told when connecting, as an
    /// [`Error::Config`].
    ///
    /// # Examples
    /// ```
    /// use socklet_std::IntoTarget;
    ///
    /// let target = "wss://example.com/feed".into_target()?.header("Authorization", "Bearer 123");
    /// # Ok::<(), socklet_std::Error>(())
    /// ```
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        self.add(name.as_ref(), value.into());
        self
    }

    /// Adds a header, as a request holds it that may have been made for another library.
    fn add(&mut self, name: &str, value: String) {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("Host") {
            self.host = Some(value);
        } else if is("Origin") {
            self.origin = Some(value);
        } else if is("Sec-WebSocket-Protocol") {
            let subprotocols = value.split(',').map(str::trim).filter(|name| !name.is_empty());
            for subprotocol in subprotocols {
                if !self.subprotocols.iter().any(|other| other == subprotocol) {
                    self.subprotocols.push(subprotocol.to_owned());
                }
            }
        } else if !is_one_of(&OF_THE_HANDSHAKE, name) {
            self.headers.push((name.to_owned(), value));
        }
    }
}

/// What the handshake writes itself, or what would announce a body that there is not.
const OF_THE_HANDSHAKE: [&str; 8] = [
    "Connection",
    "Upgrade",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Accept",
    "Content-Length",
    "Transfer-Encoding",
];

/// What only the server is told that it was meant for.
const CREDENTIALS: [&str; 4] = ["Authorization", "Cookie", "Cookie2", "Proxy-Authorization"];

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

impl Client {
    /// The request for a target: what that has of its own takes the place of the client's.
    pub(crate) fn with_request<T>(
        &self,
        target: &Target,
        use_it: impl FnOnce(&Request<'_>) -> T,
    ) -> T {
        let authority = target.host.clone().unwrap_or_else(|| target.url.authority());
        let subprotocols =
            if target.subprotocols.is_empty() { &self.subprotocols } else { &target.subprotocols };
        let subprotocols: Vec<&str> = subprotocols.iter().map(String::as_str).collect();
        let is_replaced =
            |name: &str| target.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        let headers = self.headers.iter().filter(|(name, _)| !is_replaced(name));
        let headers: Vec<(&str, &str)> = headers
            .chain(&target.headers)
            .filter(|(name, _)| !(target.is_elsewhere && is_one_of(&CREDENTIALS, name)))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut request = Request::new(&authority, target.url.target())
            .subprotocols(&subprotocols)
            .headers(&headers);
        if let Some(origin) = target.origin.as_ref().or(self.origin.as_ref()) {
            request = request.origin(origin);
        }
        use_it(&request)
    }
}

impl From<Url> for Target {
    fn from(url: Url) -> Self {
        let (subprotocols, headers) = (Vec::new(), Vec::new());
        Self { url, host: None, origin: None, subprotocols, headers, is_elsewhere: false }
    }
}

impl IntoTarget for Target {
    fn into_target(self) -> Result<Target, Error> {
        Ok(self)
    }
}

impl IntoTarget for Url {
    fn into_target(self) -> Result<Target, Error> {
        Ok(self.into())
    }
}

impl IntoTarget for &str {
    fn into_target(self) -> Result<Target, Error> {
        Ok(Url::parse(self)?.into())
    }
}

impl IntoTarget for String {
    fn into_target(self) -> Result<Target, Error> {
        self.as_str().into_target()
    }
}

/// What is borrowed is cloned, or read, which is less than a connection costs.
macro_rules! borrowed {
    ($($target:ty),*) => {$(
        impl IntoTarget for &$target {
            fn into_target(self) -> Result<Target, Error> {
                self.clone().into_target()
            }
        }
    )*};
}

borrowed!(Target, Url, String);

impl fmt::Debug for Target {
    // Headers often hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Target")
            .field("url", &self.url)
            .field("host", &self.host)
            .field("origin", &self.origin)
            .field("subprotocols", &self.subprotocols)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}
