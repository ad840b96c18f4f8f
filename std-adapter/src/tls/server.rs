//! How a server proves who it is.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::{TlsError, provider};
use crate::Error;

/// How a server proves who it is: by a chain of certificates and the key of the first.
///
/// # Examples
/// ```no_run
/// use socklet_std::{Server, ServerTls};
///
/// let server = Server::new().tls(ServerTls::from_files("chain.pem", "key.pem")?);
/// # Ok::<(), socklet_std::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
}

impl ServerTls {
    /// Takes the chain, the server's own certificate first, and its key, both as PEM texts.
    ///
    /// # Errors
    /// [`TlsError`] if they cannot be read or do not fit each other.
    pub fn from_pem(cert_chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(cert_chain)
            .collect::<Result<_, _>>()
            .map_err(|_| TlsError::Pem)?;
        if chain.is_empty() {
            return Err(TlsError::Pem);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Pem)?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self { config: Arc::new(config) })
    }

    /// Takes the chain and the key from PEM files.
    ///
    /// # Errors
    /// [`Error::Io`] if one cannot be read, else as [`from_pem`](Self::from_pem).
    pub fn from_files(cert_chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self::from_pem(&fs::read(cert_chain)?, &fs::read(key)?)?)
    }

    /// Uses a configuration of rustls as it is: client certificates, several names, versions.
    #[must_use]
    pub const fn from_config(config: Arc<ServerConfig>) -> Self {
        Self { config }
    }

    /// The configuration for rustls.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}
