//! Streams of messages to measure with: written by `tests/deflate/corpus.py`.

/// Messages of a file: each behind its length, a little-endian u32.
///
/// # Panics
/// If the file is cut off.
#[must_use]
pub fn messages(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let (message, rest) = rest.split_at(u32::from_le_bytes(*len) as usize);
        messages.push(message.to_vec());
        bytes = rest;
    }
    messages
}
