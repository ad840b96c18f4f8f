//! Proxies: which one leads to a server, and what is said to it.
//!
//! ```text
//! Proxies::choose     which proxy, if any, for an address
//! Tunnel              what to write, how much to read: CONNECT (connect) or SOCKS5 (socks5)
//! blocking, tokio     they wait, and know none of the bytes
//! ```

mod basic;
mod connect;
mod environment;
mod error;
mod socks5;
mod tunnel;

use std::fmt;

pub use environment::Proxies;
pub use error::ProxyError;
pub(crate) use tunnel::Tunnel;

use crate::Url;

/// A proxy that leads to servers: an HTTP proxy by CONNECT ([RFC 9110 section
/// 9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)), or a SOCKS5 one ([RFC
/// 1928](https://www.rfc-editor.org/rfc/rfc1928)).
///
/// It opens a tunnel, for `ws://` too; TLS is spoken with the server, through the tunnel. The
/// server's name is the proxy's to look up.
///
/// # Examples
/// ```
/// use socklet_std::{Client, Proxy};
///
/// let proxy = Proxy::parse("http://proxy.example:3128")?.credentials("me", "secret");
/// let client = Client::new().proxy(proxy);
/// # Ok::<(), socklet_std::ProxyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    protocol: Protocol,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
}

/// How a proxy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http,
    Socks5,
}

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
struct Credentials {
    user: String,
    password: String,
}

impl Proxy {
    /// Takes the address of a proxy: `http://host:port`, or `socks5://host:port` (`socks5h` is the
    /// same). The scheme may be missing, then it is `http`; the port too, then it is 80 or 1080. A
    /// user and a password, percent-encoded where they must be, may stand before the host.
    ///
    /// # Errors
    /// [`ProxyError::Address`], and [`ProxyError::Scheme`] for another protocol: `https://`, where
    /// TLS is spoken with the proxy itself, is one.
    pub fn parse(address: &str) -> Result<Self, ProxyError> {
        let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
        let (protocol, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Protocol::Http, 80),
            "socks5" | "socks5h" => (Protocol::Socks5, 1080),
            _ => return Err(ProxyError::Scheme),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user_info, host) = match authority.rsplit_once('@') {
            Some((user_info, host)) => (Some(user_info), host),
            None => (None, authority),
        };
        if !path.is_empty() {
            return Err(ProxyError::Address);
        }
        // What is a host and a port is the same as in the address of a WebSocket.
        let url = Url::parse(&format!("ws://{host}")).map_err(|_| ProxyError::Address)?;
        let is_bare = url.target() != "/" || host.ends_with(':');
        let has_port = host.rsplit_once(']').map_or(host, |(_, behind)| behind).contains(':');
        if is_bare {
            return Err(ProxyError::Address);
        }
        let port = if has_port { url.port() } else { default_port };
        let credentials = user_info.map(Credentials::parse).transpose()?;
        Ok(Self { protocol, host: url.host().to_owned(), port, credentials })
    }

    /// Sets the user and the password for it: those of HTTP's Basic authentication (RFC 7617) or
    /// of SOCKS5's (RFC 1929), which cross the wire in the clear.
    #[must_use]
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some(Credentials { user: user.into(), password: password.into() });
        self
    }

    /// The host of the proxy.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port of the proxy.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl Credentials {
    /// Takes `user:password` of an address.
    fn parse(user_info: &str) -> Result<Self, ProxyError> {
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let decoded = |text| percent_decoded(text).ok_or(ProxyError::Address);
        Ok(Self { user: decoded(user)?, password: decoded(password)? })
    }
}

/// Undoes percent-encoding (RFC 3986 section 2.1).
fn percent_decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, others @ ..] = rest {
        rest = others;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, others @ ..] = rest else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        bytes.push(u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?);
        rest = others;
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Debug for Proxy {
    // The password is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("protocol", &self.protocol)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.credentials.as_ref().map(|credentials| &credentials.user))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_proxies_come_apart() {
        for (address, protocol, host, port) in [
            ("http://a.example", Protocol::Http, "a.example", 80),
            ("a.example:3128", Protocol::Http, "a.example", 3128),
            ("HTTP://a.example:80/", Protocol::Http, "a.example", 80),
            ("socks5://a.example", Protocol::Socks5, "a.example", 1080),
            ("socks5h://[::1]:9050", Protocol::Socks5, "::1", 9050),
            ("socks5://[::1]", Protocol::Socks5, "::1", 1080),
        ] {
            let proxy = Proxy::parse(address).unwrap();
            let found = (proxy.protocol, proxy.host(), proxy.port());
            assert_eq!(found, (protocol, host, port), "{address}");
            assert!(proxy.credentials.is_none());
        }
    }

    #[test]
    fn credentials_may_stand_in_the_address() {
        let proxy = Proxy::parse("http://me:p%40ss%3A@a:1").unwrap();
        assert_eq!(proxy, Proxy::parse("a:1").unwrap().credentials("me", "p@ss:"));
        let proxy = Proxy::parse("socks5://me@a").unwrap();
        assert_eq!(proxy, Proxy::parse("socks5://a").unwrap().credentials("me", ""));
    }

    #[test]
    fn what_is_no_proxy_is_said() {
        for (address, error) in [
            ("https://a", ProxyError::Scheme),
            ("socks4://a", ProxyError::Scheme),
            ("", ProxyError::Address),
            ("http://", ProxyError::Address),
            ("http://a/path", ProxyError::Address),
            ("http://a?query", ProxyError::Address),
            ("http://a#", ProxyError::Address),
            ("http://a:", ProxyError::Address),
            ("http://a:0", ProxyError::Address),
            ("http://a:99999", ProxyError::Address),
            ("http://a b", ProxyError::Address),
            ("http://a\r\nb", ProxyError::Address),
            ("http://me:%4@a", ProxyError::Address),
            ("http://me:%zz@a", ProxyError::Address),
            ("http://me:%ff@a", ProxyError::Address),
        ] {
            assert_eq!(Proxy::parse(address), Err(error), "{address:?}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let shown = format!("{:?}", Proxy::parse("http://me:secret@a").unwrap());
        assert!(shown.contains("me") && !shown.contains("secret"), "{shown}");
    }
}
