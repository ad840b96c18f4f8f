//! Lines as messages: text, or bytes if they are none.

use std::io;

use socklet_std::Message;

/// Longest line without its end: without a bound, input that has no lines would fill the memory.
const MAX_LEN: u64 = 64 << 20;

/// As much is to be read of a line: with the longest end.
pub(crate) const READ_LEN: u64 = MAX_LEN + 2;

/// A line that was read with its end, without it; none at the end of the input, where it is empty.
///
/// # Errors
/// It is longer than [`MAX_LEN`].
pub(crate) fn message(mut line: Vec<u8>) -> io::Result<Option<Message>> {
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    if line.len() as u64 > MAX_LEN {
        let reason = "a line of more than 64 MiB";
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(Some(match String::from_utf8(line) {
        Ok(text) => text.into(),
        Err(error) => error.into_bytes().into(),
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_as_on_any_system_and_its_end_does_not_count() {
        assert_eq!(message(Vec::new()).unwrap(), None);
        assert_eq!(message(b"\n".to_vec()).unwrap(), Some("".into()));
        for end in ["", "\n", "\r\n"] {
            let line = |len: u64| [&*vec![b'x'; len as usize], end.as_bytes()].concat();
            let longest = message(line(MAX_LEN)).unwrap().unwrap();
            assert_eq!(longest.as_bytes().len() as u64, MAX_LEN, "{end:?}");
            let error = message(line(MAX_LEN + 1)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{end:?}");
        }
    }
}
