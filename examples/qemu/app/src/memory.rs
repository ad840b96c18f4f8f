//! All memory of connections, in types for statics: of the client's, and of each of the server's.

use core::fmt;

use socklet_embassy::core::deflate::{Compressor, Inflate};
use socklet_embassy::core::permessage_deflate::{Compression, Deflate, Settings};
use socklet_embassy::{Memory, Resources, TlsPart};

/// What TLS takes of the client's memory.
#[cfg(feature = "tls")]
pub type ClientTls = socklet_embassy::TlsMemory<{ socklet_embassy::MAX_RECORD_LEN }, 2048, 512>;
/// What TLS takes of the client's memory: nothing.
#[cfg(not(feature = "tls"))]
pub type ClientTls = socklet_embassy::NoTls;

/// What TLS takes of a server's memory: it has none.
type ServerTls = socklet_embassy::NoTls;

/// The codecs of one connection.
pub trait Codecs {
    /// Compression in that memory.
    type Compression<'m>: Compression
    where
        Self: 'm;

    /// Lends the memory.
    fn lend(&mut self, settings: Settings) -> Self::Compression<'_>;
}

/// A decoder, and the compressor that a board has the memory for.
#[derive(Debug)]
pub struct Coded<X> {
    inflate: Inflate,
    compress: X,
}

impl<X> Coded<X> {
    /// Codecs that have not begun.
    pub const fn new(compress: X) -> Self {
        Self { inflate: Inflate::new(), compress }
    }
}

impl<X: Compressor + fmt::Debug> Codecs for Coded<X> {
    type Compression<'m>
        = Deflate<&'m mut Inflate, &'m mut X>
    where
        X: 'm;

    fn lend(&mut self, settings: Settings) -> Self::Compression<'_> {
        Deflate::new(&mut self.inflate, &mut self.compress, settings)
    }
}

/// What a connection borrows.
pub(crate) type Lent<'m, R, T, C> = Resources<'m, R, <T as TlsPart>::Lent<'m>, C>;

/// Buffers and codecs of one connection: `K` is [`Coded`]; the lengths, in bytes, are those of each
/// TCP window, of the receive buffer and of the staging buffer.
///
/// All zeros in the beginning: a static one lies in `.bss`.
#[derive(Debug)]
pub struct Place<T, K, const TCP: usize, const RECEIVE: usize, const STAGING: usize> {
    buffers: Memory<TCP, TCP, RECEIVE, STAGING, T>,
    codecs: K,
}

/// The client's.
pub type ClientPlace<K, const TCP: usize, const RECEIVE: usize, const STAGING: usize> =
    Place<ClientTls, K, TCP, RECEIVE, STAGING>;

/// One of the server's.
pub type ServerPlace<K, const TCP: usize, const RECEIVE: usize, const STAGING: usize> =
    Place<ServerTls, K, TCP, RECEIVE, STAGING>;

impl<K, const TCP: usize, const RECEIVE: usize, const STAGING: usize>
    ClientPlace<K, TCP, RECEIVE, STAGING>
{
    /// Memory for a client, with codecs that have not begun.
    #[must_use]
    pub const fn client(codecs: K) -> Self {
        Self { buffers: Memory::<TCP, TCP, RECEIVE, STAGING, ClientTls>::new(), codecs }
    }
}

impl<K, const TCP: usize, const RECEIVE: usize, const STAGING: usize>
    ServerPlace<K, TCP, RECEIVE, STAGING>
{
    /// Memory for one connection of a server, with codecs that have not begun.
    #[must_use]
    pub const fn server(codecs: K) -> Self {
        Self { buffers: Memory::<TCP, TCP, RECEIVE, STAGING>::new(), codecs }
    }
}

impl<T: TlsPart, K: Codecs, const TCP: usize, const RECEIVE: usize, const STAGING: usize>
    Place<T, K, TCP, RECEIVE, STAGING>
{
    /// Lends all of it to a client.
    pub(crate) fn lend<R>(
        &mut self,
        rng: R,
        settings: Settings,
    ) -> Lent<'_, R, T, K::Compression<'_>> {
        let Self { buffers, codecs } = self;
        buffers.client(rng).compression(codecs.lend(settings))
    }

    /// Lends all of it to a server.
    pub(crate) fn lend_server(&mut self) -> Lent<'_, (), T, K::Compression<'_>> {
        let Self { buffers, codecs } = self;
        buffers.server().compression(codecs.lend(Settings::DEFAULT))
    }
}
