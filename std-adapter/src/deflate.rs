//! Compression on a host: the codec of the core, its memory allocated when it is needed.

use std::fmt;

use socklet_core::{
    deflate::{Host, Inflate},
    permessage_deflate::{self, Compression, Place, Settings},
};

/// permessage-deflate (RFC 7692), or not, as the [`Settings`] say and the peer agrees.
pub type HostDeflate = permessage_deflate::Deflate<Allocated<Inflate>, Allocated<Host>>;

/// The part of it that goes with what is sent.
pub type HostCompressing = <HostDeflate as Compression>::Outbound;

/// A codec on the heap, from the moment that it is needed.
pub struct Allocated<T> {
    codec: Option<Box<T>>,
    new: fn() -> T,
}

impl<T> Allocated<T> {
    const fn new(new: fn() -> T) -> Self {
        Self { codec: None, new }
    }
}

impl<T> Place for Allocated<T> {
    type Codec = T;

    fn codec(&mut self) -> &mut T {
        self.codec.get_or_insert_with(|| Box::new((self.new)()))
    }
}

impl<T> fmt::Debug for Allocated<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.codec.is_some() { "Allocated" } else { "Allocated(not yet)" })
    }
}

/// Compression for a new connection.
pub(crate) fn compression(settings: Settings) -> HostDeflate {
    HostDeflate::new(Allocated::new(Inflate::new), Allocated::new(Host::new), settings)
}
