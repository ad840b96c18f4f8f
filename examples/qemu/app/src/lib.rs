//! A WebSocket client and server for any board.
//!
//! A board gives its network and memory to [`run`], which does what the arguments say:
//!
//! ```text
//! client URL [OPTION...] [STEP...]    opens a connection and talks: see `client.rs`
//! keep COUNT URL [OPTION...]          exchanges so many messages, and connects as often as it takes
//! server PORT                         echoes every message, until a client asks for /end
//! overflow                            uses up the stack, to see what that does
//! ```
//!
//! Each step prints `ok STEP` or `FAILED STEP: WHY`; figures are printed as `figure NAME VALUE`.
#![no_std]

mod client;
mod connection;
mod counted;
mod echo;
mod keep;
mod memory;
mod network;
mod options;
mod overflow;
mod pattern;
mod report;
mod server;

use embassy_net::Stack;
use rand_core::CryptoRng;
use socklet_qemu_support::{memory as machine, say, semihosting};

pub use memory::{ClientPlace, ClientTls, Codecs, Coded, Place, ServerPlace};
pub use network::{NetworkMemory, start};
use options::Options;
use report::Report;
pub use server::{Serving, serve};

/// Bytes of arguments.
const ARGUMENTS_LEN: usize = 256;

/// Does what the arguments say, on a board whose network has been [`start`]ed, and returns whether
/// all went well.
///
/// `client` hands out the memory of the client; `server` starts tasks that [`serve`] a port, or says
/// [where else](Serving). Only one of them is called, so both may use the same memory.
pub async fn run<G, K, const T: usize, const R: usize, const S: usize>(
    stack: Stack<'static>,
    mut rng: G,
    client: impl FnOnce() -> &'static mut ClientPlace<K, T, R, S>,
    server: impl FnOnce(u16) -> Serving<K, T, R, S>,
) -> bool
where
    G: CryptoRng,
    K: Codecs + 'static,
{
    let mut buffer = [0; ARGUMENTS_LEN];
    let mut words = semihosting::arguments(&mut buffer).split_ascii_whitespace();
    let mut report = Report::new();
    match words.next() {
        Some("client") => match Options::parse(words) {
            Some(options) => client::run(stack, client(), &mut rng, &options, &mut report).await,
            None => report.failed("arguments", &"client URL [OPTION...] [STEP...]"),
        },
        Some("keep") => match words.next().and_then(|count| count.parse().ok()) {
            Some(count) => match Options::parse(words) {
                Some(options) => {
                    keep::run(stack, client(), &mut rng, count, &options, &mut report).await;
                }
                None => report.failed("arguments", &"keep COUNT URL [OPTION...]"),
            },
            None => report.failed("arguments", &"keep COUNT URL [OPTION...]"),
        },
        Some("server") => match words.next().and_then(|port| port.parse().ok()) {
            Some(port) => server::run(stack, port, server, &mut report).await,
            None => report.failed("arguments", &"server PORT"),
        },
        Some("overflow") => overflow::run(&mut report),
        _ => report.failed("arguments", &"client, server or overflow"),
    }
    say!("figure statics {}", machine::statics_len());
    say!("figure stack {}", machine::stack_peak());
    say!("figure stack-reserved {}", machine::stack_len());
    report.is_success()
}
