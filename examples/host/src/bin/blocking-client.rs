//! A client without async that sends a few messages and prints the answers.
//!
//! ```text
//! cargo run -p socklet-examples --bin blocking-client -- ws://127.0.0.1:9001
//! ```

use std::{env, time::Duration};

use socklet_std::{Client, CloseCode, Error, Message};

fn main() -> Result<(), Error> {
    let url = env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001".to_owned());
    // `socklet_std::blocking::connect(&url)` is enough; this shows where the settings are.
    let client =
        Client::new().header("User-Agent", "blocking-client").keep_alive(Duration::from_secs(20));
    let mut ws = client.connect_blocking(&url)?;

    ws.send("hello")?;
    ws.send([1, 2, 3])?;
    for _ in 0..2 {
        match ws.recv()? {
            Some(Message::Text(text)) => println!("text: {text}"),
            Some(Message::Binary(bytes)) => println!("bytes: {:?}", &bytes[..]),
            None => println!("the server has closed the connection"),
        }
    }

    let closed = ws.close(CloseCode::NORMAL, "that was all")?;
    println!("closed: {closed:?}");
    Ok(())
}
