//! Lines as messages: text, or bytes if they are none.

use std::io;

use socklet_std::Message;

/// Longest line: without a bound, input that has no lines would fill the memory.
pub(crate) const MAX_LEN: u64 = 64 << 20;

/// A line that was read with its end, without it; none at the end of the input, where it is empty.
///
/// # Errors
/// It is longer than [`MAX_LEN`].
pub(crate) fn message(mut line: Vec<u8>) -> io::Result<Option<Message>> {
    if line.len() as u64 > MAX_LEN {
        let reason = "a line of more than 64 MiB (send a file with --binary)";
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    Ok(Some(match String::from_utf8(line) {
        Ok(text) => text.into(),
        Err(error) => error.into_bytes().into(),
    }))
}
