//! Connections that are taken over from hyper 1: the request is answered here, subprotocol and
//! compression included, and what becomes of the connection is a [`WebSocket`].
//!
//! What belongs to the HTTP server stays with it: TLS, its own time-outs, other requests.
//!
//! # Pings and Close frames
//! A WebSocket answers them while somebody receives from it. A handler that receives in a loop has no
//! more to do. For one that only sends, or works for long between two messages, a task of its own
//! receives ([`WebSocket::into_inbox`]):
//! ```
//! use socklet_std::{Error, hyper::UpgradedWebSocket};
//!
//! async fn tick(ws: UpgradedWebSocket) -> Result<(), Error> {
//!     let (mut inbox, mut writer) = ws.into_inbox(1);
//!     inbox.ignore();
//!     while !inbox.is_over() {
//!         writer.send("tick").await?;
//!         tokio::time::sleep(std::time::Duration::from_secs(1)).await;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Examples
//! ```
//! use hyper::{Request, Response, body::{Bytes, Incoming}};
//! use socklet_std::{Error, Server, permessage_deflate::Settings};
//!
//! async fn serve(mut request: Request<Incoming>) -> Response<Bytes> {
//!     let server = Server::new().subprotocols(["chat"]).deflate(Settings::DEFAULT);
//!     let (response, upgrade) = server.upgrade(&mut request);
//!     if let Ok(upgrade) = upgrade {
//!         tokio::spawn(async move {
//!             let mut ws = upgrade.await?;
//!             while let Some((message, mut reply)) = ws.recv_ref().await? {
//!                 reply.feed(message).await?;
//!             }
//!             Ok::<_, Error>(())
//!         });
//!     }
//!     response
//! }
//! ```

mod answer;

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

pub use ::hyper::upgrade::OnUpgrade;
use bytes::Bytes;
use http::{Request, Response};
use hyper_util::rt::TokioIo;
use socklet_core::{HandshakeError, handshake::server, permessage_deflate::Agreed};

pub(crate) use self::answer::{Parts, refuse};
use crate::{
    Answer, Error, Server, ServerRole,
    tokio::{Deadline, WebSocket},
};

/// The stream of a connection that hyper has upgraded.
pub type Upgraded = TokioIo<::hyper::upgrade::Upgraded>;

/// A WebSocket over a connection that hyper has upgraded.
pub type UpgradedWebSocket = WebSocket<Upgraded, ServerRole>;

impl Server {
    /// Answers a request that hyper has read, and takes the connection over once the response has
    /// been sent.
    ///
    /// The response is 101 with all that belongs to the handshake, or says what is wrong with the
    /// request; either is to be sent. TLS is hyper's: [`tls`](Self::tls) does not count here.
    ///
    /// # Errors
    /// Beside the response stands [`Error::Handshake`] for a request that is no proper upgrade, or
    /// comes over a connection that cannot be upgraded.
    pub fn upgrade<B>(
        &self,
        request: &mut Request<B>,
    ) -> (Response<Bytes>, Result<Upgrade, Error>) {
        self.upgrade_with(request, |request| self.answer(request))
    }

    /// Answers a request as `decide` says, which sees it.
    ///
    /// # Errors
    /// As [`upgrade`](Self::upgrade); [`Error::Handshake`] with
    /// [`Rejected`](HandshakeError::Rejected) for a request that was rejected, [`Error::Config`] for
    /// an answer that cannot be sent, in place of which there is a 500.
    pub fn upgrade_with<B>(
        &self,
        request: &mut Request<B>,
        decide: impl FnOnce(&server::Request<'_>) -> Answer,
    ) -> (Response<Bytes>, Result<Upgrade, Error>) {
        let on_upgrade = request.extensions_mut().remove();
        let parts = Parts::of(request);
        // hyper has one only for a request that asks for it, of which others are told more.
        let checked = parts.request().check();
        match checked.and(on_upgrade.ok_or(HandshakeError::HttpVersion)) {
            Ok(on_upgrade) => self.upgrade_parts(&parts, on_upgrade, decide),
            Err(error) => (refuse(error), Err(error.into())),
        }
    }

    pub(crate) fn upgrade_parts(
        &self,
        parts: &Parts<'_>,
        on_upgrade: OnUpgrade,
        decide: impl FnOnce(&server::Request<'_>) -> Answer,
    ) -> (Response<Bytes>, Result<Upgrade, Error>) {
        let (response, opened) = parts.answer(self, decide);
        let upgrade = opened.map(|(agreed, subprotocol)| {
            Upgrade::new(self, parts.target(), on_upgrade, agreed, subprotocol)
        });
        (response, upgrade)
    }
}

/// A connection that becomes a [`WebSocket`] when the response has been sent: a future, to be
/// awaited in a task of its own, for the response has to be returned first.
///
/// Within [`Timeouts::handshake_ms`](crate::Timeouts::handshake_ms) from the request on, or it is
/// an [`Error::Timeout`].
pub struct Upgrade(Pin<Box<dyn Future<Output = Result<UpgradedWebSocket, Error>> + Send>>);

impl Upgrade {
    fn new(
        server: &Server,
        target: &str,
        on_upgrade: OnUpgrade,
        agreed: Option<Agreed>,
        subprotocol: Option<Box<str>>,
    ) -> Self {
        let deadline = Deadline::new(server.config.timeouts.handshake_ms);
        let server = server.clone().agreed(agreed);
        let target = target.to_owned();
        Self(Box::pin(async move {
            let upgraded = async { on_upgrade.await.map_err(io::Error::other) };
            let stream = TokioIo::new(deadline.bound(upgraded).await?);
            server.take_over_from(stream, &target, subprotocol)
        }))
    }
}

impl Future for Upgrade {
    type Output = Result<UpgradedWebSocket, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").finish_non_exhaustive()
    }
}
