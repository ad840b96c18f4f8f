//! How a blocking client opens a connection: name, TCP, TLS, opening handshake, all under one
//! deadline.

use std::net::TcpStream;

use socklet_core::{Config, HandshakeError};

use super::{
    MaybeTls, Socket, WebSocket,
    deadline::Deadline,
    stream::{self, Core},
};
use crate::{
    Client, ClientRole, Error, IntoTarget, Target, Url,
    buffer::GrowingBuffer,
    declined::{self, BODY_WAIT},
    deflate::Plan,
    redirect::Redirects,
    rng::Rng,
    trace::Trace,
};

impl Client {
    /// Opens a connection to `ws://host/path` or `wss://host/path`, to an [`IntoTarget`] that is.
    ///
    /// [`Timeouts::handshake_ms`](crate::Timeouts::handshake_ms) bounds all of it; the body of
    /// a response that declines may take a second more. The addresses
    /// of a host are tried one after the other, its two families in turn.
    ///
    /// # Errors
    /// [`Error::Url`] for the address; [`Error::Io`] if the server or the proxy cannot be reached;
    /// [`Error::Proxy`]; [`Error::Tls`] if the server is not trusted; [`Error::Declined`] if it
    /// answers with an HTTP response, a redirect that is not followed among them;
    /// [`Error::Handshake`] if it answers wrongly; [`Error::Timeout`]; [`Error::Config`] for
    /// settings that can never work.
    pub fn connect_blocking(&self, to: impl IntoTarget) -> Result<WebSocket, Error> {
        self.connect_layered_blocking(to, |stream| stream)
    }

    /// Opens a connection with a layer of the caller's between TCP or TLS and the WebSocket: one
    /// that looks at the bytes, counts them or delays them. Where redirects are followed, each
    /// attempt has a layer of its own.
    ///
    /// # Errors
    /// As [`connect_blocking`](Self::connect_blocking).
    pub fn connect_layered_blocking<L: Socket>(
        &self,
        to: impl IntoTarget,
        mut layer: impl FnMut(MaybeTls<TcpStream>) -> L,
    ) -> Result<WebSocket<L>, Error> {
        let mut target = to.into_target()?;
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let mut redirects = Redirects(self.redirects);
        loop {
            match self.attempt_blocking(&target, &mut layer, deadline) {
                Ok(ws) => return Ok(ws),
                Err(error) => target = redirects.follow(&target, error)?,
            }
        }
    }

    /// Opens a connection over a stream that leads to the server: through a tunnel, to another
    /// process, in memory. The address says what to ask for, and whether to speak TLS. Redirects
    /// are not followed.
    ///
    /// # Errors
    /// As [`connect_blocking`](Self::connect_blocking).
    pub fn connect_over_blocking<S: Socket>(
        &self,
        stream: S,
        to: impl IntoTarget,
    ) -> Result<WebSocket<MaybeTls<S>>, Error> {
        let target = to.into_target()?;
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let trace = Trace::client(&target.url);
        let next = trace.step(self.secure_blocking(stream, &target.url, deadline))?;
        self.open_blocking(next, &target, deadline, trace)
    }

    /// Opens a connection to a server that listens on a Unix socket at this path. The address says
    /// what to ask for, and whether to speak TLS; its host is not looked up.
    ///
    /// # Errors
    /// As [`connect_over_blocking`](Self::connect_over_blocking).
    #[cfg(unix)]
    pub fn connect_unix_blocking(
        &self,
        path: impl AsRef<std::path::Path>,
        to: impl IntoTarget,
    ) -> Result<WebSocket<MaybeTls<std::os::unix::net::UnixStream>>, Error> {
        self.connect_over_blocking(std::os::unix::net::UnixStream::connect(path)?, to)
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

    /// Opens a connection, or is told where else it could be opened.
    fn attempt_blocking<L: Socket>(
        &self,
        target: &Target,
        layer: impl FnOnce(MaybeTls<TcpStream>) -> L,
        deadline: Deadline,
    ) -> Result<WebSocket<L>, Error> {
        let trace = Trace::client(&target.url);
        let stream = trace.step(self.reach_blocking(&target.url, deadline))?;
        let next = trace.step(self.secure_blocking(stream, &target.url, deadline))?;
        self.open_blocking(layer(next), target, deadline, trace)
    }

    fn open_blocking<S: Socket>(
        &self,
        next: S,
        target: &Target,
        deadline: Deadline,
        trace: Trace,
    ) -> Result<WebSocket<S>, Error> {
        let mut core = core(next, deadline.rest_of(self.config)?, Plan::negotiate(self.deflate))?;
        match self.with_request(target, |request| core.handshake(request).map(|_| ())) {
            Err(socklet_core::Error::Handshake(HandshakeError::Declined { .. })) => {
                trace.step(Err(read_declined(core)))
            }
            outcome => {
                trace.step(outcome.map_err(Error::from))?;
                trace.opened();
                let subprotocol =
                    core.response().and_then(|response| response.subprotocol()).map(Box::from);
                let core = core.with_config(self.config);
                Ok(WebSocket::new(core, self.config.timeouts.closing_ms, subprotocol, trace))
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
