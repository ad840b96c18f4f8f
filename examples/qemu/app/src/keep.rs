//! A client that comes back: numbered messages over as many connections as it takes.
//!
//! Some messages are always under way. Each has to come back whole and in its turn: on a new
//! connection begin those anew that were not answered on the last. So nothing is lost, and nothing
//! that was delivered twice or torn on one connection goes unnoticed.

use core::ops::ControlFlow;

use embassy_net::Stack;
use rand_core::CryptoRng;
use socklet_embassy::core::permessage_deflate::Compression;
use socklet_embassy::core::{CloseCode, Kind};
use socklet_embassy::{Backoff, Error, WebSocket, keep_connected};
use socklet_qemu_support::say;

use crate::connection::{Failure, open, settings};
use crate::memory::{ClientPlace, Codec};
use crate::network;
use crate::options::Options;
use crate::pattern::Pattern;
use crate::report::Report;

/// Messages under way.
const AHEAD: u32 = 4;

/// Bytes of the longest message: of each another length.
const LONGEST: u32 = 300;

/// How long the first wait and any wait before a new connection may be.
const WAIT_MS: [u32; 2] = [100, 1000];

/// The answered messages, and what became of connections.
struct Progress {
    done: u32,
    count: u32,
    opened: u32,
    wrong: bool,
}

/// Sends `count` messages and has each come back, however often the connection is lost.
pub(crate) async fn run<G, X, const T: usize, const R: usize, const S: usize>(
    stack: Stack<'_>,
    place: &mut ClientPlace<X, T, R, S>,
    rng: &mut G,
    count: u32,
    options: &Options<'_>,
    report: &mut Report,
) where
    G: CryptoRng,
    X: Codec,
{
    network::wait(stack).await;
    let mut progress = Progress { done: 0, count, opened: 0, wrong: false };
    let mut backoff = Backoff::new(rng.next_u64()).range(WAIT_MS[0], WAIT_MS[1]);
    let attempt = async |_| {
        let lent = place.lend(&mut *rng, settings(options));
        let session = async |mut ws: WebSocket<'_, _, _>| {
            progress.opened = progress.opened.saturating_add(1);
            if let Err(error) = exchange(&mut ws, &mut progress).await {
                say!("connection lost after message {}: {error}", progress.done);
            }
        };
        match open(stack, options, lent, session).await {
            Ok(()) if progress.wrong || progress.done == count => Ok(ControlFlow::Break(())),
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(Failure::Connect(error)) => {
                say!("no connection: {error}");
                Err(error)
            }
            Err(failure) => {
                say!("FAILED keep: {failure}");
                Ok(ControlFlow::Break(()))
            }
        }
    };
    keep_connected(&mut backoff, attempt).await;
    say!("figure connections {}", progress.opened);
    if progress.done == count {
        report.passed("keep");
    } else {
        report.failed("keep", &format_args!("message {} came back wrong", progress.done));
    }
}

/// Sends what is left, as far as the connection lasts.
async fn exchange<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    progress: &mut Progress,
) -> Result<(), Error> {
    let mut sent = progress.done;
    while progress.done < progress.count {
        while sent < progress.count && sent - progress.done < AHEAD {
            send(ws, sent).await?;
            sent += 1;
        }
        let Some(message) = ws.recv().await? else {
            say!("closed by the peer after message {}", progress.done);
            return Ok(());
        };
        let (mut expected, len) = content(progress.done);
        if message.as_bytes().len() != len || !expected.is_next(message.as_bytes()) {
            progress.wrong = true;
            return Ok(());
        }
        progress.done += 1;
        if progress.done.is_multiple_of(50) {
            say!("{} messages came back", progress.done);
        }
    }
    ws.close(CloseCode::NORMAL, "").await?;
    Ok(())
}

/// The content of a message, and its length in bytes: of each another.
fn content(number: u32) -> (Pattern, usize) {
    (Pattern::new(Kind::Binary, number), (number * 37 % LONGEST) as usize)
}

async fn send<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    number: u32,
) -> Result<(), Error> {
    let (mut pattern, len) = content(number);
    let mut bytes = [0; LONGEST as usize];
    let message = bytes.get_mut(..len).unwrap_or_default();
    pattern.fill(message);
    ws.send(&*message).await
}
