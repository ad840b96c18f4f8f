//! Whose instructions a program has: each by the file that its line is in, as debug information says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::Result;
use crate::command::{output, program};

/// What the owners are a part of, in the order of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Curve,
    Hashes,
    Records,
    Protocol,
    OursForTls,
    Ours,
    Network,
    Card,
    Program,
    /// What waits, and counts the time: not a part of any sum.
    Waiting,
}

impl Part {
    /// All, in order.
    pub(super) const ALL: [Self; 10] = [
        Self::Curve,
        Self::Hashes,
        Self::Records,
        Self::Protocol,
        Self::OursForTls,
        Self::Ours,
        Self::Network,
        Self::Card,
        Self::Program,
        Self::Waiting,
    ];

    /// Returns what a table calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Curve => "TLS: P-256",
            Self::Hashes => "TLS: SHA-256, HMAC, HKDF",
            Self::Records => "TLS: AES-128-GCM",
            Self::Protocol => "TLS: embedded-tls, certificates",
            Self::OursForTls => "ours, for TLS",
            Self::Ours => "ours",
            Self::Network => "network stack",
            Self::Card => "driver of the network card",
            Self::Program => "program",
            Self::Waiting => "executor and clock, while waiting too",
        }
    }

    /// Whether it is TLS, and not ours.
    pub(super) const fn is_tls(self) -> bool {
        matches!(self, Self::Curve | Self::Hashes | Self::Records | Self::Protocol)
    }

    /// Whether it is ours.
    pub(super) const fn is_ours(self) -> bool {
        matches!(self, Self::OursForTls | Self::Ours)
    }
}

/// A crate of the registry, or a file or directory of this repository: of two that fit the first.
///
/// What is not named is called by several, as the core library is, and copies of memory: it counts
/// for whoever calls it.
#[rustfmt::skip] // A table: a part a few lines.
pub(super) const OWNERS: [(&str, Part); 42] = [
    ("p256", Part::Curve), ("primeorder", Part::Curve), ("elliptic-curve", Part::Curve),
    ("ecdsa", Part::Curve), ("crypto-bigint", Part::Curve), ("ff", Part::Curve),
    ("group", Part::Curve), ("sec1", Part::Curve), ("signature", Part::Curve),
    ("sha2", Part::Hashes), ("digest", Part::Hashes), ("block-buffer", Part::Hashes),
    ("hmac", Part::Hashes), ("hkdf", Part::Hashes),
    ("aes", Part::Records), ("aes-gcm", Part::Records), ("ghash", Part::Records),
    ("polyval", Part::Records), ("ctr", Part::Records), ("cipher", Part::Records),
    ("aead", Part::Records), ("universal-hash", Part::Records), ("inout", Part::Records),
    ("embedded-tls", Part::Protocol), ("der", Part::Protocol), ("const-oid", Part::Protocol),
    ("spki", Part::Protocol),
    ("embassy/src/tls/", Part::OursForTls),
    ("embassy/src/", Part::Ours), ("core/src/", Part::Ours),
    ("smoltcp", Part::Network), ("embassy-net", Part::Network),
    ("embassy-net-driver", Part::Network), ("managed", Part::Network),
    ("examples/qemu/support/src/frames.rs", Part::Card),
    ("examples/qemu/support/src/systick.rs", Part::Waiting),
    ("examples/qemu/boards/an385/src/lan9118.rs", Part::Card),
    ("examples/qemu/", Part::Program),
    ("embassy-executor", Part::Waiting), ("cordyceps", Part::Waiting),
    ("cortex-m-rt", Part::Waiting), ("embassy-time-queue-utils", Part::Waiting),
];

/// The number of those that are called by all.
const CALLER: usize = 0;

/// Makes the map that the plugin reads: where instructions begin, and the number of their owner, which
/// is one more than its place in the table.
pub(super) fn map(image: &Path) -> Result<String> {
    let lines = lines(image)?;
    let top = std::env::current_dir()?;
    let top = format!("{}/", top.to_str().ok_or("the path of the repository is not UTF-8")?);
    let mut map = String::new();
    let mut before = CALLER;
    for (address, owner) in owners(&lines, &top) {
        if owner != before {
            writeln!(map, "{address:x} {owner}")?;
            before = owner;
        }
    }
    Ok(map)
}

/// Looks up the lines of all addresses of code: of each `0xADDRESS`, and then those that it is in by
/// inlining, the innermost first.
fn lines(image: &Path) -> Result<String> {
    let path = image.to_str().ok_or("the path of the program is not UTF-8")?;
    let sections = output(program("arm-none-eabi-size", &["-A", path]))?;
    let text = sections.lines().find_map(|line| line.strip_prefix(".text"));
    let mut words = text.ok_or("a program without code")?.split_whitespace();
    let mut next = || words.next().unwrap_or_default().parse::<usize>();
    let (len, start) = (next()?, next()?);
    let mut addresses = String::new();
    for address in (start..start + len).step_by(2) {
        writeln!(addresses, "{address:x}")?;
    }
    let mut symbolizer = program("arm-none-eabi-addr2line", &["-a", "-i", "-e", path]);
    let mut child = symbolizer.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or("standard input is a pipe")?;
    // It answers while it is asked.
    let asked = std::thread::spawn(move || stdin.write_all(addresses.as_bytes()));
    let answer = child.wait_with_output()?;
    asked.join().map_err(|_| "asking for lines broke off")??;
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// The owner of each address.
fn owners(lines: &str, top: &str) -> BTreeMap<usize, usize> {
    let (mut owners, mut address) = (BTreeMap::new(), 0);
    for line in lines.lines() {
        if let Some(hex) = line.strip_prefix("0x") {
            address = usize::from_str_radix(hex, 16).unwrap_or_default();
            owners.insert(address, CALLER);
        } else if let Some(owner) = owners.get_mut(&address)
            && *owner == CALLER
        {
            *owner = owner_of(line, top);
        }
    }
    owners
}

/// The owner of a file.
fn owner_of(path: &str, top: &str) -> usize {
    let is_owner = |(name, _): &(&str, Part)| match path.strip_prefix(top) {
        Some(local) => name.contains('/') && local.starts_with(name),
        None => package(path) == Some(name),
    };
    OWNERS.iter().position(is_owner).map_or(CALLER, |at| at + 1)
}

/// The package of a file of the registry: `.../registry/src/INDEX/NAME-VERSION/...`.
fn package(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/registry/src/")?;
    let directory = rest.split('/').nth(1)?;
    let version = directory
        .match_indices('-')
        .find(|(at, _)| directory.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
    directory.get(..version?.0)
}

#[cfg(test)]
mod tests {
    use super::{OWNERS, owners, package};

    #[test]
    fn a_path_says_its_package() {
        let path = "/r/registry/src/i/aes-gcm-0.10.3/src/lib.rs:7";
        assert_eq!(package(path), Some("aes-gcm"));
        assert_eq!(package("/rustc/59807616/library/core/src/slice/mod.rs"), None);
    }

    #[test]
    fn the_innermost_that_is_named_owns_an_instruction() {
        let lines = "0x000000c0\n??:?\n\
            0x000000c2\n/rustc/1/library/core/src/num.rs:3\n/top/core/src/wire/mask.rs:9\n\
            /top/examples/qemu/app/src/client.rs:1\n\
            0x000000c4\n/r/registry/src/i/p256-0.13.2/src/lib.rs:1\n/top/embassy/src/tls/mod.rs:2\n";
        let owners = owners(lines, "/top/");
        let named = owners.values().map(|at| at.checked_sub(1).map(|at| OWNERS[at].0));
        assert_eq!(named.collect::<Vec<_>>(), [None, Some("core/src/"), Some("p256")]);
    }
}
