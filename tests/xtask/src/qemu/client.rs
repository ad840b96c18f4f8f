//! Firmware as a client of the servers on this machine.

use std::process::Command;

use super::board::Tls;
use super::firmware::{Firmware, Outcome};
use crate::child::Child;
use crate::interop::{Peers, Server};
use crate::ours::{Flavour, address};
use crate::{Result, Tally};

/// The servers.
const SERVERS: [Server; 3] = [Server::Ours(Flavour::Tokio), Server::Ws, Server::Websockets];

/// Has the firmware talk to every server, over ws and wss, with and without compression.
pub(super) fn run(firmware: &Firmware, peers: &Peers) -> Result<Tally> {
    let mut tally = Tally::default();
    for server in SERVERS {
        tally += plain(firmware, peers, server)?;
        if firmware.board.tls != Tls::Absent {
            tally += secure(firmware, peers, server)?;
        }
    }
    if firmware.board.tls == Tls::Verified {
        tally += refusals(firmware, peers)?;
    }
    Ok(tally)
}

/// Over `ws`.
fn plain(firmware: &Firmware, peers: &Peers, server: Server) -> Result<Tally> {
    let name = format!("ws-{}", server.name());
    let (server_process, port) = start(firmware, &name, &peers.server(server, false, &[]))?;
    let mut tally = Tally::default();
    let mut talk = |what: &str, path: &str, options: &str, steps: &[&str]| -> Result<()> {
        let arguments = format!("client ws://10.0.2.2:{port}{path} {options} {}", steps.join(" "));
        let outcome = firmware.run(&format!("{name}-{what}"), arguments.trim())?;
        tally += judge(firmware, &format!("{name} {what}"), &outcome, steps);
        Ok(())
    };
    let all = firmware.board.steps;
    talk("all", "/", "", all)?;
    talk("no-compression", "/", "plain", all)?;
    for code in ["1001", "1008", "3000", "4999"] {
        talk(&format!("close-{code}"), "/", "", &[&format!("close={code}")])?;
    }
    if !matches!(server, Server::Ours(_)) {
        for code in ["1000", "1011", "4001"] {
            let path = format!("/close?code={code}&reason=enough");
            talk(&format!("closed-{code}"), &path, "", &[&format!("closed={code}")])?;
        }
    }
    drop(server_process);
    Ok(tally)
}

/// Over `wss`, with a certificate of an authority that the firmware trusts, if it looks.
fn secure(firmware: &Firmware, peers: &Peers, server: Server) -> Result<Tally> {
    let name = format!("wss-{}", server.name());
    let (_server, port) = start(firmware, &name, &peers.server(server, true, &[]))?;
    let trust = match firmware.board.tls {
        Tls::Verified => format!("ca={}", peers.certificates().ca_der.display()),
        Tls::Unverified | Tls::Absent => "insecure".to_owned(),
    };
    let steps = firmware.board.steps.join(" ");
    let arguments = format!("client wss://localhost:{port}/ at=10.0.2.2 {trust} {steps}");
    let outcome = firmware.run(&name, &arguments)?;
    Ok(judge(firmware, &name, &outcome, firmware.board.steps))
}

/// Servers that have to be refused: no word of the WebSocket is said to them.
fn refusals(firmware: &Firmware, peers: &Peers) -> Result<Tally> {
    let certificates = peers.certificates();
    let serve = |cert| {
        let mut command = peers.ours().serve(Flavour::Tokio);
        command.arg("--tls-cert").arg(cert).arg("--tls-key").arg(&certificates.key);
        command
    };
    let (_valid, valid) = start(firmware, "valid", &serve(&certificates.cert))?;
    let (_expired, expired) = start(firmware, "expired", &serve(&certificates.expired_cert))?;
    let (ca, other) = (&certificates.ca_der, &certificates.other_ca_der);
    let mut tally = Tally::default();
    for (what, host, port, ca, why) in [
        (
            "other-authority",
            "localhost",
            &valid,
            other,
            "the certificate is not from the trusted authority",
        ),
        ("other-name", "example.com", &valid, ca, "the certificate is for another name"),
        ("expired", "localhost", &expired, ca, "the certificate is not valid now"),
    ] {
        let arguments =
            format!("client wss://{host}:{port}/ at=10.0.2.2 ca={} messages", ca.display());
        let outcome = firmware.run(&format!("refused-{what}"), &arguments)?;
        let refused = !outcome.success && outcome.has(&format!("FAILED connect: {why}"));
        if !refused {
            println!(
                "FAILED {} {what}: expected `{why}`, got `{}`",
                firmware.board.name,
                outcome.failure()
            );
        }
        tally.count(refused);
    }
    Ok(tally)
}

/// Starts a server and returns its port.
pub(super) fn start(firmware: &Firmware, name: &str, command: &Command) -> Result<(Child, String)> {
    let server = Child::start(&format!("server-{name}"), command, firmware.logs())?;
    let address = address(&server)?;
    let port = address.rsplit_once(':').ok_or("an address has a port")?.1.to_owned();
    Ok((server, port))
}

/// Counts the connection and each step as a check, and the end as one.
fn judge(firmware: &Firmware, name: &str, outcome: &Outcome, steps: &[&str]) -> Tally {
    let mut tally = Tally::default();
    for step in ["connect"].iter().chain(steps) {
        tally.count(outcome.has(&format!("ok {step}")));
    }
    tally.count(outcome.success);
    if tally.failed != 0 {
        println!("FAILED {} {name}: {}", firmware.board.name, outcome.failure());
    }
    tally
}
