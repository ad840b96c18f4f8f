//! `socklet bench`: how fast a server sends messages back.

mod histogram;
mod progress;
mod report;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use socklet_std::{Client, ClientRole, CloseCode, Message, tokio::WebSocket};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Runtime,
    select,
    sync::{Barrier, Semaphore},
    task::JoinSet,
};

use crate::{
    Failure, args,
    dump::Dumping,
    halves,
    interrupt::interrupt,
    opening::{self, Opened},
};
use histogram::Histogram;
use progress::Progress;
use report::Report;

/// Connections that are opened at once: servers queue no more.
const OPENING_AT_ONCE: usize = 64;

/// What all connections share.
struct Shared {
    args: args::Bench,
    client: Client,
    permits: Semaphore,
    /// All connections are open.
    start: Barrier,
    /// When the first of them began, whoever noticed first.
    begun: OnceLock<Instant>,
    message: Message,
    histogram: Histogram,
}

pub(crate) fn run(args: args::Bench) -> Result<(), Failure> {
    let is_json = args.json;
    let report = Runtime::new()?.block_on(measure(args))?;
    let text = if is_json { report.json() } else { report.to_string() };
    crate::print(&text)
}

async fn measure(args: args::Bench) -> Result<Report, Failure> {
    let (count, messages) = (args.connections, args.messages);
    let (message_len, depth) = (args.message_len, args.depth);
    let shared = Arc::new(Shared {
        client: opening::client(&args.opening)?,
        permits: Semaphore::new(OPENING_AT_ONCE),
        start: Barrier::new(usize::try_from(count)?.saturating_add(1)),
        begun: OnceLock::new(),
        message: message(&args),
        histogram: Histogram::new(),
        args,
    });
    let mut interrupted = Box::pin(interrupt()?);
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        tasks.spawn(attend(Arc::clone(&shared)));
    }
    let began = Instant::now();
    select! {
        _ = shared.start.wait() => {}
        // None ends before all have begun, unless it fails.
        Some(ended) = tasks.join_next() => ended??,
        () = &mut interrupted => return Err("interrupted before all connections were open".into()),
    }
    let begun = *shared.begun.get_or_init(Instant::now);
    let (opening, began) = (begun.saturating_duration_since(began), begun);
    let mut progress = Progress::new(messages.saturating_mul(count.into()));
    loop {
        select! {
            ended = tasks.join_next() => match ended {
                Some(ended) => ended??,
                None => break,
            },
            () = progress.tick() => progress.show(shared.histogram.count(), began.elapsed()),
            // What there is so far is told.
            () = &mut interrupted => break,
        }
    }
    let elapsed = began.elapsed();
    drop(progress);
    Ok(Report {
        connections: count,
        depth,
        message_len,
        opening,
        elapsed,
        messages: shared.histogram.count(),
        latencies: shared.histogram.percentiles(),
    })
}

/// Opens a connection, and uses it when all are open.
async fn attend(shared: Arc<Shared>) -> Result<(), Failure> {
    let permit = shared.permits.acquire().await?;
    let opened = opening::open(&shared.client, &shared.args.opening, &Dumping::Nowhere).await?;
    drop(permit);
    shared.start.wait().await;
    shared.begun.get_or_init(Instant::now);
    match opened {
        Opened::Tcp(ws) => converse(ws, &shared).await,
        #[cfg(unix)]
        Opened::Unix(ws) => converse(ws, &shared).await,
    }
}

/// Digits of a number that has no end, or letters: neither all alike nor of no pattern.
fn message(args: &args::Bench) -> Message {
    if args.is_text {
        ('a'..='z').cycle().take(args.message_len).collect::<String>().into()
    } else {
        (0..=250).cycle().take(args.message_len).collect::<Vec<u8>>().into()
    }
}

/// Sends all messages over a connection and receives them again.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    ws: WebSocket<S, ClientRole>,
    shared: &Shared,
) -> Result<(), Failure> {
    let Shared { message, histogram, args, .. } = shared;
    let args::Bench { messages, depth, .. } = args;
    let (mut reader, mut writer) = ws.into_split();
    // When those that are on their way were sent.
    let sent = Mutex::new(VecDeque::with_capacity(*depth));
    let lock = || sent.lock().unwrap_or_else(PoisonError::into_inner);
    let room = Semaphore::new(*depth);
    let sending = async {
        for _ in 0..*messages {
            if room.available_permits() == 0 {
                writer.flush().await?;
            }
            room.acquire().await?.forget();
            lock().push_back(Instant::now());
            writer.feed(message).await?;
        }
        writer.flush().await?;
        Ok::<_, Failure>(())
    };
    let receiving = async {
        for _ in 0..*messages {
            let Some(received) = reader.recv_ref().await? else {
                return Err("the server has closed a connection".into());
            };
            let sent = lock().pop_front().filter(|_| received == message.as_ref());
            let sent = sent.ok_or("something has come that was not sent: is it an echo server?")?;
            histogram.record(sent.elapsed());
            room.add_permits(1);
        }
        Ok::<_, Failure>(())
    };
    tokio::try_join!(sending, receiving)?;
    halves::close(&mut reader, &mut writer, CloseCode::NORMAL, "").await?;
    Ok(())
}
