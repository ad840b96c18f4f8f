//! A payload piece by piece, unmasked, gaps among them.

use alloc::vec::Vec;
use core::ops::Range;

use socklet_core::wire::mask::Mask;

use crate::{report::Frame, stream::Stream};

/// A payload that is read piece by piece, unmasked.
pub(crate) struct Pieces {
    index: usize,
    end: usize,
    payload_len: u64,
    origin: usize,
    key: Option<[u8; 4]>,
}

/// A piece of a payload.
pub(crate) enum Piece<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// So many are missing.
    Gap(u64),
}

/// Bytes that are unmasked at once.
const PIECE_LEN: usize = 16 << 10;

impl Pieces {
    pub(crate) fn of(frame: &Frame) -> Self {
        let Range { start, end } = frame.payload();
        Self {
            index: start,
            end,
            payload_len: frame.payload_len,
            origin: frame.start,
            key: frame.masking_key,
        }
    }

    /// Hands out all pieces.
    pub(crate) fn read(self, stream: &Stream, piece: &mut dyn FnMut(Piece<'_>)) {
        let header_len = (self.index - self.origin) as u64;
        let origin = stream.offset(self.origin).saturating_add(header_len);
        let mut index = self.index;
        let mut done = 0_u64;
        let mut scratch = Vec::new();
        loop {
            // How far the payload is from what is there next: a gap.
            let missing = match stream.next_gap(index) {
                Some(gap) if gap.at == index && done < self.payload_len => {
                    let behind = stream.offset(index).saturating_sub(origin).min(self.payload_len);
                    behind.saturating_sub(done)
                }
                _ => 0,
            };
            if missing != 0 {
                piece(Piece::Gap(missing));
                done = done.saturating_add(missing);
            }
            if index >= self.end {
                return;
            }
            let gap = stream.next_gap(index + 1).map_or(self.end, |gap| gap.at);
            let end = gap.min(self.end).min(index + PIECE_LEN);
            let bytes = stream.bytes().get(index..end).unwrap_or_default();
            if let Some(key) = self.key {
                let key = u32::from_be_bytes(key).rotate_left((done & 3) as u32 * 8);
                scratch.clear();
                scratch.extend_from_slice(bytes);
                Mask::new(key.to_be_bytes()).apply(&mut scratch);
                piece(Piece::Bytes(&scratch));
            } else {
                piece(Piece::Bytes(bytes));
            }
            done = done.saturating_add(bytes.len() as u64);
            index = end;
        }
    }
}
