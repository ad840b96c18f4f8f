//! Numbers and bytes as text, without the formatting of the standard library, and its size; and what
//! is looked for in texts.

use alloc::string::String;

/// Digits of hexadecimal numbers.
const HEX: &[u8; 16] = b"0123456789abcdef";

/// The digit of the low four bits.
pub(crate) fn hex_digit(value: u8) -> char {
    char::from(HEX.get(usize::from(value & 0xf)).copied().unwrap_or(b'0'))
}

/// Appends bytes in hexadecimal digits.
pub(crate) fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        out.push(hex_digit(byte >> 4));
        out.push(hex_digit(*byte));
    }
}

/// Appends a number.
pub fn push_number(out: &mut String, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    for digit in digits.get(start..).unwrap_or_default() {
        out.push(char::from(*digit));
    }
}

/// Appends a number with so many digits behind the point, of which it is that many times as large.
pub(crate) fn push_fraction(out: &mut String, number: u64, digits: u32) {
    let unit = 10_u64.saturating_pow(digits).max(1);
    push_number(out, number / unit);
    out.push('.');
    let mut rest = String::new();
    push_number(&mut rest, number % unit);
    for _ in rest.len()..digits as usize {
        out.push('0');
    }
    out.push_str(&rest);
}

/// The value of a hexadecimal digit.
pub(crate) const fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Two hexadecimal digits as a byte.
pub(crate) const fn hex_pair(high: u8, low: u8) -> Option<u8> {
    match (hex_value(high), hex_value(low)) {
        (Some(high), Some(low)) => Some(high << 4 | low),
        _ => None,
    }
}

/// The lines of a text with their offsets, without their ends.
pub(crate) const fn lines(bytes: &[u8]) -> Lines<'_> {
    Lines { rest: Some(bytes), at: 0 }
}

/// See [`lines`].
pub(crate) struct Lines<'a> {
    rest: Option<&'a [u8]>,
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    /// Out of line: it is called in many places.
    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let len = run_len(rest, |byte| *byte != b'\n');
        let (line, behind) = rest.split_at_checked(len)?;
        self.rest = behind.get(1..);
        let at = self.at;
        self.at += len + 1;
        Some((at, line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

/// How many bytes at the front are of a kind. Out of line, or there is a copy for each kind.
#[inline(never)]
pub(crate) fn run_len(bytes: &[u8], is_one: fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_one(byte)).count()
}

/// Where this is found next, from some offset on.
pub(crate) fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let (first, rest) = what.split_first()?;
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| byte == first)? + 1;
        if bytes.get(at..)?.starts_with(rest) {
            return Some(at - 1);
        }
    }
}

/// Bytes as text; what is not UTF-8 is replaced.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while let Err(error) = core::str::from_utf8(rest) {
        let (valid, behind) = rest.split_at_checked(error.valid_up_to()).unwrap_or_default();
        text.push_str(core::str::from_utf8(valid).unwrap_or_default());
        text.push(char::REPLACEMENT_CHARACTER);
        let bad_len = error.error_len().unwrap_or(behind.len());
        rest = behind.get(bad_len..).unwrap_or_default();
    }
    text.push_str(core::str::from_utf8(rest).unwrap_or_default());
    text
}

/// Appends a number, with spaces before it up to a width.
pub(crate) fn push_right(out: &mut String, number: u64, width: usize) {
    let mut digits = String::new();
    push_number(&mut digits, number);
    for _ in digits.len()..width {
        out.push(' ');
    }
    out.push_str(&digits);
}

/// Appends a text, with spaces behind it up to a width.
pub(crate) fn push_left(out: &mut String, text: &str, width: usize) {
    out.push_str(text);
    for _ in text.len()..width {
        out.push(' ');
    }
}

/// Appends text without what would control a terminal.
pub(crate) fn push_shown(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char.is_control() || is_bidi(char) => {
                out.push_str("\\u{");
                let code = char as u32;
                push_hex(out, code.to_be_bytes().get(1..).unwrap_or_default());
                out.push('}');
            }
            char => out.push(char),
        }
    }
}

/// Whether a character changes the direction of those around it.
const fn is_bidi(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
