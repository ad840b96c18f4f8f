//! Every byte of a head changed to every other byte: refused, unless it means the same.

use crate::support::{REQUEST, RESPONSE, check_request, check_response, is_token};

/// How much of a line matters to the peer that checks it.
enum Line {
    /// The request line.
    Request,
    /// The status line.
    Status,
    /// The whole value.
    Exact,
    /// The value, but it may be missing with its name.
    Optional,
    /// A list in which a token is looked for.
    List,
    /// Any host.
    Host,
    /// Any key.
    Key,
    /// Nothing of it.
    Ignored,
}

impl Line {
    /// Whether the head is as good with this byte at this column of the line.
    fn allows(&self, line: &str, column: usize, byte: u8) -> bool {
        let Some(old) = line.as_bytes().get(column) else {
            return false; // Its CR LF.
        };
        let is_same_letter = byte.eq_ignore_ascii_case(old);
        let is_text = byte >= b' ' && byte != 0x7f || byte == b'\t';
        let is_space = matches!(byte, b' ' | b'\t');
        let is_edge = |first: usize| column <= first + 1 || column + 1 == line.len();
        let in_name = |colon: usize| column < colon;
        match (self, line.find(':')) {
            (Self::Request, _) => match column {
                4..9 => byte.is_ascii_graphic(),
                17 => matches!(byte, b'2'..=b'9'),
                _ => false,
            },
            (Self::Status, _) => {
                column > 12 && is_text || column == 7 && matches!(byte, b'2'..=b'9')
            }
            (_, Some(colon)) if column == colon => false,
            // A colon within the name ends another name sooner.
            (Self::Ignored | Self::Optional, Some(colon)) if in_name(colon) => {
                is_token(byte) || byte == b':' && column > 0
            }
            (_, Some(colon)) if in_name(colon) => is_same_letter,
            (Self::Ignored, _) => is_text,
            (Self::Exact | Self::Optional, _) => *old == b' ' && is_space,
            (Self::List, _) => is_same_letter || *old == b' ' && (is_space || byte == b','),
            (Self::Host, Some(colon)) => {
                byte.is_ascii_alphanumeric()
                    || b"-._~%:[]!$&'()*+,;=".contains(&byte)
                    || is_space && is_edge(colon + 1)
            }
            (Self::Key, _) => match old {
                b' ' => is_space,
                b'=' => false,
                _ => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
            },
            (_, None) => false,
        }
    }
}

/// Tries all changes of one byte.
fn assert_mutations(head: &str, is_good: fn(&[u8]) -> bool, line_of: fn(&str) -> Line) {
    assert!(is_good(head.as_bytes()));
    let mut start = 0;
    for whole in head.split_inclusive("\r\n") {
        let line = &whole[..whole.len() - 2];
        let kind = line_of(line.split([':', ' ']).next().unwrap());
        for column in 0..whole.len() {
            let mut bytes = head.as_bytes().to_vec();
            for byte in (0..=255).filter(|byte| *byte != head.as_bytes()[start + column]) {
                bytes[start + column] = byte;
                let (is_good, expected) = (is_good(&bytes), kind.allows(line, column, byte));
                assert_eq!(is_good, expected, "{byte:#04x} at {column} of {whole:?}");
            }
        }
        start += whole.len();
    }
}

#[test]
fn a_response_with_one_byte_changed_is_refused_unless_it_means_the_same() {
    let is_good = |head: &[u8]| check_response(head).is_ok();
    assert_mutations(RESPONSE, is_good, |name| match name {
        "HTTP/1.1" => Line::Status,
        "Upgrade" | "Connection" => Line::List,
        "Sec-WebSocket-Protocol" => Line::Optional,
        _ => Line::Exact,
    });
}

#[test]
fn a_request_with_one_byte_changed_is_refused_unless_it_means_the_same() {
    let is_good = |head: &[u8]| check_request(head).is_ok();
    assert_mutations(REQUEST, is_good, |name| match name {
        "GET" => Line::Request,
        "Host" => Line::Host,
        "Upgrade" | "Connection" => Line::List,
        "Sec-WebSocket-Key" => Line::Key,
        "Origin" | "Sec-WebSocket-Protocol" => Line::Ignored,
        _ => Line::Exact,
    });
}
