//! In which order the addresses of a host are tried ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305)).

use std::{collections::VecDeque, io, net::SocketAddr};

/// Puts the two families in turn, beginning with that of the first address (section 4): the system
/// has sorted them by RFC 6724, and if one family leads nowhere, it does so for every address.
pub(crate) fn in_turn(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let all: Vec<SocketAddr> = addresses.collect();
    let is_v6 = all.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) =
        all.into_iter().partition(|address| address.is_ipv6() == is_v6);
    let mut ordered = Vec::with_capacity(first.len() + second.len());
    while !first.is_empty() || !second.is_empty() {
        ordered.extend(first.pop_front());
        ordered.extend(second.pop_front());
    }
    ordered
}

/// What is wrong if there is no address at all.
pub(crate) fn none() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the host has no address")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
mod tests {
    use super::*;

    fn ordered(addresses: &[&str]) -> Vec<String> {
        let addresses = addresses.iter().map(|address| format!("{address}:1").parse().unwrap());
        in_turn(addresses).iter().map(|address| address.ip().to_string()).collect()
    }

    #[test]
    fn families_take_turns_and_each_keeps_its_order() {
        let mixed = ["[::1]", "[::2]", "[::3]", "10.0.0.1", "10.0.0.2"];
        assert_eq!(ordered(&mixed), ["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"]);
        assert_eq!(ordered(&["10.0.0.1", "10.0.0.2", "[::1]"]), ["10.0.0.1", "::1", "10.0.0.2"]);
        assert_eq!(ordered(&["10.0.0.1"]), ["10.0.0.1"]);
        assert!(ordered(&[]).is_empty());
    }
}
