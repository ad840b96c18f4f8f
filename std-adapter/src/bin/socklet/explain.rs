//! `socklet explain`: what is in captured traffic, and what is wrong with it.

use std::{
    fs,
    io::{self, ErrorKind, Read, Write, stdin, stdout},
    process::ExitCode,
};

use socklet_wasm::{
    input::{DamageKind, InputError},
    inspect, json, table,
};

use crate::{
    args::{Explain, Source},
    terminal,
};

/// There are violations.
const VIOLATIONS: u8 = 1;
/// The input cannot be read, or not to its end.
const UNREADABLE: u8 = 2;

pub(crate) fn run(args: &Explain) -> ExitCode {
    let name = match &args.source {
        Source::File(path) => path.display().to_string(),
        Source::Stdin => String::from("standard input"),
    };
    let bytes = match read(&args.source) {
        Ok(bytes) => bytes,
        Err(error) => {
            terminal::error(format_args!("cannot read {name}: {error}"));
            return ExitCode::from(UNREADABLE);
        }
    };
    let report = match inspect(&bytes, &args.options) {
        Ok(report) => report,
        Err(error) => {
            terminal::error(format_args!("cannot read {name}: {}", line(error)));
            return ExitCode::from(UNREADABLE);
        }
    };
    let text = if args.json { json::report(&report) } else { table::report(&report) };
    match stdout().write_all(text.as_bytes()) {
        // Whoever reads it, `head` for instance, has seen enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            terminal::error(error);
            return ExitCode::from(UNREADABLE);
        }
        _ => {}
    }
    if let Some(damage) = report.damage {
        terminal::error(format_args!("{name} is damaged: {}", line(damage)));
        return ExitCode::from(UNREADABLE);
    }
    if report.violations().next().is_some() {
        ExitCode::from(VIOLATIONS)
    } else {
        ExitCode::SUCCESS
    }
}

fn read(source: &Source) -> io::Result<Vec<u8>> {
    match source {
        Source::File(path) => fs::read(path),
        Source::Stdin => {
            let mut bytes = Vec::new();
            stdin().lock().read_to_end(&mut bytes)?;
            Ok(bytes)
        }
    }
}

fn line(error: InputError) -> String {
    let (line, offset) = (error.kind.line(), error.offset);
    match error.kind {
        DamageKind::LinkType(number) => format!("{line} (type {number}, at byte {offset})"),
        DamageKind::Empty | DamageKind::Unrecognised | DamageKind::Gzip => line.to_owned(),
        _ => format!("{line} (at byte {offset})"),
    }
}
