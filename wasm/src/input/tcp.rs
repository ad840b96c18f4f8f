//! TCP (RFC 9293) put together again: what comes twice, out of order or overlapping, and what is
//! missing.
//!
//! Segments are only noted while a capture is read, as ranges of it. When it has been read they are
//! sorted by their place in the stream: the first copy of a byte counts, and what nobody has seen
//! becomes a gap.

use alloc::vec::Vec;
use core::ops::Range;

use super::{u16_at, u32_at};
use crate::stream::{Moment, Stream};

/// The flags that matter.
const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// A segment of TCP.
pub(super) struct Segment {
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    sequence: u32,
    acknowledgement: u32,
    flags: u8,
    /// Where in the capture its data are.
    pub(super) data: Range<usize>,
    pub(super) moment: Moment,
}

impl Segment {
    /// Reads the segment at a range of the capture.
    pub(super) fn parse(capture: &[u8], range: Range<usize>, moment: Moment) -> Option<Self> {
        let bytes = capture.get(range.clone())?;
        let header_len = usize::from(bytes.get(12)? >> 4) * 4;
        if header_len < 20 {
            return None;
        }
        let start = range.start + header_len;
        Some(Self {
            source_port: u16_at(bytes, 0)?,
            destination_port: u16_at(bytes, 2)?,
            sequence: u32_at(bytes, 4)?,
            acknowledgement: u32_at(bytes, 8)?,
            flags: *bytes.get(13)?,
            // A capture that is cut within the options has no data.
            data: start.min(range.end)..range.end,
            moment,
        })
    }

    /// Whether it opens a connection: of both ends, the first.
    pub(super) const fn is_opening(&self) -> bool {
        self.flags & (SYN | ACK) == SYN
    }
}

/// Data of one direction.
struct Piece {
    /// Its place in the stream; before the first that was seen it is negative.
    at: i64,
    data: Range<usize>,
    moment: Moment,
}

/// One direction of a connection.
#[derive(Default)]
pub(super) struct Direction {
    pieces: Vec<Piece>,
    /// A sequence number and its place in the stream: the last that was seen.
    last: Option<(u32, i64)>,
    initial: Option<u32>,
    finished: Option<(i64, Moment)>,
    reset: Option<Moment>,
    /// How far the other end has acknowledged.
    acknowledged: i64,
}

impl Direction {
    /// Whether this segment begins another connection between the same ports.
    pub(super) fn is_reused_by(&self, segment: &Segment) -> bool {
        segment.is_opening() && self.last.is_some() && self.initial != Some(segment.sequence)
    }

    /// Whether data have been seen.
    pub(super) fn has_data(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// Takes note of a segment that this end has sent.
    pub(super) fn sent(&mut self, segment: &Segment) {
        let mut at = match self.last {
            _ if segment.flags & SYN != 0 => {
                self.initial = Some(segment.sequence);
                // The SYN takes the place before the first byte.
                -1
            }
            Some(_) => self.place(segment.sequence),
            None => 0,
        };
        self.last = Some((segment.sequence, at));
        if segment.flags & SYN != 0 {
            at = 0;
        }
        let len = segment.data.len();
        if segment.flags & RST != 0 {
            // Data of a reset are a diagnosis at most.
            self.reset = self.reset.or(Some(segment.moment));
            return;
        }
        if len != 0 {
            let (data, moment) = (segment.data.clone(), segment.moment);
            self.pieces.push(Piece { at, data, moment });
        }
        if segment.flags & FIN != 0 && self.finished.is_none() {
            self.finished = Some((at + len as i64, segment.moment));
        }
    }

    /// Takes note of what the other end has acknowledged.
    pub(super) fn acknowledged(&mut self, segment: &Segment) {
        if segment.flags & (ACK | RST) == ACK && self.last.is_some() {
            self.acknowledged = self.acknowledged.max(self.place(segment.acknowledgement));
        }
    }

    /// The place of a sequence number, which counts modulo 2^32.
    fn place(&self, sequence: u32) -> i64 {
        let Some((last, at)) = self.last else { return 0 };
        at + i64::from(sequence.wrapping_sub(last) as i32)
    }

    /// Puts the stream together.
    pub(super) fn stream(mut self, capture: &[u8]) -> Stream {
        let mut stream = Stream::default();
        stream.is_headless = self.initial.is_none();
        sort(&mut self.pieces);
        let first = self.pieces.first().map_or(0, |piece| piece.at);
        let mut next = if stream.is_headless { first } else { 0 };
        let mut order = Moment::default();
        for piece in &self.pieces {
            let missing = piece.at - next;
            if missing > 0 {
                stream.push_gap(missing.unsigned_abs());
                next = piece.at;
            }
            // Seen before.
            let seen = usize::try_from(next.saturating_sub(piece.at)).unwrap_or(usize::MAX);
            let start = piece.data.start.saturating_add(seen);
            let Some(data) = capture.get(start..piece.data.end) else { continue };
            // Bytes are received when those before them are, too.
            if piece.moment.order >= order.order {
                order = piece.moment;
            }
            stream.push(data, order, Some(start as u64));
            next += data.len() as i64;
        }
        let end = self.finished.map(|(at, _)| at);
        // A FIN takes a place of its own.
        let known = end.unwrap_or(self.acknowledged.saturating_sub(1)).max(next);
        let missing = known - next;
        if missing > 0 && !(self.pieces.is_empty() && stream.is_headless) {
            stream.push_gap(missing.unsigned_abs());
        }
        stream.finished = self.finished.map(|(_, moment)| moment);
        stream.reset = self.reset;
        stream
    }
}

/// Sorts pieces by their place, and those of the same place as they came: a heap sort, which takes
/// a tenth of the code of the standard library's, and is not begun where nothing is out of order.
fn sort(pieces: &mut [Piece]) {
    let key = |piece: &Piece| (piece.at, piece.moment.order);
    if pieces.is_sorted_by_key(key) {
        return;
    }
    let is_less = |pieces: &[Piece], left: usize, right: usize| {
        pieces.get(left).zip(pieces.get(right)).is_some_and(|(left, right)| key(left) < key(right))
    };
    let sift = |pieces: &mut [Piece], mut at: usize, len: usize| {
        loop {
            let mut larger = at * 2 + 1;
            if larger >= len {
                return;
            }
            if larger + 1 < len && is_less(pieces, larger, larger + 1) {
                larger += 1;
            }
            if !is_less(pieces, at, larger) {
                return;
            }
            pieces.swap(at, larger);
            at = larger;
        }
    };
    let len = pieces.len();
    for at in (0..len / 2).rev() {
        sift(pieces, at, len);
    }
    for end in (1..len).rev() {
        pieces.swap(0, end);
        sift(pieces, 0, end);
    }
}
