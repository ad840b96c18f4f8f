//! The arguments that both clients take.

use lexopt::{Arg, Parser, ValueExt};
use socklet_std::{Client, ClientTls, Proxies, Proxy, permessage_deflate::Settings};

use crate::{AnyClient, Failure};

/// What went wrong with the arguments.
pub type Usage = lexopt::Error;

/// `[--blocking] [--fixed] [--print] [--ca F | --insecure] [--subprotocol P]... [--deflate BITS]
/// [--no-context-takeover] [--proxy ADDRESS | --environment] [--redirects N] URL`
#[derive(Debug)]
pub struct Arguments {
    /// Whether to use the blocking adapter and not that of tokio.
    pub blocking: bool,
    /// Whether to use the core with arrays instead of either.
    pub fixed: bool,
    /// Whether to print messages instead of what else is done with them.
    pub print: bool,
    /// Where to.
    pub url: String,
    ca: Option<String>,
    insecure: bool,
    subprotocols: Vec<String>,
    deflate: Settings,
    proxies: Proxies,
    redirects: u8,
}

impl Arguments {
    /// Reads the arguments of the process.
    ///
    /// # Errors
    /// What makes no sense.
    pub fn parse() -> Result<Self, Usage> {
        let mut arguments = Self {
            blocking: false,
            fixed: false,
            print: false,
            url: String::new(),
            ca: None,
            insecure: false,
            subprotocols: Vec::new(),
            deflate: Settings { threshold_len: 0, ..Settings::DEFAULT },
            proxies: Proxies::none(),
            redirects: 0,
        };
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("blocking") => arguments.blocking = true,
                Arg::Long("fixed") => arguments.fixed = true,
                Arg::Long("print") => arguments.print = true,
                Arg::Long("insecure") => arguments.insecure = true,
                Arg::Long("ca") => arguments.ca = Some(parser.value()?.string()?),
                Arg::Long("no-context-takeover") => {
                    arguments.deflate.negotiable.receive_takeover = false;
                    arguments.deflate.negotiable.send_takeover = false;
                }
                Arg::Long("deflate") => {
                    let bits = parser.value()?.parse()?;
                    arguments.deflate.negotiable.receive_bits = bits;
                    arguments.deflate.negotiable.send_bits = bits;
                }
                Arg::Long("subprotocol") => {
                    arguments.subprotocols.push(parser.value()?.string()?);
                }
                Arg::Long("proxy") => {
                    let proxy = Proxy::parse(&parser.value()?.string()?);
                    arguments.proxies = proxy.map_err(|e| Usage::Custom(e.into()))?.into();
                }
                Arg::Long("environment") => {
                    let proxies = Proxies::from_environment();
                    arguments.proxies = proxies.map_err(|e| Usage::Custom(e.into()))?;
                }
                Arg::Long("redirects") => arguments.redirects = parser.value()?.parse()?,
                Arg::Value(url) if arguments.url.is_empty() => arguments.url = url.string()?,
                other => return Err(other.unexpected()),
            }
        }
        if arguments.url.is_empty() {
            return Err("URL is missing".into());
        }
        Ok(arguments)
    }

    /// Opens the connection.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn connect(&self) -> Result<AnyClient, Failure> {
        let mut tls = ClientTls::new();
        if let Some(path) = &self.ca {
            tls = tls.ca_file(path)?;
        }
        if self.insecure {
            tls = tls.danger_accept_any_certificate();
        }
        let client = Client::new()
            .subprotocols(&self.subprotocols)
            .tls(tls)
            .deflate(self.deflate)
            .proxy(self.proxies.clone())
            .follow_redirects(self.redirects);
        Ok(if self.blocking {
            AnyClient::Blocking(client.connect_blocking(&self.url)?)
        } else {
            AnyClient::Tokio(client.connect(&self.url).await?)
        })
    }
}
