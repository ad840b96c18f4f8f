//! The verb `autobahn`: the Autobahn testsuite against our servers and our clients, judged
//! strictly, and against peers with a defect on purpose, to see that it notices.

mod canary;
mod cases;
mod judge;
mod proxy;
mod suite;

use std::net::{SocketAddr, TcpListener};

use crate::child::Child;
use crate::ours::{Flavour, Ours, address};
use crate::{Result, Tally, lanes, qemu};
pub(crate) use cases::Extent;
use cases::Selection;
use suite::Suite;

/// What `--full` tests besides the peers on the host.
const BOARDS: &str = "boards";

/// Runs the verb: `--full` takes every case that applies; names of peers take those alone.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    let full = args.iter().any(|arg| arg == "--full");
    let chosen: Vec<&str> =
        args.iter().map(String::as_str).filter(|arg| *arg != "--full").collect();
    let peers = peers();
    let is_known = |name: &str| name == BOARDS || peers.iter().any(|(peer, ..)| peer == name);
    if let Some(unknown) = chosen.iter().find(|name| !is_known(name)) {
        let names: Vec<&str> = peers.iter().map(|(name, ..)| name.as_str()).collect();
        return Err(format!("no peer {unknown}; there are {}, {BOARDS}", names.join(", ")).into());
    }
    let is_chosen = |name: &str| chosen.is_empty() || chosen.contains(&name);
    let selection = if full { cases::full() } else { cases::everyday() };
    let suite = Suite::install()?;
    let ours = Ours::build()?;
    // A run that breaks off is a failure, and must not hide the others.
    let broken = |error| {
        println!("FAILED {error}");
        Tally::one(false)
    };
    let mut tally = canary::run(&suite, &ours).unwrap_or_else(broken);
    let chosen_peers = peers.iter().filter(|(name, ..)| is_chosen(name));
    tally += lanes::sum(chosen_peers, |(name, flavour, test)| {
        test(&suite, &ours, *flavour, &selection).map_err(|error| format!("{name}: {error}").into())
    });
    if (full && chosen.is_empty()) || chosen.contains(&BOARDS) {
        let extent = if full { Extent::Small } else { Extent::Everyday };
        tally += qemu::autobahn(extent).unwrap_or_else(broken);
    }
    Ok(tally)
}

type Test = fn(&Suite, &Ours, Flavour, &Selection) -> Result<Tally>;

/// Our peers of the suite on the host.
fn peers() -> Vec<(String, Flavour, Test)> {
    let roles: [(&str, Test); 2] = [("server", server), ("client", client)];
    let peer = |(role, test): (&str, Test)| {
        Flavour::ALL.map(|flavour| (format!("{role}-{}", flavour.name()), flavour, test))
    };
    roles.into_iter().flat_map(peer).collect()
}

/// Tests a server in firmware.
pub(crate) fn test_firmware(
    name: &str,
    address: &str,
    firmware: &mut Child,
    extent: Extent,
) -> Result<Tally> {
    let selection = cases::firmware(extent);
    let outcome = Suite::install()?.test_server(name, address, &selection)?;
    let mut tally = judge::report(name, &outcome, &selection);
    if !firmware.is_running() {
        println!("FAILED {name}: the server did not survive");
        tally.count(false);
    }
    Ok(tally)
}

/// Installs the suite.
pub(crate) fn setup() -> Result<()> {
    Suite::install().map(|_| ())
}

/// Tests `socklet serve`.
fn server(suite: &Suite, ours: &Ours, flavour: Flavour, selection: &Selection) -> Result<Tally> {
    let name = format!("server-{}", flavour.name());
    let mut server = Child::start(&name, &ours.serve(flavour), &suite.logs())?;
    let outcome = suite.test_server(&name, &address(&server)?, selection)?;
    let mut tally = judge::report(&name, &outcome, selection);
    if !server.is_running() {
        println!("FAILED {name}: the server did not survive");
        tally.count(false);
    }
    Ok(tally)
}

/// Tests the echo client.
fn client(suite: &Suite, ours: &Ours, flavour: Flavour, selection: &Selection) -> Result<Tally> {
    let name = format!("client-{}", flavour.name());
    let address = free_address()?;
    let client = |args: &[&str]| ours.echo_client(flavour, args);
    let outcome = suite.test_client(&name, address, address, &client, selection)?;
    Ok(judge::report(&name, &outcome, selection))
}

/// Returns an address that nobody listens on.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
