//! The verb `fuzz`: libFuzzer on the programs of `tests/fuzz`.
//!
//! They are built by the toolchain that builds everything else: that the compiler puts in counters
//! of branches is a pass of LLVM's, and `-C passes` is stable. Only sanitizers would need a nightly,
//! and without `unsafe` in the core they have nothing to look for; overflows and what a debug build
//! asserts are checked. So cargo-fuzz, which wants a nightly, is not needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::child::Child;
use crate::command::{cargo, program, run as run_command, target_dir};
use crate::cross::host;
use crate::{Result, Tally, setup};

/// The package of the programs.
pub(crate) const MANIFEST: &str = "tests/fuzz/Cargo.toml";

/// Where the seeds lie, and the words of a target's language.
const SEEDS: &str = "tests/fuzz/corpus";

/// What is fuzzed.
const TARGETS: [&str; 9] = [
    "inflate",
    "compress",
    "extension",
    "frame",
    "connection",
    "endpoints",
    "request",
    "response",
    "capture",
];

/// Counters of edges, and the places of the branches: what libFuzzer is led by.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table";

/// Seconds for each program if none are given.
const SECONDS: u64 = 15;

/// Seconds after which an input counts as one that hangs.
const HANG: &str = "-timeout=20";

/// The verb: fuzzes all targets, or one of them, for so many seconds each. Without arguments it tries
/// the same on every run from a clean clone, so that a check says something about a change.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    let mut targets = TARGETS.to_vec();
    let mut seconds = SECONDS;
    for arg in args {
        match (TARGETS.into_iter().find(|target| target == arg), arg.parse()) {
            (Some(target), _) => targets = vec![target],
            (None, Ok(number)) => seconds = number,
            _ => return Err(format!("fuzz takes {} and seconds", TARGETS.join(" or ")).into()),
        }
    }
    let programs = build()?;
    let mut tally = Tally::one(finds_the_canary(&programs)?);
    for target in targets {
        tally.count(fuzz(&programs, target, seconds, args.is_empty())?);
    }
    Ok(tally)
}

/// Builds the programs, and returns where they are.
fn build() -> Result<PathBuf> {
    setup::cpp()?;
    let (host, dir) = (host()?, target_dir()?.join("fuzz"));
    // With a target, so that build scripts are left as they are.
    let args = ["build", "--release", "--locked", "--manifest-path", MANIFEST, "--target", &host];
    let mut build = cargo(&args);
    build.arg("--target-dir").arg(&dir).env("RUSTFLAGS", INSTRUMENTED);
    run_command(build)?;
    Ok(dir.join(host).join("release"))
}

/// Fuzzes one target: true if nothing failed. It begins with the seeds and with what earlier runs
/// have found to reach more; an input that fails stays in `target/fuzz/failures`.
fn fuzz(programs: &Path, target: &str, seconds: u64, repeats: bool) -> Result<bool> {
    let mut fuzz = libfuzzer(programs, target, seconds, &dir("failures")?);
    if repeats {
        fuzz.arg("-seed=1");
    }
    let seeds = Path::new(SEEDS).join(target);
    let words = seeds.with_extension("dict");
    if words.exists() {
        fuzz.arg(format!("-dict={}", words.display()));
    }
    fuzz.arg(dir(&format!("reached/{target}"))?).arg(seeds);
    let logs = dir("logs")?;
    let outcome = Child::start(target, &fuzz, &logs)?.finish(limit(seconds));
    let log = fs::read(logs.join(target).with_extension("err"))?;
    let log = String::from_utf8_lossy(&log);
    // `#1234 DONE cov: ...`: inputs, edges, what else tells inputs apart, those that are kept.
    let done = log.lines().rfind(|line| line.contains("DONE")).unwrap_or("FAILED");
    println!("fuzz {target}: {}", done.split_whitespace().collect::<Vec<_>>().join(" "));
    if let Err(error) = &outcome {
        for line in log.lines().filter(|line| line.starts_with("thread")) {
            eprintln!("{line}");
        }
        eprintln!("{error}");
    }
    Ok(outcome.is_ok())
}

/// The fuzzer must be able to fail: it has to find what one input in 2^40 shows.
fn finds_the_canary(programs: &Path) -> Result<bool> {
    let found = dir("canary")?;
    for old in fs::read_dir(&found)? {
        fs::remove_file(old?.path())?;
    }
    let seconds = 60;
    let canary = libfuzzer(programs, "canary", seconds, &found);
    let outcome = Child::start("canary", &canary, &dir("logs")?)?.finish(limit(seconds));
    let is_found = outcome.is_err() && fs::read_dir(&found)?.next().is_some();
    println!("fuzz canary: its failure is {}", if is_found { "found" } else { "NOT FOUND" });
    Ok(is_found)
}

fn libfuzzer(programs: &Path, target: &str, seconds: u64, failures: &Path) -> Command {
    let mut fuzz = program(programs.join(target), &[HANG]);
    fuzz.arg(format!("-max_total_time={seconds}"));
    fuzz.arg(format!("-artifact_prefix={}/{target}-", failures.display()));
    fuzz
}

/// How long a program may run that ends by itself after so many seconds: the seeds come first.
const fn limit(seconds: u64) -> Duration {
    Duration::from_secs(seconds.saturating_add(120))
}

/// A directory below `target/fuzz`.
fn dir(name: &str) -> Result<PathBuf> {
    let dir = target_dir()?.join("fuzz").join(name);
    fs::create_dir_all(&dir)?;
    Ok(dir)
}
