//! What is said while a connection is open.

use core::fmt::Write;

use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Instant, Ticker};
use heapless::String;
use log::info;
use rand_core::CryptoRng;
use socklet_embassy::core::{Closed, Message, Side, permessage_deflate::Compression};
use socklet_embassy::{Error, WebSocket};

use crate::reading::{READING_LEN, Reading};

/// From one reading to the next.
const PERIOD: Duration = Duration::from_secs(1);

/// The device's sensor, and how often it was read.
#[derive(Debug)]
pub(crate) struct Sensor<F> {
    decidegrees: F,
    number: u32,
}

impl<F: AsyncFnMut() -> i32> Sensor<F> {
    pub(crate) const fn new(decidegrees: F) -> Self {
        Self { decidegrees, number: 0 }
    }

    async fn read(&mut self) -> Reading {
        self.number = self.number.wrapping_add(1);
        let decidegrees = (self.decidegrees)().await;
        Reading { number: self.number, uptime_s: Instant::now().as_secs(), decidegrees }
    }
}

/// Sends a reading every second, and prints what comes from the server, until one end closes the
/// connection or it is lost.
///
/// # Errors
/// How the connection ended, if not by a closing handshake.
pub(crate) async fn readings<R: CryptoRng, C: Compression>(
    mut ws: WebSocket<'_, R, C>,
    sensor: &mut Sensor<impl AsyncFnMut() -> i32>,
) -> Result<(), Error> {
    if let Some(agreed) = ws.compression() {
        let (send, receive) = (agreed.send.window_bits, agreed.receive.window_bits);
        info!("compression: windows of {send} bits to send, {receive} bits to receive");
    }
    let mut ticker = Ticker::every(PERIOD);
    loop {
        // Whichever comes first: the other future is dropped, and nothing is lost by that.
        match select(ticker.next(), ws.recv()).await {
            Either::First(()) => {
                let mut text = String::<READING_LEN>::new();
                // The longest reading fits.
                let _ = write!(text, "{}", sensor.read().await);
                ws.send(text.as_str()).await?;
                info!("sent {text}");
            }
            Either::Second(received) => match received? {
                Some(Message::Text(text)) => info!("received {text}"),
                Some(Message::Binary(bytes)) => info!("received {} bytes", bytes.len()),
                None => break,
            },
        }
    }
    if let Some(volume) = ws.volume_sent() {
        info!("compression: {} B were sent as {} B", volume.plain, volume.compressed);
    }
    if let Some(Closed { by, code, reason, .. }) = ws.closed() {
        let by = if by == Side::Peer { "the server" } else { "this end" };
        info!("closed by {by}: {} {reason}", code.map_or(0, |code| code.0));
    }
    Ok(())
}
