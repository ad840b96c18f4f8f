//! The client: all phases from a name to an open WebSocket, each with its deadline.

use core::ops::AsyncFnOnce;

use embassy_net::{Stack, tcp::TcpSocket};
use rand_core::CryptoRng;
use socklet_core::{
    Client, Config, Timeouts,
    handshake::client::Request,
    io::nonblocking,
    permessage_deflate::{Compression, NoCompression},
};

use crate::{
    address::Address,
    clock::EmbassyTime,
    deadlines::Deadlines,
    error::ConnectError,
    link::{Halves, LinkReader, LinkWriter},
    memory::{Resources, TcpBuffers},
    socket,
    stream::Stream,
};

/// A client's WebSocket over TCP or TLS: all methods are those of
/// [`socklet_core::io::nonblocking::WebSocket`]. `R` is the generator that
/// [`Memory::client`](crate::Memory::client) was given.
pub type WebSocket<'s, R, C = NoCompression> =
    nonblocking::WebSocket<Stream<'s>, Client<R>, &'s mut [u8], C, EmbassyTime>;

/// Connects: waits for the network, resolves, connects, makes the TLS handshake, if there is to be
/// one, and the opening handshake, hands the WebSocket to the program, and ends the connection
/// when that is done with it.
///
/// `N` is the network, and `S` is [`Plain`] for `ws`, and `Tls` for `wss`.
#[derive(Debug, Clone, Copy)]
pub struct ConnectorOver<N, S = Plain> {
    pub(crate) network: N,
    pub(crate) deadlines: Deadlines,
    pub(crate) config: Config,
    pub(crate) security: S,
}

/// A connector over a stack of embassy-net: [`new`](ConnectorOver::new), and all that
/// [`ConnectorOver`] does.
pub type Connector<'d, S = Plain> = ConnectorOver<EmbassyNet<'d>, S>;

/// No TLS.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

/// A network that connects: embassy-net, or, with the feature `nal`, any of embedded-nal-async.
///
/// Sealed: the choices are those of this crate.
pub trait Network: sealed::Sealed {
    /// A TCP connection.
    #[doc(hidden)]
    type Socket<'s>
    where
        Self: 's;

    /// Waits for the network, finds the address, connects.
    #[doc(hidden)]
    fn connect<'s>(
        &'s self,
        address: &Address<'_>,
        buffers: TcpBuffers<'s>,
        deadlines: &Deadlines,
    ) -> impl Future<Output = Result<Self::Socket<'s>, ConnectError>>;

    /// Splits the connection.
    #[doc(hidden)]
    fn halves<'h, 's>(socket: &'h mut Self::Socket<'s>) -> Halves<'h>
    where
        Self: 's;

    /// Ends the connection; `clean`: all that was sent is to arrive.
    #[doc(hidden)]
    fn shut_down<'s>(
        socket: Self::Socket<'s>,
        clean: bool,
        deadlines: &Deadlines,
    ) -> impl Future<Output = ()>
    where
        Self: 's;
}

pub(crate) mod sealed {
    pub trait Sealed {}
    impl Sealed for super::EmbassyNet<'_> {}
}

/// A network stack of embassy-net, which shows nothing of itself.
#[derive(Clone, Copy)]
pub struct EmbassyNet<'d>(pub(crate) Stack<'d>);

impl core::fmt::Debug for EmbassyNet<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Stack")
    }
}

impl Network for EmbassyNet<'_> {
    type Socket<'s>
        = TcpSocket<'s>
    where
        Self: 's;

    // Futures as they are: one around another would take more stack.
    fn connect<'s>(
        &'s self,
        address: &Address<'_>,
        buffers: TcpBuffers<'s>,
        deadlines: &Deadlines,
    ) -> impl Future<Output = Result<TcpSocket<'s>, ConnectError>> {
        socket::connect(self.0, address, buffers, deadlines)
    }

    fn halves<'h, 's>(socket: &'h mut TcpSocket<'s>) -> Halves<'h>
    where
        Self: 's,
    {
        let (reader, writer) = socket.split();
        (LinkReader::Socket(reader), LinkWriter::Socket(writer))
    }

    fn shut_down<'s>(
        socket: TcpSocket<'s>,
        clean: bool,
        deadlines: &Deadlines,
    ) -> impl Future<Output = ()>
    where
        Self: 's,
    {
        socket::shut_down(socket, clean, deadlines)
    }
}

/// The settings of a client on a device: those of [`Config::CLIENT`], and a peer that is silent
/// for a minute, though it is sent a Ping after half of that, is gone.
pub const CLIENT_CONFIG: Config = Config {
    timeouts: Timeouts { idle_ms: 60_000, keep_alive: true, ..Timeouts::CLIENT },
    ..Config::CLIENT
};

impl<'d> Connector<'d> {
    /// A connector for `ws`, with [`Deadlines::DEFAULT`] and [`CLIENT_CONFIG`].
    #[must_use]
    pub const fn new(stack: Stack<'d>) -> Self {
        Self::over(EmbassyNet(stack))
    }
}

impl<N> ConnectorOver<N> {
    /// A connector for `ws` over a network.
    pub(crate) const fn over(network: N) -> Self {
        let (deadlines, config) = (Deadlines::DEFAULT, CLIENT_CONFIG);
        Self { network, deadlines, config, security: Plain }
    }
}

impl<N: Network> ConnectorOver<N> {
    /// Connects, runs `session` with the open WebSocket, ends the connection, and returns what
    /// `session` did.
    ///
    /// When `session` returns, what it has sent is still delivered, within
    /// [`Deadlines::close_ms`]. It makes the closing handshake itself:
    /// [`close`](nonblocking::WebSocket::close).
    ///
    /// # Errors
    /// [`ConnectError`], which names the phase; `session` did not run. After
    /// [`HandshakeError::Declined`](socklet_core::HandshakeError::Declined) connect elsewhere.
    ///
    /// # Cancellation
    /// A dropped future ends the connection without a word to the peer: its machine is told when
    /// it sends something. The futures of the WebSocket within may be dropped at any await.
    ///
    /// # Memory
    /// That of `resources`; the future itself holds about 1.1 KB beside `session` on 32 bits.
    pub async fn run<R: CryptoRng, T, C: Compression, U>(
        &self,
        address: &Address<'_>,
        request: &Request<'_>,
        resources: Resources<'_, R, T, C>,
        session: impl for<'s> AsyncFnOnce(WebSocket<'s, R, C>) -> U,
    ) -> Result<U, ConnectError> {
        let Self { network, deadlines, config, security: Plain } = self;
        let Resources { tcp, receive, staging, rng, compression, .. } = resources;
        let mut socket = network.connect(address, tcp, deadlines).await?;
        let stream = Stream::tcp(N::halves(&mut socket));
        let outcome =
            converse(stream, rng, (receive, staging), *config, compression, request, session).await;
        N::shut_down(socket, outcome.is_ok(), deadlines).await;
        outcome
    }
}

impl<N, S> ConnectorOver<N, S> {
    /// The same with other deadlines.
    #[must_use]
    pub const fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// The same with other settings of the WebSocket.
    #[must_use]
    pub const fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }
}

/// Makes the opening handshake and runs the session.
pub(crate) async fn converse<'s, R: CryptoRng, C: Compression, U>(
    stream: Stream<'s>,
    rng: R,
    (receive, staging): (&'s mut [u8], &'s mut [u8]),
    config: Config,
    compression: C,
    request: &Request<'_>,
    session: impl AsyncFnOnce(WebSocket<'s, R, C>) -> U,
) -> Result<U, ConnectError> {
    let mut ws =
        WebSocket::client_with(stream, rng, receive, staging, config, compression, EmbassyTime);
    ws.handshake(request).await?;
    Ok(session(ws).await)
}
