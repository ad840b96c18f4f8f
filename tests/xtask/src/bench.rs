//! The verb `bench`: measurements beside other implementations, in one run.

mod attacks;
mod board;
mod echo;
mod memory;
mod plots;
mod svg;
mod tls;

use std::fs;
use std::path::PathBuf;

use crate::command::{cargo, output, program, run as run_command, target_dir};
use crate::{Result, Tally, endurance, inspector, setup};

pub(crate) use memory::MANIFEST;

/// Instructions for our messages, against the committed figures.
pub(crate) fn memory() -> Result<Tally> {
    memory::run(false)
}

/// System calls of our servers, against their budget.
pub(crate) fn calls() -> Result<Tally> {
    echo::calls()
}

/// Where the tables of `bench deflate` are committed.
const DEFLATE_RESULTS: &str = "tests/deflate/RESULTS.md";

/// Where the table of `bench inspector` is committed.
const INSPECTOR_RESULTS: &str = "tests/inspector/RESULTS.md";

/// Messages of each stream.
const COUNT: &str = "4000";

/// Runs the verb.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["deflate"] => deflate(false),
        ["deflate", "--update"] => deflate(true),
        ["memory"] => memory::run(false),
        ["memory", "--update"] => memory::run(true),
        ["board"] => board::run(false),
        ["board", "--update"] => board::run(true),
        ["tls"] => tls::run(false),
        ["tls", "--update"] => tls::run(true),
        ["plots"] => plots::write().map(|()| Tally::one(true)),
        ["echo"] => echo::run(false),
        ["echo", "--update"] => echo::run(true),
        ["inspector"] => self::inspector(false),
        ["inspector", "--update"] => self::inspector(true),
        ["attacks"] => attacks::run(false),
        ["attacks", "--update"] => attacks::run(true),
        ["endurance", args @ ..] => endurance::run(args),
        _ => {
            Err("usage: cargo xtask bench deflate|memory|echo|board|tls|plots|inspector|attacks| \
                  endurance [SECONDS] [--update]"
                .into())
        }
    }
}

/// Compression and inflating. What is measured inflates to what was compressed, or this fails.
fn deflate(update: bool) -> Result<Tally> {
    let streams = [stream("orderbook")?, stream("telemetry")?];
    run_command(cargo(&["build", "--release", "-p", "socklet-deflate-tests"]))?;
    let mut bench = program(target_dir()?.join("release/deflate-bench"), &[]);
    bench.args(&streams);
    let tables = output(bench)?;
    println!("{tables}");
    if update {
        fs::write(DEFLATE_RESULTS, format!("{HEADER}{tables}"))?;
        plots::write()?;
    }
    Ok(Tally::one(tables.contains("Balanced")))
}

/// The engine of the frame inspector in a browser. Each capture is found to hold what was put in.
fn inspector(update: bool) -> Result<Tally> {
    let table = inspector::bench()?;
    println!("{table}");
    if update {
        fs::write(INSPECTOR_RESULTS, format!("{INSPECTOR_HEADER}{table}\n"))?;
    }
    Ok(Tally::one(table.contains("frames of")))
}

/// Writes a stream of messages and returns its path.
fn stream(name: &str) -> Result<PathBuf> {
    let dir = target_dir()?.join("bench");
    fs::create_dir_all(&dir)?;
    let path = dir.join(name);
    let mut corpus = program(setup::python()?, &["tests/deflate/corpus.py", name, COUNT]);
    corpus.stdout(fs::File::create(&path)?);
    run_command(corpus)?;
    Ok(path)
}

const HEADER: &str = "\
# The codec beside others

Written by `cargo xtask bench deflate --update`. Two streams of 4000 JSON messages, made by
`corpus.py`: market updates of 1024 bytes, and sensor reports of 80 to 250 bytes. Each message is
compressed on its own, over one context, as permessage-deflate does it.

- Ratio: bytes of the messages to compressed bytes, without the four bytes that RFC 7692 leaves off.
- Memory: of the compressor in all, on a 64-bit machine; of zlib what its documentation says.
- Speed: of all in one run on one core, relative to the first line, and of inflating relative to
  miniz_oxide. The best of several runs; expect a tenth more or less from one run to the next.

What the codec takes of flash on a microcontroller is in [tests/size/RESULTS.md](../size/RESULTS.md).

";

const INSPECTOR_HEADER: &str = "\
# The frame inspector's engine in a browser

Written by `cargo xtask bench inspector --update`: captures of one connection, made by
`page/many.mjs` and inspected in the worker of the page.

- Engine: the call that recognises, reads and judges the capture.
- With the way: the same with the capture's way to the worker and the answer's way back.
- Columns: the arrays of all frames that the table is made of.

";
