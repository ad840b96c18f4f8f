//! Authorities, and what they sign.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    version::TLS13,
};
use time::{Date, Month, OffsetDateTime};

use crate::name_server::KNOWN;

/// Seconds from 1970 to the middle of 2026, when most certificates here are valid.
pub const NOW: u64 = 1_782_000_000;

/// A clock that shows [`NOW`].
#[must_use]
#[allow(clippy::unnecessary_wraps, reason = "the type of a clock")]
pub fn now() -> Option<u64> {
    Some(NOW)
}

/// Somebody who signs certificates, P-256.
pub struct Authority {
    /// Its certificate and those that lead to it, but for the root.
    chain: Vec<CertificateDer<'static>>,
    issuer: Issuer<'static, KeyPair>,
    root: Vec<u8>,
}

/// What is special about a certificate.
pub type Change = fn(&mut CertificateParams);

/// Nothing is.
pub fn usual(_: &mut CertificateParams) {}

/// Valid until the end of 2025.
pub fn expired(params: &mut CertificateParams) {
    params.not_after = new_year(2026);
}

/// Valid from 2027 on.
pub fn future(params: &mut CertificateParams) {
    params.not_before = new_year(2027);
}

/// For programs that are not servers.
pub fn for_clients(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

fn new_year(year: i32) -> OffsetDateTime {
    Date::from_calendar_date(year, Month::January, 1).unwrap().midnight().assume_utc()
}

impl Authority {
    /// An authority that signs itself.
    #[must_use]
    pub fn root() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = Self::params("Root", IsCa::Ca(BasicConstraints::Unconstrained));
        let root = params.self_signed(&key).unwrap().der().to_vec();
        Self { chain: Vec::new(), issuer: Issuer::new(params, key), root }
    }

    /// The certificate to be trusted, in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.root
    }

    /// Another that this one has signed: with `is_ca`, an authority; else the owner of a usual
    /// certificate who signs all the same.
    #[must_use]
    pub fn intermediate(&self, is_ca: IsCa) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = Self::params("Intermediate", is_ca);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let mut chain = vec![certificate.der().clone()];
        chain.extend(self.chain.iter().cloned());
        Self { chain, issuer: Issuer::new(params, key), root: self.root.clone() }
    }

    fn params(name: &str, is_ca: IsCa) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        if let IsCa::Ca(_) = is_ca {
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        }
        params.is_ca = is_ca;
        params
    }

    /// A server with a certificate for the [`KNOWN`] name.
    #[must_use]
    pub fn server(&self) -> Arc<ServerConfig> {
        self.server_with(KNOWN, usual)
    }

    /// A certificate for a name, that is changed before it is signed, with those that lead to the
    /// root; and its key.
    fn sign(&self, name: &str, change: Change) -> (Vec<CertificateDer<'static>>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        // Distinct from the name: nothing is to be found there.
        params.distinguished_name.push(DnType::CommonName, "Server");
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let mut chain = vec![params.signed_by(&key, &self.issuer).unwrap().der().clone()];
        chain.extend(self.chain.iter().cloned());
        (chain, key)
    }

    /// A certificate for the [`KNOWN`] name in DER, whose key nobody has.
    #[must_use]
    pub fn certificate(&self) -> Vec<u8> {
        let (chain, _) = self.sign(KNOWN, usual);
        chain[0].to_vec()
    }

    /// A server with a certificate for a name, that is changed before it is signed.
    #[must_use]
    pub fn server_with(&self, name: &str, change: Change) -> Arc<ServerConfig> {
        let (chain, key) = self.sign(name, change);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Arc::new(config)
    }
}
