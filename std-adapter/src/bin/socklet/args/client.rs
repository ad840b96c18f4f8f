//! The arguments of `socklet connect` and `socklet bench`.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use lexopt::{Parser, ValueExt};
use socklet_core::permessage_deflate::Settings;
use socklet_std::{Proxy, Url};

use super::{
    Command, Dump, Line, Usage, unexpected,
    values::{
        bytes, check_handshake, deflate, dump, header, no_context_takeover, number, path, positive,
        seconds, string,
    },
};
use crate::{opening::add, options::Item};

/// How long to wait for more at the end of input, where nothing else is said.
const WAIT: Duration = Duration::from_secs(2);

/// How a connection is to be opened.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) header_files: Vec<PathBuf>,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) trust: Trust,
    pub(crate) via: Via,
    pub(crate) redirects: u8,
    pub(crate) deflate: Settings,
}

/// Which certificates are trusted.
#[derive(Debug)]
pub(crate) enum Trust {
    /// Those that the usual authorities have signed.
    Usual,
    /// Those of the authorities in this file too.
    Ca(PathBuf),
    /// Any.
    Insecure,
}

/// What leads to the server.
#[derive(Debug)]
pub(crate) enum Via {
    Tcp,
    Proxy(Proxy),
    /// Whichever proxy the environment names, if any.
    Environment,
    #[cfg_attr(not(unix), allow(dead_code, reason = "nothing opens it there"))]
    Unix(PathBuf),
}

/// The arguments of `socklet connect`.
#[derive(Debug)]
pub(crate) struct Connect {
    pub(crate) opening: Opening,
    pub(crate) sends: Vec<Send>,
    pub(crate) wait: Option<Duration>,
    /// So many messages are to come.
    pub(crate) count: Option<u64>,
    pub(crate) json: bool,
    pub(crate) timestamps: bool,
    pub(crate) history: bool,
    pub(crate) dump: Dump,
}

/// Something to be sent first.
#[derive(Debug)]
pub(crate) enum Send {
    Text(String),
    Binary(PathBuf),
    Ping,
}

/// The arguments of `socklet bench`.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) opening: Opening,
    pub(crate) connections: u32,
    /// Over each connection.
    pub(crate) messages: u64,
    /// Bytes of each.
    pub(crate) message_len: usize,
    /// Messages on their way at once over each connection.
    pub(crate) depth: usize,
    pub(crate) is_text: bool,
    pub(crate) json: bool,
}

pub(super) fn connect(line: &mut Line) -> Result<Command, Usage> {
    let mut opening = Draft::default();
    let (mut sends, mut wait) = (Vec::new(), None);
    let (mut json, mut timestamps, mut history) = (false, false, true);
    let (mut count, mut to) = (None, Dump::Nowhere);
    while let Some(item) = line.next()? {
        let args = &mut line.args;
        match item {
            Item::Operand(value) => opening.url(value)?,
            Item::Option("text") => sends.push(Send::Text(string(args)?)),
            Item::Option("binary") => sends.push(Send::Binary(path(args)?)),
            Item::Option("ping") => sends.push(Send::Ping),
            Item::Option("wait") => wait = Some(seconds(args)?),
            Item::Option("exit-on-close") => wait = Some(Duration::ZERO),
            Item::Option("count") => count = Some(positive(args)?),
            Item::Option("json") => json = true,
            Item::Option("timestamps") => timestamps = true,
            Item::Option("no-history") => history = false,
            Item::Option("dump") => to = dump(args),
            Item::Option(option) => opening.take(option, args)?,
        }
    }
    // Who counts messages waits for them.
    let wait = wait.unwrap_or(if count.is_none() { WAIT } else { Duration::ZERO });
    let wait = Some(wait).filter(|wait| !wait.is_zero());
    let opening = opening.finish()?;
    let is_hidden = opening.url.is_secure() && matches!(opening.via, Via::Unix(_));
    if is_hidden && !matches!(to, Dump::Nowhere) {
        return Err("--dump does not look into TLS on a Unix socket".into());
    }
    Ok(Command::Connect(Connect {
        opening,
        sends,
        wait,
        count,
        json,
        timestamps,
        history,
        dump: to,
    }))
}

pub(super) fn bench(line: &mut Line) -> Result<Command, Usage> {
    let mut opening = Draft::default();
    let (mut connections, mut messages, mut message_len, mut depth) = (10, 10_000, 125, 1);
    let (mut is_text, mut json) = (false, false);
    while let Some(item) = line.next()? {
        let args = &mut line.args;
        match item {
            Item::Operand(value) => opening.url(value)?,
            Item::Option("connections") => connections = positive(args)?,
            Item::Option("messages") => messages = positive(args)?,
            Item::Option("size") => message_len = bytes(args)?,
            Item::Option("depth") => depth = positive(args)?,
            Item::Option("text") => is_text = true,
            Item::Option("json") => json = true,
            Item::Option(option) => opening.take(option, args)?,
        }
    }
    let opening = opening.finish()?;
    Ok(Command::Bench(Bench { opening, connections, messages, message_len, depth, is_text, json }))
}

/// An [`Opening`] that is not complete.
#[derive(Default)]
struct Draft {
    url: Option<Url>,
    headers: Vec<(String, String)>,
    header_files: Vec<PathBuf>,
    cookies: Vec<String>,
    subprotocols: Vec<String>,
    trust: Option<Trust>,
    via: Option<Via>,
    redirects: u8,
    deflate: Option<Settings>,
}

impl Draft {
    fn url(&mut self, value: OsString) -> Result<(), Usage> {
        if self.url.is_some() {
            return Err(unexpected(Item::Operand(value)));
        }
        let url = value.string()?;
        self.url = Some(Url::parse(&url).map_err(|error| format!("{url:?}: {error}"))?);
        Ok(())
    }

    /// Takes one of the options that all clients have.
    fn take(&mut self, option: &'static str, args: &mut Parser) -> Result<(), Usage> {
        match option {
            "header" => {
                let (name, value) = header(&string(args)?)?;
                add(&mut self.headers, name, value);
            }
            "header-file" => self.header_files.push(path(args)?),
            "cookie" => self.cookies.push(string(args)?),
            "subprotocol" => self.subprotocols.push(string(args)?),
            "ca" => self.trust(Trust::Ca(path(args)?))?,
            "insecure" => self.trust(Trust::Insecure)?,
            "proxy" => {
                let address = string(args)?;
                let proxy = Proxy::parse(&address)
                    .map_err(|error| format!("{address:?} is no proxy: {error}"))?;
                self.via(Via::Proxy(proxy))?;
            }
            "proxy-from-environment" => self.via(Via::Environment)?,
            "unix" if cfg!(unix) => self.via(Via::Unix(path(args)?))?,
            "unix" => return Err("--unix: this system has no such sockets".into()),
            "follow" => self.redirects = number(args)?,
            "deflate" => {
                // Bounds that stand in front of it count too.
                let settings = self.deflate.get_or_insert(Settings::OFF);
                deflate(settings, args.optional_value())?;
            }
            "no-context-takeover" => {
                no_context_takeover(self.deflate.get_or_insert(Settings::OFF));
            }
            _ => return Err(unexpected(Item::Option(option))),
        }
        Ok(())
    }

    fn trust(&mut self, trust: Trust) -> Result<(), Usage> {
        match self.trust.replace(trust) {
            None => Ok(()),
            Some(_) => Err("--ca and --insecure: one of them, once".into()),
        }
    }

    fn via(&mut self, via: Via) -> Result<(), Usage> {
        match self.via.replace(via) {
            None => Ok(()),
            Some(_) => {
                Err("--proxy, --proxy-from-environment and --unix: one of them, once".into())
            }
        }
    }

    fn finish(mut self) -> Result<Opening, Usage> {
        for cookie in self.cookies {
            add(&mut self.headers, "Cookie".to_owned(), cookie);
        }
        check_handshake(&self.headers, &self.subprotocols)?;
        if self.redirects != 0 && matches!(self.via, Some(Via::Unix(_))) {
            return Err("--follow leads nowhere from a Unix socket".into());
        }
        Ok(Opening {
            url: self.url.ok_or("connect to what? URL is missing")?,
            headers: self.headers,
            header_files: self.header_files,
            subprotocols: self.subprotocols,
            trust: self.trust.unwrap_or(Trust::Usual),
            via: self.via.unwrap_or(Via::Tcp),
            redirects: self.redirects,
            deflate: self.deflate.unwrap_or(Settings::OFF),
        })
    }
}
