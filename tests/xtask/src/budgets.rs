//! Budgets of what programs cost: a committed file with one line a program.
//!
//! A line `limit-NAME` is a promise to users, written by hand and never exceeded by that program.
//! The other lines are what was measured last; growing past one is a failure until somebody commits
//! it with `--update`, so that no growth goes unseen.

use std::path::Path;

use crate::{Result, Tally};

/// What one program costs, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Code and constants.
    pub(crate) flash: u32,
    /// The connection without its buffers; of firmware, all statics.
    pub(crate) state: u32,
    /// The most stack that a run took.
    pub(crate) stack: u32,
}

/// Compilers differ a little: this much more than the committed figure is not yet growth.
const TOLERANCE_PERCENT: u32 = 3;

/// What the name of a limit begins with.
const LIMIT: &str = "limit-";

/// The committed figures by the name of their program.
pub(crate) struct Budgets(Vec<(String, Figures)>);

impl Budgets {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut lines = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default().to_owned();
            let numbers = words.map(str::parse).collect::<std::result::Result<Vec<u32>, _>>()?;
            let [flash, state, stack] = numbers[..] else {
                return Err(format!("a budget has three figures: {line}").into());
            };
            lines.push((name, Figures { flash, state, stack }));
        }
        Ok(Self(lines))
    }

    /// Replaces all figures but the limit.
    pub(crate) fn set(&mut self, rows: &[(String, Figures)]) {
        self.0.retain(|(name, _)| name.starts_with(LIMIT));
        self.0.extend_from_slice(rows);
    }

    /// Replaces the figures of these programs, and leaves those of others.
    pub(crate) fn update(&mut self, rows: &[(String, Figures)]) {
        self.0.retain(|(name, _)| !rows.iter().any(|(new, _)| new == name));
        self.0.extend_from_slice(rows);
        self.0.sort_by(|(a, _), (b, _)| a.cmp(b));
    }

    /// Returns the figures that were measured.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &(String, Figures)> {
        self.0.iter().filter(|(name, _)| !name.starts_with(LIMIT))
    }

    /// Writes the file; `header` is what it says in comments.
    pub(crate) fn write(&self, path: &Path, header: &str) -> Result<()> {
        let mut text = String::from(header);
        for (name, Figures { flash, state, stack }) in &self.0 {
            text.push_str(&format!("{name:24} {flash:5} {state:5} {stack:5}\n"));
        }
        Ok(std::fs::write(path, text)?)
    }

    /// Compares what was measured: each figure of each program is one check.
    pub(crate) fn check(&self, rows: &[(String, Figures)]) -> Tally {
        let mut tally = Tally::default();
        for (name, measured) in rows {
            for (kind, figure) in KINDS {
                let value = figure(measured);
                let limit = self.get(&format!("{LIMIT}{name}")).map(figure);
                let committed = self.get(name).map(figure).map(with_tolerance);
                let held = limit.is_none_or(|limit| value <= limit)
                    && committed.is_some_and(|committed| value <= committed);
                if !held {
                    println!("{name}: {kind} {value} B, {}", shown(limit, committed));
                }
                tally.count(held);
            }
        }
        tally
    }

    fn get(&self, wanted: &str) -> Option<&Figures> {
        self.0.iter().find_map(|(name, figures)| (name == wanted).then_some(figures))
    }
}

/// One of the figures: its name, and how to get at it.
type KindOf = (&'static str, fn(&Figures) -> u32);

const KINDS: [KindOf; 3] = [("flash", |f| f.flash), ("state", |f| f.state), ("stack", |f| f.stack)];

fn with_tolerance(figure: u32) -> u32 {
    figure + figure * TOLERANCE_PERCENT / 100
}

fn shown(limit: Option<u32>, committed: Option<u32>) -> String {
    let number = |figure: Option<u32>| figure.map_or("none".to_owned(), |f| format!("{f} B"));
    format!("limit {}, budget {}", number(limit), number(committed))
}

#[cfg(test)]
mod tests {
    use super::{Budgets, Figures};
    use crate::Tally;

    const FILE: &str =
        "# words\nlimit-client-a 8192 192 4096\nclient-a 6000 100 1000\nserver-a 9000 200 900\n";

    fn check(name: &str, flash: u32, state: u32, stack: u32) -> Tally {
        let rows = [(name.to_owned(), Figures { flash, state, stack })];
        Budgets::parse(FILE).unwrap().check(&rows)
    }

    #[test]
    fn growth_past_the_tolerance_fails() {
        assert_eq!(check("client-a", 6180, 103, 1030), Tally { passed: 3, failed: 0 });
        assert_eq!(check("client-a", 6181, 104, 1031), Tally { passed: 0, failed: 3 });
    }

    #[test]
    fn a_limit_is_for_its_program() {
        let file = "limit-client-a 8192 192 4096\nclient-a 8190 100 1000\n";
        let rows = [("client-a".to_owned(), Figures { flash: 8193, state: 100, stack: 1000 })];
        assert_eq!(Budgets::parse(file).unwrap().check(&rows), Tally { passed: 2, failed: 1 });
        assert_eq!(check("server-a", 9000, 200, 900), Tally { passed: 3, failed: 0 });
    }

    #[test]
    fn a_program_without_a_budget_fails() {
        assert_eq!(check("client-new", 1, 1, 1), Tally { passed: 0, failed: 3 });
    }

    #[test]
    fn a_line_without_three_figures_is_an_error() {
        assert!(Budgets::parse("limit-a 8192 192").is_err());
        assert!(Budgets::parse("limit-a 8192 192 many").is_err());
    }
}
