//! TLS for `wss://`, by rustls.

mod client;
mod error;
mod server;

pub use client::ClientTls;
pub(crate) use client::server_name;
pub use error::TlsError;
pub use server::ServerTls;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

/// The cryptography: what the program has installed for rustls, or ring.
fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()))
}
