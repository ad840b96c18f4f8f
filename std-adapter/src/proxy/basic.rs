//! The Basic authentication of HTTP ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).

use socklet_core::handshake::base64_digit;

use super::{Credentials, ProxyError};

/// The value of `Proxy-Authorization`.
pub(super) fn value(credentials: &Credentials) -> Result<String, ProxyError> {
    let Credentials { user, password } = credentials;
    // The first colon ends the user; controls are forbidden by section 2.
    if user.contains(':') || user.chars().chain(password.chars()).any(char::is_control) {
        return Err(ProxyError::Credentials);
    }
    Ok(format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))
}

/// Base64 with padding (RFC 4648 section 4).
fn base64(bytes: &[u8]) -> String {
    let len = bytes.len().div_ceil(3) * 4;
    (0..len).map(|at| char::from(base64_digit(bytes, at))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648 section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
    }

    #[test]
    fn the_value_is_that_of_the_rfc() {
        let value = |user: &str, password: &str| {
            value(&Credentials { user: user.to_owned(), password: password.to_owned() })
        };
        // RFC 7617 section 2.
        assert_eq!(value("Aladdin", "open sesame").unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(value("a", "b:c").is_ok());
        assert_eq!(value("a:b", "c"), Err(ProxyError::Credentials));
        assert_eq!(value("a\r\n", "c"), Err(ProxyError::Credentials));
    }
}
