//! What can be said on the command line: one table, of which the parser, `--help`, the man page and
//! the completions of shells are made.
//!
//! ```text
//! table  ->  next (the parser takes what stands there, and no more)
//!        ->  help, man, completions
//! ```

pub(crate) mod completions;
pub(crate) mod help;
pub(crate) mod man;
mod table;

use std::ffi::OsString;

use lexopt::{Arg, Parser};

use crate::args::Usage;
pub(crate) use table::*;

/// What the command can do, by its first word.
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    /// In a few words, for a list.
    pub(crate) summary: &'static str,
    /// What stands behind the name.
    pub(crate) usage: &'static str,
    /// What it is, paragraph by paragraph.
    pub(crate) about: &'static [&'static str],
    /// Its options, in groups that it shares with others.
    pub(crate) options: &'static [&'static [Opt]],
    /// What may stand there that is no option.
    pub(crate) operand: Value,
    /// What its exit status says.
    pub(crate) exit: &'static str,
    pub(crate) examples: &'static [&'static str],
}

/// An option.
pub(crate) struct Opt {
    pub(crate) short: Option<char>,
    /// Its long names, without the hyphens: more than one if they differ in nothing else.
    pub(crate) names: &'static [&'static str],
    pub(crate) value: Value,
    pub(crate) help: &'static str,
}

/// What follows an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    None,
    /// Something, by this name.
    Some(&'static str),
    /// Something behind `=`, or nothing.
    Perhaps(&'static str),
    /// The name of a file.
    File(&'static str),
    /// The name of a file behind `=`, or nothing.
    PerhapsFile(&'static str),
    /// One of these words.
    Word(&'static str, &'static [&'static str]),
}

impl Verb {
    /// All of its options.
    pub(crate) fn options(&self) -> impl Iterator<Item = &'static Opt> {
        self.options.iter().copied().flatten()
    }
}

impl Opt {
    /// An option that stands for itself.
    const fn flag(names: &'static [&'static str], help: &'static str) -> Self {
        Self { short: None, names, value: Value::None, help }
    }

    /// An option that something follows.
    const fn with(names: &'static [&'static str], value: Value, help: &'static str) -> Self {
        Self { short: None, names, value, help }
    }

    const fn or(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }
}

impl Value {
    /// How it is shown behind the name of an option.
    pub(crate) fn shown(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Some(name) | Self::File(name) | Self::Word(name, _) => format!(" {name}"),
            Self::Perhaps(name) | Self::PerhapsFile(name) => format!("[={name}]"),
        }
    }
}

/// What stands next on the command line.
pub(crate) enum Item {
    /// An option of the table, by its long name; what follows it is still to be taken.
    Option(&'static str),
    Operand(OsString),
}

/// Takes the next thing from the command line, if the table of the verb has it.
pub(crate) fn next(args: &mut Parser, verb: &Verb) -> Result<Option<Item>, Usage> {
    let Some(arg) = args.next()? else { return Ok(None) };
    let named = |name: &str| {
        let mut names = verb.options().flat_map(|option| option.names);
        names.find(|known| **known == name).copied()
    };
    let known = match &arg {
        Arg::Long(name) => named(name),
        Arg::Short(short) => verb
            .options()
            .find(|option| option.short == Some(*short))
            .and_then(|option| option.names.first().copied()),
        Arg::Value(_) => None,
    };
    match (known, arg) {
        (Some(name), _) => Ok(Some(Item::Option(name))),
        (None, Arg::Value(value)) => Ok(Some(Item::Operand(value))),
        (None, unknown) => Err(unknown.unexpected().into()),
    }
}
