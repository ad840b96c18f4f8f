//! The server: echoes every message, of any length, chunk by chunk.
//!
//! | path | does |
//! |---|---|
//! | `/missing` | is rejected with 404 |
//! | `/end` | echoes, and ends the program after this connection |
//! | any other | echoes |

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use embassy_net::Stack;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use socklet_embassy::core::handshake::server::{Accept, Decision, Reject, Request};
use socklet_embassy::core::permessage_deflate::Compression;
use socklet_embassy::{ConnectError, Error, Listener, ServerWebSocket, TlsPart};
use socklet_qemu_support::say;

use crate::memory::{Codec, Place};
use crate::network;
use crate::report::Report;

/// Connections that ended with a closing handshake, and others.
static CLOSED: AtomicU32 = AtomicU32::new(0);
static BROKEN: AtomicU32 = AtomicU32::new(0);

/// Sent when a client has asked for the end.
static END: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// Starts to serve, and waits until a client asks for the end.
pub(crate) async fn run(
    stack: Stack<'_>,
    port: u16,
    spawn: impl FnOnce(u16) -> bool,
    report: &mut Report,
) {
    network::wait(stack).await;
    if !spawn(port) {
        return report.failed("server", &"no room for a task");
    }
    say!("listening on {port}");
    END.wait().await;
    say!("figure connections-closed {}", CLOSED.load(Relaxed));
    say!("figure connections-broken {}", BROKEN.load(Relaxed));
    report.passed("server");
}

/// Serves one connection after the other: a task of the board, with memory of its own.
pub async fn serve<P, X, const T: usize, const R: usize, const S: usize>(
    stack: Stack<'_>,
    port: u16,
    place: &mut Place<P, X, T, R, S>,
) -> !
where
    P: TlsPart,
    X: Codec,
{
    let listener = Listener::new(stack, port);
    loop {
        let mut last = false;
        let decide = |request: &Request<'_>| {
            let (path, _) = request.target().split_once('?').unwrap_or((request.target(), ""));
            last = path == "/end";
            if path == "/missing" {
                Decision::Reject(Reject::new(404).body(b"no such path\n"))
            } else {
                Decision::Accept(Accept::new())
            }
        };
        let served = listener.accept(place.lend_server(), decide, async |ws| echo(ws).await);
        let count = match served.await {
            Ok(Ok(())) => &CLOSED,
            Ok(Err(_)) | Err(ConnectError::Handshake(_)) => &BROKEN,
            Err(error) => {
                say!("FAILED listen: {error}");
                &BROKEN
            }
        };
        // One core: no other task counts between these.
        count.store(count.load(Relaxed).saturating_add(1), Relaxed);
        if last {
            END.signal(());
        }
    }
}

/// Sends every message back, part by part as it comes.
async fn echo<C: Compression>(mut ws: ServerWebSocket<'_, C>) -> Result<(), Error> {
    while let Some((chunk, mut reply)) = ws.recv_chunk_with_sender().await? {
        reply.send_part(chunk.kind, chunk.data, chunk.fin).await?;
    }
    Ok(())
}
