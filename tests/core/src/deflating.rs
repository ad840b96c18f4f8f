//! Endpoints that compress.

use socklet_core::{
    deflate::{Inflate, Small},
    permessage_deflate::{Agreed, Context, Deflate, Place, Settings},
};

use crate::conversation::Endpoints;

/// A codec on the heap: a test may hold as many as it likes.
#[derive(Debug)]
pub struct Boxed<T>(Box<T>);

impl<T: core::fmt::Debug> Place for Boxed<T> {
    type Codec = T;

    fn codec(&mut self) -> &mut T {
        &mut self.0
    }
}

/// The compression of tests.
pub type TestDeflate = Deflate<Boxed<Inflate>, Boxed<Small>>;

/// Compression that is to be negotiated.
#[must_use]
pub fn deflate(settings: Settings) -> TestDeflate {
    Deflate::new(Boxed(Box::new(Inflate::new())), Boxed(Box::new(Small::new())), settings)
}

/// Settings that compress whatever is not too long already.
pub const EAGER: Settings = Settings { threshold_len: 0, ..Settings::DEFAULT };

/// Compression that has been agreed on: the same in both directions.
#[must_use]
pub fn agreed(window_bits: u8, takeover: bool) -> TestDeflate {
    let context = Context { window_bits, takeover };
    deflate(EAGER).with_agreed(Agreed { send: context, receive: context })
}

/// Endpoints with small buffers that compress.
pub const DEFLATED: Endpoints<TestDeflate> =
    Endpoints { receive_len: 1200, staging_len: 400, compression: || deflate(EAGER) };
