//! The choice of permessage-deflate: settings, memory, and what was negotiated.

use core::fmt;

use super::{
    Agreed, Compression, Negotiable, Negotiation,
    context::{Inbound, Outbound},
    params::{self, MAX_BITS},
    sealed,
};
use crate::{
    deflate::{Compressor, Inflate},
    error::HandshakeError,
};

/// Where a codec lies: a `&mut` to it, or whatever an adapter keeps it in.
pub trait Place: fmt::Debug {
    /// The codec.
    type Codec;

    /// The codec itself. The first call may allocate it: it is made when compression has been
    /// agreed on, and the first compressed message is there, or is to be sent.
    fn codec(&mut self) -> &mut Self::Codec;
}

impl<T: fmt::Debug> Place for &mut T {
    type Codec = T;

    fn codec(&mut self) -> &mut T {
        self
    }
}

/// How an endpoint uses permessage-deflate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Settings {
    /// Whether the extension is offered or accepted at all.
    pub is_enabled: bool,
    /// What may be agreed on.
    pub negotiable: Negotiable,
    /// Shortest message in bytes that is compressed. A message that is sent in parts is, however
    /// long it becomes.
    pub threshold_len: usize,
    /// Most bytes that a message may inflate to for each of its compressed bytes, not counting
    /// its first 64 KiB; 0: no limit but that on its length
    /// ([`Limits::message_len`](crate::Limits::message_len), which acts while inflating). DEFLATE
    /// can reach 1032. Fails with 1009.
    pub expansion: u32,
}

impl Settings {
    /// Enabled, with the largest windows that the memory holds and context takeover both ways;
    /// messages of 32 bytes and more are compressed; no limit on the expansion.
    pub const DEFAULT: Self = Self {
        is_enabled: true,
        negotiable: Negotiable {
            receive_bits: 15,
            receive_takeover: true,
            send_bits: 15,
            send_takeover: true,
        },
        threshold_len: 32,
        expansion: 0,
    };

    /// Not enabled.
    pub const OFF: Self = Self { is_enabled: false, ..Self::DEFAULT };
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How many bytes the messages had, and what crossed the wire for them: compressed messages only,
/// payloads only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Volume {
    /// Bytes of the messages.
    pub plain: u64,
    /// Bytes of the frames' payloads.
    pub compressed: u64,
}

impl Volume {
    /// Adds bytes of a message, and those that crossed the wire for them.
    pub(crate) const fn add(&mut self, plain: usize, compressed: usize) {
        self.plain = self.plain.wrapping_add(plain as u64);
        self.compressed = self.compressed.wrapping_add(compressed as u64);
    }
}

/// permessage-deflate (RFC 7692): an [`Inflate`] in the place `I`, a [`Compressor`] in the place
/// `O`.
///
/// ```
/// use socklet_core::deflate::{Inflate, Small};
/// use socklet_core::permessage_deflate::{Deflate, Settings};
///
/// let (mut inflate, mut compress) = (Inflate::new(), Small::new());
/// let compression = Deflate::new(&mut inflate, &mut compress, Settings::DEFAULT);
/// ```
#[derive(Debug)]
pub struct Deflate<I, O> {
    inflate: I,
    compress: O,
    negotiated: Negotiated,
}

impl<I: Place<Codec = Inflate>, O: Place<Codec: Compressor>> Deflate<I, O> {
    /// Compression with these codecs, in whatever state they are.
    ///
    /// Windows are limited to what the compressor and the receive buffer can hold, whatever the
    /// settings say.
    pub fn new(inflate: I, compress: O, mut settings: Settings) -> Self {
        let Negotiable { receive_bits, send_bits, .. } = &mut settings.negotiable;
        *receive_bits = (*receive_bits).clamp(8, 15);
        *send_bits = (*send_bits).clamp(8, O::Codec::MAX_WINDOW_BITS);
        Self { inflate, compress, negotiated: Negotiated { settings, agreed: None } }
    }

    /// Takes compression as agreed on by something else, for a connection that is
    /// [taken as open](crate::connection::Connection::assume_open). What the peer may send must fit
    /// the receive buffer.
    #[must_use]
    pub fn with_agreed(mut self, agreed: Agreed) -> Self {
        self.negotiated.agreed = Some(agreed);
        self
    }
}

impl<I, O> Compression for Deflate<I, O>
where
    I: Place<Codec = Inflate>,
    O: Place<Codec: Compressor>,
{
    type Negotiation = Negotiated;
    type Inbound = Inbound<I>;
    type Outbound = Outbound<O>;

    fn into_parts(self) -> (Negotiated, Inbound<I>, Outbound<O>) {
        let Self { inflate, compress, negotiated } = self;
        let settings = &negotiated.settings;
        let inbound = Inbound::new(inflate, settings.expansion);
        let outbound = Outbound::new(compress, settings.threshold_len);
        (negotiated, inbound, outbound)
    }
}

/// What a [`Deflate`] negotiates.
#[derive(Debug, Clone, Copy)]
pub struct Negotiated {
    settings: Settings,
    agreed: Option<Agreed>,
}

impl Negotiation for Negotiated {
    fn is_offered(&self) -> bool {
        self.settings.is_enabled
    }

    fn offer(&self, out: &mut impl fmt::Write) -> fmt::Result {
        params::offer(&self.settings.negotiable, out)
    }

    fn confirm<'a>(
        &mut self,
        response: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), HandshakeError> {
        self.agreed = params::confirm(&self.settings.negotiable, response)?;
        match self.agreed {
            Some(_) if !self.settings.is_enabled => Err(HandshakeError::UnsolicitedExtension),
            _ => Ok(()),
        }
    }

    fn accept<'a>(
        &mut self,
        offers: impl Iterator<Item = &'a [u8]>,
        out: &mut impl fmt::Write,
    ) -> Result<bool, fmt::Error> {
        if self.settings.is_enabled {
            self.agreed = params::accept(&self.settings.negotiable, offers, out)?;
        }
        Ok(self.agreed.is_some())
    }

    fn fit(&mut self, receive_len: usize) {
        self.settings.negotiable = self.settings.negotiable.fitting(receive_len);
    }

    fn agreed(&self) -> Option<Agreed> {
        self.agreed
    }
}

impl sealed::Sealed for Negotiated {}
impl<I, O> sealed::Sealed for Deflate<I, O> {}

impl Negotiable {
    /// The same, with no more than a receive buffer of `receive_len` bytes can hold: the window,
    /// the bytes that are not inflated yet, and 256 bytes of a message. See the table in the
    /// [module](super). If that is less than the smallest window, no context is kept.
    #[must_use]
    pub fn fitting(self, receive_len: usize) -> Self {
        let window_len = receive_len.saturating_sub(zone_len(receive_len)).saturating_sub(256);
        // No logarithm: where there is no instruction for it, it is larger than this.
        let mut bits = self.receive_bits;
        while bits >= 8 && 1_usize.wrapping_shl(bits.into()) > window_len {
            bits = bits.wrapping_sub(1);
        }
        match bits {
            _ if !self.receive_takeover => self,
            8.. => Self { receive_bits: bits, ..self },
            _ => Self { receive_bits: MAX_BITS, receive_takeover: false, ..self },
        }
    }
}

/// Bytes of a receive buffer that are kept for what is not inflated yet: any control frame, and
/// some bytes of data, fit the least of it.
pub(crate) const fn zone_len(receive_len: usize) -> usize {
    if receive_len / 8 > 256 { receive_len / 8 } else { 256 }
}
