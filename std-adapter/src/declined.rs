//! The HTTP response of a server that declines, read as far as it is of use.

use std::time::Duration;

use socklet_core::handshake::client::Response;

use crate::error::Declined;

/// Longest body that is read.
const BODY_LEN: usize = 64 << 10;

/// Longest time for the body, which nobody may ever send to its end.
pub(crate) const BODY_WAIT: Duration = Duration::from_secs(1);

/// Bytes that are read at a time.
pub(crate) const READ_LEN: usize = 4 << 10;

/// Copies the head, and what was read behind it.
pub(crate) fn read(response: Option<Response<'_>>, behind: &[u8]) -> Option<Declined> {
    let response = response?;
    let headers =
        response.headers().map(|header| (header.name.to_owned(), header.value.to_vec())).collect();
    let mut declined = Declined { status: response.status(), headers, body: Vec::new() };
    let wanted = body_wants(&declined).unwrap_or_default();
    declined.body.extend(behind.iter().take(wanted));
    Some(declined)
}

/// Bytes of the body that may be still to come; `None`: none.
pub(crate) fn body_wants(declined: &Declined) -> Option<usize> {
    let chunked = declined
        .header("Transfer-Encoding")
        .is_some_and(|value| value.to_ascii_lowercase().ends_with(b"chunked"));
    if chunked && declined.body.ends_with(b"0\r\n\r\n") {
        return None;
    }
    let declared = declined
        .header("Content-Length")
        .and_then(|value| std::str::from_utf8(value).ok())
        .and_then(|digits| digits.parse().ok());
    let end: usize = match declared {
        _ if matches!(declined.status, 100..=199 | 204 | 304) => 0,
        Some(len) => BODY_LEN.min(len),
        None => BODY_LEN,
    };
    end.checked_sub(declined.body.len()).filter(|wanted| *wanted != 0)
}
