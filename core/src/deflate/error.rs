//! What can be wrong with a compressed stream.

use core::fmt;

/// Why a stream cannot be inflated (RFC 1951).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum InflateError {
    /// A block of the reserved type 3 (section 3.2.3).
    BlockType,
    /// The length of a stored block and its complement do not agree (section 3.2.4).
    StoredLength,
    /// The code lengths of a block make no codes: too many symbols, a repetition of nothing or
    /// past the end, more or fewer codes than the lengths have room for, no code for the end of
    /// the block (section 3.2.7).
    CodeLengths,
    /// A code that stands for no symbol, or for one that is reserved (section 3.2.5).
    Symbol,
    /// A match that begins before the history or the window (section 2).
    Distance,
    /// The data end within a block. The decoder cannot know that: who feeds it does.
    Unfinished,
}

impl InflateError {
    /// Describes the error in a few words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BlockType => "reserved block type",
            Self::StoredLength => "stored block's length is damaged",
            Self::CodeLengths => "code lengths make no code",
            Self::Symbol => "code without a symbol",
            Self::Distance => "match before the history",
            Self::Unfinished => "compressed data end within a block",
        }
    }
}

impl fmt::Display for InflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for InflateError {}
