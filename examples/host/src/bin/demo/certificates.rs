//! A certificate authority and a certificate of it, made at run time and forgotten with it.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use socklet_std::{ClientTls, ServerTls, TlsError};

/// All in PEM.
pub(crate) struct Certificates {
    authority: String,
    chain: String,
    key: String,
}

impl Certificates {
    /// Makes an authority, and a certificate for `localhost`.
    pub(crate) fn new() -> Result<Self, rcgen::Error> {
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "authority of the demonstration");
        let authority_certificate = authority.self_signed(&authority_key)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["localhost".to_owned()])?
            .signed_by(&key, &Issuer::new(authority, authority_key))?;
        Ok(Self {
            authority: authority_certificate.pem(),
            chain: certificate.pem(),
            key: key.serialize_pem(),
        })
    }

    /// The server shows the certificate.
    pub(crate) fn server(&self) -> Result<ServerTls, TlsError> {
        ServerTls::from_pem(self.chain.as_bytes(), self.key.as_bytes())
    }

    /// The client trusts the authority.
    pub(crate) fn client(&self) -> Result<ClientTls, TlsError> {
        ClientTls::new().ca_pem(self.authority.as_bytes())
    }
}
