//! All memory of the connection, in one value for a static.

use socklet_embassy::core::deflate::{Inflate, Tiny};
use socklet_embassy::core::permessage_deflate::{Deflate, Settings};
use socklet_embassy::{MAX_RECORD_LEN, Resources, TlsBuffers, TlsMemory};

/// TCP's windows, the receive buffer and the staging buffer; then TLS: a record received, a record
/// sent, a pipe. In the receive buffer lies the window of the decompressor too.
type Buffers =
    socklet_embassy::Memory<4096, 2048, 2048, 1024, TlsMemory<MAX_RECORD_LEN, 2048, 512>>;

/// Compression that borrows its memory.
pub(crate) type Compression<'m> = Deflate<&'m mut Inflate, &'m mut Tiny>;

/// What one connection borrows; the generator too.
pub(crate) type Lent<'m, R> = Resources<'m, &'m mut R, TlsBuffers<'m>, Compression<'m>>;

/// The memory of the connection, for as long as the device runs.
///
/// # Memory
/// About 34 KiB, half of it for the longest record that a TLS server may send. All zeros in the
/// beginning: a static one lies in `.bss`.
#[derive(Debug)]
pub struct Memory {
    buffers: Buffers,
    inflate: Inflate,
    compress: Tiny,
}

impl Memory {
    /// Memory that nothing was written to.
    #[must_use]
    pub const fn new() -> Self {
        Self { buffers: Buffers::new(), inflate: Inflate::new(), compress: Tiny::new() }
    }

    /// Lends all of it to a connection.
    pub(crate) fn lend<'m, R>(&'m mut self, rng: &'m mut R) -> Lent<'m, R> {
        let Self { buffers, inflate, compress } = self;
        buffers.client(rng).compression(Deflate::new(inflate, compress, Settings::DEFAULT))
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}
