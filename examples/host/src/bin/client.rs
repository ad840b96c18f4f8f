//! A client over tokio that sends a few messages and prints the answers.
//!
//! ```text
//! cargo run -p socklet-examples --bin client -- ws://127.0.0.1:9001
//! ```
//!
//! `wss://` needs no more than the address: the server's certificate is checked.

use std::env;

use socklet_std::{CloseCode, Error, Message};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let url = env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001".to_owned());
    let mut ws = socklet_std::connect(&url).await?;

    ws.send("hello").await?;
    ws.send([1, 2, 3]).await?;
    for _ in 0..2 {
        match ws.recv().await? {
            Some(Message::Text(text)) => println!("text: {text}"),
            Some(Message::Binary(bytes)) => println!("bytes: {:?}", &bytes[..]),
            None => println!("the server has closed the connection"),
        }
    }

    let closed = ws.close(CloseCode::NORMAL, "that was all").await?;
    println!("closed: {closed:?}");
    Ok(())
}
