//! The verb `bench endurance`: `socklet serve` under many connections, and for a long time.
//!
//! The program that does it is `tests/host/src/bin/endurance`; it fails if a byte comes back wrong,
//! a descriptor stays open, or memory grows.

use std::path::Path;

use crate::command::{cargo, output, program, run as run_command, target_dir};
use crate::{Result, Tally};

/// Where the figures are committed.
const RESULTS: &str = "tests/host/RESULTS.md";

/// Seconds of the soak if none are given.
const SECONDS: &str = "20";

/// The verb: all of it for both servers; `--update` commits the figures.
pub(crate) fn run(args: &[&str]) -> Result<Tally> {
    let (mut seconds, mut update) = (SECONDS, false);
    for arg in args {
        match arg.parse::<u32>() {
            Ok(_) => seconds = arg,
            Err(_) if *arg == "--update" => update = true,
            Err(_) => return Err("bench endurance takes seconds and --update".into()),
        }
    }
    let mut build = cargo(&["build", "--release", "-p", "socklet-std", "--bin", "socklet"]);
    build.args(["-p", "socklet-host-tests", "--bin", "endurance"]);
    run_command(build)?;
    let tables = [
        table("asynchronous", &["--idle", "10000", "--active", "1000"], seconds)?,
        // A thread for each.
        table("blocking", &["--blocking", "--idle", "1000", "--active", "100"], seconds)?,
    ]
    .concat();
    println!("{tables}");
    if update {
        std::fs::write(RESULTS, format!("{HEADER}{tables}"))?;
    }
    Ok(Tally::one(true))
}

/// What one kind of server makes of it.
fn table(name: &str, args: &[&str], seconds: &str) -> Result<String> {
    // As many descriptors as the system lets us have: a connection takes one on each side.
    let script = "ulimit -n \"$(ulimit -Hn)\"; exec \"$0\" \"$@\"";
    let dir = target_dir()?.join("release");
    let mut endurance = program("sh", &["-c", script]);
    endurance.arg(dir.join("endurance")).arg(dir.join(Path::new("socklet"))).args(args);
    endurance.args(["--churn", "5000", "--soak", seconds]);
    let rows = output(endurance)?;
    Ok(format!("\n## {name}\n\n| what | how many | outcome |\n|---|---|---|\n{rows}"))
}

const HEADER: &str = "\
# Endurance

Written by `cargo xtask bench endurance SECONDS --update`: `socklet serve`, built for release, on one
processor, its memory as the system sees it (`VmRSS`). The system's own memory for a socket is not
in it.
";
