//! An open connection, from the first message to the last.
//!
//! Sending and receiving are two loops over the two halves of the connection, so that neither
//! waits for the other. When there is no more to send, the answers are waited for.

use std::{
    cell::{Cell, RefCell},
    future::{Future, pending},
    io::{self, ErrorKind, IsTerminal, stderr, stdin},
    time::{Duration, Instant},
};

use socklet_core::Role;
use socklet_std::{
    CloseCode, Closed, Error, Event, Side,
    dump::Direction,
    tokio::{Reader, WebSocket, Writer},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    sync::Notify,
    time::timeout,
};

use super::{
    input::{Lines, Send, Sends},
    output::Output,
};
use crate::{
    Failure,
    halves::{self, REASON},
    interrupt::interrupt,
    terminal,
};

/// How long it has to be quiet after as many answers have come as were asked for.
const LAST_WORD: Duration = Duration::from_millis(250);

/// What a conversation is made of.
pub(super) struct Plan {
    pub(super) url: String,
    pub(super) sends: Sends,
    /// How long to wait for more at the end of input; none: until the server closes.
    pub(super) wait: Option<Duration>,
    /// The messages after which it ends.
    pub(super) count: Option<u64>,
    /// Whether compression is offered.
    pub(super) deflate: bool,
    pub(super) output: Output,
}

/// What has been sent and received so far.
#[derive(Default)]
struct Progress {
    /// Messages and pings.
    sent: Cell<u64>,
    /// Messages and pongs.
    received: Cell<u64>,
    /// Messages alone.
    messages: Cell<u64>,
    /// Wakes who waits for something to arrive.
    arrival: Notify,
    /// When each ping was sent; its number is its payload.
    pings: RefCell<Vec<Instant>>,
}

/// Why it is over.
enum End {
    /// There is nothing more to be done, or no more can be done: the connection is to be closed.
    Here(Result<(), Failure>),
    /// The connection has ended.
    Connection(Result<(), Failure>),
}

/// Has a conversation, to its end.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    ws: WebSocket<S, R>,
    plan: &Plan,
) -> Result<(), Failure> {
    if plan.sends.reads_input && stdin().is_terminal() && stderr().is_terminal() {
        let subprotocol = ws.subprotocol().map(|name| format!(" ({name})")).unwrap_or_default();
        terminal::note(format_args!("connected{subprotocol}; Ctrl+D ends the input"));
    }
    if plan.deflate && ws.compression().is_none() {
        terminal::note("the server does not compress");
    }
    plan.output.opened(&plan.url, ws.subprotocol(), ws.compression());
    // Before somebody types: Ctrl+C is to close the connection from the first moment on.
    let interrupted = interrupt()?;
    let mut lines = plan.sends.reads_input.then(|| Lines::read(plan.sends.keeps_history));
    let (mut reader, mut writer) = ws.into_split();
    let progress = Progress::default();
    let outcome =
        converse(&mut reader, &mut writer, &mut lines, plan, &progress, interrupted).await;
    if let Some(closed) = reader.closed() {
        plan.output.closed(&closed);
    }
    terminal::volume("sent", writer.volume_sent());
    terminal::volume("received", reader.volume_received());
    match (plan.count, progress.messages.get()) {
        (Some(count), come) if outcome.is_ok() && come < count => {
            Err(format!("{come} of {count} messages have come").into())
        }
        _ => outcome,
    }
}

/// Sends and receives to the end.
async fn converse<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    reader: &mut Reader<S, R>,
    writer: &mut Writer<S, R>,
    lines: &mut Option<Lines>,
    plan: &Plan,
    progress: &Progress,
    interrupted: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let mut receiving = Box::pin(receive(reader, plan, progress));
    let end = select! {
        end = &mut receiving => end,
        sent = async {
            let input = send(writer, lines, plan, progress).await?;
            progress.settle(plan).await;
            Ok::<_, Error>(input)
        } => match sent {
            Ok(input) => End::Here(
                input.map_err(|error| format!("cannot read standard input: {error}").into()),
            ),
            // The other half knows better what has happened.
            Err(error) => match timeout(REASON, &mut receiving).await {
                Ok(end @ End::Connection(_)) => end,
                _ => End::Connection(Err(Failure::from(error))),
            },
        },
        error = plan.output.failure() => output_failed(&error),
        () = interrupted => End::Here(Ok(())),
    };
    drop(receiving);
    let outcome = match end {
        End::Connection(outcome) => return outcome,
        End::Here(outcome) => outcome,
    };
    let insistent = interrupt()?;
    let closed = select! {
        closed = halves::close(reader, writer, CloseCode::NORMAL, "") => {
            closed.map_err(Failure::from).and_then(judge)
        }
        () = insistent => Err("interrupted before the server had closed the connection".into()),
    };
    outcome.and(closed)
}

/// Sends what is to be sent, first the arguments and then the input; says whether that could be
/// read to its end.
async fn send<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    writer: &mut Writer<S, R>,
    lines: &mut Option<Lines>,
    plan: &Plan,
    progress: &Progress,
) -> Result<io::Result<()>, Error> {
    let mut read = Ok(());
    for send in &plan.sends.first {
        progress.count(&progress.sent);
        match send {
            Send::Message(message) => {
                writer.send(message).await?;
                plan.output.sent(message.as_ref());
            }
            Send::Ping => {
                let payload = progress.next_ping().to_be_bytes();
                writer.ping(&payload).await?;
                plan.output.ping(Direction::Outbound, &payload);
            }
        }
    }
    if let Some(lines) = lines {
        while let Some(line) = lines.next().await {
            match line {
                Ok(line) => {
                    progress.count(&progress.sent);
                    writer.feed(&line).await?;
                    plan.output.sent(line.as_ref());
                }
                Err(error) => read = Err(error),
            }
            // Lines that are there together leave together.
            if lines.is_empty() {
                writer.flush().await?;
            }
        }
    }
    writer.flush().await?;
    Ok(read)
}

/// Prints what arrives, to the end of the connection or until enough has come.
async fn receive<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    reader: &mut Reader<S, R>,
    plan: &Plan,
    progress: &Progress,
) -> End {
    loop {
        match reader.recv_event().await {
            Ok(Some(Event::Message(message))) => {
                plan.output.received(message);
                progress.count(&progress.received);
                progress.count(&progress.messages);
                if plan.count == Some(progress.messages.get()) {
                    return End::Here(Ok(()));
                }
            }
            Ok(Some(Event::Pong(payload))) => {
                let elapsed = progress.ping_of(payload);
                plan.output.pong(payload, elapsed);
                if elapsed.is_some() {
                    progress.count(&progress.received);
                }
            }
            Ok(Some(Event::Ping(payload))) => plan.output.ping(Direction::Inbound, payload),
            Ok(None) => return End::Connection(reader.closed().map_or(Ok(()), judge)),
            Err(error) => return End::Connection(Err(error.into())),
        }
    }
}

/// Whoever read standard output has gone: there is no more to be done. Else it is a failure.
fn output_failed(error: &io::Error) -> End {
    End::Here(match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(format!("cannot write to standard output: {error}").into()),
    })
}

/// Tells how the server has closed the connection, if it did; some codes are a failure.
fn judge(closed: Closed) -> Result<(), Failure> {
    if closed.by == Side::Local {
        return Ok(());
    }
    let code = closed.code.map_or_else(|| "no code".to_owned(), |code| format!("code {code}"));
    let reason = match closed.reason.as_str() {
        "" => String::new(),
        reason => format!(": {}", reason.escape_debug()),
    };
    let told = format!("the server has closed the connection with {code}{reason}");
    match closed.code {
        None | Some(CloseCode::NORMAL | CloseCode::GOING_AWAY) => {
            terminal::note(told);
            Ok(())
        }
        Some(_) => Err(told.into()),
    }
}

impl Progress {
    /// Counts one more.
    fn count(&self, what: &Cell<u64>) {
        what.set(what.get().saturating_add(1));
        self.arrival.notify_one();
    }

    /// Takes note of the time, and returns the number of the ping.
    fn next_ping(&self) -> u32 {
        let mut pings = self.pings.borrow_mut();
        pings.push(Instant::now());
        u32::try_from(pings.len()).unwrap_or(u32::MAX)
    }

    /// How long ago the ping with this payload was sent.
    fn ping_of(&self, payload: &[u8]) -> Option<Duration> {
        let number = u32::from_be_bytes(payload.try_into().ok()?);
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        Some(self.pings.borrow().get(index)?.elapsed())
    }

    /// Waits until all answers seem to have come: as many as were asked for, and none after them
    /// for a moment; or none at all for as long as the plan says.
    async fn settle(&self, plan: &Plan) {
        let Some(wait) = plan.wait else { return pending().await };
        loop {
            // A count says by itself when that is.
            let complete = plan.count.is_none() && self.received.get() >= self.sent.get();
            let quiet = if complete { wait.min(LAST_WORD) } else { wait };
            if timeout(quiet, self.arrival.notified()).await.is_err() {
                return;
            }
        }
    }
}
