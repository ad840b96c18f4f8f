//! The tunnel of an HTTP proxy: CONNECT ([RFC 9110 section
//! 9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)).

use socklet_core::handshake::{client::Response, head_len};

use super::{Credentials, ProxyError, basic};

/// Longest head of an answer.
const HEAD_LEN: usize = 16 << 10;

/// What asks for the tunnel. `authority` has its port.
pub(super) fn request(
    authority: &str,
    credentials: Option<&Credentials>,
) -> Result<Vec<u8>, ProxyError> {
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
    if let Some(credentials) = credentials {
        request += &format!("Proxy-Authorization: {}\r\n", basic::value(credentials)?);
    }
    Ok((request + "\r\n").into_bytes())
}

/// Reads the answer; the number of bytes that it may still have, 0 if the tunnel is open.
pub(super) fn wanted(answer: &[u8]) -> Result<usize, ProxyError> {
    let Some(len) = head_len(answer) else {
        return match HEAD_LEN.saturating_sub(answer.len()) {
            0 => Err(ProxyError::TooLong),
            wanted => Ok(wanted),
        };
    };
    let head = answer.get(..len).unwrap_or_default();
    let response = Response::parse(head).map_err(|_| ProxyError::Malformed)?;
    match response.status() {
        // Whatever it says about a body, there is none; and no server speaks first in HTTP or TLS.
        200..=299 if len == answer.len() => Ok(0),
        200..=299 => Err(ProxyError::Malformed),
        status => Err(ProxyError::Refused { status }),
    }
}
