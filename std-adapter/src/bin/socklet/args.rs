//! The command line, read into what is to be done.

mod inspector;

use std::{
    convert::Infallible,
    ffi::OsString,
    fmt::{self, Display},
    path::PathBuf,
    time::Duration,
};

use lexopt::{Arg, Parser, ValueExt};
use socklet_core::{
    Error,
    handshake::client::Request,
    permessage_deflate::{NoCompression, Settings},
};
use socklet_std::Url;

use crate::help;
pub(crate) use inspector::{Build, Explain, Source};

/// Most connections of a server that is not told a number.
const MAX_CONNECTIONS: usize = 10_000;

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Command {
    Serve(Serve),
    Connect(Connect),
    Explain(Explain),
    Build(Build),
    /// Print this text.
    Print(&'static str),
    Version,
}

/// The arguments of `socklet serve`.
#[derive(Debug)]
pub(crate) struct Serve {
    pub(crate) addr: String,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) blocking: bool,
    pub(crate) verbose: bool,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) max_message_len: Option<usize>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) handshake_timeout: Option<Duration>,
    pub(crate) closing_timeout: Option<Duration>,
    /// Most connections at once; 0: no limit.
    pub(crate) max_connections: usize,
    pub(crate) deflate: Settings,
}

/// Where a server's certificate chain and its private key are.
#[derive(Debug)]
pub(crate) struct TlsFiles {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// The arguments of `socklet connect`.
#[derive(Debug)]
pub(crate) struct Connect {
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) trust: Trust,
    pub(crate) sends: Vec<Send>,
    pub(crate) wait: Option<Duration>,
    pub(crate) dump: bool,
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

/// Something to be sent first.
#[derive(Debug)]
pub(crate) enum Send {
    Text(String),
    Binary(PathBuf),
    Ping,
}

/// Arguments that make no sense, and why.
#[derive(Debug)]
pub(crate) struct Usage(String);

impl Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<lexopt::Error> for Usage {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<&str> for Usage {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

/// Reads the arguments of the process.
pub(crate) fn parse() -> Result<Command, Usage> {
    parse_from(Parser::from_env())
}

fn parse_from(mut args: Parser) -> Result<Command, Usage> {
    match args.next()? {
        None => Err("nothing to do: `serve`, `connect`, `explain` or `build`?".into()),
        Some(Arg::Short('h') | Arg::Long("help")) => Ok(Command::Print(help::GENERAL)),
        Some(Arg::Short('V') | Arg::Long("version")) => Ok(Command::Version),
        Some(Arg::Value(name)) => match name.to_str() {
            Some("serve") => serve(args),
            Some("connect") => connect(args),
            Some("explain") => inspector::explain(args),
            Some("build") => inspector::build(args),
            Some("help") => Ok(Command::Print(help::GENERAL)),
            _ => Err(Usage(format!(
                "no command {name:?}: there are `serve`, `connect`, `explain` and `build`"
            ))),
        },
        Some(other) => Err(other.unexpected().into()),
    }
}

fn serve(mut args: Parser) -> Result<Command, Usage> {
    let (mut cert, mut key) = (None, None);
    let mut serve = Serve {
        addr: "127.0.0.1:9001".to_owned(),
        tls: None,
        blocking: false,
        verbose: false,
        subprotocols: Vec::new(),
        max_message_len: None,
        idle_timeout: None,
        handshake_timeout: None,
        closing_timeout: None,
        max_connections: MAX_CONNECTIONS,
        deflate: Settings::DEFAULT,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Long("addr") => serve.addr = args.value()?.string()?,
            Arg::Long("tls-cert") => cert = Some(PathBuf::from(args.value()?)),
            Arg::Long("tls-key") => key = Some(PathBuf::from(args.value()?)),
            Arg::Long("blocking") => serve.blocking = true,
            Arg::Short('v') | Arg::Long("verbose") => serve.verbose = true,
            Arg::Long("subprotocol") => serve.subprotocols.push(args.value()?.string()?),
            Arg::Long("max-message") => serve.max_message_len = Some(bytes(&args.value()?)?),
            Arg::Long("deflate") => deflate(&mut serve.deflate, args.optional_value())?,
            Arg::Long("no-deflate") => serve.deflate.is_enabled = false,
            Arg::Long("no-context-takeover") => no_context_takeover(&mut serve.deflate),
            Arg::Long("idle-timeout") => serve.idle_timeout = Some(seconds(&args.value()?)?),
            Arg::Long("handshake-timeout") => {
                serve.handshake_timeout = Some(seconds(&args.value()?)?);
            }
            Arg::Long("closing-timeout") => {
                serve.closing_timeout = Some(seconds(&args.value()?)?);
            }
            Arg::Long("max-connections") => serve.max_connections = number(&args.value()?)?,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Print(help::SERVE)),
            other => return Err(other.unexpected().into()),
        }
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

fn connect(mut args: Parser) -> Result<Command, Usage> {
    let mut url = None;
    let (mut headers, mut subprotocols, mut sends) = (Vec::new(), Vec::new(), Vec::new());
    let (mut trust, mut dump) = (Trust::Usual, false);
    let mut settings = Settings::OFF;
    let mut wait = Some(Duration::from_secs(2));
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Short('H') | Arg::Long("header") => headers.push(header(args.value()?)?),
            Arg::Long("subprotocol") => subprotocols.push(args.value()?.string()?),
            Arg::Long("ca") => {
                add_trust(&mut trust, Trust::Ca(PathBuf::from(args.value()?)))?;
            }
            Arg::Long("insecure") => add_trust(&mut trust, Trust::Insecure)?,
            Arg::Long("text") => sends.push(Send::Text(args.value()?.string()?)),
            Arg::Long("binary") => sends.push(Send::Binary(PathBuf::from(args.value()?))),
            Arg::Long("ping") => sends.push(Send::Ping),
            Arg::Long("wait") => {
                wait = Some(seconds(&args.value()?)?).filter(|wait| !wait.is_zero());
            }
            Arg::Long("deflate") => deflate(&mut settings, args.optional_value())?,
            Arg::Long("no-context-takeover") => no_context_takeover(&mut settings),
            Arg::Long("dump") => dump = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Print(help::CONNECT)),
            Arg::Value(value) if url.is_none() => url = Some(parse_url(&value.string()?)?),
            other => return Err(other.unexpected().into()),
        }
    }
    check_handshake(&headers, &subprotocols)?;
    Ok(Command::Connect(Connect {
        url: url.ok_or("connect to what? URL is missing")?,
        headers,
        subprotocols,
        trust,
        sends,
        wait,
        dump,
        deflate: settings,
    }))
}

/// Checks what will stand in the opening handshake by writing one.
fn check_handshake(headers: &[(String, String)], subprotocols: &[String]) -> Result<(), Usage> {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let subprotocols: Vec<_> = subprotocols.iter().map(String::as_str).collect();
    let request = Request::new("localhost", "/").headers(&headers).subprotocols(&subprotocols);
    match request.encode::<Infallible>(&[0; 16], &NoCompression, &mut []) {
        Err(Error::Config(error)) => Err(Usage(error.to_string())),
        // It is too long for no space at all.
        _ => Ok(()),
    }
}

/// Turns compression on, with windows of so many bits if that is said.
fn deflate(settings: &mut Settings, bits: Option<OsString>) -> Result<(), Usage> {
    settings.is_enabled = true;
    if let Some(value) = bits {
        let bits = value.to_str().and_then(|value| value.parse().ok());
        let bits = bits
            .filter(|bits| (8..=15).contains(bits))
            .ok_or_else(|| Usage(format!("{value:?} is not a window: 8 to 15 bits")))?;
        settings.negotiable.receive_bits = bits;
        settings.negotiable.send_bits = bits;
    }
    Ok(())
}

const fn no_context_takeover(settings: &mut Settings) {
    settings.negotiable.receive_takeover = false;
    settings.negotiable.send_takeover = false;
}

fn add_trust(trust: &mut Trust, new: Trust) -> Result<(), Usage> {
    if !matches!(trust, Trust::Usual) {
        return Err("--ca and --insecure: one of them, once".into());
    }
    *trust = new;
    Ok(())
}

fn parse_url(url: &str) -> Result<Url, Usage> {
    Url::parse(url).map_err(|error| Usage(format!("{url:?}: {error}")))
}

fn header(value: OsString) -> Result<(String, String), Usage> {
    let header = value.string()?;
    let (name, value) = header
        .split_once(':')
        .ok_or_else(|| Usage(format!("{header:?} is not a header: 'NAME: VALUE' is")))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn bytes(value: &OsString) -> Result<usize, Usage> {
    let bytes = value.to_str().and_then(|value| value.parse().ok());
    bytes.ok_or_else(|| Usage(format!("{value:?} is not a number of bytes")))
}

fn number(value: &OsString) -> Result<usize, Usage> {
    let number = value.to_str().and_then(|value| value.parse().ok());
    number.ok_or_else(|| Usage(format!("{value:?} is not a number")))
}

/// Seconds, which may have a fraction. What is less than a millisecond is one: only 0 is none.
fn seconds(value: &OsString) -> Result<Duration, Usage> {
    const LEAST: f64 = 0.001;
    let seconds: Option<f64> = value.to_str().and_then(|value| value.parse().ok());
    seconds
        .map(|seconds| if seconds > 0.0 { seconds.max(LEAST) } else { seconds })
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|seconds| u32::try_from(seconds.as_millis()).is_ok())
        .ok_or_else(|| Usage(format!("{value:?} is not a number of seconds")))
}
