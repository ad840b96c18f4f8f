//! Judges the verdicts of the suite, strictly.

use std::collections::BTreeMap;

use super::cases::Selection;
use crate::{Result, Tally};

/// The cases which report INFORMATIONAL whatever the peer does: the suite only records what
/// happens to data that arrives after a close frame, and to close codes that nobody defined.
const INFORMATIONAL: &[&str] = &["7.1.6", "7.13.1", "7.13.2"];

/// What the suite says about one case.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The name of the case.
    pub(super) case: String,
    /// What the peer did.
    behavior: String,
    /// How the connection ended.
    close: String,
    /// The page with every octet of it.
    report: String,
}

impl Verdict {
    /// Reads a line of `verdicts.py`.
    pub(super) fn from_line(line: &str) -> Result<Self> {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let &[case, behavior, close, report] = words.as_slice() else {
            return Err(format!("not a verdict: {line}").into());
        };
        if !case.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("not a case: {line}").into());
        }
        let [case, behavior, close, report] = [case, behavior, close, report].map(str::to_owned);
        Ok(Self { case, behavior, close, report })
    }

    /// Says whether the peer did what it has to do, and not merely something that one can live
    /// with (NON-STRICT).
    pub(super) fn is_pass(&self) -> bool {
        [&self.behavior, &self.close].into_iter().all(|word| match word.as_str() {
            "OK" => true,
            "INFORMATIONAL" => INFORMATIONAL.contains(&self.case.as_str()),
            _ => false,
        })
    }
}

/// What came out of one run of the suite against one peer.
#[derive(Default)]
pub(super) struct Outcome {
    /// The verdicts of the suite.
    pub(super) verdicts: Vec<Verdict>,
    /// What went wrong around it: a client that crashed.
    pub(super) complaints: Vec<String>,
}

/// Prints each failure and the number of each verdict, and counts: each case is a check, and so
/// is that all cases of the selection are there.
pub(super) fn report(name: &str, outcome: &Outcome, selection: &Selection) -> Tally {
    let mut tally = Tally::default();
    let mut counts = BTreeMap::<&str, usize>::new();
    for verdict in &outcome.verdicts {
        tally.count(verdict.is_pass());
        *counts.entry(&verdict.behavior).or_default() += 1;
        if !matches!(verdict.close.as_str(), "OK" | "INFORMATIONAL") {
            *counts.entry(&verdict.close).or_default() += 1;
        }
        if !verdict.is_pass() {
            let Verdict { case, behavior, close, report } = verdict;
            println!("FAILED {name} {case}: behavior {behavior}, close {close}, see {report}");
        }
    }
    for complaint in &outcome.complaints {
        println!("FAILED {name}: {complaint}");
        tally.count(false);
    }
    let there = outcome.verdicts.len();
    if there != selection.count {
        println!("FAILED {name}: {there} cases instead of {}", selection.count);
        tally.count(false);
    }
    let counts: Vec<String> =
        counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    println!("autobahn {name}: {} ({tally})", counts.join(", "));
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(line: &str) -> bool {
        Verdict::from_line(line).unwrap().is_pass()
    }

    #[test]
    fn only_ok_passes() {
        assert!(passes("1.1.1 OK OK a.html"));
        for word in ["FAILED", "NON-STRICT", "UNCLEAN", "INFORMATIONAL", "DID-NOT-RUN", "NEW-ONE"] {
            assert!(!passes(&format!("1.1.1 {word} OK a.html")), "{word}");
            assert!(!passes(&format!("1.1.1 OK {word} a.html")), "{word}");
        }
    }

    #[test]
    fn informational_passes_only_where_every_peer_gets_it() {
        assert!(passes("7.1.6 INFORMATIONAL INFORMATIONAL a.html"));
        assert!(passes("7.13.2 INFORMATIONAL OK a.html"));
        assert!(!passes("7.1.5 INFORMATIONAL OK a.html"));
        assert!(!passes("7.13.1 NON-STRICT OK a.html"));
    }

    #[test]
    fn cases_that_are_missing_fail() {
        let verdicts = vec![Verdict::from_line("1.1.1 OK OK a.html").unwrap()];
        let outcome = Outcome { verdicts, complaints: vec![] };
        let of = |count| Selection::new([(&["1.*"][..], count)].into_iter());
        assert_eq!(report("peer", &outcome, &of(1)), Tally { passed: 1, failed: 0 });
        assert_eq!(report("peer", &outcome, &of(16)), Tally { passed: 1, failed: 1 });
        assert!(Verdict::from_line("Traceback (most recent call last):").is_err());
    }
}
