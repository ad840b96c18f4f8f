//! The arguments of `socklet explain` and `socklet build`.

use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};
use socklet_wasm::{
    Options,
    build::{Fields, close_body},
    input::Format,
    stream::Sender,
};

use super::{Command, Usage, bytes};
use crate::help;

/// The arguments of `socklet explain`.
#[derive(Debug)]
pub(crate) struct Explain {
    pub(crate) source: Source,
    pub(crate) json: bool,
    pub(crate) options: Options,
}

/// Where the traffic is.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Stdin,
}

/// The arguments of `socklet build`.
#[derive(Debug)]
pub(crate) struct Build {
    pub(crate) fields: Fields,
    pub(crate) payload: Vec<u8>,
    /// Whether to print an array of C.
    pub(crate) array: bool,
}

pub(super) fn explain(mut args: Parser) -> Result<Command, Usage> {
    let mut source = None;
    let mut json = false;
    let mut options = Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Long("json") => json = true,
            Arg::Long("sender") => options.first_sender = Some(sender(&args.value()?.string()?)?),
            Arg::Long("deflate") => options.compression = Some(true),
            Arg::Long("no-deflate") => options.compression = Some(false),
            Arg::Long("max-inflated") => options.inflate_limit = bytes(&args.value()?)?,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Print(help::EXPLAIN)),
            Arg::Long(name) if format(name).is_some() => options.format = format(name),
            Arg::Value(value) if source.is_none() => {
                source = Some(if value == "-" {
                    Source::Stdin
                } else {
                    Source::File(PathBuf::from(value))
                });
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let source = source.ok_or("explain what? FILE is missing; `-` is standard input")?;
    Ok(Command::Explain(Explain { source, json, options }))
}

fn format(name: &str) -> Option<Format> {
    let name = name.strip_prefix("from-")?;
    Format::ALL.into_iter().find(|format| format.name() == name)
}

fn sender(name: &str) -> Result<Sender, Usage> {
    let sender = Sender::BOTH.into_iter().find(|sender| sender.name() == name);
    sender.ok_or_else(|| Usage(format!("{name:?} is neither client nor server")))
}

pub(super) fn build(mut args: Parser) -> Result<Command, Usage> {
    let mut frame: Option<(u8, Vec<u8>)> = None;
    let mut fields = Fields::new(0);
    let (mut opcode, mut array) = (None, false);
    while let Some(arg) = args.next()? {
        let kind = match arg {
            Arg::Long("text") => (0x1, args.value()?.string()?.into_bytes()),
            Arg::Long("binary") => (0x2, hex(&args.value()?.string()?)?),
            Arg::Long("continuation") => (0x0, hex(&args.value()?.string()?)?),
            Arg::Long("ping") => (0x9, optional_text(&mut args)?),
            Arg::Long("pong") => (0xA, optional_text(&mut args)?),
            Arg::Long("close") => (0x8, close(&mut args)?),
            Arg::Long("opcode") => {
                opcode = Some(number(&args.value()?.string()?)?);
                continue;
            }
            Arg::Long("fin") => {
                fields.fin = true;
                continue;
            }
            Arg::Long("no-fin") => {
                fields.fin = false;
                continue;
            }
            Arg::Long("rsv1") => {
                fields.rsv1 = true;
                continue;
            }
            Arg::Long("rsv2") => {
                fields.rsv2 = true;
                continue;
            }
            Arg::Long("rsv3") => {
                fields.rsv3 = true;
                continue;
            }
            Arg::Long("compress") => {
                fields.compress = true;
                continue;
            }
            Arg::Long("c") => {
                array = true;
                continue;
            }
            Arg::Long("mask") => {
                let value = args.value()?.string()?;
                let key = hex(&value)?.try_into().ok();
                let key = key.ok_or_else(|| {
                    Usage(format!("{value:?} is not a masking key: eight hexadecimal digits"))
                })?;
                fields.masking_key = Some(key);
                continue;
            }
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Print(help::BUILD)),
            other => return Err(other.unexpected().into()),
        };
        if frame.replace(kind).is_some() {
            return Err("one frame at a time".into());
        }
    }
    let (kind, payload) = match (frame, opcode) {
        (Some((kind, payload)), _) => (kind, payload),
        (None, Some(opcode)) => (opcode, Vec::new()),
        (None, None) => return Err("build what? `--text`, for instance".into()),
    };
    fields.opcode = opcode.unwrap_or(kind);
    Ok(Command::Build(Build { fields, payload, array }))
}

fn optional_text(args: &mut Parser) -> Result<Vec<u8>, Usage> {
    let value = args.optional_value().map(ValueExt::string).transpose()?;
    Ok(value.unwrap_or_default().into_bytes())
}

/// Reads `--close`, `--close CODE` or `--close CODE REASON`.
fn close(args: &mut Parser) -> Result<Vec<u8>, Usage> {
    let mut values = Vec::new();
    if let Some(raw) = args.try_raw_args() {
        let mut raw = raw;
        while values.len() < 2
            && let Some(value) = raw.next_if(|value| !value.to_string_lossy().starts_with('-'))
        {
            values.push(value.string()?);
        }
    }
    match values.as_slice() {
        [] => Ok(Vec::new()),
        [code, rest @ ..] => {
            let number =
                code.parse().map_err(|_| Usage(format!("{code:?} is not a close code")))?;
            Ok(close_body(number, rest.first().map_or("", String::as_str)))
        }
    }
}

fn number(value: &str) -> Result<u8, Usage> {
    let (digits, radix) = value.strip_prefix("0x").map_or((value, 10), |digits| (digits, 16));
    u8::from_str_radix(digits, radix)
        .ok()
        .filter(|number| *number < 16)
        .ok_or_else(|| Usage(format!("{value:?} is not an opcode: 0 to 15")))
}

fn hex(value: &str) -> Result<Vec<u8>, Usage> {
    let digits: Vec<u8> = value.bytes().filter(|byte| !matches!(byte, b' ' | b':')).collect();
    let pair = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    match digits.as_chunks::<2>() {
        (pairs, []) if is_hex => Ok(pairs.iter().filter_map(pair).collect()),
        _ => Err(Usage(format!("{value:?} is not pairs of hexadecimal digits"))),
    }
}
