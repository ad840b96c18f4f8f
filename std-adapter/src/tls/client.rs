//! Which servers a client trusts.

use std::{
    fs,
    path::Path,
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

use super::{TlsError, provider};
use crate::Error;

/// Which servers a client trusts: those with a certificate of a known authority.
///
/// Known are those built in (feature `webpki-roots`), those of the operating system (feature
/// `platform-roots`), and those added here. They are read once, for the first connection, and what
/// is a copy of one value, a [`Client`](crate::Client) with it, resumes TLS sessions.
///
/// # Examples
/// ```no_run
/// use socklet_std::{Client, ClientTls};
///
/// let tls = ClientTls::new().ca_file("our-ca.pem")?;
/// let client = Client::new().tls(tls);
/// # Ok::<(), socklet_std::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClientTls {
    trust: Trust,
}

#[derive(Debug, Clone)]
enum Trust {
    /// The authorities built in or installed.
    Known,
    /// These too.
    Added(Vec<CertificateDer<'static>>, Arc<Made>),
    Anybody,
    Config(Arc<ClientConfig>),
}

/// A configuration that is made when it is needed first: authorities are read once, and TLS sessions
/// resumed.
type Made = OnceLock<Arc<ClientConfig>>;

/// That of all clients without authorities of their own.
static KNOWN: Made = Made::new();

impl ClientTls {
    /// Trusts the authorities built in or installed.
    #[must_use]
    pub const fn new() -> Self {
        Self { trust: Trust::Known }
    }

    /// Uses a configuration of rustls as it is: client certificates, own verifiers, versions.
    #[must_use]
    pub const fn from_config(config: Arc<ClientConfig>) -> Self {
        Self { trust: Trust::Config(config) }
    }

    /// Trusts the authorities in a PEM text, too. After [`from_config`](Self::from_config) or
    /// [`danger_accept_any_certificate`](Self::danger_accept_any_certificate) it replaces those.
    ///
    /// # Errors
    /// [`TlsError::Pem`] if there is no certificate in it.
    pub fn ca_pem(self, pem: &[u8]) -> Result<Self, TlsError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| TlsError::Pem)?;
        // Found out here and not by the first connection.
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone())?;
        }
        if certificates.is_empty() {
            return Err(TlsError::Pem);
        }
        let mut added = match self.trust {
            Trust::Added(added, _) => added,
            _ => Vec::new(),
        };
        added.extend(certificates);
        Ok(Self { trust: Trust::Added(added, Arc::default()) })
    }

    /// Trusts the authorities in a PEM file, too.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`TlsError::Pem`] if there is no certificate in it.
    pub fn ca_file(self, path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(self.ca_pem(&fs::read(path)?)?)
    }

    /// Trusts anybody: **whoever stands between can read and change everything**. For tests.
    #[must_use]
    pub fn danger_accept_any_certificate(self) -> Self {
        Self { trust: Trust::Anybody }
    }

    /// The configuration for rustls.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let (added, made) = match &self.trust {
            Trust::Config(config) => return Ok(Arc::clone(config)),
            Trust::Anybody => return anybody(),
            Trust::Known => (&[][..], &KNOWN),
            Trust::Added(added, made) => (&added[..], &**made),
        };
        if let Some(config) = made.get() {
            return Ok(Arc::clone(config));
        }
        let roots = roots(added)?;
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::clone(made.get_or_init(|| Arc::new(config))))
    }
}

impl Default for ClientTls {
    fn default() -> Self {
        Self::new()
    }
}

/// A configuration that accepts any certificate.
fn anybody() -> Result<Arc<ClientConfig>, TlsError> {
    let provider = provider();
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The authorities to be trusted.
fn roots(added: &[CertificateDer<'static>]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    #[cfg(feature = "platform-roots")]
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in added {
        roots.add(certificate.clone())?;
    }
    if roots.is_empty() { Err(TlsError::NoRoots) } else { Ok(roots) }
}

/// The server's name for its certificate and for SNI.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, Error> {
    ServerName::try_from(host.to_owned()).map_err(|_| crate::url::UrlError::Host.into())
}

/// Accepts any certificate; the signature of the handshake has to fit it all the same.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
