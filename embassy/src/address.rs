//! Where to: a host's address, looked up if it is a name.

use core::net::IpAddr;

use embassy_net::{IpAddress, Stack};

use crate::error::ResolveError;

/// A host, by name or by address, and a port.
///
/// ```
/// use socklet_embassy::Address;
///
/// const BY_NAME: Address<'_> = Address::new("example.com", 443);
/// const BY_ADDRESS: Address<'_> = Address::new("192.0.2.7", 80);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Address<'a> {
    host: &'a str,
    port: u16,
}

impl<'a> Address<'a> {
    /// A host's port. The host is a name, an IPv4 address, or an IPv6 address with or without
    /// brackets.
    #[must_use]
    pub const fn new(host: &'a str, port: u16) -> Self {
        Self { host, port }
    }

    /// The host as it was given.
    #[must_use]
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The address that the host is, if it is not a name.
    pub(crate) fn literal(&self) -> Result<Option<IpAddr>, ResolveError> {
        let bare = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match bare.unwrap_or(self.host).parse() {
            Ok(address) => Ok(Some(address)),
            Err(_) if bare.is_some() => Err(ResolveError::InvalidName),
            Err(_) => Ok(None),
        }
    }

    pub(crate) async fn resolve(&self, stack: Stack<'_>) -> Result<IpAddress, ResolveError> {
        match self.literal()? {
            Some(IpAddr::V4(address)) => Ok(IpAddress::Ipv4(address)),
            #[cfg(feature = "ipv6")]
            Some(IpAddr::V6(address)) => Ok(IpAddress::Ipv6(address)),
            #[cfg(not(feature = "ipv6"))]
            Some(IpAddr::V6(_)) => Err(ResolveError::Unsupported),
            None => look_up(stack, self.host).await,
        }
    }
}

#[cfg(not(feature = "dns"))]
async fn look_up(_: Stack<'_>, _: &str) -> Result<IpAddress, ResolveError> {
    Err(ResolveError::Unsupported)
}

/// The first address of a name: of IPv6 if the stack has such an address itself, else of IPv4.
#[cfg(feature = "dns")]
async fn look_up(stack: Stack<'_>, name: &str) -> Result<IpAddress, ResolveError> {
    use embassy_net::dns::{DnsQueryType, Error};

    #[cfg(feature = "ipv6")]
    if stack.config_v6().is_some()
        && let Ok(addresses) = stack.dns_query(name, DnsQueryType::Aaaa).await
        && let Some(address) = addresses.first()
    {
        return Ok(*address);
    }
    match stack.dns_query(name, DnsQueryType::A).await {
        Ok(addresses) => addresses.first().copied().ok_or(ResolveError::NotFound),
        Err(Error::InvalidName | Error::NameTooLong) => Err(ResolveError::InvalidName),
        Err(Error::Failed) => Err(ResolveError::NotFound),
    }
}
