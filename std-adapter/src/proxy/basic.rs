//! The Basic authentication of HTTP ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).

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
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit) & 63) as usize;
            let has_bits = digit <= three.len();
            let char = ALPHABET.get(value).filter(|_| has_bits).copied().unwrap_or(b'=');
            text.push(char::from(char));
        }
    }
    text
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
