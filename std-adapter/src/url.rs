//! Addresses that own their parts, in normal form: the core takes them apart.

use std::fmt;

use socklet_core::handshake;
pub use socklet_core::handshake::url::UrlError;

/// A `ws://` or `wss://` address, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    secure: bool,
    host: String,
    port: u16,
    target: String,
}

impl Url {
    /// Takes an address apart.
    ///
    /// Host names are ASCII: an international one has to be given in its `xn--` form.
    ///
    /// # Errors
    /// [`UrlError`], for what is wrong first.
    ///
    /// # Examples
    /// ```
    /// # use socklet_std::Url;
    /// let url = Url::parse("wss://example.com/chat?room=1")?;
    /// assert_eq!((url.host(), url.port(), url.target()), ("example.com", 443, "/chat?room=1"));
    /// # Ok::<(), socklet_std::UrlError>(())
    /// ```
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let url = handshake::url::Url::parse(url)?;
        let slash = if url.target.starts_with('/') { "" } else { "/" };
        Ok(Self {
            secure: url.is_secure,
            host: url.host.to_ascii_lowercase(),
            port: url.port,
            target: format!("{slash}{}", url.target),
        })
    }

    /// Whether it is `wss`: over TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host: a name or an address, an IPv6 one without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port: 80 or 443 if none was given.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The path and, if there is one, `?` and the query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// What the `Host` header says: the host, and the port if it is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        match (self.secure, self.port) {
            (false, 80) | (true, 443) => self.bracketed_host(),
            _ => self.authority_with_port(),
        }
    }

    /// The host and the port, whatever that is.
    pub(crate) fn authority_with_port(&self) -> String {
        format!("{}:{}", self.bracketed_host(), self.port)
    }

    /// The host, an IPv6 address in its brackets.
    fn bracketed_host(&self) -> String {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        format!("{open}{}{close}", self.host)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority(), self.target)
    }
}

impl std::str::FromStr for Url {
    type Err = UrlError;

    fn from_str(url: &str) -> Result<Self, UrlError> {
        Self::parse(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of an address: secure, host, port, target, authority.
    fn parts(url: &str) -> (bool, String, u16, String, String) {
        let url = Url::parse(url).unwrap();
        (url.secure, url.host.clone(), url.port, url.target.clone(), url.authority())
    }

    fn expect(url: &str, secure: bool, host: &str, port: u16, target: &str, authority: &str) {
        let expected = (secure, host.into(), port, target.into(), authority.into());
        assert_eq!(parts(url), expected, "{url}");
    }

    #[test]
    fn addresses_come_apart() {
        expect("ws://a.example", false, "a.example", 80, "/", "a.example");
        expect("wss://a.example/", true, "a.example", 443, "/", "a.example");
        expect("WSS://A.Example:443/x", true, "a.example", 443, "/x", "a.example");
        expect("wss://a:80/x?y=/z", true, "a", 80, "/x?y=/z", "a:80");
        expect("ws://a?q", false, "a", 80, "/?q", "a");
        expect("ws://a:/x", false, "a", 80, "/x", "a");
        expect("ws://[::1]:9000/x", false, "::1", 9000, "/x", "[::1]:9000");
        expect("wss://[2001:DB8::1]", true, "2001:db8::1", 443, "/", "[2001:db8::1]");
        expect("ws://127.0.0.1:8080", false, "127.0.0.1", 8080, "/", "127.0.0.1:8080");
        expect("ws://a/@:x", false, "a", 80, "/@:x", "a");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (url, error) in [
            ("", UrlError::Scheme),
            ("example.com", UrlError::Scheme),
            ("http://example.com", UrlError::Scheme),
            ("ws:/example.com", UrlError::Scheme),
            ("ws://", UrlError::Host),
            ("ws:///path", UrlError::Host),
            ("ws://:80/", UrlError::Host),
            ("ws://a b/", UrlError::Host),
            ("ws://b\u{fc}cher.example/", UrlError::Host),
            ("ws://[::1/", UrlError::Host),
            ("ws://[a.example]/", UrlError::Host),
            ("ws://a\r\nb/", UrlError::Host),
            ("ws://a:0/", UrlError::Port),
            ("ws://a:65536/", UrlError::Port),
            ("ws://a:+80/", UrlError::Port),
            ("ws://::1/", UrlError::Host),
            ("ws://[::1]80/", UrlError::Port),
            ("ws://user:secret@a/", UrlError::UserInfo),
            ("ws://a/x#y", UrlError::Fragment),
            ("ws://a#y", UrlError::Fragment),
            ("ws://a/x y", UrlError::Target),
            ("ws://a/x\r\nEvil: 1", UrlError::Target),
        ] {
            assert_eq!(Url::parse(url), Err(error), "{url:?}");
        }
    }

    #[test]
    fn an_address_prints_as_itself() {
        for url in ["ws://a.example/", "wss://[::1]:9000/x?y"] {
            assert_eq!(Url::parse(url).unwrap().to_string(), url);
        }
    }
}
