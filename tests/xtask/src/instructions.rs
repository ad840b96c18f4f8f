//! Instructions that the core takes on microcontrollers, counted in an emulator: the second part of
//! the verb `size`.
//!
//! A program `tests/size/src/bin/count-*` puts markers around operations and prints their names; a
//! plugin of QEMU counts between the markers, the same number on every run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::command::{output_within, program, run as run_command, target_dir};
use crate::cross::Toolchain;
use crate::{Result, Tally, setup, size};

/// Those of ours alone, which have budgets.
pub(crate) const PROGRAMS: [&str; 2] = ["count-plain", "count-deflate"];

/// What is committed, and compared with.
const RESULTS: &str = "tests/size/INSTRUCTIONS.md";

/// A run takes about a second.
const RUN_LIMIT: Duration = Duration::from_secs(60);

/// Compilers differ a little: this much more than the committed figure is not yet growth.
const TOLERANCE_PERCENT: u64 = 3;

/// A processor, and the emulated board that counts for it.
struct Target {
    triple: &'static str,
    name: &'static str,
    emulator: &'static [&'static str],
}

#[rustfmt::skip] // A table: one target a line.
const TARGETS: [Target; 3] = [
    Target { triple: "thumbv6m-none-eabi", name: "thumbv6m", emulator: &["qemu-system-arm", "-machine", "lm3s6965evb"] },
    Target { triple: "thumbv7m-none-eabi", name: "thumbv7m", emulator: &["qemu-system-arm", "-machine", "lm3s6965evb"] },
    Target { triple: "riscv32imc-unknown-none-elf", name: "riscv32imc", emulator: &["qemu-system-riscv32", "-machine", "virt", "-cpu", "rv32,a=off,f=off,d=off", "-m", "16M", "-bios", "none"] },
];

/// The processors, in the order of all figures.
pub(crate) const PROCESSORS: [&str; 3] = [TARGETS[0].name, TARGETS[1].name, TARGETS[2].name];

/// Operations by their names, in the order in which the programs count them.
pub(crate) type Counts = Vec<(String, u64)>;

/// Builds programs and counts, for each processor.
pub(crate) fn columns(programs: &[&str]) -> Result<Vec<Counts>> {
    setup::apt(&["qemu-system-arm", "qemu-system-misc"])?;
    let plugin = plugin("counter")?;
    let mut columns = Vec::new();
    for target in &TARGETS {
        let mut column = Counts::new();
        for name in programs {
            let toolchain = Toolchain::find_with_source(target.triple)?;
            let path = size::build_for(toolchain, name, "release", &[])?;
            column.extend(count(target, &path, &plugin)?);
        }
        columns.push(column);
    }
    Ok(columns)
}

/// Counts, prints the table, and checks it against the committed one, or writes that anew.
pub(crate) fn run(update: bool) -> Result<Tally> {
    let columns = columns(&PROGRAMS)?;
    let table = table(&columns)?;
    println!("{table}");
    if update {
        std::fs::write(RESULTS, format!("{HEADER}{table}"))?;
    }
    check(&table, &std::fs::read_to_string(RESULTS)?)
}

/// Builds a plugin with the C compiler that Rust links with.
pub(crate) fn plugin(name: &str) -> Result<PathBuf> {
    let path = target_dir()?.join(name).with_extension("so");
    let source = format!("tests/size/{name}.c");
    let mut cc = program("cc", &["-O2", "-shared", "-fPIC", &source, "-o"]);
    cc.arg(&path);
    run_command(cc)?;
    Ok(path)
}

/// Runs one program; what an empty pair of markers counts is taken off.
fn count(target: &Target, path: &Path, plugin: &Path) -> Result<Counts> {
    let out = target_dir()?.join("counts.txt");
    let (emulator, args) = target.emulator.split_first().ok_or("no emulator")?;
    let mut qemu = program(emulator, args);
    qemu.args(["-display", "none", "-serial", "none", "-monitor", "none"]);
    qemu.args(["-chardev", "stdio,id=host"]);
    qemu.args(["-semihosting-config", "enable=on,target=native,chardev=host", "-plugin"]);
    qemu.arg(format!("{},out={}", plugin.display(), out.display())).arg("-kernel").arg(path);
    // QEMU remarks that the board's timer has no period: true, and of no concern.
    qemu.stderr(Stdio::null());
    let text = output_within(RUN_LIMIT, qemu)?;
    let names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("count ")).collect();
    let numbers = std::fs::read_to_string(&out)?;
    let numbers = numbers.lines().map(str::parse).collect::<std::result::Result<Vec<u64>, _>>()?;
    if names.len() != numbers.len() {
        let error = format!("{} operations, and {} numbers of them", names.len(), numbers.len());
        return Err(error.into());
    }
    let names = names.into_iter().map(str::to_owned);
    let mut counts: Counts = names.zip(numbers).collect();
    let nothing = if counts.is_empty() { 0 } else { counts.remove(0).1 };
    for (_, count) in &mut counts {
        *count = count.saturating_sub(nothing);
    }
    Ok(counts)
}

fn table(columns: &[Counts]) -> Result<String> {
    let names = PROCESSORS.join(" | ");
    let mut text = format!("| operation | {names} |\n|---|---|---|---|\n");
    let first = columns.first().ok_or("nothing was counted")?;
    for (row, (name, _)) in first.iter().enumerate() {
        write!(text, "| {name} |")?;
        for column in columns {
            let (same, count) = column.get(row).ok_or("a board counted less than another")?;
            if same != name {
                return Err(format!("{same} was counted where {name} should be").into());
            }
            write!(text, " {count} |")?;
        }
        text.push('\n');
    }
    Ok(text)
}

/// Compares each figure with the committed one of the same operation and board.
fn check(measured: &str, committed: &str) -> Result<Tally> {
    let committed = rows(committed)?;
    let mut tally = Tally::default();
    for (name, figures) in rows(measured)? {
        let budget = committed.iter().find_map(|(known, f)| (*known == name).then_some(f));
        for (at, figure) in figures.iter().enumerate() {
            let budget = budget.and_then(|figures| figures.get(at));
            let held = budget.is_some_and(|b| *figure <= b + b * TOLERANCE_PERCENT / 100);
            if !held {
                println!("{name}: {figure} instructions, budget {budget:?}");
            }
            tally.count(held);
        }
    }
    Ok(tally)
}

/// The lines of a table that have figures.
fn rows(table: &str) -> Result<Vec<(&str, Vec<u64>)>> {
    let mut rows = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let name = cells.next().unwrap_or_default();
        if let Ok(figures) = cells.map(str::parse).collect() {
            rows.push((name, figures));
        }
    }
    if rows.is_empty() { Err("a table without figures".into()) } else { Ok(rows) }
}

const HEADER: &str = "\
# Instructions on microcontrollers

Written by `cargo xtask size --update`: counted in QEMU by a plugin, the same number on every run.
opt-level z, as [RESULTS.md](RESULTS.md). Streams are asynchronous. What is received lies in the
receive buffer already, and what is sent goes to a next layer that drops it; the handshakes have the
copying of a stub transport in them, a few thousand instructions. Compressed messages are the second
of two over one context, as JSON: a sensor's report and a market's update. What whole firmware takes
of flash and RAM is in [examples/qemu/RESULTS.md](../../examples/qemu/RESULTS.md).

";

#[cfg(test)]
mod tests {
    use super::check;
    use crate::Tally;

    const COMMITTED: &str = "words\n| operation | a | b |\n|---|---|---|\n| one | 100 | 200 |\n";

    #[test]
    fn growth_past_the_tolerance_fails() {
        let tally = |table| check(table, COMMITTED).unwrap();
        assert_eq!(tally("| one | 103 | 206 |"), Tally { passed: 2, failed: 0 });
        assert_eq!(tally("| one | 104 | 206 |"), Tally { passed: 1, failed: 1 });
        assert_eq!(tally("| two | 1 | 1 |"), Tally { passed: 0, failed: 2 });
        assert!(check("nothing", COMMITTED).is_err());
    }
}
