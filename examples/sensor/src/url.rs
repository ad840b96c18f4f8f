//! The parts of a URL (RFC 6455 section 3).

/// A `ws` or `wss` URL, in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Url<'a> {
    /// Whether it is `wss`.
    pub(crate) is_secure: bool,
    /// Host and port, as the `Host` header has them.
    pub(crate) authority: &'a str,
    /// A name or an address.
    pub(crate) host: &'a str,
    /// The port, that of the scheme if none is given.
    pub(crate) port: u16,
    /// Path and query.
    pub(crate) target: &'a str,
}

impl<'a> Url<'a> {
    /// Reads a URL; `None` if it is none.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (is_secure, default_port) = match scheme {
            "ws" => (false, 80),
            "wss" => (true, 443),
            _ => return None,
        };
        let (authority, target) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, default_port),
        };
        if host.is_empty() { None } else { Some(Self { is_secure, authority, host, port, target }) }
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn a_url_is_taken_apart() {
        let url = Url::parse("wss://example.com:8443/reports?of=7").unwrap();
        assert!(url.is_secure);
        assert_eq!((url.authority, url.host, url.port), ("example.com:8443", "example.com", 8443));
        assert_eq!(url.target, "/reports?of=7");
    }

    #[test]
    fn port_and_path_may_be_missing() {
        let url = Url::parse("ws://192.0.2.7").unwrap();
        assert_eq!((url.is_secure, url.host, url.port, url.target), (false, "192.0.2.7", 80, "/"));
        assert_eq!(Url::parse("wss://example.com").map(|url| url.port), Some(443));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in ["example.com", "http://example.com", "ws://", "ws://:80/", "ws://host:port/"] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }
}
