//! The client: one exchange after the other, each explained and checked.

use socklet_std::{
    Client, ClientTls, CloseCode, Event, Kind, Message, Side, dump::Dump, tokio::WebSocket,
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{Failure, server::PING_ME, transcript::Transcript};

pub(crate) async fn run(port: u16, tls: ClientTls, transcript: &Transcript) -> Result<(), Failure> {
    transcript.explain("The opening handshake is HTTP. The server picks a subprotocol.");
    let url = format!("wss://localhost:{port}/demo");
    let client = Client::new().tls(tls).subprotocols(["chat", "echo"]);
    let layer = |stream| Dump::new(stream, transcript.of_client());
    let mut ws = client.connect_layered(&url, layer).await?;
    same(&ws.subprotocol(), &Some("echo"))?;

    transcript.explain("Text goes there and comes back. Only clients mask what they send.");
    echo(&mut ws, &"hello".into()).await?;
    echo(&mut ws, &"gr\u{fc}\u{df}e, \u{4e16}\u{754c} \u{1f980}".into()).await?;

    transcript.explain("Bytes are bytes.");
    echo(&mut ws, &Message::from(vec![0x00, 0xFF, 0x80])).await?;

    transcript.explain("A message may be sent in parts, and a ping between them is answered.");
    ws.send_part(Kind::Text, b"once upon", false).await?;
    ws.ping(b"between").await?;
    ws.send_part(Kind::Text, b" a time", false).await?;
    ws.send_part(Kind::Text, b" ...", true).await?;
    pong(&mut ws, b"between").await?;
    receive(&mut ws, &"once upon a time ...".into()).await?;

    transcript.explain("A message longer than 128 KiB is fragmented by itself, both ways.");
    let long: Vec<u8> = (0..=250).cycle().take(300_000).collect();
    echo(&mut ws, &Message::from(long)).await?;

    transcript
        .explain("The server pings. The pong leaves as soon as the client sends or waits again.");
    echo(&mut ws, &PING_ME.into()).await?;

    transcript.explain("The closing handshake: one Close frame each way, then the end of TLS.");
    let closed = ws.close(CloseCode::NORMAL, "that was all").await?;
    same(&(closed.by, closed.code), &(Side::Local, Some(CloseCode::NORMAL)))
}

/// Sends a message and expects it back.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut WebSocket<S>,
    message: &Message,
) -> Result<(), Failure> {
    ws.send(message).await?;
    receive(ws, message).await
}

async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut WebSocket<S>,
    expected: &Message,
) -> Result<(), Failure> {
    same(&ws.recv().await?.as_ref(), &Some(expected))
}

async fn pong<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut WebSocket<S>,
    expected: &[u8],
) -> Result<(), Failure> {
    same(&ws.recv_event().await?, &Some(Event::Pong(expected)))
}

fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    // A long message would fill screens.
    let shown = |value: &T| format!("{value:?}").chars().take(200).collect::<String>();
    Err(format!("expected {}, found {}", shown(expected), shown(found)).into())
}
