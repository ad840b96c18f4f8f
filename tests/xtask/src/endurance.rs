//! The verb `bench endurance`: `socklet serve` under many connections, and for a long time.
//!
//! The program that does it is `tests/host/src/bin/endurance`; it fails if a byte comes back wrong,
//! a descriptor stays open, or memory grows.

use std::path::Path;

use crate::command::{cargo, output, program, run as run_command, target_dir};
use crate::{Result, Tally};

/// Where the figures are committed.
const RESULTS: &str = "tests/host/RESULTS.md";

/// Most bytes that an idle plain connection may take above what the runtime takes for a task that
/// waits for a byte.
const MOST: &str = "2048";

/// So many idle connections, none of which takes more than that.
const IDLE: &[&str] = &["--idle", "10000", "--most", MOST];

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
    build()?;
    let tables = [
        table("asynchronous", &[IDLE, &["--active", "1000"]].concat(), "5000", seconds)?,
        // A thread for each.
        table("blocking", &["--blocking", "--idle", "1000", "--active", "100"], "5000", seconds)?,
    ]
    .concat();
    println!("{tables}");
    if update {
        std::fs::write(RESULTS, format!("{HEADER}{tables}"))?;
    }
    Ok(Tally::one(true))
}

/// The check, which takes half a minute: fewer, and shorter, with the same demands.
pub(crate) fn check() -> Result<Tally> {
    build()?;
    let idle = ["--idle", "3000", "--most", MOST];
    println!("{}", table("asynchronous", &idle, "2000", "5")?);
    println!("{}", table("blocking", &["--blocking", "--idle", "300"], "2000", "5")?);
    Ok(Tally::one(true))
}

/// The server and the program that does it.
fn build() -> Result<()> {
    let mut build = cargo(&["build", "--release", "-p", "socklet-std", "--bin", "socklet"]);
    build.args(["-p", "socklet-host-tests", "--bin", "endurance"]);
    run_command(build)
}

/// What one kind of server makes of it, or an error if something is not as it should be.
fn table(name: &str, args: &[&str], churn: &str, seconds: &str) -> Result<String> {
    // As many descriptors as the system lets us have: a connection takes one on each side.
    let script = "ulimit -n \"$(ulimit -Hn)\"; exec \"$0\" \"$@\"";
    let dir = target_dir()?.join("release");
    let mut endurance = program("sh", &["-c", script]);
    endurance.arg(dir.join("endurance")).arg(dir.join(Path::new("socklet"))).args(args);
    endurance.args(["--churn", churn, "--soak", seconds]);
    let rows = output(endurance)?;
    Ok(format!("\n## {name}\n\n| what | how many | outcome |\n|---|---|---|\n{rows}"))
}

const HEADER: &str = "\
# Endurance

Written by `cargo xtask bench endurance SECONDS --update`: `socklet serve`, built for release, on one
processor, its memory as the system sees it (`VmRSS`). The system's own memory for a socket is not
in it. What the runtime takes is measured of the least server there can be: tokio's, with a task
for each connection that waits for a byte and sends it back. An idle connection may take 2048 B
above that, or this fails.
";
