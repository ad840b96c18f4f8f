//! How a server behaves, and how it answers a request: the same for both streams.

use std::time::Duration;

use socklet_core::{
    Config, Fragmentation, Limits, Timeouts,
    handshake::server::{Accept, Decision, Reject, Request},
    permessage_deflate::{Agreed, Settings},
};

#[cfg(feature = "blocking-tls")]
use crate::tls::ServerTls;

/// How a server behaves: subprotocols, deadlines, limits, TLS.
///
/// One value can accept many connections. It listens on no socket of its own: it is handed
/// streams, from a `TcpListener` or anything else.
///
/// # Examples
/// ```no_run
/// # async fn run() -> Result<(), socklet_std::Error> {
/// use socklet_std::Server;
/// use tokio::net::TcpListener;
///
/// let server = Server::new().subprotocols(["chat"]);
/// let listener = TcpListener::bind("127.0.0.1:9001").await?;
/// loop {
///     let (stream, _) = listener.accept().await?;
///     let server = server.clone();
///     tokio::spawn(async move {
///         let mut ws = server.accept(stream).await?;
///         while let Some(message) = ws.recv().await? {
///             ws.send(&message).await?;
///         }
///         Ok::<_, socklet_std::Error>(())
///     });
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Server {
    pub(crate) subprotocols: Vec<String>,
    pub(crate) config: Config,
    pub(crate) deflate: Settings,
    pub(crate) agreed: Option<Agreed>,
    #[cfg(feature = "blocking-tls")]
    pub(crate) tls: Option<ServerTls>,
}

impl Server {
    /// A server with the presets [`Config::SERVER`](socklet_core::Config::SERVER), without TLS.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            subprotocols: Vec::new(),
            config: Config::SERVER,
            deflate: Settings::OFF,
            agreed: None,
            #[cfg(feature = "blocking-tls")]
            tls: None,
        }
    }

    /// Supports subprotocols: the first of these that the client offers is chosen (RFC 6455
    /// section 1.9). A client that offers none of them is accepted without one.
    ///
    /// # Examples
    /// ```
    /// let server = socklet_std::Server::new().subprotocols(["chat.v2", "chat"]);
    /// ```
    #[must_use]
    pub fn subprotocols<I: IntoIterator<Item: Into<String>>>(mut self, subprotocols: I) -> Self {
        self.subprotocols = subprotocols.into_iter().map(Into::into).collect();
        self
    }

    /// Speaks TLS on every stream.
    #[cfg(feature = "blocking-tls")]
    #[must_use]
    pub fn tls(self, tls: ServerTls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The answer to a request if nobody is asked: accept, with the best subprotocol.
    pub(crate) fn answer(&self, request: &Request<'_>) -> Answer {
        let supported: Vec<&str> = self.subprotocols.iter().map(String::as_str).collect();
        match request.choose_subprotocol(&supported) {
            Some(subprotocol) => Answer::accept().subprotocol(subprotocol),
            None => Answer::accept(),
        }
    }
}

settings!(Server);

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

/// What a server answers to a request.
///
/// What is not a proper upgrade is never accepted: it gets a 400 with the reason, or a 426.
///
/// # Examples
/// ```
/// use socklet_std::{Answer, Request};
///
/// fn decide(request: &Request<'_>) -> Answer {
///     match request.target() {
///         "/chat" => Answer::accept().subprotocol("chat").header("X-Room", "1"),
///         "/old" => Answer::reject(301).header("Location", "/chat"),
///         _ => Answer::reject(404).body("no such room"),
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Answer {
    reject: Option<(u16, Vec<u8>)>,
    subprotocol: Option<String>,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// Opens the connection.
    #[must_use]
    pub const fn accept() -> Self {
        Self { reject: None, subprotocol: None, headers: Vec::new() }
    }

    /// Answers with an HTTP response of a status from 300 to 599, and ends the connection.
    #[must_use]
    pub const fn reject(status: u16) -> Self {
        Self { reject: Some((status, Vec::new())), subprotocol: None, headers: Vec::new() }
    }

    /// Chooses one of the subprotocols that the client offers; another is an
    /// [`Error::Config`](crate::Error::Config). Counts for an accepted request only.
    #[must_use]
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.subprotocol = Some(subprotocol.into());
        self
    }

    /// Adds a header; those of the handshake itself are always there.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body of a rejection.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        if let Some((_, body)) = &mut self.reject {
            *body = bytes.into();
        }
        self
    }

    /// The subprotocol that this answer opens a connection with.
    pub(crate) fn chosen(&self) -> Option<&str> {
        self.subprotocol.as_deref().filter(|_| self.reject.is_none())
    }

    /// The same answer, as the core takes it.
    pub(crate) fn with_decision<T>(&self, use_it: impl FnOnce(Decision<'_>) -> T) -> T {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        use_it(match &self.reject {
            Some((status, body)) => {
                Decision::Reject(Reject::new(*status).headers(&headers).body(body))
            }
            None => {
                let accept = Accept::new().headers(&headers);
                Decision::Accept(match &self.subprotocol {
                    Some(subprotocol) => accept.subprotocol(subprotocol),
                    None => accept,
                })
            }
        })
    }
}
