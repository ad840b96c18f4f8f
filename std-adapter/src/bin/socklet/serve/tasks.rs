//! One asynchronous task a connection.

use std::{net::TcpListener as StdTcpListener, pin::pin, sync::Arc};

use socklet_std::{CloseCode, Error, Server};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    select,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{ACCEPT_PAUSE, AcceptLog, Plan, STOP_LIMIT, announce, journal::Journal, log};
use crate::{Failure, interrupt::interrupt};

pub(super) fn run(listener: StdTcpListener, plan: Plan) -> Result<(), Failure> {
    Runtime::new()?.block_on(serve(listener, plan))
}

async fn serve(listener: StdTcpListener, plan: Plan) -> Result<(), Failure> {
    let Plan { server, max_connections, verbose } = plan;
    let server = Arc::new(server);
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
                    let (server, stopped) = (Arc::clone(&server), stopped.clone());
                    tasks.spawn(async move {
                        let journal = Journal::new(peer, verbose);
                        if let Err(error) = echo(stream, &server, &journal, stopped).await {
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
///
/// A message is sent back from where it was received, without a copy. It is only staged: what a
/// client has sent in a burst is answered with one write, when there is nothing more to receive.
async fn echo(
    stream: TcpStream,
    server: &Server,
    journal: &Journal,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut stopped = pin!(async move {
        // It fails when there is no server any more, which comes to the same.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    });
    let mut ws = select! {
        // Boxed: what only the opening handshake needs is not kept in the task for ever.
        accepted = Box::pin(server.accept(stream)) => accepted?,
        () = &mut stopped => return Ok(()),
    };
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
