//! One asynchronous task a connection.

use std::{future::Future, net::TcpListener as StdTcpListener, pin::pin, sync::Arc};

use socklet_std::{
    CloseCode, Error, ServerRole, Side,
    tokio::{Reader, WebSocket, Writer},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    select,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    ACCEPT_PAUSE, AcceptLog, Plan, STOP_LIMIT, announce,
    broadcast::{self, Hub},
    journal::Journal,
    log, pipe,
};
use crate::{Failure, args::Task, dump::Ends, halves, interrupt::interrupt};

/// What all tasks share.
struct Shared {
    plan: Plan,
    hub: Hub,
}

/// With what a connection is closed.
pub(super) type Closing = (CloseCode, String);

/// How a connection is closed when the server stops.
pub(super) const GOING_AWAY: Closing = (CloseCode::GOING_AWAY, String::new());

pub(super) fn run(listener: StdTcpListener, plan: Plan) -> Result<(), Failure> {
    Runtime::new()?.block_on(serve(listener, plan))
}

async fn serve(listener: StdTcpListener, plan: Plan) -> Result<(), Failure> {
    let Plan { max_connections, verbose, .. } = plan;
    let shared = Arc::new(Shared { plan, hub: Hub::default() });
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let mut interrupted = pin!(interrupt()?);
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let mut accept_log = AcceptLog::new();
    announce(listener.local_addr()?)?;
    loop {
        select! {
            accepted = listener.accept(), if tasks.len() < max_connections => match accepted {
                Ok((stream, peer)) => {
                    accept_log.accepted();
                    let (shared, stopped) = (Arc::clone(&shared), stopped.clone());
                    tasks.spawn(async move {
                        let journal = Journal::new(peer, verbose);
                        if let Err(error) = attend(stream, &shared, &journal, stopped).await {
                            log(peer, &error);
                        }
                    });
                }
                Err(error) => {
                    accept_log.failed(&error);
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = tasks.join_next() => {}
            () = &mut interrupted => break,
        }
    }
    drop(listener);
    stop.send_replace(true);
    let all_ended = async { while tasks.join_next().await.is_some() {} };
    // Who does not close in time is left behind.
    let _ = timeout(STOP_LIMIT, all_ended).await;
    Ok(())
}

/// Serves a connection to its end, or until the server stops.
async fn attend(
    stream: TcpStream,
    shared: &Shared,
    journal: &Journal,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut stopped = pin!(async move {
        // It fails when there is no server any more, which comes to the same.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    });
    let Plan { server, task, dumping, .. } = &shared.plan;
    // Boxed, as the opening handshake is: an echo server has many connections, and its tasks are to
    // be no larger than they must.
    if dumping.is_wanted() {
        let ends = ends(&stream);
        let accepting = server.accept_layered(stream, |next| dumping.layer(next, ends));
        return Box::pin(converse(accepting, shared, journal, stopped)).await;
    }
    if *task != Task::Echo {
        return Box::pin(converse(server.accept(stream), shared, journal, stopped)).await;
    }
    let mut ws = select! {
        accepted = Box::pin(server.accept(stream)) => accepted?,
        () = &mut stopped => return Ok(()),
    };
    echo(&mut ws, journal, stopped).await
}

/// Where a stream leads, as far as the system says.
fn ends(stream: &TcpStream) -> Ends {
    let (local, peer) = (stream.local_addr().ok(), stream.peer_addr().ok());
    Ends { local, peer, client: Side::Peer }
}

/// Has a connection opened, and does with it what is to be done.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    accepting: impl Future<Output = Result<WebSocket<S, ServerRole>, Error>>,
    shared: &Shared,
    journal: &Journal,
    mut stopped: impl Future<Output = ()> + Unpin,
) -> Result<(), Error> {
    let mut ws = select! {
        accepted = accepting => accepted?,
        () = &mut stopped => return Ok(()),
    };
    match &shared.plan.task {
        Task::Echo => echo(&mut ws, journal, stopped).await,
        Task::Broadcast => broadcast::run(ws, &shared.hub, journal, stopped).await,
        Task::Pipe(command) => pipe::run(ws, command, shared.plan.patience, journal, stopped).await,
    }
}

/// Sends each message back, from where it was received, without a copy. It is only staged: what a
/// client has sent in a burst is answered with one write, when there is nothing more to receive.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut WebSocket<S, ServerRole>,
    journal: &Journal,
    mut stopped: impl Future<Output = ()> + Unpin,
) -> Result<(), Error> {
    journal.opened(ws.compression());
    loop {
        select! {
            // First, or a client that never pauses is never told.
            biased;
            () = &mut stopped => break,
            received = ws.recv_ref() => match received? {
                Some((message, mut reply)) => reply.feed(message).await?,
                None => break,
            },
        }
    }
    // If the client has closed it, this only says how.
    let closed = ws.close(CloseCode::GOING_AWAY, "").await?;
    journal.closed(&closed, [ws.volume_sent(), ws.volume_received()]);
    Ok(())
}

/// Closes a connection of which there are two halves.
pub(super) async fn close<S: AsyncRead + AsyncWrite + Unpin>(
    mut reader: Reader<S, ServerRole>,
    mut writer: Writer<S, ServerRole>,
    (code, reason): Closing,
    journal: &Journal,
) -> Result<(), Error> {
    // A client that does not read leaves no room for a Close frame.
    let closed = timeout(STOP_LIMIT, halves::close(&mut reader, &mut writer, code, &reason)).await;
    let closed = closed.map_err(|_| Error::ConnectionLost)??;
    journal.closed(&closed, [writer.volume_sent(), reader.volume_received()]);
    Ok(())
}
