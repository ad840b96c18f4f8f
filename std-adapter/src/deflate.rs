//! Compression on a host: the codec of the core, its memory allocated when it is needed.

use std::fmt;

use socklet_core::{
    deflate::{Host, Inflate},
    permessage_deflate::{self, Agreed, Compression, Place, Settings},
};

/// permessage-deflate (RFC 7692), or not, as the [`Settings`] say and the peer agrees.
pub type HostDeflate = permessage_deflate::Deflate<Allocated<Inflate>, Allocated<Host>>;

/// The part of it that goes with what is sent.
pub type HostCompressing = <HostDeflate as Compression>::Outbound;

/// A codec on the heap, from the moment that it is needed. It is made on the stack of who needs it
/// first.
pub struct Allocated<T>(Option<Box<T>>);

impl<T: Default> Place for Allocated<T> {
    type Codec = T;

    fn codec(&mut self) -> &mut T {
        self.0.get_or_insert_with(made)
    }
}

/// A new codec. It is made on the stack, which has to have room for it: 118 KiB for a compressor,
/// twice without optimisation.
///
/// In a function of its own, or every message would take that much of the stack, compressed or not:
/// all pages of it are touched when a function with such a frame is entered.
#[cold]
#[inline(never)]
fn made<T: Default>() -> Box<T> {
    Box::default()
}

impl<T> fmt::Debug for Allocated<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Allocated" } else { "Allocated(not yet)" })
    }
}

/// What a new connection does about compression.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    settings: Settings,
    agreed: Option<Agreed>,
}

impl Plan {
    /// To be negotiated.
    pub(crate) const fn negotiate(settings: Settings) -> Self {
        Self { settings, agreed: None }
    }

    /// Agreed on by something else, or not.
    pub(crate) fn taken_over(mut settings: Settings, agreed: Option<Agreed>) -> Self {
        settings.is_enabled = agreed.is_some();
        if let Some(agreed) = agreed {
            settings.negotiable.receive_bits = agreed.receive.window_bits;
        }
        Self { settings, agreed }
    }

    /// Bytes of the window that lies in the receive buffer; `None` without compression.
    pub(crate) fn window_len(&self) -> Option<usize> {
        let bits = self.settings.negotiable.receive_bits.min(15);
        self.settings.is_enabled.then_some(1 << bits)
    }

    /// The compression itself, of which nothing is allocated yet.
    pub(crate) fn compression(self) -> HostDeflate {
        let deflate = HostDeflate::new(Allocated(None), Allocated(None), self.settings);
        match self.agreed {
            Some(agreed) => deflate.with_agreed(agreed),
            None => deflate,
        }
    }
}
