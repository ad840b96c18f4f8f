//! How `connect` and `bench` open a connection.

use std::{fmt::Display, fs};

use socklet_std::{
    Client, ClientTls, Error, Limits, Proxies, Side, Timeouts,
    tokio::{MaybeTls, WebSocket},
};
use tokio::net::TcpStream;

use crate::{
    Failure,
    args::{Opening, Trust, Via, header},
    dump::{Dumping, Ends, Stream},
};

/// Longest message that is received: whoever runs a command has chosen the server.
const MESSAGE_LEN: usize = 1 << 30;

/// For the closing handshake, in milliseconds: somebody may be watching.
const CLOSING_MS: u32 = 5_000;

/// A connection, whatever leads to the server.
pub(crate) enum Opened {
    Tcp(WebSocket<Box<dyn Stream>>),
    /// TLS is above what is looked at.
    #[cfg(unix)]
    Unix(WebSocket<MaybeTls<Box<dyn Stream>>>),
}

/// The settings that an opening asks for; reads the files that it names.
pub(crate) fn client(opening: &Opening) -> Result<Client, Failure> {
    let limits = Limits { message_len: MESSAGE_LEN, ..Limits::DEFAULT };
    let timeouts = Timeouts { closing_ms: CLOSING_MS, ..Timeouts::CLIENT };
    let mut client = Client::new()
        .subprotocols(&opening.subprotocols)
        .limits(limits)
        .timeouts(timeouts)
        .deflate(opening.deflate)
        .follow_redirects(opening.redirects);
    let mut headers = opening.headers.clone();
    for path in &opening.header_files {
        let cannot = |error: &dyn Display| format!("cannot use {}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| cannot(&error))?;
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // It may be a secret: the line itself is not shown.
            let (name, value) = header(line).map_err(|_| cannot(&"a line is not `NAME: VALUE`"))?;
            add(&mut headers, name, value);
        }
    }
    for (name, value) in headers {
        client = client.header(name, value);
    }
    client = match &opening.via {
        Via::Tcp | Via::Unix(_) => client,
        Via::Proxy(proxy) => client.proxy(proxy.clone()),
        Via::Environment => client.proxy(Proxies::from_environment()?),
    };
    let tls = match &opening.trust {
        Trust::Usual => ClientTls::new(),
        Trust::Ca(path) => ClientTls::new()
            .ca_file(path)
            .map_err(|error| format!("cannot use {}: {error}", path.display()))?,
        Trust::Insecure => ClientTls::new().danger_accept_any_certificate(),
    };
    Ok(client.tls(tls))
}

/// Adds a header. There is one for all cookies, wherever they were said (RFC 6265 section 5.4).
pub(crate) fn add(headers: &mut Vec<(String, String)>, name: String, value: String) {
    let is_cookie = |name: &str| name.eq_ignore_ascii_case("Cookie");
    match headers.iter_mut().find(|(other, _)| is_cookie(other) && is_cookie(&name)) {
        Some((_, cookies)) => *cookies = format!("{cookies}; {value}"),
        None => headers.push((name, value)),
    }
}

/// Opens a connection.
pub(crate) async fn open(
    client: &Client,
    opening: &Opening,
    dumping: &Dumping,
) -> Result<Opened, Failure> {
    let url = opening.url.to_string();
    let cannot = |error: Error| format!("cannot connect to {url}: {error}");
    let ends = Ends { local: None, peer: None, client: Side::Local };
    #[cfg(unix)]
    if let Via::Unix(path) = &opening.via {
        let stream = tokio::net::UnixStream::connect(path).await;
        let stream = stream.map_err(|error| cannot(error.into()))?;
        let ws = client.connect_over(dumping.layer(stream, ends), &url).await.map_err(cannot)?;
        return Ok(Opened::Unix(ws));
    }
    let layer = |stream: MaybeTls<TcpStream>| {
        let (local, peer) = (stream.tcp().local_addr().ok(), stream.tcp().peer_addr().ok());
        dumping.layer(stream, Ends { local, peer, ..ends })
    };
    Ok(Opened::Tcp(client.connect_layered(&url, layer).await.map_err(cannot)?))
}
