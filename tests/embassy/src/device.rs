//! Memory and settings of the device.

use socklet_core_tests::rng::TestRng;
use socklet_embassy::{
    Address, Connector, Dates, MAX_RECORD_LEN, Memory, Tls, TlsMemory, Verify, WebSocket,
    core::handshake::client::Request,
};

use crate::{
    certificates::{Authority, now},
    name_server::KNOWN,
    network::{HOST, Network},
};

/// The memory of a plain connection.
pub type PlainMemory = Memory<1536, 1536, 2048, 1024>;

/// The memory of one over TLS.
pub type SecureMemory = Memory<2048, 1536, 2048, 1024, TlsMemory<MAX_RECORD_LEN, 1024, 256>>;

/// The WebSocket of the device.
pub type DeviceSocket<'s> = WebSocket<'s, TestRng>;

/// Where the host's plain server is.
pub const PLAIN: Address<'_> = Address::new(HOST, 80);

/// Where its TLS server is.
pub const SECURE: Address<'_> = Address::new(HOST, 443);

/// What is asked for.
pub const REQUEST: Request<'_> = Request::new(KNOWN, "/chat");

/// A generator that repeats itself.
#[must_use]
pub const fn rng() -> TestRng {
    TestRng::new(7)
}

/// A connector that verifies the host by this authority.
#[must_use]
pub fn secure<'a>(
    network: &Network,
    authority: &'a Authority,
) -> Connector<'static, Tls<'a, Verify<'a>>> {
    let verify = Verify::new(authority.der(), Dates::Checked(now));
    Connector::new(network.device).tls(Tls::new(KNOWN, verify))
}
