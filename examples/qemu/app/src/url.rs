//! The parts of a `ws` or `wss` URL.

/// A URL, in parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Url<'a> {
    /// Whether it is `wss`.
    pub(crate) is_secure: bool,
    /// Host and port, as the `Host` header has them.
    pub(crate) authority: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    /// Path and query.
    pub(crate) target: &'a str,
}

impl<'a> Url<'a> {
    /// Reads a URL; `None` if it is none.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let is_secure = match scheme {
            "ws" => false,
            "wss" => true,
            _ => return None,
        };
        let (authority, target) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if is_secure { 443 } else { 80 }),
        };
        Some(Self { is_secure, authority, host, port, target })
    }
}
