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
use crate::{Result, Tally, qemu};
use cases::Selection;
use suite::Suite;

/// What is tested beside our servers and clients: peers with a defect, and, in full only, firmware.
const CANARY: &str = "canary";
const FIRMWARE: &str = "firmware";

/// Tests one of ours.
type Test = fn(&Suite, &Ours, Flavour, &Selection) -> Result<Tally>;

/// Runs the verb: `--full` takes every case that applies, names take only these peers.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    let (flags, wanted): (Vec<&str>, Vec<&str>) =
        args.iter().map(String::as_str).partition(|arg| *arg == "--full");
    let full = !flags.is_empty();
    let mut peers = Vec::new();
    for (role, test) in [("server", server as Test), ("client", client)] {
        for flavour in Flavour::ALL {
            peers.push((format!("{role}-{}", flavour.name()), test, flavour));
        }
    }
    let names = peers.iter().map(|(name, ..)| name.as_str());
    let names: Vec<&str> = [CANARY, FIRMWARE].into_iter().chain(names).collect();
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
        let names = names.join(", ");
        return Err(
            format!("{unknown} is not a peer of autobahn [--full] [PEER...]: {names}").into()
        );
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.contains(&name);
    if wanted.contains(&FIRMWARE) && !full {
        return Err("cargo xtask qemu runs the selection on firmware, --full the rest".into());
    }

    let selection = if full { cases::full() } else { cases::everyday() };
    let suite = Suite::install()?;
    let ours = Ours::build()?;
    // A run that breaks off is a failure, and must not hide the others.
    let broken = |error| {
        println!("FAILED {error}");
        Tally::one(false)
    };
    let mut tally = Tally::default();
    if is_wanted(CANARY) {
        tally += canary::run(&suite, &ours).unwrap_or_else(broken);
    }
    for (name, test, flavour) in &peers {
        if is_wanted(name) {
            tally += test(&suite, &ours, *flavour, &selection).unwrap_or_else(broken);
        }
    }
    if full && is_wanted(FIRMWARE) {
        tally += qemu::autobahn_in_full().unwrap_or_else(broken);
    }
    Ok(tally)
}

/// Tests a server in firmware, with a selection of the cases or all.
pub(crate) fn test_firmware(
    name: &str,
    address: &str,
    firmware: &mut Child,
    full: bool,
) -> Result<Tally> {
    let selection = if full { cases::firmware() } else { cases::firmware_everyday() };
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
