//! The client's way to an open connection: over TCP, or over TLS with a server that is verified.

use core::fmt;

use embassy_net::Stack;
use rand_core::CryptoRng;
use socklet_embassy::core::handshake::client::Request;
use socklet_embassy::core::permessage_deflate::Settings;
use socklet_embassy::core::{Config, Timeouts};
use socklet_embassy::{Address, ConnectError, Connector, Deadlines, WebSocket};

use crate::memory::{ClientTls, Codec, Compression, Lent};
use crate::options::Options;

/// Why there was no connection.
#[derive(Debug)]
pub(crate) enum Failure {
    Connect(ConnectError),
    /// `ca=` names no file that can be read.
    #[cfg(feature = "verify")]
    NoAuthority,
    /// This board has no TLS, or does not verify; or was given no authority.
    NoTls,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            #[cfg(feature = "verify")]
            Self::NoAuthority => f.write_str("the authority's certificate cannot be read"),
            Self::NoTls => f.write_str("no TLS here, or neither `ca=` nor `insecure`"),
        }
    }
}

/// Deadlines for a network that is cut for seconds.
const HASTY: Deadlines =
    Deadlines { connect_ms: 2000, tls_ms: 6000, close_ms: 500, ..Deadlines::DEFAULT };

/// A peer that is silent for two seconds, though it is asked, is gone.
const HASTY_CONFIG: Config = Config {
    timeouts: Timeouts { handshake_ms: 2000, closing_ms: 1000, idle_ms: 2000, keep_alive: true },
    ..Config::CLIENT
};

/// Returns how compression is to be used.
pub(crate) fn settings(options: &Options<'_>) -> Settings {
    if options.has("plain") { Settings::OFF } else { Settings::DEFAULT }
}

/// Opens a connection, as the URL and the options say, and runs `session` with it.
pub(crate) async fn open<'m, G: CryptoRng, X: Codec>(
    stack: Stack<'_>,
    options: &Options<'_>,
    lent: Lent<'m, &'m mut G, ClientTls, X>,
    session: impl for<'s> AsyncFnOnce(WebSocket<'s, &'m mut G, Compression<'m, X>>),
) -> Result<(), Failure> {
    let url = &options.url;
    let address = Address::new(options.value("at").unwrap_or(url.host), url.port);
    let request = Request::new(url.authority, url.target);
    let mut connector = Connector::new(stack);
    if options.has("hasty") {
        connector = connector.deadlines(HASTY).config(HASTY_CONFIG);
    }
    if url.is_secure {
        return secure(connector, options, &address, &request, lent, session).await;
    }
    connector.run(&address, &request, lent, session).await.map_err(Failure::Connect)
}

#[cfg(not(feature = "tls"))]
async fn secure<T, S>(
    _: Connector<'_>,
    _: &Options<'_>,
    _: &Address<'_>,
    _: &Request<'_>,
    _: T,
    _: S,
) -> Result<(), Failure> {
    Err(Failure::NoTls)
}

#[cfg(feature = "tls")]
async fn secure<'m, G: CryptoRng, X: Codec>(
    connector: Connector<'_>,
    options: &Options<'_>,
    address: &Address<'_>,
    request: &Request<'_>,
    lent: Lent<'m, &'m mut G, ClientTls, X>,
    session: impl for<'s> AsyncFnOnce(WebSocket<'s, &'m mut G, Compression<'m, X>>),
) -> Result<(), Failure> {
    use socklet_embassy::{DangerNoVerification, Tls};

    if options.has("insecure") {
        let connector = connector.tls(Tls::new(options.url.host, DangerNoVerification));
        return connector.run(address, request, lent, session).await.map_err(Failure::Connect);
    }
    verified(connector, options, address, request, lent, session).await
}

#[cfg(all(feature = "tls", not(feature = "verify")))]
async fn verified<T, S>(
    _: Connector<'_>,
    _: &Options<'_>,
    _: &Address<'_>,
    _: &Request<'_>,
    _: T,
    _: S,
) -> Result<(), Failure> {
    Err(Failure::NoTls)
}

/// Longest certificate of an authority in bytes.
#[cfg(feature = "verify")]
const AUTHORITY_LEN: usize = 1024;

#[cfg(feature = "verify")]
async fn verified<'m, G: CryptoRng, X: Codec>(
    connector: Connector<'_>,
    options: &Options<'_>,
    address: &Address<'_>,
    request: &Request<'_>,
    lent: Lent<'m, &'m mut G, ClientTls, X>,
    session: impl for<'s> AsyncFnOnce(WebSocket<'s, &'m mut G, Compression<'m, X>>),
) -> Result<(), Failure> {
    use socklet_embassy::{Dates, Tls, Verify};
    use socklet_qemu_support::semihosting::{File, unix_time};

    let path = options.value("ca").ok_or(Failure::NoTls)?;
    let mut bytes = [0; AUTHORITY_LEN];
    let len = File::open(path).ok_or(Failure::NoAuthority)?.read(&mut bytes);
    let authority = bytes.get(..len).unwrap_or_default();
    let dates = Dates::Checked(|| Some(unix_time()));
    let connector = connector.tls(Tls::new(options.url.host, Verify::new(authority, dates)));
    connector.run(address, request, lent, session).await.map_err(Failure::Connect)
}
