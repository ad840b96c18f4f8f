//! All memory of connections, in types for statics: of the client's, and of each of the server's.

use core::fmt;

use socklet_embassy::core::deflate::{Compressor, Inflate};
use socklet_embassy::core::permessage_deflate::{Deflate, Settings};
use socklet_embassy::{Memory, Resources, TlsPart};

/// What TLS takes of the client's memory.
#[cfg(feature = "tls")]
pub type ClientTls = socklet_embassy::TlsMemory<{ socklet_embassy::MAX_RECORD_LEN }, 2048, 512>;
/// What TLS takes of the client's memory: nothing.
#[cfg(not(feature = "tls"))]
pub type ClientTls = socklet_embassy::NoTls;

/// What TLS takes of a server's memory: it has none.
type ServerTls = socklet_embassy::NoTls;

/// A compressor, whichever a board has the memory for.
pub trait Codec: Compressor + fmt::Debug {}

impl<X: Compressor + fmt::Debug> Codec for X {}

/// Compression in the memory of one connection.
pub(crate) type Compression<'m, X> = Deflate<&'m mut Inflate, &'m mut X>;

/// What a connection borrows.
pub(crate) type Lent<'m, R, T, X> = Resources<'m, R, <T as TlsPart>::Lent<'m>, Compression<'m, X>>;

/// Buffers and codecs of one connection: `X` compresses; the lengths, in bytes, are those of each
/// TCP window, of the receive buffer and of the staging buffer.
///
/// All zeros in the beginning: a static one lies in `.bss`.
#[derive(Debug)]
pub struct Place<T, X, const TCP: usize, const RECEIVE: usize, const STAGING: usize> {
    buffers: Memory<TCP, TCP, RECEIVE, STAGING, T>,
    inflate: Inflate,
    compress: X,
}

/// The client's.
pub type ClientPlace<X, const TCP: usize, const RECEIVE: usize, const STAGING: usize> =
    Place<ClientTls, X, TCP, RECEIVE, STAGING>;

/// One of the server's.
pub type ServerPlace<X, const TCP: usize, const RECEIVE: usize, const STAGING: usize> =
    Place<ServerTls, X, TCP, RECEIVE, STAGING>;

impl<X, const TCP: usize, const RECEIVE: usize, const STAGING: usize>
    ClientPlace<X, TCP, RECEIVE, STAGING>
{
    /// Memory for a client, with a compressor that has not begun.
    #[must_use]
    pub const fn client(compress: X) -> Self {
        Self {
            buffers: Memory::<TCP, TCP, RECEIVE, STAGING, ClientTls>::new(),
            inflate: Inflate::new(),
            compress,
        }
    }
}

impl<X, const TCP: usize, const RECEIVE: usize, const STAGING: usize>
    ServerPlace<X, TCP, RECEIVE, STAGING>
{
    /// Memory for one connection of a server, with a compressor that has not begun.
    #[must_use]
    pub const fn server(compress: X) -> Self {
        Self {
            buffers: Memory::<TCP, TCP, RECEIVE, STAGING>::new(),
            inflate: Inflate::new(),
            compress,
        }
    }
}

impl<T: TlsPart, X: Codec, const TCP: usize, const RECEIVE: usize, const STAGING: usize>
    Place<T, X, TCP, RECEIVE, STAGING>
{
    /// Lends all of it to a client.
    pub(crate) fn lend<R>(&mut self, rng: R, settings: Settings) -> Lent<'_, R, T, X> {
        let Self { buffers, inflate, compress } = self;
        buffers.client(rng).compression(Deflate::new(inflate, compress, settings))
    }

    /// Lends all of it to a server.
    pub(crate) fn lend_server(&mut self) -> Lent<'_, (), T, X> {
        let Self { buffers, inflate, compress } = self;
        buffers.server().compression(Deflate::new(inflate, compress, Settings::DEFAULT))
    }
}
