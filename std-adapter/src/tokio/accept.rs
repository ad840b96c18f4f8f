//! How a server accepts a connection: TLS and opening handshake under one deadline.

use std::future::poll_fn;

use socklet_core::{connection::Connection, handshake::server::Request};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    MaybeTls, WebSocket,
    deadline::Deadline,
    driver::{CoreError, Driver, Goal},
    teardown::Teardown,
};
use crate::{
    Answer, Error, Server, ServerRole,
    buffer::GrowingBuffer,
    deflate::{HostDeflate, Plan},
    trace::Trace,
};

impl Server {
    /// Accepts a connection on a stream: speaks TLS if told so, reads the request, answers it.
    ///
    /// [`Timeouts::handshake_ms`](crate::Timeouts::handshake_ms) bounds all of it. Needs a tokio
    /// runtime with time enabled. On a TCP stream, `set_nodelay(true)` is yours to call.
    ///
    /// # Errors
    /// [`Error::Handshake`] for a request that is no proper upgrade, which has been answered with
    /// status 400, 426 or 431; [`Error::Tls`], [`Error::Io`], [`Error::Timeout`].
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> Result<WebSocket<MaybeTls<S>, ServerRole>, Error> {
        self.accept_with(stream, |request| self.answer(request)).await
    }

    /// Accepts a connection as `decide` says, which sees the request: the target, the headers,
    /// the subprotocols on offer.
    ///
    /// # Errors
    /// As [`accept`](Self::accept); [`Error::Handshake`] with
    /// [`Rejected`](crate::HandshakeError::Rejected) for a request that was rejected, once the
    /// response has been sent; [`Error::Config`] for an answer that cannot be sent.
    pub async fn accept_with<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        decide: impl FnOnce(&Request<'_>) -> Answer,
    ) -> Result<WebSocket<MaybeTls<S>, ServerRole>, Error> {
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let next = deadline.bound(self.secure(stream)).await?;
        self.open(next, &[], decide, deadline).await
    }

    /// Accepts a connection with a layer of the caller's between TCP or TLS and the WebSocket: one
    /// that looks at the bytes, counts them or delays them.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub async fn accept_layered<
        S: AsyncRead + AsyncWrite + Unpin,
        L: AsyncRead + AsyncWrite + Unpin,
    >(
        &self,
        stream: S,
        layer: impl FnOnce(MaybeTls<S>) -> L,
    ) -> Result<WebSocket<L, ServerRole>, Error> {
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let next = layer(deadline.bound(self.secure(stream)).await?);
        self.open(next, &[], |request| self.answer(request), deadline).await
    }

    /// Accepts a connection on a stream from which something has been read already, all of the
    /// request or a part of it. TLS is not spoken: what was read was plain.
    ///
    /// # Errors
    /// As [`accept_with`](Self::accept_with).
    pub async fn accept_after<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        already: &[u8],
        decide: impl FnOnce(&Request<'_>) -> Answer,
    ) -> Result<WebSocket<MaybeTls<S>, ServerRole>, Error> {
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        self.open(MaybeTls::Plain(stream), already, decide, deadline).await
    }

    /// Takes over a connection that something else has opened, an HTTP server for instance, with
    /// the bytes that it read behind the request's head. It compresses as
    /// [`agreed`](Self::agreed).
    ///
    /// # Errors
    /// [`Error::Resource`] for more leftover bytes than a message may have.
    pub fn take_over<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        leftover: &[u8],
    ) -> Result<WebSocket<S, ServerRole>, Error> {
        let deflate = Plan::taken_over(self.deflate, self.agreed);
        WebSocket::taken_over(stream, connection(self, deflate), leftover, Trace::new(false))
    }

    /// Takes over a connection of which the target and the subprotocol are known.
    #[cfg(feature = "hyper")]
    pub(crate) fn take_over_from<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        target: &str,
        subprotocol: Option<Box<str>>,
    ) -> Result<WebSocket<S, ServerRole>, Error> {
        let mut trace = Trace::new(false);
        trace.set_target(target);
        let deflate = Plan::taken_over(self.deflate, self.agreed);
        let mut ws = WebSocket::taken_over(stream, connection(self, deflate), &[], trace)?;
        ws.subprotocol = subprotocol;
        Ok(ws)
    }

    async fn open<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        next: S,
        already: &[u8],
        decide: impl FnOnce(&Request<'_>) -> Answer,
        deadline: Deadline,
    ) -> Result<WebSocket<S, ServerRole>, Error> {
        let mut connection = connection(self, Plan::negotiate(self.deflate));
        connection.preload(already)?;
        let mut driver = Driver::new(next, connection, Trace::new(false));
        let outcome = deadline.bound(driver.handshake(decide)).await;
        if outcome.as_ref().is_err_and(Error::wants_teardown) {
            // Or the peer may never see the answer.
            let closing_ms = self.config.timeouts.closing_ms;
            let mut teardown = Teardown::NotBegun;
            poll_fn(|context| {
                teardown.poll::<_, ServerRole>(&mut driver.next, closing_ms, context)
            })
            .await;
        }
        let subprotocol = driver.trace.step(outcome)?;
        driver.trace.opened();
        Ok(WebSocket::new(driver, subprotocol))
    }

    #[cfg(feature = "tls")]
    async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> Result<MaybeTls<S>, Error> {
        let Some(tls) = &self.tls else { return Ok(MaybeTls::Plain(stream)) };
        let acceptor = tokio_rustls::TlsAcceptor::from(tls.config());
        // On the heap for as long as it takes: it is large, and without TLS it is not there.
        let stream = Box::pin(acceptor.accept(stream)).await?;
        Ok(MaybeTls::Tls(Box::new(stream.into())))
    }

    #[cfg(not(feature = "tls"))]
    async fn secure<S>(&self, stream: S) -> Result<MaybeTls<S>, Error> {
        // Never in the clear what was to be encrypted.
        #[cfg(feature = "blocking-tls")]
        if self.tls.is_some() {
            return Err(crate::UrlError::WithoutTls.into());
        }
        Ok(MaybeTls::Plain(stream))
    }
}

/// A connection before its opening handshake.
fn connection(
    server: &Server,
    deflate: Plan,
) -> Connection<ServerRole, GrowingBuffer, HostDeflate> {
    let config = server.config;
    let receive = GrowingBuffer::receive(&config, &deflate);
    let staging = GrowingBuffer::staging(&config);
    Connection::new(socklet_core::Server, receive, staging, config, deflate.compression())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S, ServerRole> {
    /// Reads the request and answers it; returns the subprotocol that was chosen.
    async fn handshake(
        &mut self,
        decide: impl FnOnce(&Request<'_>) -> Answer,
    ) -> Result<Option<Box<str>>, Error> {
        let begun: Result<(), CoreError> = self.connection.await_request(Some(self.timer.now_ms()));
        begun?;
        poll_fn(|context| self.poll_ready(Goal::Head, context)).await?;
        // What is not HTTP is answered without asking anybody.
        let answer = match self.connection.request() {
            Some(request) => {
                self.trace.set_target(request.target());
                decide(&request)
            }
            None => Answer::accept(),
        };
        answer.with_decision(|decision| -> Result<(), CoreError> {
            self.connection.stage_answer(|_| decision)
        })?;
        poll_fn(|context| self.poll_drain(context)).await?;
        let outcome: Result<(), CoreError> =
            self.connection.finish_answer(Some(self.timer.now_ms()));
        outcome?;
        Ok(answer.chosen().map(Box::from))
    }
}
