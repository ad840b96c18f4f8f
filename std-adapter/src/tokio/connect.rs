//! How a client opens a connection: name, TCP, TLS, opening handshake, all under one deadline.

use std::future::poll_fn;

use socklet_core::{Client as Role, HandshakeError, connection::Connection};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time,
};

use super::{
    MaybeTls, WebSocket,
    deadline::Deadline,
    driver::{CoreError, Driver, Goal, poll_read},
};
use crate::{
    Client, ClientRole, Error, IntoTarget, Target, Url,
    buffer::GrowingBuffer,
    declined::{self, BODY_WAIT},
    deflate::{HostDeflate, Plan},
    redirect::Redirects,
    rng::Rng,
    trace::Trace,
};

impl Client {
    /// Opens a connection to `ws://host/path` or `wss://host/path`, to an [`IntoTarget`] that is.
    ///
    /// [`Timeouts::handshake_ms`](crate::Timeouts::handshake_ms) bounds all of it; the body of
    /// a response that declines may take a second more. Of the addresses
    /// of a host each is tried a quarter of a second after the one before, its two families in
    /// turn, and the first to answer wins ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305)).
    /// Needs a tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    /// [`Error::Url`] for the address; [`Error::Io`] if the server or the proxy cannot be reached;
    /// [`Error::Proxy`]; [`Error::Tls`] if the server is not trusted; [`Error::Declined`] if it
    /// answers with an HTTP response, a redirect that is not followed among them;
    /// [`Error::Handshake`] if it answers wrongly; [`Error::Timeout`]; [`Error::Config`] for
    /// settings that can never work.
    pub async fn connect(&self, to: impl IntoTarget) -> Result<WebSocket, Error> {
        self.connect_layered(to, |stream| stream).await
    }

    /// Opens a connection with a layer of the caller's between TCP or TLS and the WebSocket: one
    /// that looks at the bytes, counts them or delays them. Where redirects are followed, each
    /// attempt has a layer of its own.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_layered<L: AsyncRead + AsyncWrite + Unpin>(
        &self,
        to: impl IntoTarget,
        mut layer: impl FnMut(MaybeTls<TcpStream>) -> L,
    ) -> Result<WebSocket<L>, Error> {
        let mut target = to.into_target()?;
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let mut redirects = Redirects(self.redirects);
        loop {
            match self.attempt(&target, &mut layer, deadline).await {
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
    /// As [`connect`](Self::connect).
    pub async fn connect_over<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        to: impl IntoTarget,
    ) -> Result<WebSocket<MaybeTls<S>>, Error> {
        let target = to.into_target()?;
        let trace = Trace::client(&target.url);
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let next = trace.step(deadline.bound(self.secure(stream, &target.url)).await)?;
        self.open(next, &target, deadline, trace).await
    }

    /// Opens a connection to a server that listens on a Unix socket at this path. The address says
    /// what to ask for, and whether to speak TLS; its host is not looked up.
    ///
    /// # Errors
    /// As [`connect_over`](Self::connect_over).
    #[cfg(unix)]
    pub async fn connect_unix(
        &self,
        path: impl AsRef<std::path::Path>,
        to: impl IntoTarget,
    ) -> Result<WebSocket<MaybeTls<UnixStream>>, Error> {
        self.connect_over(UnixStream::connect(path).await?, to).await
    }

    /// Takes over a connection that something else has opened, an HTTP client for instance, with
    /// the bytes that it read behind the response's head. It compresses as
    /// [`agreed`](Self::agreed).
    ///
    /// # Errors
    /// [`Error::Io`] if the system has no randomness; [`Error::Resource`] for more leftover
    /// bytes than a message may have.
    pub fn take_over<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        leftover: &[u8],
    ) -> Result<WebSocket<S>, Error> {
        let deflate = Plan::taken_over(self.deflate, self.agreed);
        WebSocket::taken_over(stream, connection(self, deflate)?, leftover, Trace::new(true))
    }

    /// Opens a connection, or is told where else it could be opened.
    async fn attempt<L: AsyncRead + AsyncWrite + Unpin>(
        &self,
        target: &Target,
        layer: impl FnOnce(MaybeTls<TcpStream>) -> L,
        deadline: Deadline,
    ) -> Result<WebSocket<L>, Error> {
        let trace = Trace::client(&target.url);
        let stream = trace.step(deadline.bound(self.reach(&target.url)).await)?;
        let next = trace.step(deadline.bound(self.secure(stream, &target.url)).await)?;
        self.open(layer(next), target, deadline, trace).await
    }

    async fn open<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        next: S,
        target: &Target,
        deadline: Deadline,
        trace: Trace,
    ) -> Result<WebSocket<S>, Error> {
        let connection = connection(self, Plan::negotiate(self.deflate))?;
        let mut driver = Driver::new(next, connection, trace);
        match deadline.bound(driver.handshake(self, target)).await {
            Err(Error::Handshake(HandshakeError::Declined { .. })) => {
                let trace = driver.trace.clone();
                trace.step(Err(driver.declined().await))
            }
            outcome => {
                driver.trace.step(outcome)?;
                driver.trace.opened();
                let subprotocol = driver
                    .connection
                    .response()
                    .and_then(|response| response.subprotocol())
                    .map(Box::from);
                Ok(WebSocket::new(driver, subprotocol))
            }
        }
    }

    #[cfg(feature = "tls")]
    async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        url: &Url,
    ) -> Result<MaybeTls<S>, Error> {
        if !url.is_secure() {
            return Ok(MaybeTls::Plain(stream));
        }
        let connector = tokio_rustls::TlsConnector::from(self.tls.config()?);
        let name = crate::tls::server_name(url.host())?;
        let stream = connector.connect(name, stream).await?;
        Ok(MaybeTls::Tls(Box::new(stream.into())))
    }

    #[cfg(not(feature = "tls"))]
    async fn secure<S>(&self, stream: S, url: &Url) -> Result<MaybeTls<S>, Error> {
        if url.is_secure() {
            Err(crate::UrlError::WithoutTls.into())
        } else {
            Ok(MaybeTls::Plain(stream))
        }
    }
}

/// A connection before its opening handshake.
fn connection(
    client: &Client,
    deflate: Plan,
) -> Result<Connection<ClientRole, GrowingBuffer, HostDeflate>, Error> {
    let role = Role(Rng::from_system()?);
    let config = client.config;
    let receive = GrowingBuffer::receive(&config, &deflate);
    let staging = GrowingBuffer::staging(&config);
    Ok(Connection::new(role, receive, staging, config, deflate.compression()))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S, ClientRole> {
    async fn handshake(&mut self, client: &Client, target: &Target) -> Result<(), CoreError> {
        let now_ms = Some(self.timer.now_ms());
        client.with_request(target, |request| self.connection.stage_request(request, now_ms))?;
        poll_fn(|context| self.poll_ready(Goal::Head, context)).await?;
        let now_ms = Some(self.timer.now_ms());
        client.with_request(target, |request| self.connection.check_response(request, now_ms))
    }

    /// The response in place of a WebSocket, with what comes of its body.
    async fn declined(mut self) -> Error {
        let Some(mut declined) =
            declined::read(self.connection.response(), self.connection.undecoded())
        else {
            return Error::ConnectionLost;
        };
        let body = async {
            let mut space = [0; declined::READ_LEN];
            while let Some(wanted) = declined::body_wants(&declined) {
                let space = space.get_mut(..wanted.min(declined::READ_LEN)).unwrap_or_default();
                match poll_fn(|context| poll_read(&mut self.next, space, context)).await {
                    Ok(len @ 1..) => {
                        declined.body.extend_from_slice(space.get(..len).unwrap_or_default());
                    }
                    Ok(0) | Err(_) => break,
                }
            }
        };
        // What has come until then is all the same of use.
        let _ = time::timeout(BODY_WAIT, body).await;
        Error::Declined(Box::new(declined))
    }
}
