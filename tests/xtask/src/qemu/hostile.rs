//! Firmware on a hostile network: it comes back by itself, and nothing is lost, torn or doubled.

use std::time::Duration;

use super::board::Tls;
use super::firmware::{Firmware, Outcome, finish};
use super::gateway::{FAIR, Gateway, Weather};
use crate::child::Child;
use crate::interop::{Peers, Server};
use crate::ours::{Flavour, address};
use crate::{Result, Tally};

/// Messages that have to come back, one after the other.
const COUNT: u32 = 300;

/// As many where the network is cut: with a delay of 10 ms each way on average they take 4 s at
/// least, so that there is a cut within them on any machine.
const COUNT_CUT: u32 = 200;

/// As many where frames are lost, each of which holds TCP up.
const COUNT_ROUGH: u32 = 150;

/// The longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// Frames are lost, overtake each other, and come twice: TCP sees to all of it.
const ROUGH: Weather = Weather { dropped: 20, doubled: 20, jitter_ms: 15, cut_ms: None };

/// Of every five seconds three are without a frame: longer than the firmware takes for silence.
const CUT: Weather = Weather { dropped: 0, doubled: 0, jitter_ms: 20, cut_ms: Some((5000, 3000)) };

/// Runs the firmware in every weather, and with a server that is killed.
pub(super) fn run(firmware: &Firmware, peers: &Peers) -> Result<Tally> {
    let mut tally = weather(firmware, peers, "rough", ROUGH, (COUNT_ROUGH, 1))?;
    tally += weather(firmware, peers, "cut", CUT, (COUNT_CUT, 2))?;
    tally += restarts(firmware, peers)?;
    Ok(tally)
}

/// How often a weather is tried that has to be noticed.
const TRIES: u32 = 3;

/// Checks that all messages come back, over that many connections at least.
///
/// On a busy machine a board's clock falls behind, and it may sit a cut out: that is no failure, but
/// shows nothing either, so it is tried again.
fn weather(
    firmware: &Firmware,
    peers: &Peers,
    name: &str,
    weather: Weather,
    (count, connections): (u32, u64),
) -> Result<Tally> {
    let secure = firmware.board.tls == Tls::Verified;
    let (_server, port) = serve(firmware, peers, name, secure, "127.0.0.1:0")?;
    let arguments = arguments(peers, secure, &port, count);
    let mut tries = 1..=TRIES;
    loop {
        let gateway = Gateway::start(name, firmware.board.wire, weather, "", firmware.logs())?;
        let outcome = finish(&mut firmware.start(name, &gateway.network, &arguments)?)?;
        let is_last = tries.next().is_none_or(|number| number == TRIES);
        if is_last || !has_kept(&outcome) || seen(&outcome) >= connections {
            return Ok(judge(firmware, name, &outcome, connections));
        }
        println!("{} {name}: not noticed, once more", firmware.board.name);
    }
}

/// Kills the server, twice, and has another take its place.
fn restarts(firmware: &Firmware, peers: &Peers) -> Result<Tally> {
    let (mut server, port) = serve(firmware, peers, "restarts", false, "127.0.0.1:0")?;
    let gateway = Gateway::start("restarts", firmware.board.wire, FAIR, "", firmware.logs())?;
    let arguments = arguments(peers, false, &port, COUNT);
    let mut client = firmware.start("restarts", &gateway.network, &arguments)?;
    for messages in [50, 150] {
        client.line_after(&format!("{messages} messages came back"), LIMIT)?;
        server.kill();
        (server, _) = serve(firmware, peers, "restarts", false, &format!("127.0.0.1:{port}"))?;
    }
    let outcome = finish(&mut client)?;
    drop(server);
    Ok(judge(firmware, "restarts", &outcome, 2))
}

/// Starts `socklet serve` and returns its port.
fn serve(
    firmware: &Firmware,
    peers: &Peers,
    name: &str,
    secure: bool,
    at: &str,
) -> Result<(Child, String)> {
    // The last of two addresses holds.
    let command = peers.server(Server::Ours(Flavour::Tokio), secure, &["--addr", at]);
    let server = Child::start(&format!("{name}-server"), &command, firmware.logs())?;
    let address = address(&server)?;
    let port = address.rsplit_once(':').ok_or("an address has a port")?.1.to_owned();
    Ok((server, port))
}

fn arguments(peers: &Peers, secure: bool, port: &str, count: u32) -> String {
    if !secure {
        return format!("keep {count} ws://10.0.2.2:{port}/ hasty");
    }
    let ca = peers.certificates().ca_der.display();
    format!("keep {count} wss://localhost:{port}/ at=10.0.2.2 ca={ca} hasty")
}

/// All messages came back; and it was as hard as it should be.
fn judge(firmware: &Firmware, name: &str, outcome: &Outcome, at_least: u64) -> Tally {
    let mut tally = Tally::default();
    let connections = seen(outcome);
    tally.count(has_kept(outcome));
    tally.count(connections >= at_least);
    let board = firmware.board.name;
    if tally.failed != 0 {
        println!("FAILED {board} {name}: {} ({connections} connections)", outcome.failure());
    } else {
        println!("{board} {name}: all messages over {connections} connections");
    }
    tally
}

/// Whether all messages came back.
fn has_kept(outcome: &Outcome) -> bool {
    outcome.success && outcome.has("ok keep")
}

/// How many connections that took.
fn seen(outcome: &Outcome) -> u64 {
    outcome.figure("connections").unwrap_or_default()
}
