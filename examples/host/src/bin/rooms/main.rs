//! A chat with rooms on axum: a static page, a WebSocket for each room, and a shutdown that says
//! goodbye.
//!
//! ```text
//! cargo run -p socklet-examples --bin rooms [ADDRESS]
//! ```
//!
//! Open the address that it prints in some browsers. Ctrl-C closes all connections with code 1001,
//! and then the server ends.

use std::{
    collections::HashMap,
    env,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    response::{Html, Response},
    routing::{any, get},
};
use socklet_std::{
    Broadcast, CloseCode, Error, Limits, Server,
    axum::WebSocketUpgrade,
    hyper::UpgradedWebSocket,
    permessage_deflate::{Negotiable, Settings},
};
use tokio::{
    net::TcpListener,
    signal,
    sync::{broadcast, watch},
    time::timeout,
};

/// Messages that somebody may lag behind the others before some are left out.
const LAG: usize = 100;

/// Longest message in bytes.
const MESSAGE_LEN: usize = 16 << 10;

/// For all to say goodbye when the server ends.
const GOODBYE: Duration = Duration::from_secs(5);

/// Each message is compressed by itself, so that it is once for all.
const BY_ITSELF: Settings = Settings {
    negotiable: Negotiable { send_takeover: false, ..Settings::DEFAULT.negotiable },
    ..Settings::DEFAULT
};

/// The rooms in which there is somebody.
#[derive(Default)]
struct Rooms(Mutex<HashMap<String, broadcast::Sender<Broadcast>>>);

impl Rooms {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Broadcast>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a room, and makes it if need be.
    fn enter(self: Arc<Self>, room: String) -> Seat {
        let mut rooms = self.lock();
        let sender = rooms.entry(room.clone()).or_insert_with(|| broadcast::channel(LAG).0).clone();
        let messages = sender.subscribe();
        drop(rooms);
        Seat { rooms: self, room, sender, messages }
    }
}

/// Somebody in a room, which is left when this is dropped: also by a client that has gone before the
/// WebSocket was open.
struct Seat {
    rooms: Arc<Rooms>,
    room: String,
    sender: broadcast::Sender<Broadcast>,
    messages: broadcast::Receiver<Broadcast>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = self.rooms.lock();
        // This one is still counted.
        if self.sender.receiver_count() == 1 {
            rooms.remove(&self.room);
        }
    }
}

/// What all handlers share.
#[derive(Clone)]
struct App {
    rooms: Arc<Rooms>,
    /// True when the server closes. Each connection holds a receiver as long as it is there.
    closing: Arc<watch::Sender<bool>>,
    server: Server,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);

    let closing = Arc::new(watch::Sender::new(false));
    let server = Server::new()
        .keep_alive(Duration::from_secs(20))
        .limits(Limits { message_len: MESSAGE_LEN, ..Limits::DEFAULT })
        .deflate(BY_ITSELF);
    let app = App { rooms: Arc::default(), closing: Arc::clone(&closing), server };
    let routes = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/rooms/{room}", any(enter))
        .with_state(app);

    let says_goodbye = Arc::clone(&closing);
    axum::serve(listener, routes)
        .with_graceful_shutdown(async move {
            let _ = signal::ctrl_c().await;
            says_goodbye.send_replace(true);
        })
        .await?;
    // The HTTP server waits for no connection that it has upgraded; this does, but not for one that
    // takes no messages any more.
    let _ = timeout(GOODBYE, closing.closed()).await;
    Ok(())
}

async fn enter(
    State(app): State<App>,
    Path(room): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    // Before the response: nothing that is sent to the room from now on is missed.
    let seat = app.rooms.enter(room);
    let closing = app.closing.subscribe();
    upgrade.server(app.server).on_upgrade(move |ws| async move {
        let room = seat.room.clone();
        if let Err(error) = chat(ws, seat, closing).await {
            eprintln!("{room}: {error}");
        }
    })
}

/// Hands on what somebody sends to all in the room, that one included, until either side closes.
async fn chat(
    mut ws: UpgradedWebSocket,
    mut seat: Seat,
    mut closing: watch::Receiver<bool>,
) -> Result<(), Error> {
    loop {
        tokio::select! {
            received = ws.recv() => match received? {
                Some(message) => {
                    // Somebody is there: who has sent it.
                    let _ = seat.sender.send(message.into());
                }
                None => return Ok(()),
            },
            message = seat.messages.recv() => match message {
                Ok(message) => ws.send(message).await?,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
            () = async { drop(closing.wait_for(|closing| *closing).await) } => {
                ws.close(CloseCode::GOING_AWAY, "the server ends").await?;
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_there_until_the_last_has_left() {
        let rooms = Arc::new(Rooms::default());
        let enter = || Arc::clone(&rooms).enter("kitchen".to_owned());
        let (one, two) = (enter(), enter());
        drop(one);
        assert_eq!(rooms.lock().len(), 1);
        drop(two);
        assert!(rooms.lock().is_empty());
    }
}
