//! The arguments of the client.
//!
//! | option | is |
//! |---|---|
//! | `at=ADDRESS` | where the host of the URL is: for names that no server knows |
//! | `ca=PATH` | the certificate of the authority that is trusted, a file of the host in DER |
//! | `insecure` | no verification of the server |
//! | `plain` | no compression |
//! | `hasty` | deadlines of a few seconds, for networks that are cut on purpose |
//!
//! The other words are [steps](crate::client).

use core::str::SplitAsciiWhitespace;

use socklet_embassy::core::handshake::url::Url;

/// What the client is to do.
#[derive(Debug, Clone)]
pub(crate) struct Options<'a> {
    pub(crate) url: Url<'a>,
    words: SplitAsciiWhitespace<'a>,
}

/// What it does when it is not told.
const STEPS: &str = "messages fragments pings alike close=1000";

impl<'a> Options<'a> {
    /// Reads the words behind `client`; `None` without a URL.
    pub(crate) fn parse(mut words: SplitAsciiWhitespace<'a>) -> Option<Self> {
        let url = Url::parse(words.next()?).ok()?;
        Some(Self { url, words })
    }

    /// Returns the value of an option `name=VALUE`.
    pub(crate) fn value(&self, name: &str) -> Option<&'a str> {
        self.words.clone().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    /// Says whether an option without a value is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.words.clone().any(|word| word == name)
    }

    /// Returns the steps.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let steps = self.words.clone().filter(|word| !is_option(word));
        let given = steps.clone().next().is_some();
        let default = if given { "" } else { STEPS };
        steps.chain(default.split_ascii_whitespace())
    }
}

fn is_option(word: &str) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    matches!(name, "at" | "ca" | "insecure" | "plain" | "hasty")
}
