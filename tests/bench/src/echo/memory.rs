//! What a connection takes of a server's memory.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Failure, load::frame, opening, process::Process};

/// Bytes of the messages of an active connection.
const LEN: usize = 1024;

/// How many of them it has sent back.
const MESSAGES: usize = 16;

/// Bytes for each connection: after the opening handshake, and after some messages.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Before any message.
    pub idle: u64,
    /// After some.
    pub active: u64,
}

/// Opens so many connections and keeps all.
///
/// # Errors
/// If the server breaks off.
pub async fn run(address: &str, process: Process, count: u64) -> Result<Report, Failure> {
    // What the first connection takes for all of them is not counted.
    let first = connected(address).await?;
    let before = process.memory()?;
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(connected(address).await?);
    }
    let idle = process.memory()?;
    let (sent, mut received) = (frame(LEN, true), frame(LEN, false));
    for stream in &mut held {
        for _ in 0..MESSAGES {
            stream.write_all(&sent).await?;
            stream.read_exact(&mut received).await?;
        }
    }
    let active = process.memory()?;
    drop(first);
    let each = |memory: u64| memory.saturating_sub(before) / count;
    Ok(Report { idle: each(idle), active: each(active) })
}

async fn connected(address: &str) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    opening::open(&mut stream).await?;
    Ok(stream)
}
