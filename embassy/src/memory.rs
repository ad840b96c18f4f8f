//! The memory of a connection: one value, whose size is in its type.

use socklet_core::{
    permessage_deflate::{Compression, NoCompression},
    wire::MAX_CONTROL_FRAME_LEN,
};

/// All buffers of one connection. The lengths are in bytes:
///
/// | | for |
/// |---|---|
/// | `TCP_RX`, `TCP_TX` | TCP's windows: what is on its way, and not read or not acknowledged |
/// | `RECEIVE` | the head of the opening handshake, and messages that are received whole |
/// | `STAGING` | the other head, and frames that are sent: longer messages are fragmented |
/// | `T` | `TlsMemory` for `wss`, or nothing |
///
/// With the feature `nal` the first two may be 0, for a network that has the windows itself.
///
/// What `RECEIVE` and `STAGING` must hold is said at
/// [`WebSocket`](socklet_core::io::WebSocket#memory): 131 bytes at least, and both heads, whose
/// lengths a failed handshake names.
///
/// # Memory
/// The sum of all lengths, no byte more. It is all zeros in the beginning, so a static one lies in
/// `.bss` and is never copied:
///
/// ```
/// use socklet_embassy::Memory;
///
/// type Plain = Memory<1536, 1536, 1024, 512>;
///
/// // static MEMORY: ConstStaticCell<Plain> = ConstStaticCell::new(Plain::new());
/// # const _: Plain = Plain::new();
/// assert_eq!(size_of::<Plain>(), 1536 + 1536 + 1024 + 512);
/// ```
///
/// Buffers too small for a control frame do not compile:
/// ```compile_fail
/// let memory = socklet_embassy::Memory::<1536, 1536, 130, 512>::new();
/// ```
#[derive(Debug)]
pub struct Memory<
    const TCP_RX: usize,
    const TCP_TX: usize,
    const RECEIVE: usize,
    const STAGING: usize,
    T = NoTls,
> {
    tcp_rx: [u8; TCP_RX],
    tcp_tx: [u8; TCP_TX],
    receive: [u8; RECEIVE],
    staging: [u8; STAGING],
    tls: T,
}

/// The memory that TLS takes where there is none.
#[derive(Debug, Clone, Copy)]
pub struct NoTls;

/// The part of a [`Memory`] that belongs to TLS: [`NoTls`] or `TlsMemory`.
pub trait TlsPart: sealed::Sealed {
    /// What a connection borrows of it.
    type Lent<'m>
    where
        Self: 'm;

    /// Lends it.
    fn lend(&mut self) -> Self::Lent<'_>;
}

impl TlsPart for NoTls {
    type Lent<'m> = Self;

    fn lend(&mut self) -> Self {
        Self
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NoTls {}
}

impl<const TCP_RX: usize, const TCP_TX: usize, const RECEIVE: usize, const STAGING: usize, T>
    Memory<TCP_RX, TCP_TX, RECEIVE, STAGING, T>
{
    /// Memory with that of TLS.
    pub(crate) const fn with(tls: T) -> Self {
        const {
            let has_tcp = TCP_RX > 0 && TCP_TX > 0;
            let needs_none = cfg!(feature = "nal") && TCP_RX == 0 && TCP_TX == 0;
            assert!(has_tcp || needs_none, "TCP needs a window in each direction");
            assert!(RECEIVE >= MAX_CONTROL_FRAME_LEN, "RECEIVE must hold a control frame: 131");
            assert!(STAGING >= MAX_CONTROL_FRAME_LEN, "STAGING must hold a control frame: 131");
        }
        Self {
            tcp_rx: [0; TCP_RX],
            tcp_tx: [0; TCP_TX],
            receive: [0; RECEIVE],
            staging: [0; STAGING],
            tls,
        }
    }
}

impl<
    const TCP_RX: usize,
    const TCP_TX: usize,
    const RECEIVE: usize,
    const STAGING: usize,
    T: TlsPart,
> Memory<TCP_RX, TCP_TX, RECEIVE, STAGING, T>
{
    /// Lends the memory to a client, for one connection, with the generator of its masking keys
    /// and, for TLS, of all secrets: most often a `&mut` to it.
    ///
    /// It has to be a cryptographic one with a seed that nobody can guess: the hardware's
    /// generator, or a stream cipher that was seeded from it.
    pub fn client<R>(&mut self, rng: R) -> Resources<'_, R, T::Lent<'_>> {
        self.lend(rng)
    }

    /// Lends the memory to a server, for one connection.
    pub fn server(&mut self) -> Resources<'_, (), T::Lent<'_>> {
        self.lend(())
    }

    fn lend<R>(&mut self, rng: R) -> Resources<'_, R, T::Lent<'_>> {
        let Self { tcp_rx, tcp_tx, receive, staging, tls } = self;
        let tcp = TcpBuffers { rx: tcp_rx, tx: tcp_tx };
        Resources { tcp, receive, staging, tls: tls.lend(), rng, compression: NoCompression }
    }
}

impl<const TCP_RX: usize, const TCP_TX: usize, const RECEIVE: usize, const STAGING: usize>
    Memory<TCP_RX, TCP_TX, RECEIVE, STAGING>
{
    /// Memory for a connection without TLS.
    #[must_use]
    pub const fn new() -> Self {
        Self::with(NoTls)
    }
}

impl<const TCP_RX: usize, const TCP_TX: usize, const RECEIVE: usize, const STAGING: usize> Default
    for Memory<TCP_RX, TCP_TX, RECEIVE, STAGING>
{
    fn default() -> Self {
        Self::new()
    }
}

/// What TCP buffers.
#[derive(Debug)]
pub struct TcpBuffers<'m> {
    pub(crate) rx: &'m mut [u8],
    pub(crate) tx: &'m mut [u8],
}

/// What one connection borrows: memory, generator, compression.
#[derive(Debug)]
pub struct Resources<'m, R, T, C: Compression = NoCompression> {
    pub(crate) tcp: TcpBuffers<'m>,
    pub(crate) receive: &'m mut [u8],
    pub(crate) staging: &'m mut [u8],
    pub(crate) tls: T,
    pub(crate) rng: R,
    pub(crate) compression: C,
}

impl<'m, R, T> Resources<'m, R, T> {
    /// Adds compression with its own memory:
    /// [`Deflate`](socklet_core::permessage_deflate::Deflate).
    #[must_use]
    pub fn compression<C: Compression>(self, compression: C) -> Resources<'m, R, T, C> {
        let Self { tcp, receive, staging, tls, rng, .. } = self;
        Resources { tcp, receive, staging, tls, rng, compression }
    }
}
