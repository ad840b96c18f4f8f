//! `wss`: TLS 1.3 by embedded-tls between TCP and the WebSocket.
//!
//! ```text
//!  WebSocket <-> pipes <-> pump <-> records of TLS <-> TCP
//!  |- may be dropped -|    |- lives as long as the connection
//! ```

mod der;
mod error;
mod memory;
mod pipe;
mod pump;
mod ring;
mod rng;
mod session;
mod time;
mod transport;
mod verify;
mod x509;

use core::ops::AsyncFnOnce;

use embedded_tls::MaxFragmentLength;
use rand_core::CryptoRng;
use socklet_core::{handshake::client::Request, permessage_deflate::Compression};

pub use error::{CertificateError, TlsError};
pub use memory::{MAX_RECORD_LEN, TlsBuffers, TlsMemory};
pub(crate) use pipe::{Inbound, Outbound};
pub use verify::{DangerNoVerification, Dates, Verification, Verify};

use crate::{
    address::Address,
    connector::{ConnectorOver, Network, WebSocket},
    error::ConnectError,
    memory::Resources,
};

/// TLS for a [`Connector`](crate::Connector): who the server has to be, and how that is verified.
///
/// # What embedded-tls is
/// TLS 1.3 alone, with AES-128-GCM, P-256, and no session tickets. It does not update keys: a
/// server that wants to ends the connection.
#[derive(Debug, Clone, Copy)]
pub struct Tls<'a, V> {
    name: &'a str,
    verification: V,
    max_fragment_len: Option<MaxFragmentLen>,
}

/// The longest payload of a record that a server is asked for (RFC 6066 section 4), in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(missing_docs, reason = "each is its number")]
pub enum MaxFragmentLen {
    L512 = 512,
    L1024 = 1024,
    L2048 = 2048,
    L4096 = 4096,
}

impl<'a, V: Verification> Tls<'a, V> {
    /// TLS with the server of this name, which it is told, so that it can choose its certificate.
    #[must_use]
    pub const fn new(name: &'a str, verification: V) -> Self {
        Self { name, verification, max_fragment_len: None }
    }

    /// Asks the server for records of at most this length: `READ` of [`TlsMemory`] may then be
    /// 256 bytes more than it, and no less.
    ///
    /// Not every server does that: OpenSSL does, rustls does not. And embedded-tls takes no
    /// handshake message in more than one record, so the server's certificates have to fit one.
    #[must_use]
    pub const fn max_fragment_len(mut self, len: MaxFragmentLen) -> Self {
        self.max_fragment_len = Some(len);
        self
    }
}

impl MaxFragmentLen {
    const fn code(self) -> MaxFragmentLength {
        match self {
            Self::L512 => MaxFragmentLength::Bits9,
            Self::L1024 => MaxFragmentLength::Bits10,
            Self::L2048 => MaxFragmentLength::Bits11,
            Self::L4096 => MaxFragmentLength::Bits12,
        }
    }
}

impl<N: Network> ConnectorOver<N> {
    /// The same for `wss`.
    #[must_use]
    pub fn tls<V: Verification>(self, tls: Tls<'_, V>) -> ConnectorOver<N, Tls<'_, V>> {
        let Self { network, deadlines, config, .. } = self;
        ConnectorOver { network, deadlines, config, security: tls }
    }
}

impl<N: Network, V: Verification> ConnectorOver<N, Tls<'_, V>> {
    /// Connects over TLS, runs `session` with the open WebSocket, ends the connection, and returns
    /// what `session` did: as [`run`](ConnectorOver::run) without TLS.
    ///
    /// While `session` runs, records are decrypted and encrypted beside it, in this same future:
    /// a `session` that computes for long holds that up.
    ///
    /// # Errors
    /// [`ConnectError`], which names the phase; `session` did not run. Within `session` an end of
    /// the stream without `close_notify` is [`StreamError::Truncated`](crate::StreamError), and no
    /// proper end.
    ///
    /// # Cancellation
    /// As there. The futures of the WebSocket within may be dropped at any await, though those of
    /// embedded-tls may not.
    ///
    /// # Memory
    /// That of `resources`; the future itself holds about 5 KB beside `session` on 32 bits, and 8 KB
    /// with [`Verify`], of which 4 KiB are for certificates.
    pub async fn run<R: CryptoRng, C: Compression, U>(
        &self,
        address: &Address<'_>,
        request: &Request<'_>,
        resources: Resources<'_, R, TlsBuffers<'_>, C>,
        session: impl for<'s> AsyncFnOnce(WebSocket<'s, R, C>) -> U,
    ) -> Result<U, ConnectError> {
        let Resources { tcp, receive, staging, tls, rng, compression } = resources;
        let mut socket = self.network.connect(address, tcp, &self.deadlines).await?;
        let conversation = session::Conversation {
            buffers: (receive, staging),
            config: self.config,
            compression,
            request,
            session,
        };
        let halves = N::halves(&mut socket);
        let (outcome, clean) =
            session::run(halves, &self.security, &self.deadlines, tls, rng, conversation).await;
        N::shut_down(socket, clean, &self.deadlines).await;
        outcome
    }
}
