//! A server that sends each line of its input to all clients. The frame is made once for all, and so
//! is the compressed one.
//!
//! ```text
//! cargo run -p socklet-examples --bin broadcast [ADDRESS]
//! ```
//!
//! See it with several of `socklet connect ws://127.0.0.1:9001`, some of them with `--deflate`. When
//! the input ends, the clients are told so, and the server ends too.

use std::{env, io};

use socklet_std::{
    Broadcast, CloseCode, Error, Server,
    permessage_deflate::{Negotiable, Settings},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::broadcast::{Receiver, channel, error::RecvError},
    task::JoinSet,
};

/// Each message is compressed by itself: with a context that goes on it would differ from client to
/// client.
const BY_ITSELF: Settings = Settings {
    negotiable: Negotiable { send_takeover: false, ..Settings::DEFAULT.negotiable },
    ..Settings::DEFAULT
};

/// Lines that a client may lag behind. Those that it misses are told of, and no others wait for it.
const LAG: usize = 1000;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let (sender, _) = channel(LAG);
    // The channel ends with the input: the other sender is lent to no client.
    let clients = sender.downgrade();
    let input = tokio::task::spawn_blocking(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            // Nobody listens: then it is for nobody.
            let _ = sender.send(Broadcast::new(line));
        }
    });
    let mut serving = JoinSet::new();
    tokio::pin!(input);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, peer) = accepted?;
                let Some(sender) = clients.upgrade() else { break };
                let lines = sender.subscribe();
                serving.spawn(async move {
                    if let Err(error) = serve(stream, lines).await {
                        eprintln!("{peer}: {error}");
                    }
                });
            }
            _ = &mut input => break,
        }
    }
    while serving.join_next().await.is_some() {}
    Ok(())
}

/// Sends a client all lines, and receives what it sends: else its Pings would not be answered, and its
/// Close frame not be seen.
async fn serve(stream: TcpStream, mut lines: Receiver<Broadcast>) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut ws = Server::new().deflate(BY_ITSELF).accept(stream).await?;
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Ok(line) => ws.send(&line).await?,
                Err(RecvError::Lagged(count)) => {
                    ws.send(format!("{count} lines are missing")).await?;
                }
                Err(RecvError::Closed) => {
                    ws.close(CloseCode::GOING_AWAY, "no more lines").await?;
                    return Ok(());
                }
            },
            message = ws.recv() => if message?.is_none() {
                return Ok(());
            },
        }
    }
}
