//! How many checks passed and failed, and the closing line that says so.

use std::fmt;
use std::ops::AddAssign;

/// The count of checks that one verb, or one part of it, ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Checks that held.
    pub(crate) passed: u64,
    /// Checks that did not.
    pub(crate) failed: u64,
}

impl Tally {
    /// Returns the tally of one check.
    pub(crate) fn one(passed: bool) -> Self {
        let mut tally = Self::default();
        tally.count(passed);
        tally
    }

    /// Adds one check.
    pub(crate) fn count(&mut self, passed: bool) {
        if passed { self.passed += 1 } else { self.failed += 1 }
    }

    /// Reads one line of a test program's output; `None` unless it is cargo test's
    /// `test result: ok. 3 passed; 0 failed; ...`.
    pub(crate) fn from_test_result(line: &str) -> Option<Self> {
        let counts = line.trim().strip_prefix("test result: ")?;
        let number_before = |word: &str| -> Option<u64> {
            counts
                .split(['.', ';'])
                .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
        };
        Some(Self { passed: number_before("passed")?, failed: number_before("failed")? })
    }

    /// Reads one line of what Node.js's tests write as TAP; `None` unless it is one of the closing
    /// lines that count: `# pass 3`, `# fail 0`, `# cancelled 0`.
    pub(crate) fn from_tap_summary(line: &str) -> Option<Self> {
        let (word, count) = line.strip_prefix("# ")?.split_once(' ')?;
        let count = count.parse().ok()?;
        match word {
            "pass" => Some(Self { passed: count, failed: 0 }),
            "fail" | "cancelled" => Some(Self { passed: 0, failed: count }),
            _ => None,
        }
    }

    /// Says whether at least one check ran and none failed.
    pub(crate) fn is_success(self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The closing line: it stands alone, so that people and CI find it.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn a_test_result_line_is_read_and_no_other() {
        let line =
            "test result: FAILED. 41 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(Tally::from_test_result(line), Some(Tally { passed: 41, failed: 2 }));
        assert_eq!(Tally::from_test_result("running 3 tests"), None);
        assert_eq!(Tally::from_test_result("test result: gone"), None);
    }

    #[test]
    fn the_closing_lines_of_tap_are_read_and_no_others() {
        assert_eq!(Tally::from_tap_summary("# pass 12"), Some(Tally { passed: 12, failed: 0 }));
        assert_eq!(Tally::from_tap_summary("# fail 2"), Some(Tally { passed: 0, failed: 2 }));
        assert_eq!(Tally::from_tap_summary("# cancelled 1"), Some(Tally { passed: 0, failed: 1 }));
        for other in ["# tests 14", "# Subtest: a thing", "ok 1 - # pass 3", "    # pass 3"] {
            assert_eq!(Tally::from_tap_summary(other), None, "{other}");
        }
    }

    #[test]
    fn nothing_run_is_no_success() {
        assert!(!Tally::default().is_success());
        assert!(Tally { passed: 1, failed: 0 }.is_success());
        assert!(!Tally { passed: 9, failed: 1 }.is_success());
    }
}
