//! Long conversations with compression, each byte of which comes back.

use std::time::{Duration, Instant};

use socklet_host_tests::Failure;
use socklet_std::{Client, CloseCode, Kind, permessage_deflate::Settings};
use tokio::{task::JoinSet, time::sleep};

use crate::server::Server;

/// Connections.
const COUNT: usize = 8;

/// Longest message.
const MOST: usize = 40_000;

pub(crate) async fn run(server: &Server, time: Duration) -> Result<(), Failure> {
    let descriptors = server.descriptors()?;
    let mut clients = JoinSet::new();
    for number in 0..COUNT {
        let url = server.url();
        clients.spawn(async move { talk(&url, number, time).await });
    }
    // When windows, codecs and buffers are what they will be.
    sleep(time / 4).await;
    let early = server.memory()?;
    let mut most = early;
    let (mut messages, mut bytes, mut wire) = (0, 0, 0);
    let sample = time / 50;
    loop {
        tokio::select! {
            counted = clients.join_next() => match counted {
                Some(counted) => {
                    let counted = counted??;
                    messages += counted[0];
                    bytes += counted[1];
                    wire += counted[2];
                }
                None => break,
            },
            () = sleep(sample) => most = most.max(server.memory()?),
        }
    }
    server.settled(descriptors)?;
    println!(
        "| compressed messages of up to {MOST} bytes, {COUNT} connections, {} s | {messages} | \
        {} MiB there and back byte for byte, {} MiB on the wire; {} KiB at a quarter of the time, \
        {} KiB at most after it |",
        time.as_secs(),
        bytes >> 20,
        wire >> 20,
        early >> 10,
        most >> 10,
    );
    if most > early + early / 4 + (1 << 20) {
        return Err(format!("the memory has grown from {early} to {most} bytes").into());
    }
    Ok(())
}

/// Sends and receives for so long; returns messages, their bytes, and those on the wire.
async fn talk(url: &str, number: usize, time: Duration) -> Result<[u64; 3], Failure> {
    let client = Client::new().deflate(Settings::DEFAULT);
    let mut ws = client.connect(url).await?;
    ws.compression().ok_or("the server does not compress")?;
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ number as u64);
    let mut messages = 0;
    let mut bytes = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < time {
        numbers.fill(&mut bytes);
        let fin_first = numbers.below(4) != 0;
        if fin_first {
            ws.send(&bytes).await?;
        } else {
            let (one, other) = bytes.split_at(numbers.below(bytes.len() + 1));
            ws.send_part(Kind::Binary, one, false).await?;
            ws.ping(b"between").await?;
            ws.send_part(Kind::Binary, other, true).await?;
        }
        let (echo, _) = ws.recv_ref().await?.ok_or("the server has closed")?;
        if echo.as_bytes() != bytes {
            return Err(
                format!("message {messages} of {} bytes came back wrong", bytes.len()).into()
            );
        }
        messages += 1;
    }
    let (sent, received) = (ws.volume_sent(), ws.volume_received());
    let (Some(sent), Some(received)) = (sent, received) else { return Err("no volumes".into()) };
    ws.close(CloseCode::NORMAL, "").await?;
    let plain = sent.plain + received.plain;
    Ok([messages, plain, sent.compressed + received.compressed])
}

/// Numbers that look like chance.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A message: mostly short, like a report, like noise, or like both.
    fn fill(&mut self, bytes: &mut Vec<u8>) {
        bytes.clear();
        let most = if self.below(8) == 0 { MOST } else { 2000 };
        let len = self.below(most + 1);
        let noisy = self.below(5) == 0;
        while bytes.len() < len {
            if noisy {
                bytes.extend(self.next().to_le_bytes());
            } else {
                let (sensor, value) = (self.below(40), self.below(10_000));
                bytes.extend(format!("{{\"sensor\":{sensor},\"value\":{value}}},").bytes());
            }
        }
        bytes.truncate(len);
    }
}
