//! The shortest ways to have an offer or a response looked at.

use socklet_core::HandshakeError;
use socklet_core::permessage_deflate::params::{self, Agreed, Context, Negotiable};

/// An endpoint that is ready to do anything.
pub(crate) const ANYTHING: Negotiable = can(15, true, 15, true);

/// What an endpoint can receive, and what it sends.
pub(crate) const fn can(
    receive_bits: u8,
    receive_takeover: bool,
    send_bits: u8,
    send_takeover: bool,
) -> Negotiable {
    Negotiable { receive_bits, receive_takeover, send_bits, send_takeover }
}

/// What is agreed for sending, and for receiving.
pub(crate) const fn agreed(send: (u8, bool), receive: (u8, bool)) -> Agreed {
    Agreed {
        send: Context { window_bits: send.0, takeover: send.1 },
        receive: Context { window_bits: receive.0, takeover: receive.1 },
    }
}

/// The same as the peer sees it.
pub(crate) const fn mirrored(agreed: Agreed) -> Agreed {
    Agreed { send: agreed.receive, receive: agreed.send }
}

/// What a client offers.
pub(crate) fn offer(can: Negotiable) -> String {
    let mut out = String::new();
    params::offer(&can, &mut out).unwrap();
    out
}

/// What a client makes of a response.
pub(crate) fn confirm(
    can: Negotiable,
    response: &[impl AsRef<[u8]>],
) -> Result<Option<Agreed>, HandshakeError> {
    params::confirm(&can, response.iter().map(AsRef::as_ref))
}

/// What a server answers.
pub(crate) fn accept(can: Negotiable, offers: &[impl AsRef<[u8]>]) -> Option<(String, Agreed)> {
    let mut out = String::new();
    let agreed = params::accept(&can, offers.iter().map(AsRef::as_ref), &mut out).unwrap();
    assert_eq!(agreed.is_some(), !out.is_empty(), "{out}");
    agreed.map(|agreed| (out, agreed))
}

/// Every endpoint that there can be.
pub(crate) fn every_negotiable() -> impl Iterator<Item = Negotiable> {
    (0..=255).map(|n: u8| can(8 + n % 8, n & 8 != 0, 8 + (n >> 4) % 8, n & 128 != 0))
}

/// An end of a text that has room for so many bytes.
pub(crate) struct Room(pub(crate) usize);

impl std::fmt::Write for Room {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(std::fmt::Error)?;
        Ok(())
    }
}
