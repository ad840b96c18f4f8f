//! The server on the device: one future for each connection that there is memory for.

use core::ops::{AsyncFnMut, AsyncFnOnce};

use embassy_net::Stack;
use embassy_time::Timer;
use socklet_core::{
    Config, Server,
    handshake::server::{Decision, Request},
    io::nonblocking,
    permessage_deflate::{Compression, NoCompression},
};

use crate::{
    clock::EmbassyTime,
    connector::{EmbassyNet, Network},
    deadlines::Deadlines,
    error::ConnectError,
    memory::{Memory, Resources, TlsPart},
    socket,
    stream::Stream,
};

/// A server's WebSocket: all methods are those of
/// [`socklet_core::io::nonblocking::WebSocket`].
pub type ServerWebSocket<'s, C = NoCompression> =
    nonblocking::WebSocket<Stream<'s>, Server, &'s mut [u8], C, EmbassyTime>;

/// Accepts connections to a port, without TLS.
///
/// A device serves as many peers at once as it has futures that accept, each with a
/// [`Memory`] of its own; the next is refused by TCP, as it is in the moment between the end of a
/// connection and the next [`accept`](Self::accept).
#[derive(Debug, Clone, Copy)]
pub struct Listener<'d> {
    stack: EmbassyNet<'d>,
    port: u16,
    deadlines: Deadlines,
    config: Config,
}

impl<'d> Listener<'d> {
    /// A listener with [`Deadlines::DEFAULT`] and [`Config::SERVER`].
    #[must_use]
    pub const fn new(stack: Stack<'d>, port: u16) -> Self {
        Self {
            stack: EmbassyNet(stack),
            port,
            deadlines: Deadlines::DEFAULT,
            config: Config::SERVER,
        }
    }

    /// The same with other deadlines: those of TCP matter here.
    #[must_use]
    pub const fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// The same with other settings of the WebSocket.
    #[must_use]
    pub const fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Waits for one connection, reads its request, answers as `decide` says, runs `session` with
    /// the open WebSocket, ends the connection, and returns what `session` did.
    ///
    /// `decide` looks at the path and whatever else, and accepts or rejects. In `session` the
    /// [`request`](nonblocking::WebSocket::request) can still be read, until the first call that
    /// receives.
    ///
    /// # Errors
    /// [`ConnectError`]: `session` did not run. A rejected request is
    /// [`HandshakeError::Rejected`](socklet_core::HandshakeError::Rejected).
    ///
    /// # Cancellation
    /// While it waits for a connection nothing is lost. Afterwards a dropped future ends the
    /// connection without a word to the peer.
    ///
    /// # Memory
    /// That of `resources`.
    pub async fn accept<'a, T, C: Compression, U>(
        &self,
        resources: Resources<'_, (), T, C>,
        decide: impl FnOnce(&Request<'_>) -> Decision<'a>,
        session: impl for<'s> AsyncFnOnce(ServerWebSocket<'s, C>) -> U,
    ) -> Result<U, ConnectError> {
        let Resources { tcp, receive, staging, compression, .. } = resources;
        let mut socket = socket::accept(self.stack.0, self.port, tcp, &self.deadlines).await?;
        let stream = Stream::tcp(EmbassyNet::halves(&mut socket));
        let (config, time) = (self.config, EmbassyTime);
        let mut ws =
            ServerWebSocket::server_with(stream, receive, staging, config, compression, time);
        let accepted = ws.accept_with(decide).await;
        let outcome = match accepted {
            Ok(()) => Ok(session(ws).await),
            Err(error) => Err(error.into()),
        };
        // An answer that rejects, or says what is wrong, is to arrive too.
        socket::shut_down(socket, true, &self.deadlines).await;
        outcome
    }

    /// Serves one connection after the other for ever: [`accept`](Self::accept) in a loop, with
    /// no compression.
    ///
    /// ```
    /// use embassy_net::Stack;
    /// use socklet_embassy::{Listener, Memory, core::handshake::server::{Accept, Decision, Reject}};
    ///
    /// // An embassy task, with a pool of as many as there are to be connections at once.
    /// async fn serve(stack: Stack<'static>, memory: &'static mut Memory<1024, 1024, 1024, 512>) -> ! {
    ///     let decide = |request: &socklet_embassy::core::handshake::server::Request<'_>| {
    ///         match request.target() {
    ///             "/echo" => Decision::Accept(Accept::new()),
    ///             _ => Decision::Reject(Reject::new(404)),
    ///         }
    ///     };
    ///     Listener::new(stack, 80)
    ///         .serve(memory, decide, async |mut ws| {
    ///             while let Ok(Some((message, mut reply))) = ws.recv_with_sender().await {
    ///                 if reply.feed(message).await.is_err() {
    ///                     break;
    ///                 }
    ///             }
    ///         })
    ///         .await
    /// }
    /// ```
    pub async fn serve<
        'a,
        const TCP_RX: usize,
        const TCP_TX: usize,
        const RECEIVE: usize,
        const STAGING: usize,
        T: TlsPart,
    >(
        &self,
        memory: &mut Memory<TCP_RX, TCP_TX, RECEIVE, STAGING, T>,
        mut decide: impl FnMut(&Request<'_>) -> Decision<'a>,
        mut session: impl for<'s> AsyncFnMut(ServerWebSocket<'s>),
    ) -> ! {
        loop {
            let served = self.accept(memory.server(), &mut decide, &mut session).await;
            if let Err(error) = served {
                debug!("no WebSocket: {:?}", error);
                if let ConnectError::Tcp(_) = error {
                    // Nothing has waited: a port of 0 never will.
                    Timer::after_secs(1).await;
                }
            }
        }
    }
}
