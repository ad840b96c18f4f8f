//! The server: echoes every message, of any length, chunk by chunk. It runs in tasks of the board,
//! each with memory of its own, or, on a board that has no memory for that, in the future that the
//! client would run in, and on a deeper stack.
//!
//! | path | does |
//! |---|---|
//! | `/missing` | is rejected with 404 |
//! | `/end` | echoes, and ends the program after this connection |
//! | any other | echoes |

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::task::Poll;

use embassy_net::Stack;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use socklet_embassy::core::handshake::server::{Accept, Decision, Reject, Request};
use socklet_embassy::core::permessage_deflate::Compression;
use socklet_embassy::{ConnectError, Error, Listener, ServerWebSocket, TlsPart};
use socklet_qemu_support::say;

use crate::memory::{ClientPlace, Codecs, Place};
use crate::network;
use crate::report::Report;

/// Connections that ended with a closing handshake, and others.
static CLOSED: AtomicU32 = AtomicU32::new(0);
static BROKEN: AtomicU32 = AtomicU32::new(0);

/// Sent when a client has asked for the end.
static END: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// Where a board serves.
#[derive(Debug)]
pub enum Serving<K: 'static, const T: usize, const R: usize, const S: usize> {
    /// In tasks, which have been started.
    Tasks,
    /// With the client's memory, which there is no client for now.
    Here(&'static mut ClientPlace<K, T, R, S>),
    /// Nowhere: there was no room for a task.
    Nowhere,
}

/// Starts to serve, and waits until a client asks for the end.
pub(crate) async fn run<K: Codecs + 'static, const T: usize, const R: usize, const S: usize>(
    stack: Stack<'_>,
    port: u16,
    begin: impl FnOnce(u16) -> Serving<K, T, R, S>,
    report: &mut Report,
) {
    network::wait(stack).await;
    let place = match begin(port) {
        Serving::Tasks => None,
        Serving::Here(place) => Some(place),
        Serving::Nowhere => return report.failed("server", &"no room for a task"),
    };
    say!("listening on {port}");
    match place {
        None => END.wait().await,
        Some(place) => {
            let mut serving = pin!(serve(stack, port, place));
            let mut end = pin!(END.wait());
            poll_fn(|context| match end.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(()),
                Poll::Pending => serving.as_mut().poll(context).map(|never| match never {}),
            })
            .await;
        }
    }
    say!("figure connections-closed {}", CLOSED.load(Relaxed));
    say!("figure connections-broken {}", BROKEN.load(Relaxed));
    report.passed("server");
}

/// Serves one connection after the other: a task of the board, with memory of its own.
pub async fn serve<P, K, const T: usize, const R: usize, const S: usize>(
    stack: Stack<'_>,
    port: u16,
    place: &mut Place<P, K, T, R, S>,
) -> !
where
    P: TlsPart,
    K: Codecs,
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
