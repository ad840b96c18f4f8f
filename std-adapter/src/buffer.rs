//! Memory that grows with what is in it, within bounds.

use socklet_core::{
    Config, Fragmentation,
    buffer::Buffer,
    wire::{self, mask::Mask},
};

use crate::{deflate::Plan, wide};

/// Bytes of the first allocation for what is received: a read of small messages, or a head.
const FIRST_RECEIVE_LEN: usize = 1 << 10;

/// Bytes of the first allocation for what is staged: any control frame fits.
const FIRST_STAGING_LEN: usize = 256;

/// Bytes that are set aside, with compression, for what is not inflated yet.
const MIN_ZONE_LEN: usize = 256;

/// Bytes that are kept for good when nothing is in use: enough for ordinary messages to go by
/// without an allocation each.
const KEPT_LEN: usize = 8 << 10;

/// Bytes beside a message: the header of its frame, or of its next fragment, and a control frame.
/// Large buffers have them beyond a power of two: so a message whose length is one does not take
/// twice as much.
const BESIDE_LEN: usize = wire::MAX_CONTROL_FRAME_LEN + wire::MAX_HEADER_LEN;

/// Bytes that are kept for a while: enough for one large message after another.
const LINGERING_LEN: usize = (64 << 10) + BESIDE_LEN;

/// How many times in a row a buffer is released of which half would have done, and which neither grows
/// nor is filled, before half of it goes back.
const LINGERING_RELEASES: u8 = 16;

/// How many times reads fill a buffer before it becomes as long again as it was in vain: the first
/// time, and at most, for each time it takes twice as many.
const FILLS: u16 = 64;
const MAX_FILLS: u16 = 1 << 14;

/// Longest payload that is sent as one frame if messages may be fragmented.
const FRAME_LEN: usize = 128 << 10;

/// Longest frame with the largest header, and what a staging buffer holds of several.
const STAGING_LEN: usize = FRAME_LEN + wire::MAX_HEADER_LEN;

/// A [`Buffer`] that starts with nothing and doubles as bytes come in, up to a limit.
///
/// A length that a peer declares reserves nothing: as much memory is held as bytes have arrived,
/// twice over at most. What is beyond 64 KiB is given back as soon as no byte is in use, and what
/// is beyond 8 KiB by and by, when half would have done for a while: so a peer that sends one
/// large message after another does not cost an allocation for each.
///
/// A peer that sends more at once than a read takes gets longer reads, up to 64 KiB.
#[derive(Debug)]
pub struct GrowingBuffer {
    bytes: Vec<u8>,
    first_len: usize,
    limit: usize,
    /// How many times half would have done when it was released, since it has grown, shrunk or been
    /// filled.
    releases: u8,
    /// Bytes up to which reads that fill it make it grow at once: more was not filled before.
    eager_len: usize,
    /// How many times it was filled when it was that long, and how many times that takes to grow.
    fills: u16,
    needed_fills: u16,
}

impl GrowingBuffer {
    /// A buffer of at most `limit` bytes. None are allocated yet; when the first is needed,
    /// `first_len` will be.
    #[must_use]
    pub const fn new(first_len: usize, limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            first_len,
            limit,
            releases: 0,
            eager_len: LINGERING_LEN,
            fills: 0,
            needed_fills: FILLS,
        }
    }

    /// A receive buffer for whole messages up to
    /// [`Limits::message_len`](socklet_core::Limits::message_len), and for a head of up to
    /// [`Limits::head_len`](socklet_core::Limits::head_len).
    ///
    /// With compression the window lies in it too.
    pub(crate) fn receive(config: &Config, deflate: &Plan) -> Self {
        let message_len = match config.limits.message_len {
            0 => usize::MAX,
            len => len.saturating_add(BESIDE_LEN),
        };
        let len = message_len.max(config.limits.head_len as usize);
        let Some(window_len) = deflate.window_len() else {
            return Self::new(FIRST_RECEIVE_LEN, len);
        };
        // An eighth is for what is not inflated yet.
        let len = len.saturating_add(window_len);
        Self::new(FIRST_RECEIVE_LEN, len.saturating_add(len / 7).saturating_add(MIN_ZONE_LEN))
    }

    /// A staging buffer, which bounds the frames that a longer message is sent in.
    pub(crate) const fn staging(config: &Config) -> Self {
        let limit = match config.fragmentation {
            Fragmentation::Automatic => STAGING_LEN,
            // The caller holds the whole message anyway.
            Fragmentation::Never => usize::MAX,
        };
        Self::new(FIRST_STAGING_LEN, limit)
    }

    /// Gives back what is beyond the usual, now or by and by.
    fn give_back(&mut self, used_len: usize, peak_len: usize) {
        let len = self.bytes.len();
        // What is in use stands at the front for good, as the window of a compressed connection
        // does: without as much again behind it the next bytes would make the buffer grow anew.
        let needed_len = rounded(used_len.saturating_mul(2)).max(KEPT_LEN);
        if len <= needed_len {
            return;
        }
        // Of what was needed just now, half would not do.
        self.releases = if peak_len > len / 2 { 0 } else { self.releases.saturating_add(1) };
        let kept_len = match self.releases {
            LINGERING_RELEASES.. => rounded(len / 2),
            _ => len,
        };
        let kept_len = kept_len.min(LINGERING_LEN).max(needed_len);
        if kept_len < len {
            self.bytes.truncate(kept_len);
            self.bytes.shrink_to_fit();
            self.releases = 0;
            self.eager_len = kept_len;
            self.fills = 0;
        }
    }
}

impl Buffer for GrowingBuffer {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn grow(&mut self, len: usize) -> bool {
        if len > self.bytes.len() {
            let wanted = rounded(len).max(self.first_len).min(self.limit);
            // Exactly that: a `Vec` that grows by itself may take up to twice as much.
            self.bytes.reserve_exact(wanted.saturating_sub(self.bytes.len()));
            self.bytes.resize(wanted.max(self.bytes.len()), 0);
            self.releases = 0;
        }
        len <= self.bytes.len()
    }

    fn max_len(&self) -> usize {
        self.limit
    }

    fn queue_len(&self) -> usize {
        STAGING_LEN
    }

    fn filled(&mut self) {
        self.releases = 0;
        let len = self.bytes.len();
        if len >= self.eager_len {
            self.fills = self.fills.saturating_add(1);
            if len >= LINGERING_LEN || self.fills < self.needed_fills {
                return;
            }
            self.needed_fills = self.needed_fills.saturating_mul(2).min(MAX_FILLS);
        }
        self.fills = 0;
        self.grow(len.saturating_mul(2).saturating_sub(BESIDE_LEN));
    }

    #[inline]
    fn release(&mut self, used_len: usize, peak_len: usize) {
        if self.bytes.len() > KEPT_LEN {
            self.give_back(used_len, peak_len);
        }
    }

    fn rest(&mut self) {
        self.bytes = Vec::new();
        self.releases = 0;
    }

    #[inline]
    fn mask(mask: &mut Mask, bytes: &mut [u8]) {
        wide::mask(mask, bytes);
    }

    #[inline]
    fn mask_copy(mask: &mut Mask, from: &[u8], to: &mut [u8]) {
        wide::mask_copy(mask, from, to);
    }

    #[inline]
    fn text(bytes: &[u8]) -> Option<&str> {
        wide::text(bytes)
    }
}

/// The length of a buffer that holds so many bytes.
///
/// Powers of two, up and down: an allocator has a place for the next where another was. With any
/// lengths it takes more and more memory for the same. Large ones have room beside a message.
const fn rounded(len: usize) -> usize {
    let room_len = if len > KEPT_LEN { BESIDE_LEN } else { 0 };
    match len.saturating_sub(room_len).checked_next_power_of_two() {
        Some(power) => power.saturating_add(room_len),
        None => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use socklet_core::permessage_deflate::Settings;

    use super::*;

    #[test]
    fn nothing_is_allocated_before_the_first_use() {
        let buffer = GrowingBuffer::new(1024, 1 << 20);
        assert_eq!(buffer.bytes.capacity(), 0);
    }

    #[test]
    fn a_buffer_doubles_up_to_its_limit() {
        let mut buffer = GrowingBuffer::new(1024, 5000);
        assert!(buffer.grow(1));
        assert_eq!(buffer.bytes().len(), 1024);
        assert!(buffer.grow(1025));
        assert_eq!(buffer.bytes().len(), 2048);
        assert!(buffer.grow(4999));
        assert_eq!(buffer.bytes().len(), 5000, "no more than that");
        assert!(!buffer.grow(5001), "past the limit");
        assert_eq!(buffer.bytes().len(), 5000, "towards what was asked");
    }

    #[test]
    fn what_is_there_stays_when_a_buffer_grows() {
        let mut buffer = GrowingBuffer::new(1024, 1 << 20);
        buffer.grow(1);
        buffer.bytes_mut().fill(7);
        buffer.grow(1 << 16);
        assert!(buffer.bytes()[..1024].iter().all(|byte| *byte == 7));
    }

    #[test]
    fn released_memory_goes_back() {
        let mut buffer = GrowingBuffer::new(1024, 1 << 24);
        buffer.grow(1 << 22);
        buffer.release(0, 0);
        assert_eq!(buffer.bytes().len(), LINGERING_LEN, "most of it at once");
        assert!(buffer.bytes.capacity() < 2 * LINGERING_LEN);
        for _ in 0..100 {
            buffer.release(0, 0);
        }
        assert_eq!(buffer.bytes().len(), KEPT_LEN, "the rest by and by");
        assert!(buffer.bytes.capacity() < 2 * KEPT_LEN);
    }

    #[test]
    fn large_messages_in_a_row_cost_one_allocation() {
        let mut buffer = GrowingBuffer::new(1024, 1 << 24);
        let mut allocations = 0;
        for _ in 0..1000 {
            let before = buffer.bytes().len();
            buffer.grow(50_000);
            allocations += usize::from(buffer.bytes().len() != before);
            buffer.release(0, 50_000);
        }
        assert_eq!(allocations, 1);
    }

    #[test]
    fn messages_of_64_kib_with_their_headers_cost_one_allocation() {
        let mut buffer = GrowingBuffer::new(1024, 1 << 24);
        let mut allocations = 0;
        for _ in 0..1000 {
            let before = buffer.bytes().len();
            buffer.grow((64 << 10) + BESIDE_LEN);
            allocations += usize::from(buffer.bytes().len() != before);
            buffer.release(0, (64 << 10) + wire::MAX_HEADER_LEN);
        }
        assert_eq!(allocations, 1);
    }

    #[test]
    fn a_window_that_stays_in_use_does_not_cost_an_allocation_again_and_again() {
        let mut buffer = GrowingBuffer::new(1024, 1 << 24);
        let mut allocations = 0;
        for turn in 0..1000 {
            let before = buffer.bytes().len();
            // It wanders through the buffer, and is moved to the front when it gets to the end.
            let used_len = (32 << 10) + turn % 300 * 100;
            buffer.release(used_len, used_len);
            buffer.grow((32 << 10) + turn % 300 * 100 + 100);
            allocations += usize::from(buffer.bytes().len() != before);
        }
        assert!(allocations <= 4, "{allocations}");
    }

    #[test]
    fn reads_that_fill_it_become_longer_and_short_again_by_and_by() {
        let mut buffer = GrowingBuffer::new(1024, 1 << 24);
        buffer.grow(1);
        for _ in 0..100 {
            buffer.filled();
            buffer.release(0, 0);
        }
        assert_eq!(buffer.bytes().len(), LINGERING_LEN);
        for _ in 0..100 {
            buffer.release(0, 0);
        }
        assert_eq!(buffer.bytes().len(), KEPT_LEN);
    }

    #[test]
    fn reads_between_two_lengths_do_not_cost_an_allocation_again_and_again() {
        let mut buffer = GrowingBuffer::new(1024, 1 << 24);
        buffer.grow(1);
        let mut allocations = 0;
        for _ in 0..10_000 {
            let before = buffer.bytes().len();
            // As if there were 20,000 bytes for each read.
            if before <= 20_000 {
                buffer.filled();
            }
            buffer.release(0, 0);
            allocations += usize::from(buffer.bytes().len() != before);
        }
        // It is tried again after 64 reads, 128, 256, and so on.
        assert!(allocations <= 24, "{allocations}");
    }

    #[test]
    fn a_small_buffer_keeps_its_memory() {
        let mut buffer = GrowingBuffer::new(1024, 1 << 24);
        buffer.grow(1);
        buffer.release(0, 0);
        assert_eq!(buffer.bytes().len(), 1024);
    }

    #[test]
    fn a_buffer_that_rests_holds_nothing_and_grows_again() {
        let mut buffer = GrowingBuffer::new(1024, 1 << 24);
        buffer.grow(5000);
        buffer.rest();
        assert_eq!(buffer.bytes.capacity(), 0);
        assert!(buffer.grow(1));
        assert_eq!(buffer.bytes().len(), 1024);
    }

    #[test]
    fn a_whole_message_of_the_limit_fits_beside_a_control_frame() {
        let config = Config::CLIENT;
        let mut buffer = GrowingBuffer::receive(&config, &Plan::negotiate(Settings::OFF));
        assert!(buffer.grow((16 << 20) + wire::MAX_CONTROL_FRAME_LEN));
    }
}
