//! Networks by the traits of embedded-nal-async: modems, modules that do TCP themselves, hosts.

use core::{
    cell::RefCell,
    fmt,
    net::{IpAddr, SocketAddr},
};

use embedded_io_async::{Error as _, ErrorKind, Read, Write};
use embedded_nal_async::{AddrType, Dns, TcpConnect};

use crate::{
    address::Address,
    connector::{ConnectorOver, Network, Plain, sealed::Sealed},
    deadlines::{Deadlines, within},
    error::{ConnectError, Phase, ResolveError, TcpError},
    link::{Halves, share},
    memory::TcpBuffers,
};

/// A [`Connector`](crate::Connector) over any [`TcpConnect`] and [`Dns`]: it does the same in the
/// same phases, with the same [`WebSocket`](crate::WebSocket), TLS and compression.
///
/// ```
/// use embedded_nal_async::{Dns, TcpConnect};
/// use socklet_embassy::{
///     Address, ConnectError, Error, Memory, NalConnector, core::handshake::client::Request,
/// };
///
/// async fn hello(
///     network: &(impl TcpConnect + Dns),
///     memory: &mut Memory<0, 0, 1024, 512>, // The network has the windows of TCP.
///     rng: &mut impl rand_core::CryptoRng,
/// ) -> Result<Result<(), Error>, ConnectError> {
///     let (request, address) = (Request::new("example.com", "/"), Address::new("example.com", 80));
///     NalConnector::new(network, network)
///         .run(&address, &request, memory.client(rng), async |mut ws| ws.send("hello").await)
///         .await
/// }
/// ```
///
/// # What is asked of a connection
/// The traits know no halves of a connection. For both directions to work at the same time, as TLS
/// and a split WebSocket need it, a new future is made for each poll of a read, a write or a flush,
/// and dropped at once. So is it right for connections whose futures keep nothing between polls, as
/// those of embassy-net and of the sockets of an operating system. One that loses bytes when a future
/// is dropped, or begins its work anew with each, is of no use here.
///
/// # What these traits cannot
/// - There is no wait for the network, nor a keep-alive of TCP: of [`Deadlines`] `network_ms` and
///   `tcp_silence_ms` mean nothing here. Keep-alive Pings do what the latter would do.
/// - A connection is ended by dropping it, so it may be that the peer is not told. Make the closing
///   handshake.
/// - What a flush waits for is the network's affair: embassy-net's own waits until the peer has
///   acknowledged everything.
pub type NalConnector<T, D, S = Plain> = ConnectorOver<Nal<T, D>, S>;

/// A network by the traits of embedded-nal-async: `T` connects, `D` looks names up.
#[derive(Clone, Copy)]
pub struct Nal<T, D> {
    tcp: T,
    dns: D,
}

impl<T, D> fmt::Debug for Nal<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nal")
    }
}

impl<T: TcpConnect, D: Dns> NalConnector<T, D> {
    /// A connector for `ws`, with [`Deadlines::DEFAULT`] and
    /// [`CLIENT_CONFIG`](crate::CLIENT_CONFIG). `tcp` and `dns` may be one and the same, by
    /// reference.
    #[must_use]
    pub const fn new(tcp: T, dns: D) -> Self {
        Self::over(Nal { tcp, dns })
    }
}

impl<T, D> Sealed for Nal<T, D> {}

impl<T: TcpConnect, D: Dns> Network for Nal<T, D> {
    type Socket<'s>
        = RefCell<T::Connection<'s>>
    where
        Self: 's;

    async fn connect<'s>(
        &'s self,
        address: &Address<'_>,
        _: TcpBuffers<'s>,
        deadlines: &Deadlines,
    ) -> Result<Self::Socket<'s>, ConnectError> {
        let late = |phase| move |_| ConnectError::Timeout(phase);
        let resolve = within(deadlines.resolve_ms, self.resolve(address));
        let host = resolve.await.map_err(late(Phase::Resolve))??;
        if address.port() == 0 {
            return Err(TcpError::InvalidPort.into());
        }
        let remote = SocketAddr::new(host, address.port());
        let connect = within(deadlines.connect_ms, self.tcp.connect(remote));
        match connect.await.map_err(late(Phase::Connect))? {
            Ok(connection) => Ok(RefCell::new(connection)),
            Err(error) => Err(match error.kind() {
                ErrorKind::TimedOut => ConnectError::Timeout(Phase::Connect),
                // Some do not tell the one from the other.
                ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => {
                    TcpError::Refused.into()
                }
                kind => TcpError::Other(kind).into(),
            }),
        }
    }

    fn halves<'h, 's>(socket: &'h mut Self::Socket<'s>) -> Halves<'h>
    where
        Self: 's,
    {
        share(socket)
    }

    async fn shut_down<'s>(socket: Self::Socket<'s>, clean: bool, deadlines: &Deadlines)
    where
        Self: 's,
    {
        if clean && deadlines.close_ms != 0 {
            let mut connection = socket.into_inner();
            let _ = within(deadlines.close_ms, async {
                connection.flush().await?;
                // A server ends TCP first (RFC 6455 section 7.1.1), which it does after the closing
                // handshake.
                let mut rest = [0; 32];
                while let 1.. = connection.read(&mut rest).await? {}
                Ok::<_, T::Error>(())
            })
            .await;
        }
    }
}

impl<T: TcpConnect, D: Dns> Nal<T, D> {
    async fn resolve(&self, address: &Address<'_>) -> Result<IpAddr, ResolveError> {
        let kind = if cfg!(feature = "ipv6") { AddrType::Either } else { AddrType::IPv4 };
        let host = match address.literal()? {
            Some(host) => host,
            None => {
                let found = self.dns.get_host_by_name(address.host(), kind).await;
                found.map_err(|_| ResolveError::NotFound)?
            }
        };
        match host {
            // Some networks panic at what is not built in.
            IpAddr::V6(_) if !cfg!(feature = "ipv6") => Err(ResolveError::Unsupported),
            host => Ok(host),
        }
    }
}
