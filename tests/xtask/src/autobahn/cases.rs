//! Which cases of the suite are run.

use std::{iter, time::Duration};

/// A group of cases and when it is run.
struct Group {
    /// All of them, as the suite selects them.
    pattern: &'static str,
    /// How many they are.
    count: usize,
    /// Those for every day, and how many they are; `None` for all.
    everyday: Option<(&'static [&'static str], usize)>,
}

/// The groups that apply; one more line makes one more group run.
///
/// Not here: 8 and 11 do not exist.
const GROUPS: &[Group] = &[
    // framing
    Group { pattern: "1.*", count: 16, everyday: None },
    // pings and pongs
    Group { pattern: "2.*", count: 11, everyday: None },
    // reserved bits
    Group { pattern: "3.*", count: 7, everyday: None },
    // reserved opcodes
    Group { pattern: "4.*", count: 10, everyday: None },
    // fragments
    Group { pattern: "5.*", count: 20, everyday: None },
    // UTF-8
    Group { pattern: "6.*", count: 145, everyday: None },
    // closing handshake
    Group { pattern: "7.*", count: 37, everyday: None },
    // messages of up to 16 MiB, of up to 65537 fragments, in small writes, 1000 in a row
    Group { pattern: "9.*", count: 54, everyday: Some((EVERYDAY_9, 12)) },
    // automatic fragmentation
    Group { pattern: "10.*", count: 1, everyday: None },
    // compression: a thousand messages of each of 18 lengths, of five kinds of text and bytes
    Group { pattern: "12.*", count: 90, everyday: Some((EVERYDAY_12, 6)) },
    // compression with other parameters: windows, context takeover
    Group { pattern: "13.*", count: 126, everyday: Some((EVERYDAY_13, 9)) },
];

/// The smallest and the largest of each kind, text and binary in turn.
const EVERYDAY_9: &[&str] = &[
    "9.1.1", "9.1.6", "9.2.1", "9.2.6", "9.3.1", "9.3.9", "9.4.1", "9.4.9", "9.5.1", "9.6.6",
    "9.7.1", "9.8.6",
];

/// Small, medium and large messages, each of another kind; and in fragments (.11 and up).
const EVERYDAY_12: &[&str] = &["12.1.1", "12.1.10", "12.2.5", "12.3.11", "12.4.6", "12.5.18"];

/// A thousand small compressed messages, none too short to be answered compressed.
const CANARY_12: &[&str] = &["12.1.2"];

/// Each set of parameters with small messages, and some with large ones or fragments.
const EVERYDAY_13: &[&str] =
    &["13.1.3", "13.2.3", "13.3.3", "13.4.3", "13.5.3", "13.6.3", "13.7.3", "13.3.10", "13.6.14"];

/// Of group 9 for firmware: up to 1 MiB, in one frame and in fragments.
const FIRMWARE_9: &[&str] =
    &["9.1.1", "9.1.3", "9.2.1", "9.2.3", "9.3.4", "9.4.4", "9.5.1", "9.6.6", "9.7.1", "9.8.6"];

/// The kinds of compressed messages: of content in group 12, of parameters in 13.
const KINDS: [&str; 12] = [
    "12.1", "12.2", "12.3", "12.4", "12.5", "13.1", "13.2", "13.3", "13.4", "13.5", "13.6", "13.7",
];

/// Cases of a kind.
const KIND_COUNT: usize = 18;

/// Of each kind: messages of 16 B to 8 KiB, and of 8 KiB in fragments of 256 B.
const SMALL: [u32; 7] = [1, 2, 3, 4, 5, 6, 11];

/// The cases of one run.
pub(super) struct Selection {
    /// As the suite selects them: names, or `N.*` for a group.
    pub(super) patterns: Vec<String>,
    /// How many they are. A run of fewer has failed, whatever the verdicts.
    pub(super) count: usize,
    /// How long all of them may take; the suite's own limits for single cases are much shorter.
    pub(super) limit: Duration,
}

/// For what takes minutes.
const HOUR: Duration = Duration::from_secs(60 * 60);

impl Selection {
    pub(super) fn new(parts: impl Iterator<Item = (&'static [&'static str], usize)>) -> Self {
        let mut selection = Self { patterns: Vec::new(), count: 0, limit: HOUR };
        for (patterns, count) in parts {
            selection.patterns.extend(patterns.iter().map(|&pattern| pattern.to_owned()));
            selection.count += count;
        }
        selection
    }

    /// Adds cases of every kind of compressed messages.
    fn with_compression(mut self, numbers: &[u32]) -> Self {
        for kind in KINDS {
            self.patterns.extend(numbers.iter().map(|number| format!("{kind}.{number}")));
            self.count += numbers.len();
        }
        self
    }
}

/// Returns every case that applies.
pub(super) fn full() -> Selection {
    Selection::new(GROUPS.iter().map(Group::all))
}

/// Returns the cases for every day: a few minutes for all peers.
pub(super) fn everyday() -> Selection {
    Selection::new(GROUPS.iter().map(|group| group.everyday.unwrap_or(group.all())))
}

/// Returns the cases in which the defects of the canary show, and those around them.
pub(super) fn canary() -> Selection {
    let patterns = ["1.*", "2.*", "3.*", "5.*"];
    let groups = GROUPS.iter().filter(|g| patterns.contains(&g.pattern)).map(Group::all);
    Selection::new(groups.chain([(CANARY_12, 1)]))
}

/// Which cases firmware on an emulated board is tested with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Extent {
    /// Those without compression that take no minutes, and some of every kind of compression.
    Everyday,
    /// All but those of compression whose thousand messages have more than 8 KiB each. They send up
    /// to 128 MiB each way, for which emulation takes minutes a case; what they are about, the
    /// fixed-memory peer on this machine is tested for.
    Small,
    /// Every one without compression.
    Plain,
    /// Every one of a kind of compressed messages, which takes up to half an hour.
    Compressed(&'static str),
}

impl Extent {
    /// Every case, in parts: several boards can be tested with them side by side.
    pub(crate) fn all() -> Vec<Self> {
        iter::once(Self::Plain).chain(KINDS.map(Self::Compressed)).collect()
    }

    /// Every one of the kind that is named.
    pub(crate) fn compressed(name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| *kind == name).map(Self::Compressed)
    }
}

/// Returns the cases for firmware.
pub(super) fn firmware(extent: Extent) -> Selection {
    let plain = GROUPS.iter().filter(|group| group.everyday.is_none()).map(Group::all);
    let large = GROUPS.iter().filter(|group| group.pattern == "9.*").map(Group::all);
    match extent {
        Extent::Everyday => {
            let plain = plain.chain([(FIRMWARE_9, FIRMWARE_9.len())]);
            Selection::new(plain).with_compression(&[3, 11])
        }
        Extent::Small => Selection::new(plain.chain(large)).with_compression(&SMALL),
        Extent::Plain => Selection::new(plain.chain(large)),
        Extent::Compressed(kind) => {
            Selection { patterns: vec![format!("{kind}.*")], count: KIND_COUNT, limit: HOUR }
        }
    }
}

impl Group {
    fn all(&'static self) -> (&'static [&'static str], usize) {
        (std::slice::from_ref(&self.pattern), self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_that_applies_is_in_the_full_selection() {
        assert_eq!(full().count, 517);
        assert_eq!(full().patterns.len(), 11);
    }

    #[test]
    fn the_everyday_selection_counts_its_names() {
        let some = [EVERYDAY_9, EVERYDAY_12, EVERYDAY_13].map(<[_]>::len);
        assert_eq!(everyday().count, 247 + some.iter().sum::<usize>());
        assert_eq!(canary().count, 55);
        let all: Vec<_> = Extent::all().into_iter().map(firmware).collect();
        assert_eq!(all.iter().map(|part| part.count).sum::<usize>(), 517);
        assert_eq!(firmware(Extent::Small).count, 247 + 54 + 12 * 7);
        assert_eq!(firmware(Extent::Everyday).count, 247 + 10 + 12 * 2);
    }
}
