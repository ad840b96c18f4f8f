//! A run of named steps: each is announced and timed, none stops the next, and those that failed
//! are named at the end, where one looks first.

use std::time::Instant;

use crate::{Result, Tally};

/// A run of steps and what came of them.
#[derive(Default)]
pub(crate) struct Steps {
    tally: Tally,
    failed: Vec<String>,
}

impl Steps {
    /// Runs one step. It fails when a check of it failed, when it could not be carried out, and
    /// when it checked nothing.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Tally>) {
        println!("\n=== {name}");
        let start = Instant::now();
        let mut tally = work().unwrap_or_else(|error| {
            eprintln!("{name}: {error}");
            Tally::one(false)
        });
        if tally == Tally::default() {
            eprintln!("{name}: no check was run");
            tally.count(false);
        }
        let verdict = if tally.is_success() { "ok" } else { "FAILED" };
        println!("=== {name}: {verdict}, {tally}, {:.1} s", start.elapsed().as_secs_f32());
        if !tally.is_success() {
            self.failed.push(name.to_owned());
        }
        self.tally += tally;
    }

    /// Names the failed steps and returns the sum of all.
    pub(crate) fn finish(self) -> Tally {
        println!();
        for name in &self.failed {
            println!("FAILED: {name}");
        }
        self.tally
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;
    use crate::Tally;

    #[test]
    fn a_step_that_breaks_or_checks_nothing_fails_and_the_next_still_runs() {
        let mut steps = Steps::default();
        steps.step("breaks", || Err("on purpose".into()));
        steps.step("checks nothing", || Ok(Tally::default()));
        steps.step("holds", || Ok(Tally { passed: 5, failed: 0 }));
        assert_eq!(steps.failed, ["breaks", "checks nothing"]);
        assert_eq!(steps.finish(), Tally { passed: 5, failed: 2 });
    }
}
