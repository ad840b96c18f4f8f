//! What each direction of a connection keeps for compressed messages.

use core::fmt;

use super::{Context, NoCompression, Place, Volume, sealed};
use crate::deflate::{Compressor, Inflate, Mark, Output, Steps};

/// What is kept of what is received, if messages can be compressed at all.
///
/// Sealed, as [`Compression`](super::Compression) is. Without compression all of this is `None`,
/// for the compiler too: what depends on it is not linked.
pub trait InboundContext: fmt::Debug + sealed::Sealed {
    /// The opening handshake is done, and compression has been agreed on or not.
    #[doc(hidden)]
    fn open(&mut self, agreed: Option<Context>);

    /// Whether what is read at once has to leave room for what it inflates to: it may belong to
    /// compressed messages.
    #[doc(hidden)]
    fn bounds_reads(&self) -> bool;

    /// `None` unless compression has been agreed on.
    #[doc(hidden)]
    fn state(&self) -> Option<&Inflating>;

    #[doc(hidden)]
    fn state_mut(&mut self) -> Option<&mut Inflating>;

    #[doc(hidden)]
    fn parts(&mut self) -> Option<(&mut Inflating, &mut Inflate)>;
}

/// What is kept of what is sent, if messages can be compressed at all.
///
/// Sealed, as [`Compression`](super::Compression) is.
pub trait OutboundContext: fmt::Debug + sealed::Sealed {
    #[doc(hidden)]
    type Compressor: Compressor;

    /// Compression has been agreed on.
    #[doc(hidden)]
    fn begin(&mut self, agreed: Context);

    /// `None` unless compression has been agreed on.
    #[doc(hidden)]
    fn state(&self) -> Option<&Compressing>;

    #[doc(hidden)]
    fn state_mut(&mut self) -> Option<&mut Compressing>;

    /// The first call may allocate the compressor.
    #[doc(hidden)]
    fn parts(&mut self) -> Option<(&mut Compressing, &mut Self::Compressor)>;

    /// Says whether messages from the next on are to be compressed.
    #[doc(hidden)]
    fn set_wanted(&mut self, wanted: bool);
}

/// More than any byte inflates to: DEFLATE reaches 1032.
const MAX_EXPANSION: u32 = 2048;

/// Where inflating is. The history, what of the messages so far may be referred to, lies in the
/// receive buffer, and so does the message.
#[derive(Debug, Clone, Copy)]
#[repr(C)] // The small fields first: a microcontroller reaches them by short offsets.
pub struct Inflating {
    /// Whether the message that is being received is compressed.
    pub(crate) compressed: bool,
    pub(crate) takeover: bool,
    /// Whether there is output that has found no room.
    pub(crate) needs_room: bool,
    /// Whether no compressed bytes of the message have come.
    pub(crate) is_empty: bool,
    /// See [`Settings::expansion`](super::Settings::expansion).
    pub(crate) expansion: u16,
    /// Bytes of the tail that have been inflated after the message.
    pub(crate) tail_len: usize,
    /// Bytes that what has come of the message may still inflate to by that.
    pub(crate) expansion_left: usize,
    pub(crate) window_len: usize,
    /// Where in the buffer the history ends, and its length.
    pub(crate) history_end: usize,
    pub(crate) history_len: usize,
    /// Payload bytes that have been unmasked and not inflated.
    pub(crate) plain_len: usize,
    pub(crate) volume: Volume,
}

/// Where compressing is.
#[derive(Debug, Clone, Copy)]
#[repr(C)] // The small fields first: a microcontroller reaches them by short offsets.
pub struct Compressing {
    pub(crate) window_bits: u8,
    pub(crate) takeover: bool,
    /// Whether a stream has begun, in whatever state the compressor was.
    pub(crate) is_reset: bool,
    /// Whether messages are to be compressed.
    pub(crate) wanted: bool,
    /// Whether the message that is being sent is compressed.
    pub(crate) compressed: bool,
    /// Whether a frame of it has been staged.
    pub(crate) begun: bool,
    /// See [`Settings::threshold_len`](super::Settings::threshold_len).
    pub(crate) threshold_len: usize,
    pub(crate) volume: Volume,
}

/// The receiving side of a [`Deflate`](super::Deflate).
#[derive(Debug)]
#[repr(C)] // The small fields first: a microcontroller reaches them by short offsets.
pub struct Inbound<I> {
    is_open: bool,
    is_agreed: bool,
    inflate: I,
    state: Inflating,
}

impl<I> Inbound<I> {
    pub(super) const fn new(inflate: I, expansion: u32) -> Self {
        let state = Inflating {
            window_len: 0,
            takeover: false,
            expansion: if expansion < MAX_EXPANSION { expansion } else { MAX_EXPANSION } as u16,
            expansion_left: 0,
            history_end: 0,
            history_len: 0,
            compressed: false,
            plain_len: 0,
            needs_room: false,
            tail_len: 0,
            is_empty: true,
            volume: Volume { plain: 0, compressed: 0 },
        };
        Self { inflate, is_open: false, is_agreed: false, state }
    }
}

impl<I: Place<Codec = Inflate>> InboundContext for Inbound<I> {
    fn open(&mut self, agreed: Option<Context>) {
        self.is_open = true;
        if let Some(Context { window_bits, takeover }) = agreed {
            self.is_agreed = true;
            self.state.window_len = 1_usize.wrapping_shl(window_bits.into());
            self.state.takeover = takeover;
        }
    }

    fn bounds_reads(&self) -> bool {
        self.is_agreed || !self.is_open
    }

    fn state(&self) -> Option<&Inflating> {
        self.is_agreed.then_some(&self.state)
    }

    fn state_mut(&mut self) -> Option<&mut Inflating> {
        if self.is_agreed { Some(&mut self.state) } else { None }
    }

    fn parts(&mut self) -> Option<(&mut Inflating, &mut Inflate)> {
        if self.is_agreed { Some((&mut self.state, self.inflate.codec())) } else { None }
    }
}

/// The sending side of a [`Deflate`](super::Deflate).
#[derive(Debug)]
#[repr(C)] // The small fields first: a microcontroller reaches them by short offsets.
pub struct Outbound<O> {
    is_agreed: bool,
    compress: O,
    state: Compressing,
}

impl<O> Outbound<O> {
    pub(super) const fn new(compress: O, threshold_len: usize) -> Self {
        let state = Compressing {
            window_bits: 0,
            takeover: false,
            threshold_len,
            is_reset: false,
            wanted: true,
            compressed: false,
            begun: false,
            volume: Volume { plain: 0, compressed: 0 },
        };
        Self { compress, is_agreed: false, state }
    }
}

impl<O: Place<Codec: Compressor>> OutboundContext for Outbound<O> {
    type Compressor = O::Codec;

    fn begin(&mut self, agreed: Context) {
        self.is_agreed = true;
        self.state.window_bits = agreed.window_bits;
        self.state.takeover = agreed.takeover;
    }

    fn state(&self) -> Option<&Compressing> {
        self.is_agreed.then_some(&self.state)
    }

    fn state_mut(&mut self) -> Option<&mut Compressing> {
        if self.is_agreed { Some(&mut self.state) } else { None }
    }

    fn parts(&mut self) -> Option<(&mut Compressing, &mut O::Codec)> {
        if self.is_agreed { Some((&mut self.state, self.compress.codec())) } else { None }
    }

    fn set_wanted(&mut self, wanted: bool) {
        self.state.wanted = wanted;
    }
}

impl InboundContext for NoCompression {
    fn open(&mut self, _: Option<Context>) {}

    fn bounds_reads(&self) -> bool {
        false
    }

    fn state(&self) -> Option<&Inflating> {
        None
    }

    fn state_mut(&mut self) -> Option<&mut Inflating> {
        None
    }

    fn parts(&mut self) -> Option<(&mut Inflating, &mut Inflate)> {
        None
    }
}

impl OutboundContext for NoCompression {
    type Compressor = Never;

    fn begin(&mut self, _: Context) {}

    fn state(&self) -> Option<&Compressing> {
        None
    }

    fn state_mut(&mut self) -> Option<&mut Compressing> {
        None
    }

    fn parts(&mut self) -> Option<(&mut Compressing, &mut Never)> {
        None
    }

    fn set_wanted(&mut self, _: bool) {}
}

/// The compressor that there is not.
#[derive(Debug)]
pub enum Never {}

impl Steps for Never {
    fn emit(&mut self, _: &mut Output<'_>) -> Option<bool> {
        match *self {}
    }

    fn take(&mut self, _: &[u8]) -> usize {
        match *self {}
    }

    fn is_full(&self) -> bool {
        match *self {}
    }

    fn advance(&mut self, _: bool) {
        match *self {}
    }
}

impl Compressor for Never {
    const MAX_WINDOW_BITS: u8 = 8;

    fn max_compressed_len(len: usize) -> usize {
        len
    }

    fn reset(&mut self, _: u8) {
        match *self {}
    }

    fn mark(&self) -> Mark {
        match *self {}
    }

    fn rewind(&mut self, _: Mark) {
        match *self {}
    }
}

impl<I> sealed::Sealed for Inbound<I> {}
impl<O> sealed::Sealed for Outbound<O> {}
