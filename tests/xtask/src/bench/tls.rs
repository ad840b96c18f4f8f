//! `bench tls`: whose instructions a board executes for a connection over `wss`, and over `ws`.
//!
//! The firmware of `examples/qemu` talks to `socklet serve`; a plugin of QEMU counts each instruction
//! for the owner of its line. The network is real, so two runs are not quite alike.

mod owners;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use self::owners::{OWNERS, Part};
use crate::child::Child;
use crate::command::target_dir;
use crate::interop::Certificates;
use crate::ours::{Flavour, Ours, address};
use crate::qemu::Firmware;
use crate::{Result, Tally, instructions, setup};

const RESULTS: &str = "tests/bench/TLS.md";

/// The same for programs: a line has scheme, what is done, owner, part and instructions.
const DATA: &str = "tests/bench/tls.csv";

/// A Cortex-M0 with the memory of an RP2040, which verifies servers.
const BOARD: &str = "an385";

const SCHEMES: [&str; 2] = ["ws", "wss"];

/// Of so many the median is taken.
const RUNS: usize = 3;

/// What is counted: its name, the step of the firmware, and of how many the count is the sum.
#[rustfmt::skip] // A table: one figure a line.
const COUNTED: [(&str, &str, u64); 4] = [
    ("opening", "", 1),
    ("16 B", "exchange=16", 32),
    ("1 KiB", "exchange=1024", 32),
    ("4 KiB", "exchange=4096", 32),
];

/// What each owner has executed, by the number of what is counted and of the owner.
type Counts = BTreeMap<(usize, usize), u64>;

/// Counts all and prints the table; with `update` commits it.
pub(super) fn run(update: bool) -> Result<Tally> {
    setup::qemu()?;
    let dir = target_dir()?.join("bench-tls");
    let certificates = Certificates::recent(&dir)?;
    let ours = Ours::build()?;
    let firmware = Firmware::counted(BOARD, &dir)?;
    let (plugin, map) = (instructions::plugin("shares")?, dir.join("map"));
    fs::write(&map, owners::map(&firmware.image)?)?;
    let mut columns = Vec::new();
    for scheme in SCHEMES {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            runs.push(count(&firmware, &ours, &certificates, scheme, (&plugin, &map))?);
        }
        columns.push(median(&runs));
    }
    let table = table(&columns)?;
    println!("{table}");
    if update {
        fs::write(DATA, data(&columns)?)?;
        fs::write(RESULTS, format!("{HEADER}{table}"))?;
    }
    // Whatever is taken for TLS is only there with it.
    let mut tally = Tally::default();
    for (scheme, column) in SCHEMES.into_iter().zip(&columns) {
        for at in 0..COUNTED.len() {
            tally.count((sum(column, at, Part::is_tls) != 0) == (scheme == "wss"));
        }
    }
    Ok(tally)
}

/// Runs one conversation.
fn count(
    firmware: &Firmware,
    ours: &Ours,
    certificates: &Certificates,
    scheme: &str,
    (plugin, map): (&Path, &Path),
) -> Result<Counts> {
    let dir = firmware.logs();
    let mut serve = ours.serve(Flavour::Tokio);
    let is_secure = scheme == "wss";
    if is_secure {
        serve.arg("--tls-cert").arg(&certificates.cert).arg("--tls-key").arg(&certificates.key);
    }
    let host = Child::start("host", &serve, dir)?;
    let address = address(&host)?;
    let port = address.rsplit_once(':').ok_or("an address without a port")?.1;
    let trust = match is_secure {
        true => format!("ca={}", certificates.ca_der.display()),
        false => String::new(),
    };
    let steps: Vec<_> = COUNTED.iter().map(|(_, step, _)| *step).collect();
    let arguments = format!(
        "client {scheme}://localhost:{port}/ at=10.0.2.2 plain {trust} {} close=1000",
        steps.join(" ")
    );
    let out = dir.join("counts");
    let plugin = format!("{},map={},out={}", plugin.display(), map.display(), out.display());
    let outcome = firmware.run_under(&plugin, "board", &arguments)?;
    if !outcome.success {
        return Err(outcome.failure().into());
    }
    let text = fs::read_to_string(&out)?;
    if text.lines().count() != COUNTED.len() {
        return Err("something has not been counted".into());
    }
    let mut counts = Counts::new();
    for (at, (line, (.., times))) in text.lines().zip(COUNTED).enumerate() {
        // What is called by all has been counted for its callers, so the first is nobody's.
        for (owner, count) in line.split_whitespace().skip(1).enumerate() {
            counts.insert((at, owner), count.parse::<u64>()? / times);
        }
    }
    Ok(counts)
}

/// The median of each figure.
fn median(runs: &[Counts]) -> Counts {
    let keys = runs.iter().flat_map(BTreeMap::keys);
    let of = |key: &(usize, usize)| {
        let mut figures: Vec<u64> =
            runs.iter().map(|run| run.get(key).copied().unwrap_or_default()).collect();
        figures.sort_unstable();
        (*key, figures.get(figures.len() / 2).copied().unwrap_or_default())
    };
    keys.map(of).collect()
}

/// What those parts have executed that are wanted.
fn sum(counts: &Counts, at: usize, is_wanted: impl Fn(Part) -> bool) -> u64 {
    let owned = OWNERS.iter().enumerate().filter(|(_, (_, part))| is_wanted(*part));
    owned.map(|(owner, _)| counts.get(&(at, owner)).copied().unwrap_or_default()).sum()
}

/// A row for each part, and a column for each scheme under what is counted.
fn table(columns: &[Counts]) -> Result<String> {
    let mut text = String::from("| |");
    for (name, ..) in COUNTED {
        for scheme in SCHEMES {
            write!(text, " {name}, {scheme} |")?;
        }
    }
    writeln!(text, "\n|---|{}", "---:|".repeat(COUNTED.len() * SCHEMES.len()))?;
    let mut row = |name: &str, of: &dyn Fn(&Counts, usize) -> String| -> Result<()> {
        write!(text, "| {name} |")?;
        for at in 0..COUNTED.len() {
            for column in columns {
                write!(text, " {} |", of(column, at))?;
            }
        }
        text.push('\n');
        Ok(())
    };
    for part in Part::ALL.into_iter().filter(|part| *part != Part::Waiting) {
        row(part.name(), &|column, at| rounded(sum(column, at, |other| other == part)))?;
    }
    let all = |column: &Counts, at| sum(column, at, |part| part != Part::Waiting);
    row("**all**", &|column, at| rounded(all(column, at)))?;
    let share = |column: &Counts, at, is_wanted: fn(Part) -> bool| {
        let part = sum(column, at, is_wanted) as f64;
        format!("{:.1} %", 100.0 * part / all(column, at) as f64)
    };
    row("share of TLS", &|column, at| share(column, at, Part::is_tls))?;
    row("share of ours", &|column, at| share(column, at, Part::is_ours))?;
    Ok(text)
}

/// Two digits of a figure: no more are the same in the next run.
fn rounded(count: u64) -> String {
    let (mut unit, mut figure) = (0, count as f64);
    while figure >= 999.5 {
        figure /= 1000.0;
        unit += 1;
    }
    let unit = ["", " k", " M", " G"].get(unit).copied().unwrap_or(" T");
    match figure {
        _ if unit.is_empty() => format!("{figure:.0}"),
        _ if figure < 9.95 => format!("{figure:.1}{unit}"),
        _ if figure < 99.5 => format!("{figure:.0}{unit}"),
        _ => format!("{:.0}{unit}", (figure / 10.0).round() * 10.0),
    }
}

/// All figures, a line each.
fn data(columns: &[Counts]) -> Result<String> {
    let mut text = String::from("scheme,counted,owner,part,instructions\n");
    for (scheme, column) in SCHEMES.into_iter().zip(columns) {
        for ((at, owner), count) in column.iter().filter(|(_, count)| **count != 0) {
            let (counted, ..) = COUNTED.get(*at).ok_or("counted, and not wanted")?;
            let (owner, part) = OWNERS.get(*owner).ok_or("an owner that nobody knows")?;
            let part = part.name().replace(',', "");
            writeln!(text, "{scheme},{counted},{owner},{part},{count}")?;
        }
    }
    Ok(text)
}

const HEADER: &str = "\
# Whose instructions a connection takes on a board, over `ws` and over `wss`

Written by `cargo xtask bench tls --update`: the firmware of [examples/qemu](../../examples/qemu) on
an385, ARMv6-M code (opt-level s), is a client of `socklet serve`, once over `ws` and once over `wss`
with a server that it verifies: the chain is one certificate, which an authority has signed that the
firmware knows, both with P-256. Counted are all instructions from the call that opens a connection to
the open WebSocket, and for a binary message that is sent and comes back, the mean of 32. There is no
compression.

An instruction belongs to the crate that its line is in, also where it was inlined into another. What
has no owner of its own, such as the core library, copies of memory and multiplications of 64 bits,
counts for whoever called it. The executor and the clock are left out: while the board waits, they do
nothing else. The network is real: in how many segments bytes come is not the same twice, so these are
medians of 3 runs, and two digits; [tls.csv](tls.csv) has each crate.

";

#[cfg(test)]
mod tests {
    use super::{Counts, median, rounded};

    #[test]
    fn two_digits_are_shown() {
        let shown = [0, 7, 999, 1000, 9949, 9950, 99_600, 123_456, 61_400_000].map(rounded);
        let expected = ["0", "7", "999", "1.0 k", "9.9 k", "10 k", "100 k", "120 k", "61 M"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn each_figure_is_the_median_of_its_own() {
        let runs =
            [(1, 30), (2, 10), (3, 20)].map(|(a, b)| Counts::from([((0, 0), a), ((0, 1), b)]));
        assert_eq!(median(&runs), Counts::from([((0, 0), 2), ((0, 1), 20)]));
    }
}
