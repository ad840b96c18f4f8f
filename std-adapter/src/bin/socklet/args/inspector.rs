//! The arguments of `socklet explain` and `socklet build`.

use std::path::PathBuf;

use lexopt::{Parser, ValueExt};
use socklet_wasm::{
    Options,
    build::{Fields, close_body},
    input::Format,
    stream::Sender,
};

use super::{
    Command, Line, Usage, unexpected,
    values::{bytes, string},
};
use crate::options::Item;

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

pub(super) fn explain(line: &mut Line) -> Result<Command, Usage> {
    let mut source = None;
    let mut json = false;
    let mut options = Options::default();
    while let Some(item) = line.next()? {
        let args = &mut line.args;
        match item {
            Item::Option("json") => json = true,
            Item::Option("sender") => options.first_sender = Some(sender(&string(args)?)?),
            Item::Option("deflate") => options.compression = Some(true),
            Item::Option("no-deflate") => options.compression = Some(false),
            Item::Option("max-inflated") => options.inflate_limit = bytes(args)?,
            Item::Option(name) if format(name).is_some() => options.format = format(name),
            Item::Operand(value) if source.is_none() => {
                source = Some(if value == "-" {
                    Source::Stdin
                } else {
                    Source::File(PathBuf::from(value))
                });
            }
            other => return Err(unexpected(other)),
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
    sender.ok_or_else(|| format!("{name:?} is neither client nor server").into())
}

pub(super) fn build(line: &mut Line) -> Result<Command, Usage> {
    let mut frame: Option<(u8, Vec<u8>)> = None;
    let mut fields = Fields::new(0);
    let (mut opcode, mut array) = (None, false);
    while let Some(item) = line.next()? {
        let args = &mut line.args;
        let Item::Option(option) = item else { return Err(unexpected(item)) };
        let flag = match option {
            "fin" => Some((&mut fields.fin, true)),
            "no-fin" => Some((&mut fields.fin, false)),
            "rsv1" => Some((&mut fields.rsv1, true)),
            "rsv2" => Some((&mut fields.rsv2, true)),
            "rsv3" => Some((&mut fields.rsv3, true)),
            "compress" => Some((&mut fields.compress, true)),
            "c" => Some((&mut array, true)),
            _ => None,
        };
        if let Some((flag, value)) = flag {
            *flag = value;
            continue;
        }
        let kind = match option {
            "text" => (0x1, string(args)?.into_bytes()),
            "binary" => (0x2, hex(&string(args)?)?),
            "continuation" => (0x0, hex(&string(args)?)?),
            "ping" => (0x9, optional_text(args)?),
            "pong" => (0xA, optional_text(args)?),
            "close" => (0x8, close(args)?),
            "opcode" => {
                opcode = Some(number(&string(args)?)?);
                continue;
            }
            "mask" => {
                let value = string(args)?;
                let key = hex(&value)?.try_into().ok();
                let key = key.ok_or_else(|| {
                    format!("{value:?} is not a masking key: eight hexadecimal digits")
                })?;
                fields.masking_key = Some(key);
                continue;
            }
            _ => return Err(unexpected(item)),
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
            let number = code.parse().map_err(|_| format!("{code:?} is not a close code"))?;
            Ok(close_body(number, rest.first().map_or("", String::as_str)))
        }
    }
}

fn number(value: &str) -> Result<u8, Usage> {
    let (digits, radix) = value.strip_prefix("0x").map_or((value, 10), |digits| (digits, 16));
    u8::from_str_radix(digits, radix)
        .ok()
        .filter(|number| *number < 16)
        .ok_or_else(|| format!("{value:?} is not an opcode: 0 to 15").into())
}

fn hex(value: &str) -> Result<Vec<u8>, Usage> {
    let digits: Vec<u8> = value.bytes().filter(|byte| !matches!(byte, b' ' | b':')).collect();
    let pair = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    match digits.as_chunks::<2>() {
        (pairs, []) if is_hex => Ok(pairs.iter().filter_map(pair).collect()),
        _ => Err(format!("{value:?} is not pairs of hexadecimal digits").into()),
    }
}
