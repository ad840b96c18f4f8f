//! A client that connects again when its connection is lost.

use std::{
    fmt,
    future::Future,
    hash::{BuildHasher, Hasher, RandomState},
    ops::ControlFlow,
    pin::Pin,
    time::Duration,
};

use socklet_core::{Backoff, UsageError, wire::close::CloseCode};
use tokio::time::{Instant, sleep};

use super::WebSocket;
use crate::{Client, Closed, Error, IntoTarget, Message, Target, message::Sendable, trace::Trace};

/// What a [`Reconnecting`] client connects to, and what it does when a connection opens or is lost.
///
/// A closure that is called for each try, and returns a future, is one that does nothing more.
///
/// # Examples
/// A feed that goes on where it was:
/// ```no_run
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// use socklet_std::{Client, Error, IntoTarget, Target, tokio::{Reconnect, WebSocket}};
///
/// struct Feed {
///     seen: Arc<AtomicU64>,
/// }
///
/// impl Reconnect for Feed {
///     async fn target(&mut self, _attempt: u32) -> Result<Target, Error> {
///         let token = new_token().await?;
///         Ok("wss://example.com/feed".into_target()?.header("Authorization", token))
///     }
///
///     async fn opened(&mut self, ws: &mut WebSocket) -> Result<(), Error> {
///         ws.send(format!("after {}", self.seen.load(Ordering::Relaxed))).await
///     }
/// }
/// # async fn new_token() -> Result<String, Error> { Ok(String::new()) }
///
/// # async fn run() -> Result<(), Error> {
/// let seen = Arc::new(AtomicU64::new(0));
/// let mut feed = Client::new().reconnecting(Feed { seen: Arc::clone(&seen) });
/// while let Some(message) = feed.recv().await? {
///     println!("{message:?}");
///     seen.fetch_add(1, Ordering::Relaxed);
/// }
/// # Ok(())
/// # }
/// ```
pub trait Reconnect: Send + 'static {
    /// Where to connect to, asked for before each try, so that a token in a header is never an old
    /// one. `attempt` counts all tries, from 0.
    ///
    /// An error is that of the try.
    fn target(&mut self, attempt: u32) -> impl Future<Output = Result<Target, Error>> + Send;

    /// Does what has to be done on each new connection before anything else is sent or received on
    /// it: logs in, subscribes.
    ///
    /// It may receive. An error is that of the try. No deadline bounds it but its own.
    fn opened(&mut self, ws: &mut WebSocket) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = ws;
        async { Ok(()) }
    }

    /// Says whether to connect again. Without another opinion: always, but for what can never
    /// work ([`Error::is_permanent`]).
    fn lost(&mut self, how: &Lost) -> ControlFlow<()> {
        match how {
            Lost::NotOpened(error) if error.is_permanent() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl<F, T, I> Reconnect for F
where
    F: FnMut(u32) -> T + Send + 'static,
    T: Future<Output = Result<I, Error>> + Send,
    I: IntoTarget,
{
    fn target(&mut self, attempt: u32) -> impl Future<Output = Result<Target, Error>> + Send {
        let target = self(attempt);
        async { target.await?.into_target() }
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub enum Lost {
    /// A try has failed.
    NotOpened(Error),
    /// An open connection has failed.
    Failed(Error),
    /// The connection was closed.
    Closed(Closed),
}

/// A client that connects again when its connection is lost: [`Client::reconnecting`] makes it.
///
/// It connects when it is used, not before. Between tries it waits as its [`Backoff`] says; what is
/// sent meanwhile waits too.
///
/// # What happens to messages
/// - One whose [`send`](Self::send) returned `Ok` has been handed to the operating system. If the
///   connection is lost before the peer has read it, it is lost.
/// - One whose `send` failed with the connection may have reached the peer or not. The next call
///   opens another connection.
/// - Nothing is sent twice unless you send it twice. Where it must not be lost, number your messages
///   and let [`Reconnect::opened`] ask the peer which it has.
/// - A message that had been received in part is lost with its connection: [`recv`](Self::recv)
///   yields whole messages only, never one put together of two connections. So is one that had
///   arrived and had not been received when the call after a failed `send` opens another connection.
///
/// A network that has vanished shows itself to who receives only by a deadline:
/// [`Client::keep_alive`].
///
/// # Cancellation
/// Every future here may be dropped at any await. Waiting and connecting go on with the next call
/// where they were, [`Reconnect`]'s futures included, and a message that waits for a connection
/// has not been taken.
///
/// # Examples
/// ```no_run
/// # async fn run() -> Result<(), socklet_std::Error> {
/// use std::time::Duration;
/// use socklet_std::{Backoff, Client};
///
/// let mut ws = Client::new()
///     .keep_alive(Duration::from_secs(20))
///     .reconnecting(|_attempt| async { Ok("wss://example.com/feed") })
///     .backoff(Backoff::new(std::process::id().into()).range(250, 30_000));
/// ws.send("hello").await?;
/// while let Some(message) = ws.recv().await? {
///     println!("{message:?}");
/// }
/// # Ok(())
/// # }
/// ```
pub struct Reconnecting<P> {
    client: Client,
    backoff: Backoff,
    /// What to do; not here while a connection is being opened, which needs it, and when it is over.
    plan: Option<P>,
    opening: Option<Opening<P>>,
    open: Option<Open>,
    attempt: u32,
    connections: u64,
    wait_ms: u32,
}

/// A try, from the wait before it to the open connection.
type Opening<P> = Pin<Box<dyn Future<Output = (P, Result<WebSocket, Error>)> + Send>>;

/// An open connection.
struct Open {
    ws: WebSocket,
    since: Instant,
}

impl Client {
    /// A client that connects again when its connection is lost: see [`Reconnecting`].
    #[must_use]
    pub fn reconnecting<P: Reconnect>(self, plan: P) -> Reconnecting<P> {
        // Random for each value, as hash tables need it.
        let seed = RandomState::new().build_hasher().finish();
        Reconnecting {
            client: self,
            backoff: Backoff::new(seed),
            plan: Some(plan),
            opening: None,
            open: None,
            attempt: 0,
            connections: 0,
            wait_ms: 0,
        }
    }
}

impl<P: Reconnect> Reconnecting<P> {
    /// Sets how long to wait between tries; otherwise it is at most half a second at first, and at
    /// most a minute.
    #[must_use]
    pub fn backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// Receives the next message, of whatever connection; `None` when it is over, after
    /// [`close`](Self::close), or a closed connection after which [`Reconnect::lost`] gave up.
    ///
    /// # Errors
    /// The last failure, when [`Reconnect::lost`] has given up.
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        loop {
            let Some(ws) = self.ready().await? else { return Ok(None) };
            match ws.recv().await {
                Ok(Some(message)) => return Ok(Some(message)),
                // That it is closed is all that is left to say after a send that failed.
                Err(error) if !error.is_end() && !error.is_closed() => return Err(error),
                end => {
                    let end = end.map(|_| ws.closed());
                    self.ended(end)?;
                }
            }
        }
    }

    /// Sends a message, once there is a connection.
    ///
    /// # Errors
    /// As [`WebSocket::send`]; as [`connected`](Self::connected).
    ///
    /// # Cancellation
    /// The message waits for a connection, or is with one as [`WebSocket`] says.
    pub async fn send(&mut self, message: impl Sendable) -> Result<(), Error> {
        self.connected().await?.send(message).await
    }

    /// Waits until there is a connection to which can be sent, and lends it: for what else it can
    /// do. Closing it is not the end of this, but a reason to connect again.
    ///
    /// # Errors
    /// [`Error::Usage`] when it is over; the last failure, when [`Reconnect::lost`] has given up.
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn connected(&mut self) -> Result<&mut WebSocket, Error> {
        loop {
            match self.ready().await? {
                None => return Err(UsageError::Closed.into()),
                Some(ws) if ws.is_open() => break,
                Some(ws) => {
                    // How it ended, at once or when it has been closed.
                    let end = ws.close(CloseCode::NORMAL, "").await.map(Some);
                    self.ended(end)?;
                }
            }
        }
        match &mut self.open {
            Some(open) => Ok(&mut open.ws),
            None => Err(UsageError::Closed.into()),
        }
    }

    /// Closes the connection, if there is one, and connects no more. `None` without one.
    ///
    /// # Errors
    /// As [`WebSocket::close`].
    ///
    /// # Cancellation
    /// Call it again.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Option<Closed>, Error> {
        // Whatever becomes of this future, no other is opened.
        self.opening = None;
        let plan = self.plan.take();
        let Some(open) = &mut self.open else { return Ok(None) };
        let closed = open.ws.close(code, reason).await;
        if let Err(Error::Config(_)) = closed {
            self.plan = plan;
        } else {
            self.open = None;
        }
        closed.map(Some)
    }

    /// How many connections have been opened so far: two different numbers before and after a
    /// message say that there may be a gap.
    pub const fn connections(&self) -> u64 {
        self.connections
    }

    /// The connection, as soon as there is one; `None` when it is over.
    async fn ready(&mut self) -> Result<Option<&mut WebSocket>, Error> {
        while self.open.is_none() {
            if self.opening.is_none() {
                let Some(plan) = self.plan.take() else { return Ok(None) };
                let opening = open(plan, self.client.clone(), self.attempt, self.wait_ms);
                self.opening = Some(Box::pin(opening));
                self.attempt = self.attempt.wrapping_add(1);
            }
            let Some(opening) = &mut self.opening else { return Ok(None) };
            let (plan, outcome) = opening.await;
            self.opening = None;
            self.plan = Some(plan);
            match outcome {
                Ok(ws) => {
                    self.connections += 1;
                    self.open = Some(Open { ws, since: Instant::now() });
                }
                Err(error) => self.lost(Lost::NotOpened(error))?,
            }
        }
        Ok(self.open.as_mut().map(|open| &mut open.ws))
    }

    /// The connection has ended.
    fn ended(&mut self, how: Result<Option<Closed>, Error>) -> Result<(), Error> {
        if let Some(Open { since, .. }) = self.open.take() {
            let open_ms = since.elapsed().as_millis();
            self.backoff.was_open_ms(u64::try_from(open_ms).unwrap_or(u64::MAX));
        }
        self.lost(match how {
            Ok(Some(closed)) => Lost::Closed(closed),
            Ok(None) => Lost::Failed(Error::ConnectionLost),
            Err(error) => Lost::Failed(error),
        })
    }

    /// Prepares the next try, or gives up.
    fn lost(&mut self, how: Lost) -> Result<(), Error> {
        let Some(plan) = &mut self.plan else { return Ok(()) };
        if plan.lost(&how).is_continue() {
            self.wait_ms = self.backoff.next_ms();
            Trace::reconnects(self.attempt, self.wait_ms);
            return Ok(());
        }
        self.plan = None;
        match how {
            Lost::NotOpened(error) | Lost::Failed(error) => Err(error),
            Lost::Closed(_) => Ok(()),
        }
    }
}

/// Waits, asks where to, connects, and does what is to be done first.
async fn open<P: Reconnect>(
    mut plan: P,
    client: Client,
    attempt: u32,
    wait_ms: u32,
) -> (P, Result<WebSocket, Error>) {
    if wait_ms != 0 {
        sleep(Duration::from_millis(wait_ms.into())).await;
    }
    let outcome = async {
        let target = plan.target(attempt).await?;
        let mut ws = client.connect(target).await?;
        plan.opened(&mut ws).await?;
        Ok(ws)
    }
    .await;
    (plan, outcome)
}

impl<P> fmt::Debug for Reconnecting<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconnecting")
            .field("client", &self.client)
            .field("backoff", &self.backoff)
            .field("is_open", &self.open.is_some())
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
