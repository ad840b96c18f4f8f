//! The verb `fuzz`: libFuzzer on the programs of `tests/fuzz`.
//!
//! They are built by the toolchain that builds everything else: that the compiler puts in counters
//! of branches is a pass of LLVM's, and `-C passes` is stable. Only sanitizers would need a nightly,
//! and without `unsafe` in the core they have nothing to look for; overflows and what a debug build
//! asserts are checked. So cargo-fuzz, which wants a nightly, is not needed.

use std::fs;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
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

/// Where the figures are committed.
const RESULTS: &str = "tests/fuzz/RESULTS.md";

/// The verb: fuzzes all targets, or one of them, for so many seconds each; `--update` commits the
/// figures of all. Without arguments it tries the same on every run from a clean clone, so that a
/// check says something about a change.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    let mut targets = TARGETS.to_vec();
    let (mut seconds, mut update) = (SECONDS, false);
    for arg in args {
        match (TARGETS.into_iter().find(|target| target == arg), arg.parse()) {
            (Some(target), _) => targets = vec![target],
            (None, Ok(number)) => seconds = number,
            _ if arg == "--update" => update = true,
            _ => {
                let targets = TARGETS.join(" or ");
                return Err(format!("fuzz takes {targets}, seconds and --update").into());
            }
        }
    }
    if update && targets.len() != TARGETS.len() {
        return Err("the figures are committed of all targets".into());
    }
    let programs = build()?;
    let mut tally = Tally::one(finds_the_canary(&programs)?);
    let mut table = String::from(HEADER);
    let outcomes =
        side_by_side(&targets, |target| fuzz(&programs, target, seconds, args.is_empty()));
    for (target, outcome) in targets.into_iter().zip(outcomes) {
        let (passed, figures) = outcome?;
        tally.count(passed);
        if let Some(Figures { executions, reached, edges, kept }) = figures {
            table += &format!(
                "| `{target}` | {seconds} | {executions} | {reached} of {edges} | {kept} |\n"
            );
        }
    }
    if update && tally.is_success() {
        fs::write(RESULTS, table)?;
    }
    Ok(tally)
}

const HEADER: &str = "\
# Fuzzing

Written by `cargo xtask fuzz SECONDS --update`. Edges are those between the basic blocks of all that is
linked but the standard library: of socklet, of what judges it, and of what neither ever calls. What
is kept are inputs that reach an edge more, or another number of times; seeds and earlier runs
count.

| target | seconds | executions | edges reached | inputs kept |
|---|---:|---:|---:|---:|
";

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

/// Runs something for each target, as many at a time as there are processors; the outcomes have the
/// order of the targets.
fn side_by_side<T: Send>(targets: &[&'static str], run: impl Fn(&str) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let in_turn = || {
        let mut outcomes = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(target) = targets.get(index) else { return outcomes };
            outcomes.push((index, run(target)));
        }
    };
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let mut outcomes: Vec<(usize, T)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..processors).map(|_| scope.spawn(in_turn)).collect();
        let outcomes = threads.into_iter().map(|thread| thread.join());
        outcomes
            .flat_map(|outcomes| outcomes.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    });
    outcomes.sort_by_key(|&(index, _)| index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Fuzzes one target: true if nothing failed. It begins with the seeds and with what earlier runs
/// have found to reach more; an input that fails stays in `target/fuzz/failures`.
fn fuzz(
    programs: &Path,
    target: &str,
    seconds: u64,
    repeats: bool,
) -> Result<(bool, Option<Figures>)> {
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
    let figures = Figures::read(&log);
    match &figures {
        Some(Figures { executions, reached, edges, kept }) => println!(
            "fuzz {target}: {executions} executions, {reached} of {edges} edges, {kept} inputs kept"
        ),
        None => println!("fuzz {target}: FAILED"),
    }
    if let Err(error) = &outcome {
        for line in log.lines().filter(|line| line.starts_with("thread")) {
            eprintln!("{line}");
        }
        eprintln!("{error}");
    }
    Ok((outcome.is_ok() && figures.is_some(), figures))
}

/// What a run has come to.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    executions: u64,
    /// Edges that were taken.
    reached: u64,
    /// All that are instrumented.
    edges: u64,
    /// Inputs that are kept.
    kept: u64,
}

impl Figures {
    /// Reads libFuzzer's lines: `INFO: Loaded 1 PC tables (9085 PCs): ...` at first, and
    /// `#1234 DONE   cov: 2222 ft: 4089 corp: 37/89Kb ...` at last.
    fn read(log: &str) -> Option<Self> {
        let number = |text: &str| {
            let digits: String =
                text.trim_start().chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        let behind = |line: &str, what| line.split_once(what).and_then(|(_, rest)| number(rest));
        let tables = log.lines().find(|line| line.contains(" PC tables"))?;
        let done = log.lines().rfind(|line| line.contains("DONE"))?;
        Some(Self {
            executions: behind(done, "#")?,
            reached: behind(done, "cov:")?,
            edges: behind(tables, "tables (")?,
            kept: behind(done, "corp:")?,
        })
    }
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

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn the_figures_of_a_run_are_read() {
        let log = "INFO: Loaded 1 PC tables (9085 PCs): 9085 [0x56,0x57), \n\
            #55\tINITED cov: 222 ft: 408 corp: 37/89Kb exec/s: 0 rss: 28Mb\n\
            #8302300\tDONE   cov: 1849 ft: 10277 corp: 2174/647Kb lim: 4096 exec/s: 4609\n";
        let figures = Figures { executions: 8_302_300, reached: 1849, edges: 9085, kept: 2174 };
        assert_eq!(Figures::read(log), Some(figures));
        assert_eq!(Figures::read("INFO: Loaded 1 PC tables (9085 PCs)\n"), None);
    }
}
