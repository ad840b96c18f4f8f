//! The server: echoes every message, of any length, chunk by chunk.
//!
//! | path | does |
//! |---|---|
//! | `/missing` | is rejected with 404 |
//! | `/end` | echoes, and ends the program after this connection |
//! | any other | echoes |

use core::cell::Cell;

use embassy_futures::join::join_array;
use embassy_futures::select::select;
use embassy_net::Stack;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use socklet_embassy::core::handshake::server::{Accept, Decision, Reject, Request};
use socklet_embassy::core::permessage_deflate::Compression;
use socklet_embassy::{ConnectError, Error, Listener, ServerWebSocket};
use socklet_qemu_support::say;

use crate::memory::{Codec, ServerPlace};
use crate::report::Report;

/// What the connections have in common.
struct Shared {
    /// Connections that ended with a closing handshake, and others.
    closed: Cell<u32>,
    broken: Cell<u32>,
    end: Signal<NoopRawMutex, ()>,
}

/// Serves as many connections at a time as there are places.
pub(crate) async fn run<X, const N: usize, const T: usize, const R: usize, const S: usize>(
    stack: Stack<'_>,
    port: u16,
    places: &mut [ServerPlace<X, T, R, S>; N],
    report: &mut Report,
) where
    X: Codec,
{
    let shared = Shared { closed: Cell::new(0), broken: Cell::new(0), end: Signal::new() };
    let listener = Listener::new(stack, port);
    say!("listening on {port}");
    let serve = places.each_mut().map(|place| serve(&listener, place, &shared));
    select(join_array(serve), shared.end.wait()).await;
    say!("figure connections-closed {}", shared.closed.get());
    say!("figure connections-broken {}", shared.broken.get());
    report.passed("server");
}

/// Serves one connection after the other.
async fn serve<X: Codec, const T: usize, const R: usize, const S: usize>(
    listener: &Listener<'_>,
    place: &mut ServerPlace<X, T, R, S>,
    shared: &Shared,
) {
    loop {
        let mut last = false;
        let decide = |request: &Request<'_>| {
            last = request.target() == "/end";
            if request.target() == "/missing" {
                Decision::Reject(Reject::new(404).body(b"no such path\n"))
            } else {
                Decision::Accept(Accept::new())
            }
        };
        let served = listener.accept(place.lend_server(), decide, async |ws| echo(ws).await);
        let count = match served.await {
            Ok(Ok(())) => &shared.closed,
            Ok(Err(_)) | Err(ConnectError::Handshake(_)) => &shared.broken,
            Err(error) => {
                say!("FAILED listen: {error}");
                &shared.broken
            }
        };
        count.set(count.get().saturating_add(1));
        if last {
            shared.end.signal(());
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
