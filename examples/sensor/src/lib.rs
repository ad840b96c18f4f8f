//! A sensor that reports to a server: what all real boards run, each with its own network and
//! thermometer.
//!
//! It connects to the [URL](config::URL), by `wss` with a server that is verified, with
//! permessage-deflate and keep-alive; it sends a reading every second and prints what comes back;
//! and when there is no connection, or none any more, it connects again, with longer and longer
//! waits.
//!
//! | file | job |
//! |---|---|
//! | `config.rs` | what the environment says when the firmware is built |
//! | `network.rs` | the network stack and its address |
//! | `memory.rs` | all buffers, in one static |
//! | `connection.rs` | from a URL to an open WebSocket |
//! | `report.rs` | what is said while it is open |
#![no_std]
#![forbid(unsafe_code)]

pub mod config;
mod connection;
mod memory;
pub mod network;
mod reading;
mod report;

use core::convert::Infallible;
use core::ops::ControlFlow;

use embassy_net::Stack;
use log::{error, info, warn};
use rand_core::CryptoRng;
use socklet_embassy::{Backoff, keep_connected};

pub use memory::Memory;
use report::Sensor;
use socklet_embassy::core::handshake::url::Url;

/// Reports for as long as the device runs. `decidegrees` reads the thermometer: degrees Celsius,
/// in tenths.
///
/// `rng` makes keys and masks: it must be a cryptographic generator with a seed that nobody can
/// guess.
///
/// # Memory
/// That of `memory`. The certificates of a server are verified on the stack, which that takes about
/// 35 KiB of.
pub async fn run(
    stack: Stack<'static>,
    memory: &mut Memory,
    rng: &mut impl CryptoRng,
    decidegrees: impl AsyncFnMut() -> i32,
) -> Infallible {
    let url = match Url::parse(config::URL) {
        Ok(url) => url,
        Err(error) => {
            error!("SOCKLET_URL, `{}`: {error}", config::URL);
            return core::future::pending().await;
        }
    };
    network::wait(stack).await;
    let mut sensor = Sensor::new(decidegrees);
    // Jitter: devices that have lost the same server do not all come back at once.
    let mut backoff = Backoff::new(rng.next_u64());
    let attempt = async |number| {
        info!("connecting to {}, try {number}", config::URL);
        let outcome = connection::open(stack, &url, memory.lend(rng), async |ws| {
            info!("connected");
            report::readings(ws, &mut sensor).await
        });
        match outcome.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!("connection lost: {error}"),
            Err(error) => {
                warn!("no connection: {error}");
                return Err(error);
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    keep_connected(&mut backoff, attempt).await
}
