//! The command line, read into what is to be done.

mod client;
mod inspector;
mod server;
mod values;

use std::{
    fmt::{self, Display},
    path::PathBuf,
};

use lexopt::{Arg, Parser};

use crate::options::{self, Item, Verb, completions, help, man};
pub(crate) use client::{Bench, Connect, Opening, Send, Trust, Via};
pub(crate) use inspector::{Build, Explain, Source};
pub(crate) use server::{Serve, Task};
pub(crate) use values::header;

/// What is to be done.
pub(crate) enum Command {
    Serve(Serve),
    Connect(Connect),
    Bench(Bench),
    Explain(Explain),
    Build(Build),
    /// Print this text.
    Print(String),
}

/// Where what crosses the wire is told.
#[derive(Debug)]
pub(crate) enum Dump {
    Nowhere,
    /// As lines on standard error.
    Lines,
    /// As a capture.
    File(PathBuf),
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

impl From<String> for Usage {
    fn from(reason: String) -> Self {
        Self(reason)
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
        None => Err(format!("nothing to do: {}?", verbs("or")).into()),
        Some(Arg::Short('h') | Arg::Long("help")) => Ok(Command::Print(help::general())),
        Some(Arg::Short('V') | Arg::Long("version")) => {
            Ok(Command::Print(concat!("socklet ", env!("CARGO_PKG_VERSION"), "\n").to_owned()))
        }
        Some(Arg::Value(name)) if name == "help" => Ok(Command::Print(help::general())),
        Some(Arg::Value(name)) => {
            let verb = options::VERBS.iter().find(|verb| name == verb.name);
            let verb =
                verb.ok_or_else(|| format!("no command {name:?}: there are {}", verbs("and")))?;
            // What follows `--help` is not looked at.
            let mut line = Line { args, verb, wants_help: false };
            let command = line.command();
            if line.wants_help { Ok(Command::Print(help::of(verb))) } else { command }
        }
        Some(other) => Err(other.unexpected().into()),
    }
}

/// The names of all verbs, in a sentence.
fn verbs(conjunction: &str) -> String {
    let names: Vec<String> = options::VERBS.iter().map(|verb| format!("`{}`", verb.name)).collect();
    match names.split_last() {
        Some((last, others)) => format!("{} {conjunction} {last}", others.join(", ")),
        None => String::new(),
    }
}

/// What is left of the command line behind the verb.
struct Line {
    args: Parser,
    verb: &'static Verb,
    wants_help: bool,
}

impl Line {
    /// The next thing; none at the end, and at `--help`.
    fn next(&mut self) -> Result<Option<Item>, Usage> {
        let item = options::next(&mut self.args, self.verb)?;
        self.wants_help = matches!(item, Some(Item::Option("help")));
        Ok(item.filter(|_| !self.wants_help))
    }

    fn command(&mut self) -> Result<Command, Usage> {
        match self.verb.name {
            "serve" => server::serve(self),
            "connect" => client::connect(self),
            "bench" => client::bench(self),
            "explain" => inspector::explain(self),
            "build" => inspector::build(self),
            "completions" => self.completions(),
            "man" => match self.next()? {
                None => Ok(Command::Print(man::page())),
                Some(item) => Err(unexpected(item)),
            },
            other => unreachable!("`{other}` stands in the table and is not known here"),
        }
    }

    fn completions(&mut self) -> Result<Command, Usage> {
        let mut shell = None;
        while let Some(item) = self.next()? {
            match item {
                Item::Operand(value) if shell.is_none() => shell = Some(value),
                other => return Err(unexpected(other)),
            }
        }
        let shell = shell.ok_or("completions for which shell? bash, zsh or fish")?;
        let script = shell.to_str().and_then(completions::script);
        let script =
            script.ok_or_else(|| format!("no completions for {shell:?}: bash, zsh or fish"))?;
        Ok(Command::Print(script))
    }
}

fn unexpected(item: Item) -> Usage {
    match item {
        Item::Operand(value) => format!("unexpected argument {value:?}").into(),
        Item::Option(name) => format!("unexpected option '--{name}'").into(),
    }
}
