//! Which proxy leads to which server, as `HTTPS_PROXY` and its kin say.

use std::{env, net::IpAddr};

use super::{Proxy, ProxyError};
use crate::Url;

/// Which proxy leads to which server.
///
/// # Examples
/// ```
/// use socklet_std::{Client, Proxies, Proxy};
///
/// // As the environment says, which it does not look at by itself.
/// let client = Client::new().proxy(Proxies::from_environment()?);
/// // One for all servers but some.
/// let proxy = Proxy::parse("socks5://127.0.0.1:1080")?;
/// let client = Client::new().proxy(Proxies::from(proxy).except("localhost,.example.com"));
/// # Ok::<(), socklet_std::ProxyError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `ws://`.
    plain: Option<Proxy>,
    /// For `wss://`.
    secure: Option<Proxy>,
    exceptions: Vec<String>,
}

impl Proxies {
    /// None: every server is reached by itself.
    #[must_use]
    pub const fn none() -> Self {
        Self { plain: None, secure: None, exceptions: Vec::new() }
    }

    /// Those of the environment, as it is now: `HTTPS_PROXY` for `wss://`, `HTTP_PROXY` for
    /// `ws://`, `ALL_PROXY` where one of these is missing, and `NO_PROXY` as
    /// [exceptions](Self::except). Names in small letters come first. `HTTP_PROXY` in capitals
    /// does not count for a program that a web server runs by CGI: a request's header could set
    /// it.
    ///
    /// # Errors
    /// For a variable that is set and not the address of a [`Proxy`].
    pub fn from_environment() -> Result<Self, ProxyError> {
        Self::from_variables(|name| env::var(name).ok())
    }

    /// The same, of variables that `value` knows.
    ///
    /// # Errors
    /// As [`from_environment`](Self::from_environment).
    pub fn from_variables(value: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyError> {
        let is_cgi = value("REQUEST_METHOD").is_some();
        let read = |name: &str| {
            let is_forgeable = is_cgi && name == "HTTP_PROXY";
            // To Windows the small letters are the same name.
            let small = value(&name.to_ascii_lowercase());
            let small = small.filter(|_| !(is_forgeable && cfg!(windows)));
            small.or_else(|| value(name).filter(|_| !is_forgeable))
        };
        let proxy = |name| {
            let address = read(name).or_else(|| read("ALL_PROXY"));
            let address = address.filter(|address| !address.is_empty());
            address.map(|address| Proxy::parse(&address)).transpose()
        };
        let proxies =
            Self { plain: proxy("HTTP_PROXY")?, secure: proxy("HTTPS_PROXY")?, ..Self::none() };
        Ok(proxies.except(&read("NO_PROXY").unwrap_or_default()))
    }

    /// Adds servers that are reached without a proxy, between commas: a name stands for itself and
    /// all names that end with a dot and it; so does one with a dot before it. An address stands
    /// for itself, with `/` and a number of bits for all that begin so. A port may follow, and `*`
    /// is any server.
    #[must_use]
    pub fn except(mut self, servers: &str) -> Self {
        let servers = servers.split(',').map(str::trim).filter(|server| !server.is_empty());
        self.exceptions.extend(servers.map(str::to_ascii_lowercase));
        self
    }

    /// The proxy that leads to a server; none: it is reached by itself.
    #[must_use]
    pub fn choose(&self, url: &Url) -> Option<&Proxy> {
        let proxy = if url.is_secure() { &self.secure } else { &self.plain };
        let is_exception = |exception: &String| is_meant(exception, url.host(), url.port());
        proxy.as_ref().filter(|_| !self.exceptions.iter().any(is_exception))
    }
}

impl From<Proxy> for Proxies {
    fn from(proxy: Proxy) -> Self {
        Self { plain: Some(proxy.clone()), secure: Some(proxy), exceptions: Vec::new() }
    }
}

/// Whether an exception means a server.
fn is_meant(exception: &str, host: &str, port: u16) -> bool {
    if exception == "*" {
        return true;
    }
    let bare = |text: &str| text.trim_start_matches('[').trim_end_matches(']').to_owned();
    let with_port = exception.rsplit_once(':').filter(|(_, digits)| digits.parse() == Ok(port));
    if let Ok(address) = host.parse() {
        // An IPv6 address has colons of its own.
        return is_within(&bare(exception), address).unwrap_or_else(|| {
            with_port.is_some_and(|(network, _)| is_within(&bare(network), address) == Some(true))
        });
    }
    let name = with_port.map_or(exception, |(name, _)| name).trim_start_matches('.');
    let before = host.strip_suffix(name);
    let is_name = before.is_some_and(|before| before.is_empty() || before.ends_with('.'));
    !name.is_empty() && is_name
}

/// Whether an address lies within `network/bits`, or is the address; `None` if that is neither.
fn is_within(network: &str, address: IpAddr) -> Option<bool> {
    let (network, bits) = match network.split_once('/') {
        Some((network, bits)) => (network, Some(bits)),
        None => (network, None),
    };
    let network: IpAddr = network.parse().ok()?;
    // In front of 128 bits, so that both kinds compare alike.
    let widened = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    let len: u32 = if network.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(len), |bits| bits.parse().ok().filter(|bits| *bits <= len))?;
    let differing = (widened(network) ^ widened(address)).leading_zeros();
    Some(network.is_ipv4() == address.is_ipv4() && differing >= bits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let value = |name: &str| {
            let (_, value) = variables.iter().find(|(other, _)| *other == name)?;
            Some((*value).to_owned())
        };
        let proxies = Proxies::from_variables(value).unwrap();
        Some(proxies.choose(&Url::parse(url).unwrap())?.host().to_owned())
    }

    #[test]
    fn each_scheme_has_its_variable() {
        let both = [("HTTP_PROXY", "plain"), ("HTTPS_PROXY", "secure"), ("ALL_PROXY", "all")];
        assert_eq!(chosen(&both, "ws://a/").as_deref(), Some("plain"));
        assert_eq!(chosen(&both, "wss://a/").as_deref(), Some("secure"));
        assert_eq!(chosen(&both[2..], "ws://a/").as_deref(), Some("all"));
        assert_eq!(chosen(&both[..1], "wss://a/"), None);
        assert_eq!(chosen(&[], "ws://a/"), None);
    }

    #[test]
    fn small_letters_come_first_and_empty_is_none() {
        let variables = [("http_proxy", "small"), ("HTTP_PROXY", "large")];
        assert_eq!(chosen(&variables, "ws://a/").as_deref(), Some("small"));
        let variables = [("http_proxy", ""), ("HTTP_PROXY", "large"), ("ALL_PROXY", "all")];
        assert_eq!(chosen(&variables, "ws://a/"), None);
    }

    #[test]
    fn a_request_to_a_cgi_program_sets_no_proxy() {
        let variables = [("HTTP_PROXY", "evil"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen(&variables, "ws://a/"), None);
        let variables = [("http_proxy", "good"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen(&variables, "ws://a/").as_deref(), Some("good"));
    }

    #[test]
    fn a_variable_that_is_no_proxy_is_told() {
        let value = |name: &str| (name == "ALL_PROXY").then(|| "gopher://a".to_owned());
        assert_eq!(Proxies::from_variables(value), Err(ProxyError::Scheme));
    }

    #[test]
    fn exceptions_are_reached_directly() {
        let proxies = |list: &str| Proxies::from(Proxy::parse("p").unwrap()).except(list);
        let is_direct =
            |list: &str, url: &str| proxies(list).choose(&Url::parse(url).unwrap()).is_none();
        for (list, url) in [
            ("*", "ws://a/"),
            ("a.example", "ws://a.example/"),
            ("A.Example", "wss://a.example/"),
            ("b, a.example ,", "wss://x.a.example:9/"),
            (".a.example", "ws://a.example/"),
            (".a.example", "ws://x.a.example/"),
            ("a.example:80", "ws://a.example/"),
            ("10.0.0.1", "ws://10.0.0.1/"),
            ("10.0.0.1:80", "ws://10.0.0.1/"),
            ("10.0.0.0/8", "ws://10.1.2.3/"),
            ("0.0.0.0/0", "ws://1.2.3.4/"),
            ("::1", "ws://[::1]/"),
            ("[::1]", "ws://[::1]/"),
            ("[::1]:80", "ws://[::1]/"),
            ("fd00::/8", "ws://[fd12::1]/"),
        ] {
            assert!(is_direct(list, url), "{list} {url}");
        }
        for (list, url) in [
            ("", "ws://a/"),
            ("a.example", "ws://xa.example/"),
            ("a.example", "ws://example/"),
            ("a.example:81", "ws://a.example/"),
            ("10.0.0.1", "ws://10.0.0.11/"),
            ("0.1", "ws://10.0.0.1/"),
            ("10.0.0.0/8", "ws://11.0.0.1/"),
            ("10.0.0.0/33", "ws://10.0.0.0/"),
            ("0.0.0.0/0", "ws://[::1]/"),
            ("::1", "ws://[::2]/"),
            (".", "ws://a/"),
        ] {
            assert!(!is_direct(list, url), "{list} {url}");
        }
    }
}
