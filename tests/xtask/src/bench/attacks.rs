//! `bench attacks`: what each attack on a server costs it, as the tests of attacks print it.

use std::fs;

use crate::command::{cargo, output};
use crate::{Result, Tally};

/// Where the table is committed.
const RESULTS: &str = "tests/host/ATTACKS.md";

const HEADER: &str = "\
# What attacks cost

Written by `cargo xtask bench attacks --update`: each test of `tests/host/tests/attacks.rs` attacks
`socklet serve`, built without optimisation, asynchronous and blocking, and prints what came of it. KiB
are what the server's memory grew by, as the system sees it (`VmRSS`). Where there is nothing to count, the
test passed.

| attack | server | outcome |
|---|---|---|
";

/// Runs the tests one after the other, and shows or commits what they print.
pub(super) fn run(update: bool) -> Result<Tally> {
    let test = ["test", "--quiet", "-p", "socklet-host-tests", "--test", "attacks"];
    let mut attacks = cargo(&test);
    attacks.args(["--", "--nocapture", "--test-threads=1", "--format=pretty"]);
    let log = output(attacks)?;
    let table = table(&log);
    print!("{table}");
    if update {
        fs::write(RESULTS, format!("{HEADER}{table}"))?;
    }
    Ok(log.lines().filter_map(Tally::from_test_result).fold(Tally::default(), |mut all, one| {
        all += one;
        all
    }))
}

/// Makes a row of each line that a test prints: `test MODULE::NAME ... ` stands before its first,
/// and its outcome behind its last.
fn table(log: &str) -> String {
    let (mut table, mut name, mut is_silent) = (String::new(), String::new(), true);
    for line in log.lines() {
        let mut printed = line;
        if let Some((test, rest)) = line.strip_prefix("test ").and_then(|l| l.split_once(" ... ")) {
            let test = test.split_once("::").map_or(test, |(_, test)| test);
            (name, is_silent, printed) = (test.replace('_', " "), true, rest);
        }
        let (server, outcome) = match printed.split_once("]: ") {
            Some(("[", outcome)) => ("asynchronous", outcome),
            Some((_, outcome)) => ("blocking", outcome),
            None => ("", printed),
        };
        match outcome {
            "" => continue,
            "ok" if is_silent => table += &format!("| {name} | | passed |\n"),
            _ if name.is_empty() || printed.starts_with("test result") => continue,
            "ok" => {}
            _ => {
                is_silent = false;
                table += &format!("| {name} | {server} | {outcome} |\n");
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn each_line_that_a_test_prints_is_a_row() {
        let log = "\nrunning 2 tests\ntest floods::a_flood_waits ... []: 64 more: 8 descriptors\n\
            [\"--blocking\"]: 64 more: 9 descriptors\nok\ntest slow::nobody_waits ... ok\n\n\
            test result: ok. 2 passed; 0 failed; 0 ignored\n";
        let rows = "| a flood waits | asynchronous | 64 more: 8 descriptors |\n\
            | a flood waits | blocking | 64 more: 9 descriptors |\n\
            | nobody waits | | passed |\n";
        assert_eq!(table(log), rows);
    }
}
