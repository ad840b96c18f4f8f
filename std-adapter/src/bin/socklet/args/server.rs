//! The arguments of `socklet serve`.

use std::{path::PathBuf, time::Duration};

use socklet_core::permessage_deflate::Settings;

use super::{
    Command, Dump, Line, Usage, unexpected,
    values::{
        bytes, check_handshake, deflate, dump, no_context_takeover, number, path, seconds, string,
    },
};
use crate::options::Item;

/// Most connections of a server that is not told a number.
const MAX_CONNECTIONS: usize = 10_000;

/// The arguments of `socklet serve`.
#[derive(Debug)]
pub(crate) struct Serve {
    pub(crate) addr: String,
    pub(crate) task: Task,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) blocking: bool,
    pub(crate) verbose: bool,
    pub(crate) dump: Dump,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) max_message_len: Option<usize>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) handshake_timeout: Option<Duration>,
    pub(crate) closing_timeout: Option<Duration>,
    /// Most connections at once; 0: no limit.
    pub(crate) max_connections: usize,
    pub(crate) deflate: Settings,
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    /// It goes back.
    Echo,
    /// It goes to all others.
    Broadcast,
    /// It goes to a process of this command.
    Pipe(String),
}

/// Where a server's certificate chain and its private key are.
#[derive(Debug)]
pub(crate) struct TlsFiles {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

pub(super) fn serve(line: &mut Line) -> Result<Command, Usage> {
    let (mut cert, mut key, mut task) = (None, None, None);
    let mut serve = Serve {
        addr: "127.0.0.1:9001".to_owned(),
        task: Task::Echo,
        tls: None,
        blocking: false,
        verbose: false,
        dump: Dump::Nowhere,
        subprotocols: Vec::new(),
        max_message_len: None,
        idle_timeout: None,
        handshake_timeout: None,
        closing_timeout: None,
        max_connections: MAX_CONNECTIONS,
        deflate: Settings::DEFAULT,
    };
    while let Some(item) = line.next()? {
        let Item::Option(option) = item else { return Err(unexpected(item)) };
        let args = &mut line.args;
        match option {
            "addr" => serve.addr = string(args)?,
            "echo" => choose(&mut task, Task::Echo)?,
            "broadcast" => choose(&mut task, Task::Broadcast)?,
            "pipe" => choose(&mut task, Task::Pipe(string(args)?))?,
            "tls-cert" => cert = Some(path(args)?),
            "tls-key" => key = Some(path(args)?),
            "blocking" => serve.blocking = true,
            "verbose" => serve.verbose = true,
            "dump" => serve.dump = dump(args),
            "subprotocol" => serve.subprotocols.push(string(args)?),
            "max-message" => serve.max_message_len = Some(bytes(args)?),
            "deflate" => deflate(&mut serve.deflate, args.optional_value())?,
            "no-deflate" => serve.deflate.is_enabled = false,
            "no-context-takeover" => no_context_takeover(&mut serve.deflate),
            "idle-timeout" => serve.idle_timeout = Some(seconds(args)?),
            "handshake-timeout" => serve.handshake_timeout = Some(seconds(args)?),
            "closing-timeout" => serve.closing_timeout = Some(seconds(args)?),
            "max-connections" => serve.max_connections = number(args)?,
            _ => return Err(unexpected(item)),
        }
    }
    serve.task = task.unwrap_or(Task::Echo);
    if serve.blocking && serve.task != Task::Echo {
        return Err("--blocking is for --echo".into());
    }
    serve.tls = match (cert, key) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
        (None, None) => None,
        (Some(_), None) => return Err("--tls-cert needs --tls-key".into()),
        (None, Some(_)) => return Err("--tls-key needs --tls-cert".into()),
    };
    check_handshake(&[], &serve.subprotocols)?;
    Ok(Command::Serve(serve))
}

fn choose(task: &mut Option<Task>, chosen: Task) -> Result<(), Usage> {
    match task.replace(chosen) {
        None => Ok(()),
        Some(_) => Err("--echo, --broadcast and --pipe: one of them, once".into()),
    }
}
