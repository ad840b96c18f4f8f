//! What a compressed message is made of: blocks, literals and matches, each with its bits
//! (RFC 1951), as the core's decoder reads them.

use alloc::vec;

use socklet_core::{
    deflate::{Inflate, InflateStatus},
    trace::{Step, Symbol},
};

/// The largest window.
pub(crate) const MAX_WINDOW_LEN: usize = 1 << 15;

/// Reads a message's compressed data, all frames joined, up to their end or to where they are
/// damaged; each step's `at` counts from the start of the message.
///
/// Neither literals nor the history are looked at, so it works behind a gap as well.
pub fn read(data: &[u8], history_len: usize, window_len: usize, report: &mut dyn FnMut(Step)) {
    decode(data, data.len(), history_len, window_len, report);
}

/// Decodes pieces of this length, and returns where the one begins in which there is an error.
fn decode(
    data: &[u8],
    piece_len: usize,
    history_len: usize,
    window_len: usize,
    report: &mut dyn FnMut(Step),
) -> usize {
    let mut inflate = Inflate::new();
    let mut window = vec![0; 2 * MAX_WINDOW_LEN];
    let mut at = history_len.min(MAX_WINDOW_LEN);
    let mut history_len = at;
    let (mut start, mut read, mut written) = (0, 0, 0);
    loop {
        if at == window.len() {
            slide(&mut window);
            at = MAX_WINDOW_LEN;
        }
        let mut relate = |mut step: Step| {
            step.bit += read as u64 * 8;
            step.at = step.at - at + written;
            report(step);
        };
        let input = data.get(read..data.len().min(start + piece_len)).unwrap_or_default();
        let inflated =
            inflate.inflate_traced(input, &mut window, at, history_len, window_len, &mut relate);
        let Ok(inflated) = inflated else { return start };
        read += inflated.read;
        written += inflated.written;
        at += inflated.written;
        history_len = (history_len + inflated.written).min(window_len);
        if inflated.status == InflateStatus::NeedsInput {
            start = read;
            if read == data.len() {
                return read;
            }
        }
    }
}

/// Moves what is behind the first bytes of a buffer, as many as a window has, over them.
pub(crate) fn slide(buffer: &mut [u8]) {
    if let Some((window, behind)) = buffer.split_at_mut_checked(MAX_WINDOW_LEN) {
        for (to, byte) in window.iter_mut().zip(behind) {
            *to = *byte;
        }
    }
}

/// Finds the byte of the compressed data from which a byte of the message comes.
pub(crate) fn locate(data: &[u8], history_len: usize, window_len: usize, offset: usize) -> usize {
    let mut found = None;
    read(data, history_len, window_len, &mut |step| {
        let len = match step.symbol {
            Symbol::Literal => 1,
            Symbol::Stored { len } => len,
            Symbol::Match { length, .. } => length.into(),
            _ => 0,
        };
        let into = offset.wrapping_sub(step.at);
        if into < len && found.is_none() {
            let into = if matches!(step.symbol, Symbol::Stored { .. }) { into } else { 0 };
            found = usize::try_from(step.bit / 8).ok().map(|byte| byte + into);
        }
    });
    found.unwrap_or(data.len())
}

/// Finds the byte of the compressed data at which the decoder stops with an error.
pub(crate) fn error_at(data: &[u8], history_len: usize, window_len: usize) -> usize {
    decode(data, 1, history_len, window_len, &mut |_| {})
}
