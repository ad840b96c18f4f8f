//! Certificates, made for one test.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::processes::file;

/// An authority and a certificate that it has signed for `localhost`, as files in PEM.
pub(crate) struct Certificates {
    /// What a client has to trust.
    pub(crate) authority: String,
    /// What a server shows.
    pub(crate) chain: String,
    /// Its private key.
    pub(crate) key: String,
}

impl Certificates {
    /// Makes them; tests that run at the same time need different names.
    pub(crate) fn new(name: &str) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, format!("authority of {name}"));
        let authority_certificate = authority.self_signed(&authority_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_owned()])
            .unwrap()
            .signed_by(&key, &Issuer::new(authority, authority_key))
            .unwrap();
        let write = |what: &str, pem: String| {
            let path = file(&format!("{name}-{what}.pem"), pem.as_bytes());
            path.to_str().unwrap().to_owned()
        };
        Self {
            authority: write("authority", authority_certificate.pem()),
            chain: write("chain", certificate.pem()),
            key: write("key", key.serialize_pem()),
        }
    }
}
