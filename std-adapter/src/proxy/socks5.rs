//! The tunnel of a SOCKS proxy: version 5 ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)),
//! with a user and a password ([RFC 1929](https://www.rfc-editor.org/rfc/rfc1929)) or without.

use std::net::IpAddr;

use super::{Credentials, ProxyError};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xff;
/// The version of the exchange of user and password.
const PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Which answer is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    Method,
    Login,
    Reply,
}

/// What an answer comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// So many bytes of it are missing.
    Wants(usize),
    /// It agrees: this is said next, and that is awaited.
    Say(Vec<u8>, Awaited),
    /// The tunnel is open.
    Open,
}

/// The methods that are offered.
pub(super) fn greeting(credentials: Option<&Credentials>) -> Vec<u8> {
    match credentials {
        None => vec![VERSION, 1, NO_AUTHENTICATION],
        Some(_) => vec![VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
    }
}

/// What asks for the tunnel. A name is the proxy's to look up.
fn request(host: &str, port: u16) -> Result<Vec<u8>, ProxyError> {
    let mut request = vec![VERSION, CONNECT, 0];
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Err(_) => {
            request.push(NAME);
            put(&mut request, host).ok_or(ProxyError::HostTooLong)?;
        }
    }
    request.extend(port.to_be_bytes());
    Ok(request)
}

/// Who asks.
fn login(credentials: &Credentials) -> Result<Vec<u8>, ProxyError> {
    let mut login = vec![PASSWORD_VERSION];
    put(&mut login, &credentials.user).ok_or(ProxyError::Credentials)?;
    put(&mut login, &credentials.password).ok_or(ProxyError::Credentials)?;
    Ok(login)
}

/// Appends a text behind its length, which is a byte.
fn put(bytes: &mut Vec<u8>, text: &str) -> Option<()> {
    bytes.push(u8::try_from(text.len()).ok()?);
    bytes.extend(text.bytes());
    Some(())
}

/// Reads an answer as far as it has come.
pub(super) fn read(
    awaited: Awaited,
    answer: &[u8],
    (host, port): (&str, u16),
    credentials: Option<&Credentials>,
) -> Result<Outcome, ProxyError> {
    let [version, outcome, rest @ ..] = answer else {
        return Ok(Outcome::Wants(2_usize.saturating_sub(answer.len())));
    };
    let expected = if awaited == Awaited::Login { PASSWORD_VERSION } else { VERSION };
    if *version != expected {
        return Err(ProxyError::Malformed);
    }
    match (awaited, *outcome) {
        (Awaited::Method, NO_AUTHENTICATION) | (Awaited::Login, 0) => {
            Ok(Outcome::Say(request(host, port)?, Awaited::Reply))
        }
        (Awaited::Method, USER_AND_PASSWORD) => {
            let credentials = credentials.ok_or(ProxyError::Malformed)?;
            Ok(Outcome::Say(login(credentials)?, Awaited::Login))
        }
        (Awaited::Method, NONE_ACCEPTABLE) | (Awaited::Login, _) => Err(ProxyError::Login),
        (Awaited::Method, _) => Err(ProxyError::Malformed),
        (Awaited::Reply, 0) => bound_address(rest),
        (Awaited::Reply, code) => Err(ProxyError::Socks { code }),
    }
}

/// Passes over the address that the proxy speaks from, which nobody needs.
fn bound_address(rest: &[u8]) -> Result<Outcome, ProxyError> {
    let [_, kind, first, ..] = rest else {
        return Ok(Outcome::Wants(3_usize.saturating_sub(rest.len())));
    };
    let address_len = match *kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(*first) + 1,
        _ => return Err(ProxyError::Malformed),
    };
    // The reserved byte, the kind, the address, the port.
    match (2 + address_len + 2_usize).saturating_sub(rest.len()) {
        0 => Ok(Outcome::Open),
        wanted => Ok(Outcome::Wants(wanted)),
    }
}
