//! Field lines: those of one name, the comma-separated lists in them (RFC 9110 section 5.6.1), and
//! the rules for those that a caller adds.

use super::head::{HeadWriter, is_control};
use crate::{
    error::ConfigError,
    grammar::{consists_of, is_same, is_token, split, trim},
};

/// Whether this can be the value of `Host`: a host of RFC 3986 section 3.2.2 and a port, as far as
/// single bytes tell.
pub(super) fn is_host(bytes: &[u8]) -> bool {
    consists_of(bytes, b"-._~%:[]!$&'()*+,;=")
}

/// The elements of a comma-separated list that is not quoted; empty ones do not count (RFC 9110
/// section 5.6.1).
pub(super) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = value;
    core::iter::from_fn(move || {
        while !rest.is_empty() {
            let (element, others) = split(rest, b',');
            rest = others.unwrap_or_default();
            let element = trim(element);
            if !element.is_empty() {
                return Some(element);
            }
        }
        None
    })
}

/// The values of all field lines of one name, in their order.
pub(super) fn values<'a, I>(fields: I, name: &str) -> Values<'_, I>
where
    I: Iterator<Item = (&'a [u8], &'a [u8])>,
{
    Values { fields, name }
}

/// See [`values`].
pub(super) struct Values<'n, I> {
    fields: I,
    name: &'n str,
}

impl<'a, I: Iterator<Item = (&'a [u8], &'a [u8])>> Iterator for Values<'_, I> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let (name, value) = self.fields.next()?;
            if is_same(name, self.name) {
                return Some(value);
            }
        }
    }
}

/// Whether the lists in these values hold the token, without regard to case.
pub(super) fn has_token<'a>(values: impl Iterator<Item = &'a [u8]>, token: &str) -> bool {
    find_token(values, token, false)
}

/// Whether the lists in these values hold the token and nothing else.
pub(super) fn has_token_alone<'a>(values: impl Iterator<Item = &'a [u8]>, token: &str) -> bool {
    find_token(values, token, true)
}

fn find_token<'a>(values: impl Iterator<Item = &'a [u8]>, token: &str, is_alone: bool) -> bool {
    let mut is_found = false;
    for value in values {
        for element in elements(value) {
            if is_same(element, token) {
                is_found = true;
            } else if is_alone {
                return false;
            }
        }
    }
    is_found
}

/// The only one of these values; none if there are more.
pub(super) fn only<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Option<&'a [u8]> {
    values.next().filter(|_| values.next().is_none())
}

/// Writes the caller's own headers, each on a line of its own.
///
/// Nothing that a caller passes can begin another line, nor take the place of a line that the
/// handshake writes itself.
pub(super) fn put_headers(
    out: &mut HeadWriter<'_>,
    headers: &[(&str, &str)],
    is_reserved: impl Fn(&[u8]) -> bool,
) -> Result<(), ConfigError> {
    for (name, value) in headers {
        let name = name.as_bytes();
        if !is_token(name) {
            return Err(ConfigError::InvalidHeaderName);
        }
        if is_reserved(name) {
            return Err(ConfigError::ReservedHeader);
        }
        out.field(name);
        put_value(out, value)?;
    }
    Ok(())
}

/// Writes a value that the caller has chosen.
pub(super) fn put_value(out: &mut HeadWriter<'_>, value: &str) -> Result<(), ConfigError> {
    if value.bytes().any(is_control) {
        return Err(ConfigError::InvalidHeaderValue);
    }
    out.put(value.as_bytes());
    Ok(())
}

/// Whether the handshake writes this field itself, or it would announce a body that there is not.
pub(super) fn is_reserved(name: &[u8]) -> bool {
    const PREFIX: &str = "Sec-WebSocket-";
    name.get(..PREFIX.len()).is_some_and(|start| is_same(start, PREFIX))
        || is_same(name, "Host")
        || is_same(name, "Upgrade")
        || is_framing(name)
}

/// Whether this field says where a message, or the connection, ends.
pub(super) fn is_framing(name: &[u8]) -> bool {
    is_same(name, "Connection")
        || is_same(name, "Content-Length")
        || is_same(name, "Transfer-Encoding")
}
