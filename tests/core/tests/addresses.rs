//! Addresses of IPv6 in URLs, beside the parser of the standard library.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use std::net::Ipv6Addr;

use socklet_core::handshake::url::Url;
use socklet_core_tests::rng::TestRng;

/// Asserts that an address is taken if the standard library takes it.
fn compare(host: &str) {
    let url = format!("ws://[{host}]:80/");
    let url = Url::parse(&url);
    assert_eq!(url.is_ok(), host.parse::<Ipv6Addr>().is_ok(), "{host:?}: {url:?}");
    assert!(url.is_err() || url.is_ok_and(|url| url.host == host && url.port == 80));
}

#[test]
fn addresses_of_ipv6_are_those_of_the_standard_library() {
    for host in [
        "",
        ":",
        "::",
        ":::",
        "::1",
        "1::",
        "1::2",
        "1::2::3",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1::3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        "::1.2.3.4",
        "1.2.3.4::",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3.256",
        "::1.2.3.04",
        "::1.2.3",
        "::1.2.3.4.5",
        "::1.2.3.4:5",
        "fe80::1%eth0",
        "g::",
        "::ffff:1.2.3.4",
        "1:2:3:4:5:6::1.2.3.4",
        "1:2:3:4:5::1.2.3.4",
        ":1::",
        "::1:",
        "::0.0.0.0",
        "::00.0.0.0",
    ] {
        compare(host);
    }
}

#[test]
fn whatever_is_made_of_their_characters_is_judged_alike() {
    let mut rng = TestRng::new(2553);
    let parts =
        ["1", "ff", "0db8", "12345", ":", ":", ":", "::", ".", "1.2.3.4", "255", "256", "x"];
    for _ in 0..200_000 {
        let count = 1 + rng.below(16);
        let host: String = (0..count).map(|_| parts[rng.below(parts.len())]).collect();
        compare(&host);
        // And more often what is nearly right.
        let groups: Vec<_> = (0..1 + rng.below(9)).map(|_| parts[rng.below(3)]).collect();
        let mut host = groups.join(":");
        if rng.once_in(2) {
            host.insert(host.find(':').unwrap_or(0), ':');
        }
        compare(&host);
    }
}
