//! Peers with a defect on purpose: the suite has to fail in the cases that look for it, and in no
//! others. A check that cannot fail proves nothing.
//!
//! The peer is ours, seen through a proxy that undoes what makes it right.

use std::collections::BTreeSet;

use super::cases::{self, Selection};
use super::judge::Outcome;
use super::proxy::{self, Change};
use super::suite::Suite;
use crate::child::Child;
use crate::ours::{Flavour, Ours, address};
use crate::{Result, Tally};

/// A rule that is broken, and the cases that notice.
struct Defect {
    name: &'static str,
    /// Changes a frame on its way to the peer under test; `None` drops it.
    towards_peer: Change,
    /// Changes a frame on its way from it.
    from_peer: Change,
    fails: &'static [&'static str],
}

const DEFECTS: &[Defect] = &[
    Defect {
        name: "accepts-reserved-bits",
        towards_peer: |mut frame| {
            frame.first &= 0x8f;
            Some(frame)
        },
        from_peer: Some,
        // And it does not see what is compressed.
        fails: &["3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "12.1.2"],
    },
    Defect {
        name: "does-not-answer-pings",
        towards_peer: Some,
        from_peer: |frame| (frame.first & 0x0f != 0xa).then_some(frame),
        fails: &[
            "2.1", "2.2", "2.3", "2.4", "2.6", "2.9", "2.10", "2.11", "5.6", "5.7", "5.8", "5.19",
            "5.20",
        ],
    },
    Defect {
        name: "does-not-mark-compressed-messages",
        towards_peer: Some,
        from_peer: |mut frame| {
            frame.first &= 0xbf;
            Some(frame)
        },
        fails: &["12.1.2"],
    },
];

/// Runs each defect on a server and on a client; each is one check.
pub(super) fn run(suite: &Suite, ours: &Ours) -> Result<Tally> {
    let selection = cases::canary();
    let mut tally = Tally::default();
    for defect in DEFECTS {
        let name = format!("server-that-{}", defect.name);
        let outcome = defect.on_server(&name, suite, ours, &selection)?;
        tally.count(defect.is_noticed(&name, &outcome, &selection));

        let name = format!("client-that-{}", defect.name);
        let outcome = defect.on_client(&name, suite, ours, &selection)?;
        tally.count(defect.is_noticed(&name, &outcome, &selection));
    }
    Ok(tally)
}

impl Defect {
    fn on_server(
        &self,
        name: &str,
        suite: &Suite,
        ours: &Ours,
        cases: &Selection,
    ) -> Result<Outcome> {
        let server = Child::start(name, &ours.serve(Flavour::Tokio), &suite.logs())?;
        let proxy = proxy::start(address(&server)?.parse()?, self.towards_peer, self.from_peer)?;
        suite.test_server(name, &proxy.to_string(), cases)
    }

    fn on_client(
        &self,
        name: &str,
        suite: &Suite,
        ours: &Ours,
        cases: &Selection,
    ) -> Result<Outcome> {
        let suites = super::free_address()?;
        let proxy = proxy::start(suites, self.from_peer, self.towards_peer)?;
        let client = |args: &[&str]| ours.echo_client(Flavour::Tokio, args);
        suite.test_client(name, suites, proxy, &client, cases)
    }

    /// Says whether exactly the right cases failed.
    fn is_noticed(&self, name: &str, outcome: &Outcome, selection: &Selection) -> bool {
        let wanted: BTreeSet<&str> = self.fails.iter().copied().collect();
        let failed: BTreeSet<&str> =
            outcome.verdicts.iter().filter(|v| !v.is_pass()).map(|v| v.case.as_str()).collect();
        let noticed = failed == wanted && outcome.verdicts.len() == selection.count;
        if noticed {
            println!("autobahn {name}: fails in {} cases, as it has to", wanted.len());
        } else {
            println!("FAILED {name}: should fail in {wanted:?}, fails in {failed:?}");
        }
        noticed
    }
}

#[cfg(test)]
mod tests {
    use super::super::proxy::tests::through;
    use super::*;

    #[test]
    fn the_defects_do_what_they_say() {
        let [reserved, pongs, marks] = DEFECTS else { panic!("three defects") };
        assert_eq!(through(reserved.towards_peer, b"\xf1\x01a").unwrap(), b"\x81\x01a");
        assert_eq!(through(pongs.from_peer, b"\x8a\x01a"), None);
        assert_eq!(through(pongs.from_peer, b"\x89\x01a").unwrap(), b"\x89\x01a");
        assert_eq!(through(marks.from_peer, b"\xc1\x01a").unwrap(), b"\x81\x01a");
        assert_eq!(through(marks.towards_peer, b"\xc1\x01a").unwrap(), b"\xc1\x01a");
    }
}
