//! What field values are made of (RFC 9110 section 5.6), as far as both the opening handshake and
//! the extension's parameters need it.

/// Whether this is a token (RFC 9110 section 5.6.2).
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    consists_of(bytes, b"!#$%&'*+-.^_`|~")
}

/// Whether there are bytes, all of them letters, digits or of these marks.
pub(crate) fn consists_of(bytes: &[u8], marks: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().all(|byte| {
            // `contains` would bring a fast search for long slices, and its size.
            byte.is_ascii_alphanumeric() || position(marks, |mark| mark == *byte).is_some()
        })
}

/// Tells where the first byte is that fits.
///
/// `Iterator::position` keeps an overflow check that no optimizer removes where there are such
/// checks; a range needs none.
pub(crate) fn position(bytes: &[u8], mut fits: impl FnMut(u8) -> bool) -> Option<usize> {
    (0..bytes.len()).zip(bytes).find(|(_, byte)| fits(**byte)).map(|(at, _)| at)
}

/// Splits at the first separator, which is in neither part; without one there is no second part.
pub(crate) fn split(bytes: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let at = position(bytes, |byte| byte == separator).unwrap_or(bytes.len());
    let (first, rest) = bytes.split_at_checked(at).unwrap_or_default();
    (first, rest.get(1..))
}

/// Splits a text as [`split`] does, at a separator that is ASCII.
pub(crate) fn split_text(text: &str, separator: u8) -> (&str, Option<&str>) {
    let Some(at) = position(text.as_bytes(), |byte| byte == separator) else { return (text, None) };
    (text.get(..at).unwrap_or_default(), text.get(at.saturating_add(1)..))
}

/// Whether these are the same but for the case of their letters.
///
/// Kept out of line, like [`trim`]: in small builds each copy of such a loop counts.
#[inline(never)]
pub(crate) fn is_same(bytes: &[u8], name: &str) -> bool {
    bytes.eq_ignore_ascii_case(name.as_bytes())
}

/// Takes the white space off both ends: spaces and tabs only (RFC 9110 section 5.6.3).
#[inline(never)]
pub(crate) const fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
