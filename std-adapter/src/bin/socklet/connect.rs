//! `socklet connect`: standard input to a server, and what it answers to standard output.

mod conversation;
mod input;

use socklet_std::{Client, ClientTls, Limits, Timeouts, dump::Dump};
use tokio::runtime;

use crate::{
    Failure,
    args::{self, Trust},
    terminal,
};
use input::Sends;

/// Longest message that is received: whoever runs a command has chosen the server.
const MESSAGE_LEN: usize = 1 << 30;

/// For the closing handshake, in milliseconds: somebody may be watching.
const CLOSING_MS: u32 = 5_000;

pub(crate) fn run(args: args::Connect) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(talk(args))
}

async fn talk(args: args::Connect) -> Result<(), Failure> {
    let client = client(&args)?;
    let url = args.url.to_string();
    // Files that cannot be read are told before a connection is opened for nothing.
    let sends = Sends::load(args.sends)?;
    let cannot = |error| format!("cannot connect to {url}: {error}");
    if args.dump {
        let layer = |stream| Dump::new(stream, terminal::frame);
        let ws = client.connect_layered(&url, layer).await.map_err(cannot)?;
        conversation::run(ws, sends, args.wait, args.deflate.is_enabled).await
    } else {
        let ws = client.connect(&url).await.map_err(cannot)?;
        conversation::run(ws, sends, args.wait, args.deflate.is_enabled).await
    }
}

fn client(args: &args::Connect) -> Result<Client, Failure> {
    let limits = Limits { message_len: MESSAGE_LEN, ..Limits::DEFAULT };
    let timeouts = Timeouts { closing_ms: CLOSING_MS, ..Timeouts::CLIENT };
    let mut client = Client::new()
        .subprotocols(&args.subprotocols)
        .limits(limits)
        .timeouts(timeouts)
        .deflate(args.deflate);
    for (name, value) in &args.headers {
        client = client.header(name, value);
    }
    let tls = match &args.trust {
        Trust::Usual => ClientTls::new(),
        Trust::Ca(path) => ClientTls::new()
            .ca_file(path)
            .map_err(|error| format!("cannot use {}: {error}", path.display()))?,
        Trust::Insecure => ClientTls::new().danger_accept_any_certificate(),
    };
    Ok(client.tls(tls))
}
