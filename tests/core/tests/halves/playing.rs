//! Halves that play a script: one sends, one receives, and whichever future is dropped on the
//! way, they go on as the documentation says.

use std::ops::Deref;

use embedded_io_async::{Read, Write};
use socklet_core::{
    Message, Role,
    io::split::{Cells, nonblocking},
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault,
    buffers::TestBuffer,
    conversation::{Act, everything},
    dropping::Dropper,
};

use super::support::*;

/// All that is sent in a conversation; its Pings on request, as a Pong comes when there is room.
pub(crate) fn script(pings: bool) -> Vec<Act> {
    let (client, server) = everything();
    let sent = client.into_iter().chain(server).filter(|act| match act {
        Act::Text(_) | Act::Binary(_) | Act::Feed(_) | Act::Part(..) => true,
        Act::Ping(_) => pings,
        _ => false,
    });
    sent.collect()
}

/// The messages of a script.
pub(crate) fn messages(script: &[Act]) -> Vec<Seen> {
    let mut messages = Vec::new();
    let mut joined = Vec::new();
    for act in script {
        match act {
            Act::Text(text) | Act::Feed(text) => messages.push(Seen::Text(text.clone())),
            Act::Binary(bytes) => messages.push(Seen::Binary(bytes.clone())),
            Act::Part(kind, bytes, fin) => {
                joined.extend(bytes);
                if *fin {
                    messages.push(Seen::joined(*kind, std::mem::take(&mut joined)));
                }
            }
            _ => {}
        }
    }
    messages
}

/// Sends what a script says. A message is flushed before the next begins, so one that was dropped
/// is unfinished, and sent again to go on, or was taken whole.
pub(crate) async fn send_script<P>(
    tx: &mut nonblocking::SendHalf<P>,
    script: &[Act],
    dropper: &Dropper,
) -> Result<(), Ended>
where
    P: Deref<Target: Cells<Next: Write<Error = Fault>>>,
{
    for act in script {
        dropper.again(async || tx.flush().await).await?;
        let mut outcome = dropper.attempt(send(tx, act)).await;
        while outcome.is_none() && tx.unfinished().is_some() {
            outcome = dropper.attempt(send(tx, act)).await;
        }
        outcome.unwrap_or(Ok(()))?;
    }
    dropper.again(async || tx.flush().await).await
}

async fn send<P>(tx: &mut nonblocking::SendHalf<P>, act: &Act) -> Result<(), Ended>
where
    P: Deref<Target: Cells<Next: Write<Error = Fault>>>,
{
    match act {
        Act::Text(text) => tx.send(text.as_str()).await,
        Act::Feed(text) => tx.feed(text.as_str()).await,
        Act::Binary(bytes) => tx.send(Message::Binary(bytes)).await,
        Act::Part(kind, bytes, fin) => tx.send_part(*kind, bytes, *fin).await,
        Act::Ping(payload) => tx.ping(payload).await,
        Act::Close(code, reason) => tx.close(CloseCode(*code), reason).await,
        _ => Ok(()),
    }
}

/// Receives messages to the end, in chunks and whole in turns; sets `all` when it has `len`.
pub(crate) async fn receive<S, R, P>(
    rx: &mut nonblocking::ReceiveHalf<S, R, TestBuffer, P>,
    dropper: &Dropper,
    seen: &mut Vec<Seen>,
    (len, all): (usize, &Signal),
) -> Result<(), Ended>
where
    S: Read<Error = Fault>,
    R: Role,
    P: Deref<Target: Cells<Next: Write<Error = Fault>, Role = R, Buffer = TestBuffer>>,
{
    loop {
        let message = if seen.len().is_multiple_of(3) {
            receive_in_chunks(rx, dropper).await?
        } else {
            let message =
                dropper.again(async || Ok::<_, Ended>(rx.recv().await?.map(Seen::message)));
            message.await?
        };
        match message {
            Some(message) => seen.push(message),
            None => return Ok(()),
        }
        if seen.len() == len {
            all.set();
        }
    }
}

async fn receive_in_chunks<S, R, P>(
    rx: &mut nonblocking::ReceiveHalf<S, R, TestBuffer, P>,
    dropper: &Dropper,
) -> Result<Option<Seen>, Ended>
where
    S: Read<Error = Fault>,
    R: Role,
    P: Deref<Target: Cells<Next: Write<Error = Fault>, Role = R, Buffer = TestBuffer>>,
{
    let mut joined = Vec::new();
    loop {
        let chunk = dropper.again(async || {
            let chunk = rx.recv_chunk().await?;
            Ok::<_, Ended>(chunk.map(|chunk| (chunk.kind, chunk.data.to_vec(), chunk.fin)))
        });
        let Some((kind, data, fin)) = chunk.await? else { return Ok(None) };
        joined.extend(data);
        if fin {
            return Ok(Some(Seen::joined(kind, joined)));
        }
    }
}
