//! `socklet serve --broadcast`: each message goes to all other clients, as one frame that is made
//! once.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use socklet_std::{
    Broadcast, CloseCode, Error, ServerRole,
    tokio::{Reader, WebSocket, Writer},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    sync::Notify,
    time::sleep,
};

use super::{
    journal::Journal,
    tasks::{GOING_AWAY, close},
};
use crate::halves::REASON;

/// Most bytes that wait for a client, but for a single message that is longer.
const QUEUE_LEN: usize = 16 << 20;

/// Most messages that wait for a client.
const QUEUE_MESSAGES: usize = 4096;

/// Everybody who is there.
#[derive(Default)]
pub(super) struct Hub {
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    next_id: u64,
    queues: HashMap<u64, Arc<Queue>>,
}

/// What waits for one client.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    arrival: Notify,
    overflow: Notify,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Broadcast>,
    /// Bytes of all of them.
    len: usize,
    /// There was no room for one: there are to be none with gaps.
    is_too_slow: bool,
}

/// A client among the others, for as long as this lives.
struct Member<'a> {
    hub: &'a Hub,
    id: u64,
    queue: Arc<Queue>,
}

/// Serves one client until it or the server ends.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    ws: WebSocket<S, ServerRole>,
    hub: &Hub,
    journal: &Journal,
    mut stopped: impl Future<Output = ()> + Unpin,
) -> Result<(), Error> {
    journal.opened(ws.compression());
    let (mut reader, mut writer) = ws.into_split();
    let closing = {
        let member = hub.join();
        select! {
            biased;
            () = &mut stopped => GOING_AWAY,
            () = member.queue.overflow() => (CloseCode::POLICY, "too slow".to_owned()),
            received = receive(&mut reader, &member) => received.map(|()| GOING_AWAY)?,
            sent = send(&mut writer, &member.queue) => return Err(sent),
        }
    };
    close(reader, writer, closing, journal).await
}

/// Hands on what a client sends, until it closes.
async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S, ServerRole>,
    member: &Member<'_>,
) -> Result<(), Error> {
    while let Some(message) = reader.recv().await? {
        member.publish(&message.into());
    }
    Ok(())
}

/// Sends to a client what waits for it, as long as that is possible.
async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    writer: &mut Writer<S, ServerRole>,
    queue: &Queue,
) -> Error {
    loop {
        let sent = match queue.take() {
            Some(message) => writer.feed(&message).await,
            // What came together leaves together.
            None => match writer.flush().await {
                Ok(()) => {
                    queue.arrival.notified().await;
                    continue;
                }
                failed => failed,
            },
        };
        if let Err(error) = sent {
            // The other half knows better what has happened.
            sleep(REASON).await;
            return error;
        }
    }
}

impl Hub {
    fn join(&self) -> Member<'_> {
        let queue = Arc::new(Queue::default());
        let mut members = self.lock();
        let id = members.next_id;
        members.next_id += 1;
        members.queues.insert(id, Arc::clone(&queue));
        Member { hub: self, id, queue }
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member<'_> {
    /// Has a message wait for all others.
    fn publish(&self, message: &Broadcast) {
        let members = self.hub.lock();
        for (_, queue) in members.queues.iter().filter(|(id, _)| **id != self.id) {
            queue.push(message);
        }
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        self.hub.lock().queues.remove(&self.id);
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, message: &Broadcast) {
        let mut waiting = self.lock();
        let len = waiting.len + message.message().as_bytes().len();
        let count = waiting.messages.len();
        if count != 0 && (len > QUEUE_LEN || count >= QUEUE_MESSAGES) {
            waiting.is_too_slow = true;
            self.overflow.notify_one();
        }
        if waiting.is_too_slow {
            // It will not come to that.
            waiting.messages.clear();
        } else {
            waiting.messages.push_back(message.clone());
            waiting.len = len;
            self.arrival.notify_one();
        }
    }

    fn take(&self) -> Option<Broadcast> {
        let mut waiting = self.lock();
        let message = waiting.messages.pop_front()?;
        waiting.len -= message.message().as_bytes().len();
        Some(message)
    }

    /// Waits until something has not found room.
    async fn overflow(&self) {
        self.overflow.notified().await;
    }
}
