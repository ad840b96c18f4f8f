//! Receiving in the background.

use std::panic::resume_unwind;

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    task::JoinHandle,
};

use socklet_core::Role;

use super::{Reader, WebSocket, Writer};
use crate::{Closed, Error, Message};

/// What a connection receives in a task of its own: [`WebSocket::into_inbox`] makes it.
///
/// Pings and Close frames are answered whatever the program does meanwhile, as long as there is room
/// for messages that it has not taken. When there is none left the peer waits, and so do its Pings:
/// nothing is held without bound. Who takes no messages says so by [`ignore`](Self::ignore).
///
/// Dropping it ends the task; the connection is closed when the [`Writer`] is dropped too.
#[derive(Debug)]
pub struct Inbox {
    messages: mpsc::Receiver<Message>,
    task: Option<JoinHandle<Result<Option<Closed>, Error>>>,
    closed: Option<Closed>,
}

impl<S, R> WebSocket<S, R>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    R: Role + Send + 'static,
{
    /// Receives in a task of its own from now on, so that Pings and Close frames are answered while
    /// the caller does something else. As many messages may wait for it, at least one.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(ws: socklet_std::tokio::WebSocket) -> Result<(), socklet_std::Error> {
    /// let (mut inbox, mut writer) = ws.into_inbox(16);
    /// while let Some(message) = inbox.recv().await? {
    ///     // However long that takes, the peer's Pings are answered.
    ///     let answer = tokio::task::spawn_blocking(move || format!("{message:?}")).await;
    ///     writer.send(answer.unwrap_or_default()).await?;
    /// }
    /// println!("{:?}", inbox.closed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inbox(self, waiting: usize) -> (Inbox, Writer<S, R>) {
        let (reader, writer) = self.into_split();
        let (to_caller, messages) = mpsc::channel(waiting.max(1));
        let task = Some(tokio::spawn(receive(reader, to_caller)));
        (Inbox { messages, task, closed: None }, writer)
    }
}

async fn receive<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    mut reader: Reader<S, R>,
    to_caller: mpsc::Sender<Message>,
) -> Result<Option<Closed>, Error> {
    while let Some(message) = reader.recv().await? {
        // Nobody takes it any more, perhaps.
        let _ = to_caller.send(message).await;
    }
    Ok(reader.closed())
}

impl Inbox {
    /// Takes the next message; `None` after a closing handshake.
    ///
    /// # Errors
    /// How the connection ended, once; after the messages that had come before.
    ///
    /// # Cancellation
    /// Loses nothing.
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        if let Some(message) = self.messages.recv().await {
            return Ok(Some(message));
        }
        let Some(task) = &mut self.task else { return Ok(None) };
        let ended = task.await;
        self.task = None;
        match ended {
            Ok(ended) => self.closed = ended?,
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // With the runtime.
                Err(_) => return Err(Error::ConnectionLost),
            },
        }
        Ok(None)
    }

    /// Takes no more messages: those that come are dropped, and Pings and Close frames answered all the
    /// same. [`recv`](Self::recv) then yields what came before, and waits for the end.
    pub fn ignore(&mut self) {
        self.messages.close();
    }

    /// Whether nothing is received any more: a send would fail.
    pub fn is_over(&self) -> bool {
        self.task.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// How it was closed, once [`recv`](Self::recv) has said `None` for that.
    pub const fn closed(&self) -> Option<&Closed> {
        self.closed.as_ref()
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
