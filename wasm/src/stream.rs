//! What one endpoint sent, with what is known of when and where each byte was found.
//!
//! ```text
//! bytes:   | piece | piece |      piece      | piece |
//!                          ^ gap of 1460 bytes: an offset counts them, an index does not
//! ```
//! An *index* counts the bytes that are there, an *offset* those that were sent. A gap takes no
//! memory, however long it is.

use alloc::{string::String, vec, vec::Vec};

/// Who sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    /// The end that opened the connection; it masks.
    Client,
    /// The end that accepted it.
    Server,
}

impl Sender {
    /// Both, the client first.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// The other end.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// `client` or `server`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// When something was received, as far as is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Counts what the input holds of both directions in the order in which it was received.
    pub order: u32,
    /// In nanoseconds since 1970, or since whatever the input counts from.
    pub time_ns: Option<u64>,
}

/// Bytes that were found together.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: usize,
    moment: Moment,
    source: Option<u64>,
}

/// Bytes that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Index of the first byte behind it.
    pub at: usize,
    /// Bytes that are missing.
    pub len: u64,
    /// Bytes that are missing up to here, in all gaps.
    pub sum: u64,
}

/// What one endpoint sent.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    gaps: Vec<Gap>,
    /// When it ended in order (TCP's FIN).
    pub finished: Option<Moment>,
    /// When it was reset (TCP's RST).
    pub reset: Option<Moment>,
    /// Whether bytes before the first are missing, or may be.
    pub is_headless: bool,
}

impl Stream {
    /// A stream of bytes of which nothing else is known.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        let piece = Piece { start: 0, moment: Moment::default(), source: None };
        Self { bytes, pieces: vec![piece], ..Self::default() }
    }

    /// A stream that is the input itself from some offset on.
    #[must_use]
    pub fn from_source(bytes: Vec<u8>, source: u64) -> Self {
        let piece = Piece { start: 0, moment: Moment::default(), source: Some(source) };
        Self { bytes, pieces: vec![piece], ..Self::default() }
    }

    /// Appends what was received next, `source` being its offset in the input.
    pub fn push(&mut self, bytes: &[u8], moment: Moment, source: Option<u64>) {
        if !bytes.is_empty() {
            self.pieces.push(Piece { start: self.bytes.len(), moment, source });
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Forgets where in the input the bytes are: they do not stand there as they are.
    pub fn forget_source(&mut self) {
        for piece in &mut self.pieces {
            piece.source = None;
        }
    }

    /// Takes note that bytes are missing here.
    pub fn push_gap(&mut self, len: u64) {
        let sum = self.gaps.last().map_or(0, |gap| gap.sum).saturating_add(len);
        self.gaps.push(Gap { at: self.bytes.len(), len, sum });
    }

    /// The bytes that are there.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The gaps in their order.
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The first gap at or behind an index.
    #[must_use]
    pub fn next_gap(&self, index: usize) -> Option<&Gap> {
        self.gaps.get(self.gaps_before(index))
    }

    /// Converts an index to an offset: a byte behind a gap counts what is missing.
    #[must_use]
    pub fn offset(&self, index: usize) -> u64 {
        let gap = self.gaps.get(self.gaps_before(index + 1).wrapping_sub(1));
        (index as u64).saturating_add(gap.map_or(0, |gap| gap.sum))
    }

    /// When the byte at an index was received.
    #[must_use]
    pub fn moment(&self, index: usize) -> Moment {
        self.piece(index).map_or(Moment::default(), |piece| piece.moment)
    }

    /// Where in the input the byte at an index is.
    #[must_use]
    pub fn source(&self, index: usize) -> Option<u64> {
        let piece = self.piece(index)?;
        piece.source?.checked_add(index.saturating_sub(piece.start) as u64)
    }

    /// Indexes where pieces begin, from some index on.
    pub fn starts(&self, from: usize) -> impl Iterator<Item = usize> + '_ {
        let pieces = self.pieces.get(self.pieces_before(from)..).unwrap_or_default();
        pieces.iter().map(|piece| piece.start)
    }

    /// When the last byte was received.
    #[must_use]
    pub fn last_data(&self) -> Option<Moment> {
        self.pieces.last().map(|piece| piece.moment)
    }

    fn piece(&self, index: usize) -> Option<&Piece> {
        self.pieces.get(self.pieces_before(index + 1).wrapping_sub(1))
    }

    /// Out of line, as the next: a search is long, and is called in many places.
    #[inline(never)]
    fn pieces_before(&self, index: usize) -> usize {
        self.pieces.partition_point(|piece| piece.start < index)
    }

    /// How many gaps are before an index.
    #[inline(never)]
    pub(crate) fn gaps_before(&self, index: usize) -> usize {
        self.gaps.partition_point(|gap| gap.at < index)
    }
}

/// Two streams between the same endpoints.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    /// What was sent by the end that opened the connection, if that is known, or the first one.
    pub first: Stream,
    /// What was sent by the other.
    pub second: Stream,
    /// Whether `first` is known to be the client's.
    pub is_first_client: bool,
    /// The addresses of both.
    pub names: Option<(String, String)>,
}

impl Conversation {
    /// One in which nothing has been said. Out of line: there are many fields.
    #[inline(never)]
    pub(crate) fn new() -> Self {
        Self::default()
    }
}
