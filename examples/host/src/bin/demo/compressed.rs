//! A second connection, with permessage-deflate: reports that are much alike, each compressed with
//! the help of those before it.

use socklet_std::{
    Client, ClientTls, CloseCode, Message, Server, ServerTls,
    dump::{Crossed, Direction, Dump, Entry},
    permessage_deflate::{Settings, Volume},
};
use tokio::net::TcpListener;

use crate::Failure;

/// How many reports are sent.
const REPORTS: u32 = 200;

/// How many of their frames are printed.
const SHOWN: u32 = 5;

/// Serves one client to its end.
pub(crate) async fn serve(listener: &TcpListener, tls: ServerTls) -> Result<(), Failure> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let server = Server::new().tls(tls).deflate(Settings::DEFAULT);
    let mut ws = server.accept(stream).await?;
    while let Some((message, mut reply)) = ws.recv_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

/// Sends reports, and expects them back; says how many bytes that took.
pub(crate) async fn report(port: u16, tls: ClientTls) -> Result<Volume, Failure> {
    let url = format!("wss://localhost:{port}/reports");
    let client = Client::new().tls(tls).deflate(Settings::DEFAULT);
    let mut ws = client.connect_layered(&url, |stream| Dump::new(stream, printer())).await?;
    let agreed = ws.compression().ok_or("the server does not compress")?;
    println!(
        "  windows of 2^{} and 2^{} bytes, kept from message to message",
        agreed.send.window_bits, agreed.receive.window_bits
    );
    for number in 0..REPORTS {
        let report = Message::from(report_of(number));
        ws.send(&report).await?;
        if ws.recv().await? != Some(report) {
            return Err(format!("report {number} came back as another").into());
        }
    }
    ws.close(CloseCode::NORMAL, "").await?;
    let (sent, received) = (ws.volume_sent(), ws.volume_received());
    let volume = sent.filter(|sent| sent.compressed * 2 < sent.plain);
    if received.map(|received| received.plain) != sent.map(|sent| sent.plain) {
        return Err(format!("sent {sent:?}, received {received:?}").into());
    }
    Ok(volume.ok_or("hardly anything was compressed")?)
}

/// What a sensor has to say for the n-th time.
fn report_of(number: u32) -> String {
    let (time, noise) = (1_760_000_000 + 10 * number, number.wrapping_mul(2_654_435_761) >> 20);
    format!(
        r#"{{"device":"node-{:02}","time":{time},"temperature":{}.{:02},"battery":4.1{},"rssi":-{}}}"#,
        number % 3,
        20 + noise % 3,
        noise % 100,
        noise % 7,
        60 + noise % 12,
    )
}

/// Prints the first data frames in each direction.
fn printer() -> impl FnMut(&Entry<'_>) + Unpin {
    let (mut sent, mut received) = (0, 0);
    move |entry| {
        let Crossed::Frame(_) = entry.crossed else { return };
        let count = match entry.direction {
            Direction::Outbound => &mut sent,
            Direction::Inbound => &mut received,
        };
        *count += 1;
        if *count <= SHOWN {
            println!("  client {entry}");
        } else if *count == SHOWN + 1 {
            println!(
                "  client {} ...",
                if entry.direction == Direction::Outbound { '>' } else { '<' }
            );
        }
    }
}
