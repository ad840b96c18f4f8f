//! `bench memory`: instructions for a message, in memory, beside other implementations.
//!
//! Counted by cachegrind, the same on every run of the same program: a run of many messages less
//! a run of fewer.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{cargo, output, program, run as run_command, succeeds};
use crate::{Result, Tally, setup};

/// The package of the programs; it stands outside the workspace.
pub(crate) const MANIFEST: &str = "tests/bench/Cargo.toml";

const RESULTS: &str = "tests/bench/MEMORY.md";
/// The same for programs: a line has peer, operation, length and instructions.
const DATA: &str = "tests/bench/memory.csv";

const PEERS: [&str; 8] = [
    "floor",
    "socklet-core",
    "socklet-std",
    "fastwebsockets",
    "tokio-websockets",
    "tungstenite",
    "wtx",
    "yawc",
];

/// Those with a budget.
const OURS: [&str; 2] = ["socklet-core", "socklet-std"];
/// Those whose figures are the same on every processor.
const PORTABLE: [&str; 1] = ["socklet-core"];

const OPERATIONS: [(&str, &str); 5] = [
    ("decode", "a server receives binary, as many frames for each read as fit"),
    ("decode-single", "a server receives binary, one frame for each read"),
    ("decode-text", "a server receives text"),
    ("client-encode", "a client sends binary, under masking keys from ChaCha12"),
    ("server-encode", "a server sends binary"),
];

const LENGTHS: [usize; 4] = [16, 125, 1024, 65536];

/// More than the committed figure by so much is a failure: the C library copies otherwise on other
/// processors.
const TOLERANCE_PERCENT: u64 = 10;

/// A peer, an operation, a length, and the instructions.
type Row = (String, String, usize, u64);

/// Measures ours against the committed figures, or with `update` all, and commits that.
pub(super) fn run(update: bool) -> Result<Tally> {
    let bench = build()?;
    let peers = match (update, has_avx2()?) {
        (true, true) => &PEERS[..],
        (true, false) => {
            return Err("the figures to be committed are of a processor with AVX2".into());
        }
        (false, true) => &OURS[..],
        (false, false) => {
            println!("this processor has no AVX2: socklet-std cannot be compared with its figures");
            &PORTABLE[..]
        }
    };
    let mut rows = Vec::new();
    for (operation, _) in OPERATIONS {
        for length in LENGTHS {
            for peer in peers {
                let instructions = count(&bench, peer, operation, length)?;
                println!("{operation} {length} B, {peer}: {instructions}");
                rows.push(((*peer).to_owned(), operation.to_owned(), length, instructions));
            }
        }
    }
    if update {
        let lines = rows.iter().map(|(peer, operation, length, instructions)| {
            format!("{peer},{operation},{length},{instructions}\n")
        });
        fs::write(
            DATA,
            format!("peer,operation,bytes,instructions\n{}", lines.collect::<String>()),
        )?;
        fs::write(RESULTS, format!("{HEADER}{}", tables(&rows)?))?;
    }
    check(&rows, &fs::read_to_string(DATA)?)
}

/// Whether the processor has what socklet-std masks with, if it is there.
fn has_avx2() -> Result<bool> {
    Ok(fs::read_to_string("/proc/cpuinfo")?.split_whitespace().any(|flag| flag == "avx2"))
}

/// Compares with the committed figures.
fn check(rows: &[Row], data: &str) -> Result<Tally> {
    let mut tally = Tally::default();
    for (peer, operation, length, instructions) in rows {
        let name = format!("{peer},{operation},{length},");
        let line = data.lines().find_map(|line| line.strip_prefix(&name));
        let budget: u64 = line.ok_or_else(|| format!("{DATA}: no line {name}"))?.parse()?;
        let holds = instructions * 100 <= budget * (100 + TOLERANCE_PERCENT);
        if !holds {
            eprintln!("{peer}, {operation} of {length} B: {instructions} instead of {budget}");
        }
        tally.count(holds);
    }
    Ok(tally)
}

fn build() -> Result<PathBuf> {
    if !succeeds(program("valgrind", &["--version"])) {
        setup::apt(&["valgrind"])?;
    }
    run_command(cargo(&["build", "--release", "--locked", "--manifest-path", MANIFEST]))?;
    Ok(Path::new(MANIFEST).with_file_name("target/release/memory"))
}

/// The instructions of one message.
fn count(bench: &Path, peer: &str, operation: &str, length: usize) -> Result<u64> {
    let (fewer, more) = if length > 10_000 { (20, 60) } else { (200, 600) };
    let run = |messages: u64| -> Result<u64> {
        let mut valgrind = program("valgrind", &["--tool=cachegrind", "--cache-sim=no"]);
        valgrind.args(["--cachegrind-out-file=/dev/null", "--log-fd=1"]);
        valgrind.arg(bench).args([peer, operation, &length.to_string(), &messages.to_string()]);
        // Each byte of a `rep movsb` counts as an instruction, which would hide all else.
        const NEVER: &str = "glibc.cpu.x86_rep_movsb_threshold=1000000000:\
            glibc.cpu.x86_rep_stosb_threshold=1000000000";
        valgrind.env("GLIBC_TUNABLES", NEVER);
        let log = output(valgrind)?;
        let line = log.lines().find_map(|line| line.split_once("refs:"));
        let (_, number) = line.ok_or("cachegrind says no number")?;
        Ok(number.trim().replace(',', "").parse()?)
    };
    Ok((run(more)? - run(fewer)?) / (more - fewer))
}

fn tables(rows: &[Row]) -> Result<String> {
    let mut text = String::new();
    for (operation, meaning) in OPERATIONS {
        writeln!(text, "\n## {operation}: {meaning}\n")?;
        writeln!(
            text,
            "| |{} |",
            LENGTHS.map(|length| format!(" {length} B |")).concat().trim_end_matches(" |")
        )?;
        writeln!(text, "|---|{}", "---:|".repeat(LENGTHS.len()))?;
        for peer in PEERS {
            let cells = LENGTHS.map(|length| {
                let is_cell = |row: &&Row| row.0 == peer && row.1 == operation && row.2 == length;
                rows.iter().find(is_cell).map_or_else(String::new, |row| format!(" {} |", row.3))
            });
            writeln!(text, "| {peer} |{}", cells.concat())?;
        }
    }
    Ok(text)
}

const HEADER: &str = "\
# Instructions for a message, in memory

Written by `cargo xtask bench memory --update`: counted by cachegrind on x86-64 as compiled for any
such processor, the same on every run; socklet-std, tokio-websockets, yawc and wtx look for AVX2 and
found it. The transport copies from memory and drops what is written;
its copying is in each figure. `floor` is no peer: it finds the frames, masks by words of 64 bits,
copies, and checks nothing. Each peer is called as its documentation shows it: a message at a time,
written when it is sent, binary payloads borrowed or counted by reference where it has that.

Not counted: system calls, the cache, the handshake.
";
