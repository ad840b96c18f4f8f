//! A WebSocket client and server for any board.
//!
//! A board gives its network driver and memory to [`run`], which does what the arguments say:
//!
//! ```text
//! client URL [OPTION...] [STEP...]    opens a connection and talks: see `client.rs`
//! server PORT                         echoes every message, until a client asks for /end
//! overflow                            uses up the stack, to see what that does
//! ```
//!
//! Each step prints `ok STEP` or `FAILED STEP: WHY`; figures are printed as `figure NAME VALUE`.
#![no_std]

mod client;
mod connection;
mod echo;
mod memory;
mod network;
mod options;
mod overflow;
mod pattern;
mod report;
mod server;
mod url;

use embassy_net_driver::Driver;
use rand_core::CryptoRng;
use socklet_qemu_support::{memory as machine, say, semihosting};

pub use memory::{ClientPlace, ClientTls, Codec, Place, ServerPlace};
use options::Options;
use report::Report;

/// Bytes of arguments.
const ARGUMENTS_LEN: usize = 256;

/// A board that has been started: `N` is how many connections its server can have at a time, the
/// other numbers are those of [`Place`].
#[derive(Debug)]
pub struct Board<D, G, X, const N: usize, const TCP: usize, const RECEIVE: usize, const STAGING: usize>
where
    D: 'static,
    X: 'static,
{
    /// The driver of its network card.
    pub driver: &'static mut D,
    /// Its source of randomness.
    pub rng: G,
    /// Memory for the client.
    pub client: &'static mut ClientPlace<X, TCP, RECEIVE, STAGING>,
    /// Memory for the server.
    pub server: &'static mut [ServerPlace<X, TCP, RECEIVE, STAGING>; N],
}

/// Does what the arguments say, and returns whether all went well.
pub async fn run<D, G, X, const N: usize, const T: usize, const R: usize, const S: usize>(
    board: Board<D, G, X, N, T, R, S>,
) -> bool
where
    D: Driver,
    G: CryptoRng,
    X: Codec,
{
    let Board { driver, mut rng, client, server } = board;
    let mut buffer = [0; ARGUMENTS_LEN];
    let mut words = semihosting::arguments(&mut buffer).split_ascii_whitespace();
    let mut report = Report::new();
    let mut memory = network::Memory::new();
    let (stack, runner) = network::start(driver, &mut memory, rng.next_u64());
    match words.next() {
        Some("client") => match Options::parse(words) {
            Some(options) => {
                let client = client::run(stack, client, &mut rng, &options, &mut report);
                network::run(stack, runner, client).await;
            }
            None => report.failed("arguments", &"client URL [OPTION...] [STEP...]"),
        },
        Some("server") => match words.next().and_then(|port| port.parse().ok()) {
            Some(port) => {
                let server = server::run(stack, port, server, &mut report);
                network::run(stack, runner, server).await;
            }
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
