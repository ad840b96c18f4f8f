//! How a blocking server accepts a connection: TLS and opening handshake under one deadline.

use socklet_core::{Config, handshake::server::Request};

use super::{
    MaybeTls, Socket, WebSocket,
    deadline::Deadline,
    stream::{self, Core},
};
use crate::{
    Answer, Error, Server, ServerRole, buffer::GrowingBuffer, deflate::Plan, teardown::limit,
    trace::Trace,
};

impl Server {
    /// Accepts a connection on a stream: speaks TLS if told so, reads the request, answers it.
    ///
    /// [`Timeouts::handshake_ms`](crate::Timeouts::handshake_ms) bounds all of it. On a TCP
    /// stream, `set_nodelay(true)` is yours to call.
    ///
    /// # Errors
    /// [`Error::Handshake`] for a request that is no proper upgrade, which has been answered with
    /// status 400, 426 or 431; [`Error::Tls`], [`Error::Io`], [`Error::Timeout`].
    pub fn accept_blocking<S: Socket>(
        &self,
        stream: S,
    ) -> Result<WebSocket<MaybeTls<S>, ServerRole>, Error> {
        self.accept_with_blocking(stream, |request| self.answer(request))
    }

    /// Accepts a connection as `decide` says, which sees the request: the target, the headers,
    /// the subprotocols on offer.
    ///
    /// # Errors
    /// As [`accept_blocking`](Self::accept_blocking); [`Error::Handshake`] with
    /// [`Rejected`](crate::HandshakeError::Rejected) for a request that was rejected, once the
    /// response has been sent; [`Error::Config`] for an answer that cannot be sent.
    pub fn accept_with_blocking<S: Socket>(
        &self,
        stream: S,
        decide: impl FnOnce(&Request<'_>) -> Answer,
    ) -> Result<WebSocket<MaybeTls<S>, ServerRole>, Error> {
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let next = self.secure_blocking(stream, deadline)?;
        self.open_blocking(next, &[], decide, deadline)
    }

    /// Accepts a connection with a layer of the caller's between TCP or TLS and the WebSocket: one
    /// that looks at the bytes, counts them or delays them.
    ///
    /// # Errors
    /// As [`accept_blocking`](Self::accept_blocking).
    pub fn accept_layered_blocking<S: Socket, L: Socket>(
        &self,
        stream: S,
        layer: impl FnOnce(MaybeTls<S>) -> L,
    ) -> Result<WebSocket<L, ServerRole>, Error> {
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        let next = layer(self.secure_blocking(stream, deadline)?);
        self.open_blocking(next, &[], |request| self.answer(request), deadline)
    }

    /// Accepts a connection on a stream from which something has been read already, all of the
    /// request or a part of it. TLS is not spoken: what was read was plain.
    ///
    /// # Errors
    /// As [`accept_with_blocking`](Self::accept_with_blocking).
    pub fn accept_after_blocking<S: Socket>(
        &self,
        stream: S,
        already: &[u8],
        decide: impl FnOnce(&Request<'_>) -> Answer,
    ) -> Result<WebSocket<MaybeTls<S>, ServerRole>, Error> {
        let deadline = Deadline::new(self.config.timeouts.handshake_ms);
        self.open_blocking(MaybeTls::Plain(stream), already, decide, deadline)
    }

    /// Takes over a connection that something else has opened, an HTTP server for instance, with
    /// the bytes that it read behind the request's head. It compresses as
    /// [`agreed`](Self::agreed).
    ///
    /// # Errors
    /// [`Error::Resource`] for more leftover bytes than a message may have.
    pub fn take_over_blocking<S: Socket>(
        &self,
        stream: S,
        leftover: &[u8],
    ) -> Result<WebSocket<S, ServerRole>, Error> {
        let deflate = Plan::taken_over(self.deflate, self.agreed);
        let core = core(stream, self.config, deflate);
        WebSocket::taken_over(core, self.config.timeouts.closing_ms, leftover)
    }

    fn open_blocking<S: Socket>(
        &self,
        next: S,
        already: &[u8],
        decide: impl FnOnce(&Request<'_>) -> Answer,
        deadline: Deadline,
    ) -> Result<WebSocket<S, ServerRole>, Error> {
        let closing_ms = self.config.timeouts.closing_ms;
        let mut core = core(next, deadline.rest_of(self.config)?, Plan::negotiate(self.deflate));
        core.preload(already)?;
        let mut trace = Trace::new(false);
        let outcome = handshake(&mut core, |request| {
            trace.set_target(request.target());
            decide(request)
        });
        if outcome.as_ref().is_err_and(Error::wants_teardown) {
            // Or the peer may never see the answer. What it says to that is of no use.
            let socket = &mut core.inner_mut().socket;
            let _ = stream::teardown::<_, ServerRole>(socket, limit(closing_ms));
        }
        let subprotocol = trace.step(outcome)?;
        trace.opened();
        Ok(WebSocket::new(core.with_config(self.config), closing_ms, subprotocol, trace))
    }

    #[cfg(feature = "blocking-tls")]
    fn secure_blocking<S: Socket>(
        &self,
        mut stream: S,
        deadline: Deadline,
    ) -> Result<MaybeTls<S>, Error> {
        let Some(tls) = &self.tls else { return Ok(MaybeTls::Plain(stream)) };
        let connection = rustls::ServerConnection::new(tls.config());
        let mut connection = connection.map_err(crate::TlsError::from)?;
        deadline.handshake(&mut connection, &mut stream)?;
        Ok(MaybeTls::Server(Box::new(rustls::StreamOwned::new(connection, stream))))
    }

    #[cfg(not(feature = "blocking-tls"))]
    fn secure_blocking<S: Socket>(&self, stream: S, _: Deadline) -> Result<MaybeTls<S>, Error> {
        Ok(MaybeTls::Plain(stream))
    }
}

fn core<S: Socket>(socket: S, config: Config, deflate: Plan) -> Core<S, ServerRole> {
    let receive = GrowingBuffer::receive(&config, &deflate);
    let staging = GrowingBuffer::staging(&config);
    let io = stream::io(socket);
    let clock = io.clock;
    Core::server_with(io, receive, staging, config, deflate.compression(), clock)
}

/// Reads the request and answers it; returns the subprotocol that was chosen.
fn handshake<S: Socket>(
    core: &mut Core<S, ServerRole>,
    decide: impl FnOnce(&Request<'_>) -> Answer,
) -> Result<Option<Box<str>>, Error> {
    let answer = decide(&core.read_request()?);
    answer.with_decision(|decision| core.answer(|_| decision))?;
    Ok(answer.chosen().map(Box::from))
}
