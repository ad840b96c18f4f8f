//! `wss`: who is taken for the host, and who is not.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use rcgen::{BasicConstraints, IsCa};
use rustls::ServerConfig;
use socklet_core::{CloseCode, Message};
use socklet_embassy::{
    CertificateError, ConnectError, Connector, DangerNoVerification, Dates, Error, Tls, TlsError,
    Verification, Verify,
};
use socklet_embassy_tests::{
    certificates::{self, Authority, now},
    device::{REQUEST, SECURE, SecureMemory, rng},
    executor::run,
    host::{self, echo},
    name_server::KNOWN,
    network::Network,
};

/// A message there and back, with the host's TLS so and the device's so.
fn hello<V: Verification>(server: Arc<ServerConfig>, tls: Tls<'_, V>) -> Result<(), ConnectError> {
    run(async {
        let network = Network::new();
        host::serve_tls(network.host, server, echo);
        let mut memory = Box::new(SecureMemory::new());
        let connector = Connector::new(network.device).tls(tls);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
            ws.send("hello").await?;
            assert_eq!(ws.recv().await?, Some(Message::Text("hello")));
            ws.close(CloseCode::NORMAL, "done").await?;
            Ok::<_, Error>(())
        });
        session.await.map(|outcome| outcome.unwrap())
    })
}

/// Whether a device that trusts this authority, and knows the time, takes that server.
fn verified(authority: &Authority, server: Arc<ServerConfig>) -> Result<(), ConnectError> {
    hello(server, Tls::new(KNOWN, Verify::new(authority.der(), Dates::Checked(now))))
}

fn refused(error: CertificateError) -> Result<(), ConnectError> {
    Err(ConnectError::Tls(TlsError::Certificate(error)))
}

#[test]
fn a_host_with_the_right_certificate_is_taken() {
    let authority = Authority::root();
    assert_eq!(verified(&authority, authority.server()), Ok(()));
}

#[test]
fn a_certificate_may_be_signed_by_another_that_the_authority_has_signed() {
    let authority = Authority::root();
    let unlimited = authority.intermediate(IsCa::Ca(BasicConstraints::Unconstrained));
    assert_eq!(verified(&authority, unlimited.server()), Ok(()));
    let direct = authority.intermediate(IsCa::Ca(BasicConstraints::Constrained(0)));
    assert_eq!(verified(&authority, direct.server()), Ok(()));
}

#[test]
fn the_name_may_have_a_star() {
    let authority = Authority::root();
    assert_eq!(
        verified(&authority, authority.server_with("*.test", certificates::usual)),
        refused(CertificateError::Name)
    );
    let server = authority.server_with("*.host.test", certificates::usual);
    let verify = Verify::new(authority.der(), Dates::Checked(now));
    assert_eq!(hello(server, Tls::new("www.host.test", verify)), Ok(()));
}

#[test]
fn another_authority_is_refused() {
    let (authority, other) = (Authority::root(), Authority::root());
    assert_eq!(verified(&authority, other.server()), refused(CertificateError::UnknownIssuer));
}

#[test]
fn another_name_is_refused() {
    let authority = Authority::root();
    let server = authority.server_with("other.test", certificates::usual);
    assert_eq!(verified(&authority, server), refused(CertificateError::Name));
}

#[test]
fn a_certificate_out_of_its_time_is_refused() {
    let authority = Authority::root();
    for change in [certificates::expired, certificates::future] {
        let server = authority.server_with(KNOWN, change);
        assert_eq!(verified(&authority, server), refused(CertificateError::Date));
    }
}

#[test]
fn without_dates_a_certificate_out_of_its_time_is_taken() {
    let authority = Authority::root();
    let server = authority.server_with(KNOWN, certificates::expired);
    let verify = Verify::new(authority.der(), Dates::DangerUnchecked);
    assert_eq!(hello(server, Tls::new(KNOWN, verify)), Ok(()));
}

#[test]
fn while_the_time_is_not_known_no_certificate_is_taken() {
    let authority = Authority::root();
    let verify = Verify::new(authority.der(), Dates::Checked(|| None));
    let outcome = hello(authority.server(), Tls::new(KNOWN, verify));
    assert_eq!(outcome, refused(CertificateError::UnknownTime));
}

#[test]
fn a_certificate_for_another_purpose_is_refused() {
    let authority = Authority::root();
    let server = authority.server_with(KNOWN, certificates::for_clients);
    assert_eq!(verified(&authority, server), refused(CertificateError::Purpose));
}

#[test]
fn whoever_has_a_certificate_cannot_sign_another() {
    let authority = Authority::root();
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let owner = authority.intermediate(is_ca);
        let outcome = verified(&authority, owner.server());
        assert_eq!(outcome, refused(CertificateError::NotAnAuthority));
    }
}

#[test]
fn an_authority_cannot_appoint_more_than_it_may() {
    let authority = Authority::root();
    let last = authority.intermediate(IsCa::Ca(BasicConstraints::Constrained(0)));
    let next = last.intermediate(IsCa::Ca(BasicConstraints::Unconstrained));
    assert_eq!(verified(&authority, next.server()), refused(CertificateError::NotAnAuthority));
}

#[test]
fn without_verification_anybody_is_taken() {
    let server = Authority::root().server_with("other.test", certificates::expired);
    assert_eq!(hello(server, Tls::new(KNOWN, DangerNoVerification)), Ok(()));
}

#[test]
fn a_name_that_is_too_long_is_refused() {
    let name = "n".repeat(65);
    let outcome = hello(Authority::root().server(), Tls::new(&name, DangerNoVerification));
    assert_eq!(outcome, Err(ConnectError::Tls(TlsError::NameTooLong)));
}
