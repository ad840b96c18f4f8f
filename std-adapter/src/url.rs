//! WebSocket URIs ([RFC 6455 section 3](https://www.rfc-editor.org/rfc/rfc6455#section-3)).
//!
//! ```text
//! wss://example.com:8443/chat?room=1
//!       |host      |port|target
//!       |authority      |
//! ```

use std::fmt;

/// A `ws://` or `wss://` address, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    secure: bool,
    host: String,
    port: u16,
    target: String,
}

/// Why an address is not one of a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It begins neither with `ws://` nor with `wss://`.
    Scheme,
    /// It has no host, or one with a byte that no host has.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// It has a user name or password: those belong into an `Authorization` header.
    UserInfo,
    /// It has a `#`, which a WebSocket's address must not (RFC 6455 section 3).
    Fragment,
    /// The path or query holds a byte that has to be percent-encoded.
    Target,
    /// It is `wss://`, and this program was built without the feature `tls`.
    WithoutTls,
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
        let (scheme, rest) = url.split_once("://").ok_or(UrlError::Scheme)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "ws" => false,
            "wss" => true,
            _ => return Err(UrlError::Scheme),
        };
        if rest.contains('#') {
            return Err(UrlError::Fragment);
        }
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UrlError::Target);
        }
        if authority.contains('@') {
            return Err(UrlError::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        let port = match port {
            None | Some("") if secure => 443,
            None | Some("") => 80,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port != 0).ok_or(UrlError::Port)?
            }
            Some(_) => return Err(UrlError::Port),
        };
        Ok(Self { secure, host: host.to_ascii_lowercase(), port, target })
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
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        let host = &self.host;
        match (self.secure, self.port) {
            (false, 80) | (true, 443) => format!("{open}{host}{close}"),
            (_, port) => format!("{open}{host}{close}:{port}"),
        }
    }
}

/// Splits `host:port`, where the host may be an IPv6 address in brackets.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(UrlError::Host)?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(UrlError::Host);
        }
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(UrlError::Port),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_host =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if host.is_empty() || !host.bytes().all(is_host) {
        return Err(UrlError::Host);
    }
    Ok((host, port))
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

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "the address begins neither with ws:// nor with wss://",
            Self::Host => "the address has no valid host",
            Self::Port => "the port of the address is not a number from 1 to 65535",
            Self::UserInfo => {
                "the address has a user name: send an Authorization header in its place"
            }
            Self::Fragment => "the address has a fragment (#), which WebSockets have not",
            Self::Target => "the path or query has a character that must be percent-encoded",
            Self::WithoutTls => "wss:// needs the feature `tls` of socklet-std",
        })
    }
}

impl std::error::Error for UrlError {}

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
