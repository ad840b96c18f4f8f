//! `socklet serve`: an echo server, and what else can be done with messages.

mod broadcast;
mod journal;
mod pipe;
mod tasks;
mod threads;

use std::{
    io::{self, Write, stdout},
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use socklet_std::{Error, Limits, Server, ServerTls, Timeouts};

use crate::{
    Failure,
    args::{self, Task},
    dump::Dumping,
    terminal,
};

/// How long open connections get for the closing handshake when the server stops.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// How long to wait when no connection can be accepted: without file descriptors it would fail
/// again at once, and again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(crate) fn run(args: &args::Serve) -> Result<(), Failure> {
    let server = server(args)?;
    let listener = TcpListener::bind(&args.addr)
        .map_err(|error| format!("cannot listen on {}: {error}", args.addr))?;
    let plan = Plan {
        server,
        task: args.task.clone(),
        dumping: Dumping::new(&args.dump)?,
        max_connections: most(args),
        patience: patience(args),
        verbose: args.verbose,
    };
    if args.blocking { threads::run(listener, plan) } else { tasks::run(listener, plan) }
}

/// What both kinds of server do.
struct Plan {
    server: Server,
    task: Task,
    dumping: Dumping,
    /// Most connections at once. More wait in the listener's queue, which the system bounds: they
    /// take neither a descriptor nor memory here.
    max_connections: usize,
    /// How long a command may take no input.
    patience: Duration,
    verbose: bool,
}

const fn most(args: &args::Serve) -> usize {
    if args.max_connections == 0 { usize::MAX } else { args.max_connections }
}

/// As long as a client may be silent, for ever with 0.
fn patience(args: &args::Serve) -> Duration {
    let usual = Duration::from_millis(Timeouts::SERVER.idle_ms.into());
    Some(args.idle_timeout.unwrap_or(usual)).filter(|idle| !idle.is_zero()).unwrap_or(Duration::MAX)
}

fn server(args: &args::Serve) -> Result<Server, Failure> {
    let mut limits = Limits::DEFAULT;
    if let Some(message_len) = args.max_message_len {
        limits.message_len = message_len;
    }
    let mut timeouts = Timeouts::SERVER;
    for (wanted, timeout) in [
        (args.idle_timeout, &mut timeouts.idle_ms),
        (args.handshake_timeout, &mut timeouts.handshake_ms),
        (args.closing_timeout, &mut timeouts.closing_ms),
    ] {
        if let Some(wanted) = wanted {
            *timeout = u32::try_from(wanted.as_millis())?;
        }
    }
    let server = Server::new()
        .subprotocols(&args.subprotocols)
        .limits(limits)
        .timeouts(timeouts)
        .deflate(args.deflate);
    let Some(files) = &args.tls else { return Ok(server) };
    let tls = ServerTls::from_files(&files.cert, &files.key).map_err(|error| {
        format!("cannot use {} with {}: {error}", files.cert.display(), files.key.display())
    })?;
    Ok(server.tls(tls))
}

/// Tells that connections are accepted now, to people and to programs that wait for it.
fn announce(address: SocketAddr) -> io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "listening on {address}")?;
    out.flush()
}

/// Tells why a connection was refused or has failed.
fn log(peer: SocketAddr, error: &Error) {
    terminal::note(format_args!("{peer}: {error}"));
}

/// Tells that connections cannot be accepted, once for each time that it begins.
struct AcceptLog {
    fails: bool,
}

impl AcceptLog {
    const fn new() -> Self {
        Self { fails: false }
    }

    fn accepted(&mut self) {
        self.fails = false;
    }

    fn failed(&mut self, error: &io::Error) {
        if !self.fails {
            terminal::note(format_args!("cannot accept connections: {error}"));
        }
        self.fails = true;
    }
}
