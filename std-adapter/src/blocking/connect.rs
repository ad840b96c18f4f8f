//! How a blocking client opens a connection: name, TCP, TLS, opening handshake, all under one
//! deadline.

use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
};

use socklet_core::{Config, HandshakeError, Timeout};

use super::{
    MaybeTls, Socket, WebSocket,
    deadline::Deadline,
    stream::{self, Core},
};
use crate::{
    Client, ClientRole, Error, Url,
    buffer::GrowingBuffer,
    declined::{self, BODY_WAIT},
    deflate::Plan,
    rng::Rng,
};

impl Client {
    /// Opens a connection to `ws://host/path` or `wss://host/path`.
    ///
    /// [`Timeouts::handshake_ms`](crate::Timeouts::handshake_ms) bounds all of it.
    ///
    /// # Errors
    /// [`Error::Url`] for the address; [`Error::Io`] if the server cannot be reached;
    /// [`Error::Tls`] if it is not trusted; [`Error::Declined`] if it answers with an HTTP
    /// response, a redirect among them; [`Error::Handshake`] if it answers wrongly;
    /// [`Error::Timeout`]; [`Error::Config`] for settings that can never work.
    pub fn connect_blocking(&self, url: &str) -> Result<WebSocket, Error> {
        self.connect_layered_blocking(url, |stream| stream)
    }

    /// Opens a connection with a layer of the caller's between TCP or TLS and the WebSocket: one
    /// that looks at the bytes, counts them or delays them.
    ///
    /// # Errors
    /// As [`connect_blocking`](Self::connect_blocking).
    pub fn connect_layered_blocking<L: Socket>(
        &self,
        url: &str,
        layer: impl FnOnce(MaybeTls<TcpStream>) -> L,
    ) -> Result<WebSocket<L>, Error> {
        let url = Url::parse(url)?;
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let stream = tcp(&url, deadline)?;
        stream.set_nodelay(true)?;
        let next = layer(self.secure_blocking(stream, &url, deadline)?);
        self.open_blocking(next, &url, deadline)
    }

    /// Opens a connection over a stream that leads to the server: through a proxy or a tunnel, a
    /// Unix socket, memory. The address says what to ask for, and whether to speak TLS.
    ///
    /// # Errors
    /// As [`connect_blocking`](Self::connect_blocking).
    pub fn connect_over_blocking<S: Socket>(
        &self,
        stream: S,
        url: &str,
    ) -> Result<WebSocket<MaybeTls<S>>, Error> {
        let url = Url::parse(url)?;
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        self.open_blocking(self.secure_blocking(stream, &url, deadline)?, &url, deadline)
    }

    /// Takes over a connection that something else has opened, an HTTP client for instance, with
    /// the bytes that it read behind the response's head. It compresses as
    /// [`agreed`](Self::agreed).
    ///
    /// # Errors
    /// [`Error::Io`] if the system has no randomness; [`Error::Resource`] for more leftover
    /// bytes than a message may have.
    pub fn take_over_blocking<S: Socket>(
        &self,
        stream: S,
        leftover: &[u8],
    ) -> Result<WebSocket<S>, Error> {
        let deflate = Plan::taken_over(self.deflate, self.agreed);
        let core = core(stream, self.config, deflate)?;
        WebSocket::taken_over(core, self.config.timeouts.closing_ms, leftover)
    }

    fn open_blocking<S: Socket>(
        &self,
        next: S,
        url: &Url,
        deadline: Deadline,
    ) -> Result<WebSocket<S>, Error> {
        let mut core = core(next, deadline.rest_of(self.config)?, Plan::negotiate(self.deflate))?;
        match self.with_request(url, |request| core.handshake(request).map(|_| ())) {
            Err(socklet_core::Error::Handshake(HandshakeError::Declined { .. })) => {
                Err(read_declined(core))
            }
            outcome => {
                outcome?;
                let subprotocol =
                    core.response().and_then(|response| response.subprotocol()).map(Box::from);
                let core = core.with_config(self.config);
                Ok(WebSocket::new(core, self.config.timeouts.closing_ms, subprotocol))
            }
        }
    }

    #[cfg(feature = "blocking-tls")]
    fn secure_blocking<S: Socket>(
        &self,
        mut stream: S,
        url: &Url,
        deadline: Deadline,
    ) -> Result<MaybeTls<S>, Error> {
        if !url.is_secure() {
            return Ok(MaybeTls::Plain(stream));
        }
        let name = crate::tls::server_name(url.host())?;
        let connection = rustls::ClientConnection::new(self.tls.config()?, name);
        let mut connection = connection.map_err(crate::TlsError::from)?;
        deadline.handshake(&mut connection, &mut stream)?;
        Ok(MaybeTls::Client(Box::new(rustls::StreamOwned::new(connection, stream))))
    }

    #[cfg(not(feature = "blocking-tls"))]
    fn secure_blocking<S: Socket>(
        &self,
        stream: S,
        url: &Url,
        _: Deadline,
    ) -> Result<MaybeTls<S>, Error> {
        if url.is_secure() {
            Err(crate::UrlError::WithoutTls.into())
        } else {
            Ok(MaybeTls::Plain(stream))
        }
    }
}

fn core<S: Socket>(socket: S, config: Config, deflate: Plan) -> Result<Core<S, ClientRole>, Error> {
    let rng = Rng::from_system()?;
    let receive = GrowingBuffer::receive(&config, &deflate);
    let staging = GrowingBuffer::staging(&config);
    let io = stream::io(socket);
    let clock = io.clock;
    Ok(Core::client_with(io, rng, receive, staging, config, deflate.compression(), clock))
}

/// Connects to the first address of the host that answers.
fn tcp(url: &Url, deadline: Deadline) -> Result<TcpStream, Error> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in resolve(url, deadline)? {
        let connected = match deadline.left()? {
            Some(left) => TcpStream::connect_timeout(&address, left),
            None => TcpStream::connect(address),
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    deadline.left()?;
    Err(last.into())
}

/// Looks up the addresses of the host; the system's way knows no deadline, so a thread of its own
/// waits for it.
fn resolve(url: &Url, deadline: Deadline) -> Result<Vec<SocketAddr>, Error> {
    let Some(left) = deadline.left()? else {
        return Ok((url.host(), url.port()).to_socket_addrs()?.collect());
    };
    if let Ok(address) = url.host().parse() {
        return Ok(vec![SocketAddr::new(address, url.port())]);
    }
    let (tell, told) = mpsc::channel();
    let (host, port) = (url.host().to_owned(), url.port());
    thread::Builder::new().name("socklet-resolve".to_owned()).spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
        // Nobody may be waiting any more.
        let _ = tell.send(addresses);
    })?;
    match told.recv_timeout(left) {
        Ok(addresses) => Ok(addresses?),
        Err(_) => Err(Timeout::Handshake.into()),
    }
}

/// The response in place of a WebSocket, with what comes of its body.
fn read_declined<S: Socket>(mut core: Core<S, ClientRole>) -> Error {
    let Some(mut declined) = declined::read(core.response(), core.connection().undecoded()) else {
        return Error::ConnectionLost;
    };
    let until = std::time::Instant::now() + BODY_WAIT;
    let socket = &mut core.inner_mut().socket;
    let mut space = [0; declined::READ_LEN];
    while let Some(wanted) = declined::body_wants(&declined) {
        let left = until.saturating_duration_since(std::time::Instant::now());
        if left.is_zero() || socket.set_read_wait(Some(left)).is_err() {
            break;
        }
        let space = space.get_mut(..wanted.min(declined::READ_LEN)).unwrap_or_default();
        match socket.read(space) {
            Ok(len @ 1..) => {
                declined.body.extend_from_slice(space.get(..len).unwrap_or_default());
            }
            Ok(0) | Err(_) => break,
        }
    }
    Error::Declined(Box::new(declined))
}
