//! What `embedded-websocket` needs to be given the same next layer and generator.

use embedded_websocket::framer::Stream;
use rand_core_06::{Error, RngCore};

use crate::Constant;

/// A next layer with that crate's traits.
pub struct Plain<S>(pub S);

impl<S: embedded_io::Read + embedded_io::Write> Stream<()> for Plain<S> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ()> {
        self.0.read(buf).map_err(|_| ())
    }

    fn write_all(&mut self, buf: &[u8]) -> Result<(), ()> {
        self.0.write_all(buf).map_err(|_| ())
    }
}

/// The generator with that crate's traits.
pub struct Generator;

impl RngCore for Generator {
    fn next_u32(&mut self) -> u32 {
        rand_core::TryRng::try_next_u32(&mut Constant).unwrap_or_default()
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::TryRng::try_next_u64(&mut Constant).unwrap_or_default()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        let _ = rand_core::TryRng::try_fill_bytes(&mut Constant, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
