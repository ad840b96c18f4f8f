//! Client or server, as a type: the code of the other role is not linked.

use core::fmt;

use rand_core::CryptoRng;

/// Which end of the connection this is: [`Client`] or [`Server`].
pub trait Role: sealed::Sealed {
    /// Whether this endpoint masks what it sends, and the peer does not.
    const CLIENT: bool;

    /// The masking key of the next frame: fresh and unpredictable for each (RFC 6455 section
    /// 5.3), none for a server.
    fn masking_key(&mut self) -> Option<[u8; 4]>;
}

/// The end that opens the connection; it owns the generator of masking keys and of the nonce.
///
/// There is no default generator: a predictable key lets a page write bytes of its choice to
/// whatever stands between (RFC 6455 section 10.3).
///
/// It cannot be cloned: two equal generators make equal keys.
pub struct Client<R>(pub R);

/// Shows nothing of the generator: its state tells the keys to come.
impl<R> fmt::Debug for Client<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

/// The end that accepts the connection.
#[derive(Debug, Clone, Copy)]
pub struct Server;

impl<R: CryptoRng> Role for Client<R> {
    const CLIENT: bool = true;

    fn masking_key(&mut self) -> Option<[u8; 4]> {
        Some(self.0.next_u32().to_ne_bytes())
    }
}

impl Role for Server {
    const CLIENT: bool = false;

    fn masking_key(&mut self) -> Option<[u8; 4]> {
        None
    }
}

mod sealed {
    pub trait Sealed {}
    impl<R> Sealed for super::Client<R> {}
    impl Sealed for super::Server {}
}
