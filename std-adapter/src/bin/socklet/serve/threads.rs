//! One thread a connection.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use socklet_std::{
    CloseCode, Error, ServerRole, Side,
    blocking::{Socket, WebSocket},
};
use tokio::runtime;

use super::{ACCEPT_PAUSE, AcceptLog, Plan, STOP_LIMIT, announce, journal::Journal, log};
use crate::{Failure, dump::Ends, interrupt::interrupt};

/// Memory of a thread, of which the system hands out what is used. The buffers of a connection are
/// elsewhere, but a compressor is made on the stack: 118 KiB, twice without optimisation.
const STACK_LEN: usize = 512 << 10;

/// What all threads share.
struct Shared {
    plan: Plan,
    /// Set when the server stops: it interrupts every connection that waits.
    stop: Arc<AtomicBool>,
    open: Mutex<usize>,
    closed: Condvar,
}

/// A connection among those that are open, for as long as this lives.
struct Open(Arc<Shared>);

pub(super) fn run(listener: TcpListener, plan: Plan) -> Result<(), Failure> {
    // Nothing but the signals.
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let interrupted = {
        let _context = runtime.enter();
        interrupt()?
    };
    let (stop, open, closed) = (Arc::default(), Mutex::new(0), Condvar::new());
    let shared = Arc::new(Shared { plan, stop, open, closed });
    announce(listener.local_addr()?)?;
    let accepting = Arc::clone(&shared);
    thread::spawn(move || accept(&listener, &accepting));
    runtime.block_on(interrupted);
    shared.stop.store(true, Ordering::Relaxed);
    shared.wait();
    Ok(())
}

/// Accepts connections for as long as the process lives.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut accept_log = AcceptLog::new();
    loop {
        shared.wait_for_room();
        let started = listener.accept().and_then(|(stream, peer)| {
            let open = Open::new(shared);
            let serve = move || serve(&open, stream, peer);
            thread::Builder::new().stack_size(STACK_LEN).spawn(serve)
        });
        match started {
            Ok(_) => accept_log.accepted(),
            Err(error) => {
                accept_log.failed(&error);
                thread::sleep(ACCEPT_PAUSE);
            }
        }
    }
}

fn serve(open: &Open, stream: TcpStream, peer: SocketAddr) {
    let journal = Journal::new(peer, open.0.plan.verbose);
    if let Err(error) = attend(&open.0, stream, &journal) {
        log(peer, &error);
    }
}

/// Opens a connection and serves it.
fn attend(shared: &Shared, stream: TcpStream, journal: &Journal) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let Plan { server, dumping, .. } = &shared.plan;
    if dumping.is_wanted() {
        let (local, peer) = (stream.local_addr().ok(), stream.peer_addr().ok());
        let ends = Ends { local, peer, client: Side::Peer };
        let layer = |stream| dumping.layer_blocking(stream, ends);
        return echo(shared, server.accept_layered_blocking(stream, layer)?, journal);
    }
    echo(shared, server.accept_blocking(stream)?, journal)
}

/// Serves a connection to its end, or until the server stops.
///
/// A message is sent back from where it was received, without a copy. It is only staged: what a
/// client has sent in a burst is answered with one write, when there is nothing more to receive.
fn echo<S: Socket>(
    shared: &Shared,
    mut ws: WebSocket<S, ServerRole>,
    journal: &Journal,
) -> Result<(), Error> {
    journal.opened(ws.compression());
    ws.set_interrupt(Some(Arc::clone(&shared.stop)));
    while !shared.stop.load(Ordering::Relaxed) {
        let echoed = match ws.recv_ref() {
            Ok(Some((message, mut reply))) => reply.feed(message).map_err(Error::from),
            Ok(None) => break,
            Err(error) => Err(error),
        };
        match echoed {
            Err(Error::Io(error)) if error.kind() == ErrorKind::Interrupted => {}
            outcome => outcome?,
        }
    }
    ws.set_interrupt(None);
    // If the client has closed it, this only says how.
    let closed = ws.close(CloseCode::GOING_AWAY, "")?;
    journal.closed(&closed, [ws.volume_sent(), ws.volume_received()]);
    Ok(())
}

impl Shared {
    /// Waits until there may be another connection.
    fn wait_for_room(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |open: &mut usize| *open >= self.plan.max_connections;
        drop(self.closed.wait_while(open, is_full));
    }

    /// Waits until no connection is open; who does not close in time is left behind.
    fn wait(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.closed.wait_timeout_while(open, STOP_LIMIT, |open| *open != 0);
    }
}

impl Open {
    fn new(shared: &Arc<Shared>) -> Self {
        *shared.open.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(Arc::clone(shared))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.open.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.closed.notify_all();
    }
}
