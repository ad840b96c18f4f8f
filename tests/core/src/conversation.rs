//! Two endpoints that follow scripts, over any next layer, blocking or not, while things go
//! wrong: whoever is interrupted goes on as the documentation says.
//!
//! Whatever is interrupted, the outcome is the same: a message is flushed before the next is
//! begun, so one whose `send` was interrupted is either unfinished, and sent again to go on, or
//! taken whole.

use socklet_core::{
    Client, Config, Error, Kind, Message, Role, Server,
    handshake::{client, server},
    io::{NoClock, WebSocket, blocking, nonblocking},
    permessage_deflate::{Compression, NoCompression},
    wire::close::CloseCode,
};

use crate::{
    Fault,
    buffers::TestBuffer,
    dropping::Dropper,
    receiving::{Seen, WasClosed},
    rng::TestRng,
};

/// What an endpoint does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Sends a text.
    Text(String),
    /// Sends bytes.
    Binary(Vec<u8>),
    /// Stages a text.
    Feed(String),
    /// Sends a part of a message, the last with `true`.
    Part(Kind, Vec<u8>, bool),
    /// Sends a Ping.
    Ping(Vec<u8>),
    /// Receives a message whole.
    Receive,
    /// Receives a message, Ping or Pong.
    ReceiveEvent,
    /// Receives a message in chunks.
    ReceiveChunks,
    /// Receives the peer's Close.
    ReceiveClose,
    /// Makes the closing handshake.
    Close(u16, &'static str),
}

/// What an endpoint has seen, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What it received, in order.
    pub seen: Vec<Seen>,
    /// How it was closed, if it was.
    pub closed: Option<WasClosed>,
    /// Whether the whole script was played.
    pub result: Result<(), Error<Fault>>,
}

type Ended = Error<Fault>;

/// What a client asks for.
#[must_use]
pub const fn request() -> client::Request<'static> {
    client::Request::new("example.com", "/chat").subprotocols(&["chat.v2", "chat"])
}

/// A conversation of everything that there is: the scripts of the client and of the server.
#[must_use]
pub fn everything() -> (Vec<Act>, Vec<Act>) {
    let mut rng = TestRng::new(7);
    let (long_text, long_bytes) = (rng.text(700), rng.bytes(900));
    let kinds = (Kind::Text, Kind::Binary);
    let client = vec![
        Act::Text("hello".into()),
        Act::Receive,
        Act::Binary(rng.bytes(200)),
        Act::Text(String::new()),
        Act::Part(kinds.0, "grüße".as_bytes()[..3].to_vec(), false),
        Act::Ping(b"between".to_vec()),
        Act::Part(kinds.0, "grüße".as_bytes()[3..4].to_vec(), false),
        Act::Part(kinds.0, "grüße".as_bytes()[4..].to_vec(), true),
        Act::ReceiveEvent,
        Act::Text(long_text.clone()),
        Act::ReceiveChunks,
        Act::Part(kinds.1, long_bytes.clone(), false),
        Act::Ping(vec![9; 125]),
        Act::Part(kinds.1, Vec::new(), true),
        Act::ReceiveEvent,
        Act::Feed("1".into()),
        Act::Feed("2".into()),
        Act::Feed("3".into()),
        Act::Receive,
        Act::Receive,
        Act::Close(1000, "done, grüße"),
    ];
    let server = vec![
        Act::Receive,
        Act::Text("hello back".into()),
        Act::Receive,
        Act::Receive,
        Act::ReceiveEvent,
        Act::ReceiveEvent,
        Act::ReceiveChunks,
        Act::Part(kinds.0, long_text.as_bytes()[..333].to_vec(), false),
        Act::Ping(b"?".to_vec()),
        Act::Part(kinds.0, long_text.as_bytes()[333..].to_vec(), true),
        Act::ReceiveChunks,
        Act::Receive,
        Act::Receive,
        Act::Receive,
        Act::Feed("x".into()),
        Act::Binary(vec![0; 64]),
        Act::Text("late".into()),
        Act::ReceiveClose,
    ];
    (client, server)
}

/// The endpoints of a conversation: the length of their receive buffers, and their compression.
#[derive(Debug)]
pub struct Endpoints<C> {
    /// Bytes of the client's receive buffer; the server's has some more.
    pub receive_len: usize,
    /// Bytes of the client's staging buffer; the server's has some less.
    pub staging_len: usize,
    /// Makes the compression of an endpoint.
    pub compression: fn() -> C,
}

/// Endpoints with small buffers and without compression.
pub const PLAIN: Endpoints<NoCompression> =
    Endpoints { receive_len: 384, staging_len: 260, compression: || NoCompression };

impl<C> Clone for Endpoints<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Endpoints<C> {}

impl<C: Compression> Endpoints<C> {
    /// The client that all conversations have.
    pub fn client<M, S>(&self, next: S) -> WebSocket<M, S, Client<TestRng>, TestBuffer, C> {
        let (receive, staging) =
            (TestBuffer::fixed(self.receive_len), TestBuffer::fixed(self.staging_len));
        let (rng, compression) = (TestRng::new(42), (self.compression)());
        WebSocket::client_with(next, rng, receive, staging, Config::CLIENT, compression, NoClock)
    }

    /// The server that all conversations have.
    pub fn server<M, S>(&self, next: S) -> WebSocket<M, S, Server, TestBuffer, C> {
        let (receive, staging) =
            (TestBuffer::fixed(self.receive_len + 16), TestBuffer::fixed(self.staging_len - 60));
        let compression = (self.compression)();
        WebSocket::server_with(next, receive, staging, Config::SERVER, compression, NoClock)
    }
}

fn choose(request: &server::Request<'_>) -> server::Decision<'static> {
    assert_eq!(request.target(), "/chat");
    server::Decision::Accept(server::Accept::new().subprotocol("chat"))
}

/// Plays a client's script.
pub async fn play_client<S, C: Compression>(
    endpoints: Endpoints<C>,
    next: S,
    script: &[Act],
    dropper: &Dropper,
) -> Account
where
    S: embedded_io_async::Read<Error = Fault> + embedded_io_async::Write,
{
    let mut ws: nonblocking::WebSocket<_, _, _, C> = endpoints.client(next);
    let opened = dropper
        .again(async || {
            let response = ws.handshake(&request()).await?;
            assert_eq!(response.subprotocol(), Some("chat"));
            Ok(())
        })
        .await;
    play(ws, script, dropper, opened).await
}

/// Plays a server's script.
pub async fn play_server<S, C: Compression>(
    endpoints: Endpoints<C>,
    next: S,
    script: &[Act],
    dropper: &Dropper,
) -> Account
where
    S: embedded_io_async::Read<Error = Fault> + embedded_io_async::Write,
{
    let mut ws: nonblocking::WebSocket<_, _, _, C> = endpoints.server(next);
    let opened = dropper.again(async || ws.accept_with(choose).await).await;
    play(ws, script, dropper, opened).await
}

async fn play<S, R: Role, C: Compression>(
    mut ws: nonblocking::WebSocket<S, R, TestBuffer, C>,
    script: &[Act],
    dropper: &Dropper,
    opened: Result<(), Error<Fault>>,
) -> Account
where
    S: embedded_io_async::Read<Error = Fault> + embedded_io_async::Write,
{
    let mut seen = Vec::new();
    let mut result = opened;
    for act in script {
        if result.is_ok() {
            result = perform(&mut ws, act, dropper, &mut seen).await;
        }
    }
    Account { seen, closed: ws.closed().map(WasClosed::of), result }
}

async fn perform<S, R: Role, C: Compression>(
    ws: &mut nonblocking::WebSocket<S, R, TestBuffer, C>,
    act: &Act,
    dropper: &Dropper,
    seen: &mut Vec<Seen>,
) -> Result<(), Error<Fault>>
where
    S: embedded_io_async::Read<Error = Fault> + embedded_io_async::Write,
{
    match act {
        Act::Feed(text) => dropper.again(async || ws.feed(text.as_str()).await).await?,
        Act::Receive => {
            let message =
                dropper.again(async || Ok::<_, Ended>(ws.recv().await?.map(Seen::message)));
            seen.extend(message.await?);
        }
        Act::ReceiveEvent => {
            let event =
                dropper.again(async || Ok::<_, Ended>(ws.recv_event().await?.map(Seen::event)));
            seen.extend(event.await?);
        }
        Act::ReceiveChunks => {
            let mut joined = Vec::new();
            while let Some((kind, fin)) = dropper
                .again(async || {
                    let chunk = ws.recv_chunk().await?;
                    Ok::<_, Ended>(chunk.map(|chunk| {
                        joined.extend_from_slice(chunk.data);
                        (chunk.kind, chunk.fin)
                    }))
                })
                .await?
            {
                if fin {
                    seen.push(Seen::joined(kind, std::mem::take(&mut joined)));
                    break;
                }
            }
        }
        Act::ReceiveClose => {
            let end = dropper.again(async || ws.recv().await.map(|m| m.is_none())).await?;
            assert!(end, "a message instead of Close");
        }
        Act::Close(code, reason) => {
            dropper.again(async || ws.close(CloseCode(*code), reason).await.map(|_| ())).await?;
        }
        Act::Text(_) | Act::Binary(_) | Act::Part(..) | Act::Ping(_) => {
            dropper.again(async || ws.flush().await).await?;
            let mut outcome = dropper.attempt(send(ws, act)).await;
            while outcome.is_none() && ws.unfinished().is_some() {
                outcome = dropper.attempt(send(ws, act)).await;
            }
            outcome.unwrap_or(Ok(()))?;
            dropper.again(async || ws.flush().await).await?;
        }
    }
    Ok(())
}

async fn send<S, R: Role, C: Compression>(
    ws: &mut nonblocking::WebSocket<S, R, TestBuffer, C>,
    act: &Act,
) -> Result<(), Error<Fault>>
where
    S: embedded_io_async::Read<Error = Fault> + embedded_io_async::Write,
{
    match act {
        Act::Text(text) => ws.send(text.as_str()).await,
        Act::Binary(bytes) => ws.send(Message::Binary(bytes)).await,
        Act::Part(kind, bytes, fin) => ws.send_part(*kind, bytes, *fin).await,
        Act::Ping(payload) => ws.ping(payload).await,
        _ => Ok(()),
    }
}

/// Plays a client's script, blocking.
pub fn play_blocking_client<S, C: Compression>(
    endpoints: Endpoints<C>,
    next: S,
    script: &[Act],
) -> Account
where
    S: embedded_io::Read<Error = Fault> + embedded_io::Write,
{
    let mut ws: blocking::WebSocket<_, _, _, C> = endpoints.client(next);
    let opened = again(|| ws.handshake(&request()).map(|_| ()));
    play_blocking(ws, script, opened)
}

/// Plays a server's script, blocking.
pub fn play_blocking_server<S, C: Compression>(
    endpoints: Endpoints<C>,
    next: S,
    script: &[Act],
) -> Account
where
    S: embedded_io::Read<Error = Fault> + embedded_io::Write,
{
    let mut ws: blocking::WebSocket<_, _, _, C> = endpoints.server(next);
    let opened = again(|| ws.accept_with(choose));
    play_blocking(ws, script, opened)
}

/// What is done when the next layer's own time-out has ended a call.
fn timed_out<T>(result: &Result<T, Error<Fault>>) -> bool {
    matches!(result, Err(Error::Transport(Fault::TimedOut)))
}

fn again<T>(mut operation: impl FnMut() -> Result<T, Error<Fault>>) -> Result<T, Error<Fault>> {
    loop {
        let result = operation();
        if !timed_out(&result) {
            return result;
        }
    }
}

fn play_blocking<S, R: Role, C: Compression>(
    mut ws: blocking::WebSocket<S, R, TestBuffer, C>,
    script: &[Act],
    opened: Result<(), Error<Fault>>,
) -> Account
where
    S: embedded_io::Read<Error = Fault> + embedded_io::Write,
{
    let mut seen = Vec::new();
    let mut result = opened;
    for act in script {
        if result.is_ok() {
            result = perform_blocking(&mut ws, act, &mut seen);
        }
    }
    Account { seen, closed: ws.closed().map(WasClosed::of), result }
}

fn perform_blocking<S, R: Role, C: Compression>(
    ws: &mut blocking::WebSocket<S, R, TestBuffer, C>,
    act: &Act,
    seen: &mut Vec<Seen>,
) -> Result<(), Error<Fault>>
where
    S: embedded_io::Read<Error = Fault> + embedded_io::Write,
{
    match act {
        Act::Feed(text) => again(|| ws.feed(text.as_str()))?,
        Act::Receive => seen.extend(again(|| Ok(ws.recv()?.map(Seen::message)))?),
        Act::ReceiveEvent => seen.extend(again(|| Ok(ws.recv_event()?.map(Seen::event)))?),
        Act::ReceiveChunks => {
            let mut joined = Vec::new();
            while let Some((kind, fin)) = again(|| {
                Ok(ws.recv_chunk()?.map(|chunk| {
                    joined.extend_from_slice(chunk.data);
                    (chunk.kind, chunk.fin)
                }))
            })? {
                if fin {
                    seen.push(Seen::joined(kind, std::mem::take(&mut joined)));
                    break;
                }
            }
        }
        Act::ReceiveClose => {
            assert!(again(|| Ok(ws.recv()?.is_none()))?, "a message instead of Close");
        }
        Act::Close(code, reason) => again(|| ws.close(CloseCode(*code), reason).map(|_| ()))?,
        Act::Text(_) | Act::Binary(_) | Act::Part(..) | Act::Ping(_) => {
            again(|| ws.flush())?;
            let mut outcome = send_blocking(ws, act);
            while timed_out(&outcome) && ws.unfinished().is_some() {
                outcome = send_blocking(ws, act);
            }
            if !timed_out(&outcome) {
                outcome?;
            }
            again(|| ws.flush())?;
        }
    }
    Ok(())
}

fn send_blocking<S, R: Role, C: Compression>(
    ws: &mut blocking::WebSocket<S, R, TestBuffer, C>,
    act: &Act,
) -> Result<(), Error<Fault>>
where
    S: embedded_io::Read<Error = Fault> + embedded_io::Write,
{
    match act {
        Act::Text(text) => ws.send(text.as_str()),
        Act::Binary(bytes) => ws.send(Message::Binary(bytes)),
        Act::Part(kind, bytes, fin) => ws.send_part(*kind, bytes, *fin),
        Act::Ping(payload) => ws.ping(payload),
        _ => Ok(()),
    }
}
