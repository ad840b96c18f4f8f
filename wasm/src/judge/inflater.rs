//! Compressed messages of one direction (RFC 7692 section 7.2.2), where the history may be unknown.
//!
//! Behind a gap, or where a capture begins late, a message may refer to what nobody has seen. So it
//! is inflated twice, by two of the core's decoders: one over a history of zeros, the other over one
//! of ones. What is decoded does not depend on the history, only the bytes that are copied from it
//! do: where both agree, the byte is known; where they differ, it is a copy of something unknown.

use alloc::{vec, vec::Vec};
use core::ops::Range;

use socklet_core::{
    deflate::{Inflate, InflateError, InflateStatus},
    permessage_deflate::Context,
};

use crate::xray::{MAX_WINDOW_LEN, slide};

/// What the sender has left off the end of a message (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The largest window, and as much room behind it.
const BUFFER_LEN: usize = 2 * MAX_WINDOW_LEN;

/// Most ranges that are told apart in a message; what follows is unknown.
const MAX_RANGES: usize = 4096;

/// Where inflated bytes go.
pub(super) struct Output<'a> {
    /// All that the direction has inflated.
    pub(super) bytes: &'a mut Vec<u8>,
    /// Where the message begins in it.
    pub(super) start: usize,
    /// What is not known of the message.
    pub(super) unknown: &'a mut Vec<Range<u64>>,
    /// Most bytes in all.
    pub(super) limit: usize,
}

/// Why there is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The data are damaged.
    Damaged(InflateError),
    /// The output reaches its limit.
    Limit,
}

impl From<InflateError> for Stop {
    fn from(error: InflateError) -> Self {
        Self::Damaged(error)
    }
}

/// A decoder and its window.
struct Lane {
    inflate: Inflate,
    window: Vec<u8>,
}

impl Lane {
    fn new(filler: u8) -> Self {
        Self { inflate: Inflate::new(), window: vec![filler; BUFFER_LEN] }
    }
}

/// The context of one direction.
pub(super) struct Inflater {
    lane: Lane,
    /// The second opinion, while not all of the history is known.
    shadow: Option<Lane>,
    /// Whether both windows begin with what stands for an unknown history.
    is_filled: bool,
    /// Where in both windows the next byte goes.
    at: usize,
    history_len: usize,
    /// Bytes at the end of the history that are known, counted while there is a shadow.
    known_len: usize,
    window_len: usize,
    takeover: bool,
    /// Compressed bytes of this message.
    compressed_len: u64,
    /// The history when the message began.
    begin_history_len: usize,
}

impl Inflater {
    /// The context of a connection whose beginning has been seen.
    pub(super) fn new(context: Context) -> Self {
        Self {
            lane: Lane::new(0),
            shadow: None,
            is_filled: false,
            at: 0,
            history_len: 0,
            known_len: 0,
            window_len: 1 << context.window_bits.min(15),
            takeover: context.takeover,
            compressed_len: 0,
            begin_history_len: 0,
        }
    }

    /// Forgets the history: what was there is unknown from now on.
    pub(super) fn lose_history(&mut self) {
        self.lane.inflate.reset();
        if !self.takeover {
            self.history_len = 0;
            return;
        }
        match &mut self.shadow {
            // Lost again soon: what was inflated since stands behind it.
            Some(shadow) if self.is_filled => shadow.inflate.reset(),
            _ => {
                self.lane.window.fill(0);
                self.shadow = Some(Lane::new(0xff));
                self.is_filled = true;
            }
        }
        self.at = MAX_WINDOW_LEN;
        self.history_len = self.window_len;
        self.known_len = 0;
    }

    /// Begins a message.
    pub(super) fn begin(&mut self) {
        self.compressed_len = 0;
        if !self.takeover {
            self.lane.inflate.reset();
            self.history_len = 0;
        }
        self.begin_history_len = self.history_len;
    }

    /// How much history this message could refer to when it began.
    pub(super) const fn begin_history_len(&self) -> usize {
        self.begin_history_len
    }

    /// How far back it can.
    pub(super) const fn window_len(&self) -> usize {
        self.window_len
    }

    /// Inflates the next bytes of the message.
    pub(super) fn push(&mut self, input: &[u8], out: &mut Output<'_>) -> Result<(), Stop> {
        self.compressed_len += input.len() as u64;
        self.run(input, out)
    }

    /// Ends the message: some senders leave off more than the tail, of an empty message all, of a
    /// final block the empty one that has to follow.
    pub(super) fn finish(&mut self, out: &mut Output<'_>) -> Result<(), Stop> {
        if self.compressed_len != 0 && !self.lane.inflate.is_final() {
            self.run(&TAIL, out)?;
        }
        if self.lane.inflate.is_at_block_start() {
            Ok(())
        } else {
            Err(InflateError::Unfinished.into())
        }
    }

    fn run(&mut self, mut input: &[u8], out: &mut Output<'_>) -> Result<(), Stop> {
        loop {
            if self.at == BUFFER_LEN {
                self.move_down();
            }
            let (at, history_len, window_len) = (self.at, self.history_len, self.window_len);
            let Lane { inflate, window } = &mut self.lane;
            let inflated = inflate.inflate(input, window, at, history_len, window_len)?;
            let end = at + inflated.written;
            let written = self.lane.window.get(at..end).unwrap_or_default();
            let room = out.limit - out.bytes.len();
            let kept = written.get(..room).unwrap_or(written);
            if let Some(Lane { inflate, window }) = &mut self.shadow {
                inflate.inflate(input, window, at, history_len, window_len)?;
                let other = window.get(at..end).unwrap_or_default();
                let from = (out.bytes.len() - out.start) as u64;
                mark(kept, other, from, out.unknown, &mut self.known_len);
            }
            out.bytes.extend_from_slice(kept);
            if kept.len() < written.len() {
                return Err(Stop::Limit);
            }
            self.at = end;
            self.history_len = (history_len + inflated.written).min(window_len);
            if self.known_len >= window_len {
                self.shadow = None;
            }
            input = input.get(inflated.read..).unwrap_or_default();
            if inflated.status == InflateStatus::NeedsInput {
                return Ok(());
            }
        }
    }

    /// Makes room behind the history.
    fn move_down(&mut self) {
        slide(&mut self.lane.window);
        if let Some(shadow) = &mut self.shadow {
            slide(&mut shadow.window);
        }
        self.at = MAX_WINDOW_LEN;
        self.is_filled = false;
    }
}

/// Takes note of the bytes in which both opinions differ, and of how many agree at the end.
fn mark(
    written: &[u8],
    other: &[u8],
    from: u64,
    unknown: &mut Vec<Range<u64>>,
    known_len: &mut usize,
) {
    for (at, (byte, other)) in (from..).zip(written.iter().zip(other)) {
        if byte == other {
            *known_len += 1;
            continue;
        }
        *known_len = 0;
        let is_full = unknown.len() == MAX_RANGES;
        match unknown.last_mut() {
            Some(range) if range.end == at || is_full => range.end = at + 1,
            _ => unknown.push(at..at + 1),
        }
    }
}
