//! How a client opens a connection: name, TCP, TLS, opening handshake, all under one deadline.

use std::future::poll_fn;

use socklet_core::{Client as Role, HandshakeError, connection::Connection};
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
    Client, ClientRole, Error, Url,
    buffer::GrowingBuffer,
    declined::{self, BODY_WAIT},
    deflate::{HostDeflate, Plan},
    rng::Rng,
};

impl Client {
    /// Opens a connection to `ws://host/path` or `wss://host/path`.
    ///
    /// [`Timeouts::handshake_ms`](crate::Timeouts::handshake_ms) bounds all of it. Needs a tokio
    /// runtime with I/O and time enabled.
    ///
    /// # Errors
    /// [`Error::Url`] for the address; [`Error::Io`] if the server cannot be reached;
    /// [`Error::Tls`] if it is not trusted; [`Error::Declined`] if it answers with an HTTP
    /// response, a redirect among them; [`Error::Handshake`] if it answers wrongly;
    /// [`Error::Timeout`]; [`Error::Config`] for settings that can never work.
    pub async fn connect(&self, url: &str) -> Result<WebSocket, Error> {
        self.connect_layered(url, |stream| stream).await
    }

    /// Opens a connection with a layer of the caller's between TCP or TLS and the WebSocket: one
    /// that looks at the bytes, counts them or delays them.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_layered<L: AsyncRead + AsyncWrite + Unpin>(
        &self,
        url: &str,
        layer: impl FnOnce(MaybeTls<TcpStream>) -> L,
    ) -> Result<WebSocket<L>, Error> {
        let url = Url::parse(url)?;
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let stream = deadline.bound(TcpStream::connect((url.host(), url.port()))).await?;
        stream.set_nodelay(true)?;
        let next = layer(deadline.bound(self.secure(stream, &url)).await?);
        self.open(next, &url, deadline).await
    }

    /// Opens a connection over a stream that leads to the server: through a proxy or a tunnel, a
    /// Unix socket, memory. The address says what to ask for, and whether to speak TLS.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_over<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        url: &str,
    ) -> Result<WebSocket<MaybeTls<S>>, Error> {
        let url = Url::parse(url)?;
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let next = deadline.bound(self.secure(stream, &url)).await?;
        self.open(next, &url, deadline).await
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
        WebSocket::taken_over(stream, connection(self, deflate)?, leftover)
    }

    async fn open<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        next: S,
        url: &Url,
        deadline: Deadline,
    ) -> Result<WebSocket<S>, Error> {
        let connection = connection(self, Plan::negotiate(self.deflate))?;
        let mut driver = Driver::new(next, connection);
        match deadline.bound(driver.handshake(self, url)).await {
            Err(Error::Handshake(HandshakeError::Declined { .. })) => Err(driver.declined().await),
            outcome => {
                outcome?;
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
    async fn handshake(&mut self, client: &Client, url: &Url) -> Result<(), CoreError> {
        let now_ms = Some(self.timer.now_ms());
        client.with_request(url, |request| self.connection.stage_request(request, now_ms))?;
        poll_fn(|context| self.poll_ready(Goal::Head, context)).await?;
        let now_ms = Some(self.timer.now_ms());
        client.with_request(url, |request| self.connection.check_response(request, now_ms))
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
