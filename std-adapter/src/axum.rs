//! An extractor for axum 0.8 that opens a [`WebSocket`](crate::tokio::WebSocket).
//!
//! [How Pings and Close frames are answered](crate::hyper#pings-and-close-frames) is said at hyper,
//! of which this is made. A server that is shut down gracefully does not wait for connections that
//! it has upgraded, nor tell them: their handlers have to.
//!
//! # Examples
//! ```
//! use axum::{Router, response::Response, routing::any};
//! use socklet_std::{Error, axum::WebSocketUpgrade, hyper::UpgradedWebSocket};
//! use socklet_std::permessage_deflate::Settings;
//!
//! async fn chat(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.protocols(["chat.v2", "chat"]).deflate(Settings::DEFAULT).on_upgrade(echo)
//! }
//!
//! async fn echo(mut ws: UpgradedWebSocket) -> Result<(), Error> {
//!     while let Some(message) = ws.recv().await? {
//!         ws.send(message).await?;
//!     }
//!     Ok(())
//! }
//!
//! let app: Router = Router::new().route("/chat", any(chat));
//! ```

use std::{fmt, future::Future};

use axum_core::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{Request, request};
use socklet_core::{HandshakeError, permessage_deflate::Settings};

use crate::{
    Error, Server,
    hyper::{OnUpgrade, Parts, UpgradedWebSocket, refuse},
};

/// A request that asks for a WebSocket: [`on_upgrade`](Self::on_upgrade) makes the response, and
/// later the WebSocket.
///
/// A handler of the route has to be one for GET, or for any method.
#[must_use = "nothing is answered without `on_upgrade`"]
pub struct WebSocketUpgrade<F = fn(Error)> {
    server: Server,
    /// Of the response.
    headers: Vec<(String, String)>,
    request: Request<()>,
    on_upgrade: OnUpgrade,
    on_failure: F,
}

/// Why a request is none for a WebSocket: 400, or 426 for another version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpgradeRejection(
    /// What is wrong with it; [`HttpVersion`](HandshakeError::HttpVersion) also for a connection that
    /// cannot be upgraded.
    pub HandshakeError,
);

impl IntoResponse for UpgradeRejection {
    fn into_response(self) -> Response {
        refuse(self.0).map(Body::from)
    }
}

impl fmt::Display for UpgradeRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for UpgradeRejection {}

impl<S: Send + Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = UpgradeRejection;

    async fn from_request_parts(
        parts: &mut request::Parts,
        _: &S,
    ) -> Result<Self, UpgradeRejection> {
        let request = Request::from_parts(parts.clone(), ());
        Parts::of(&request).request().check().map_err(UpgradeRejection)?;
        let on_upgrade = parts.extensions.remove();
        let on_upgrade = on_upgrade.ok_or(UpgradeRejection(HandshakeError::HttpVersion))?;
        let (server, headers) = (Server::new(), Vec::new());
        Ok(Self { server, headers, request, on_upgrade, on_failure: drop })
    }
}

impl<F: FnOnce(Error) + Send + 'static> WebSocketUpgrade<F> {
    /// Behaves as this server, with its deadlines, limits, subprotocols and compression. TLS is the
    /// HTTP server's.
    pub fn server(self, server: Server) -> Self {
        Self { server, ..self }
    }

    /// Supports subprotocols: as [`Server::subprotocols`].
    pub fn protocols<I: IntoIterator<Item: Into<String>>>(self, protocols: I) -> Self {
        Self { server: self.server.subprotocols(protocols), ..self }
    }

    /// Turns on permessage-deflate, or off: as [`Server::deflate`].
    pub fn deflate(self, settings: Settings) -> Self {
        Self { server: self.server.deflate(settings), ..self }
    }

    /// Adds a header to the response.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Is told of a connection of which nothing became after the response, or of a response that
    /// could not be sent: a header that cannot be one, in place of which there is a 500.
    pub fn on_failed_upgrade<G: FnOnce(Error) + Send + 'static>(
        self,
        on_failure: G,
    ) -> WebSocketUpgrade<G> {
        let Self { server, headers, request, on_upgrade, .. } = self;
        WebSocketUpgrade { server, headers, request, on_upgrade, on_failure }
    }

    /// Makes the response, and runs `handle` in a task of its own once it has been sent. What that
    /// returns is dropped.
    pub fn on_upgrade<H, T>(self, handle: H) -> Response
    where
        H: FnOnce(UpgradedWebSocket) -> T + Send + 'static,
        T: Future<Output: Send> + Send + 'static,
    {
        let Self { server, headers, request, on_upgrade, on_failure } = self;
        let (response, upgrade) =
            server.upgrade_parts(&Parts::of(&request), on_upgrade, |request| {
                let headers = headers.into_iter();
                headers.fold(server.answer(request), |answer, (name, value)| {
                    answer.header(name, value)
                })
            });
        match upgrade {
            Ok(upgrade) => {
                tokio::spawn(async move {
                    match upgrade.await {
                        Ok(ws) => drop(handle(ws).await),
                        Err(error) => on_failure(error),
                    }
                });
            }
            Err(error) => on_failure(error),
        }
        response.map(Body::from)
    }
}

impl<F> fmt::Debug for WebSocketUpgrade<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade")
            .field("server", &self.server)
            .field("uri", self.request.uri())
            .finish_non_exhaustive()
    }
}
