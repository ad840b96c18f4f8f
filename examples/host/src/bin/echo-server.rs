//! An echo server over tokio: every message goes back to the client that has sent it.
//!
//! ```text
//! cargo run -p socklet-examples --bin echo-server [ADDRESS]
//! ```
//!
//! Talk to it with the `client` and `blocking-client` examples, with `socklet connect
//! ws://127.0.0.1:9001`, or from a web page: `new WebSocket("ws://127.0.0.1:9001")`.

use std::env;

use socklet_std::{Error, Server};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = echo(stream).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

/// Serves one client. Pings and Close frames are answered by the way.
async fn echo(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut ws = Server::new().accept(stream).await?;
    // The message is borrowed from where it was received, and the reply borrows the rest: nothing
    // is copied. `feed` only stages the answer; it leaves when there is no more to receive, so
    // that a burst is answered with one write.
    while let Some((message, mut reply)) = ws.recv_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}
