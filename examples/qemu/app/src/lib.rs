//! A WebSocket client and server for any board.
//!
//! A board gives its network and memory to [`run`], which does what the arguments say:
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

use embassy_net::Stack;
use rand_core::CryptoRng;
use socklet_qemu_support::{memory as machine, say, semihosting};

pub use memory::{ClientPlace, ClientTls, Codec, Place, ServerPlace};
pub use network::{NetworkMemory, start};
use options::Options;
use report::Report;
pub use server::serve;

/// Bytes of arguments.
const ARGUMENTS_LEN: usize = 256;

/// A board that has been started: `N` is how many connections its server can have at a time, the
/// other numbers are those of [`Place`].
#[allow(missing_debug_implementations, reason = "the stack of embassy-net shows nothing")]
pub struct Board<G, X, const N: usize, const TCP: usize, const RECEIVE: usize, const STAGING: usize>
where
    X: 'static,
{
    /// Its network, which a task runs.
    pub stack: Stack<'static>,
    /// Its source of randomness.
    pub rng: G,
    /// Memory for the client.
    pub client: &'static mut ClientPlace<X, TCP, RECEIVE, STAGING>,
    /// Memory for the server.
    pub server: &'static mut [ServerPlace<X, TCP, RECEIVE, STAGING>; N],
}

/// Does what the arguments say, and returns whether all went well. `spawn` starts a task that
/// [`serve`]s a port with that memory, and says whether it could.
pub async fn run<G, X, const N: usize, const T: usize, const R: usize, const S: usize>(
    board: Board<G, X, N, T, R, S>,
    spawn: impl Fn(u16, &'static mut ServerPlace<X, T, R, S>) -> bool,
) -> bool
where
    G: CryptoRng,
    X: Codec,
{
    let Board { stack, mut rng, client, server } = board;
    let mut buffer = [0; ARGUMENTS_LEN];
    let mut words = semihosting::arguments(&mut buffer).split_ascii_whitespace();
    let mut report = Report::new();
    match words.next() {
        Some("client") => match Options::parse(words) {
            Some(options) => client::run(stack, client, &mut rng, &options, &mut report).await,
            None => report.failed("arguments", &"client URL [OPTION...] [STEP...]"),
        },
        Some("server") => match words.next().and_then(|port| port.parse().ok()) {
            Some(port) => server::run(stack, port, server.iter_mut(), spawn, &mut report).await,
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
