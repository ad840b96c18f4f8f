//! The verb `demo`: two ends on this machine, frame by frame; and firmware on an emulated board with
//! a server on this machine, and what either of these says.

use std::path::Path;
use std::time::Duration;

use crate::child::Child;
use crate::command::{cargo, check, output, program, target_dir};
use crate::interop::Certificates;
use crate::ours::{Flavour, Ours, address};
use crate::qemu::Firmware;
use crate::{Result, Tally, setup};

/// For the server to end.
const LIMIT: Duration = Duration::from_secs(20);

/// What the board reports: that it is connected, and five steps.
const STEPS: usize = 6;

/// Runs the verb.
pub(crate) fn run() -> Result<Tally> {
    let mut tally = check(cargo(&["run", "--release", "-p", "socklet-examples", "--bin", "demo"]))?;
    tally += firmware()?;
    Ok(tally)
}

/// Firmware of the class of an RP2040 opens a verified `wss://` connection with compression to
/// `socklet serve`.
fn firmware() -> Result<Tally> {
    setup::qemu()?;
    let dir = target_dir()?.join("demo");
    let certificates = Certificates::make(&dir.join("tls"))?;
    let firmware = Firmware::of_board("an385", &dir)?;
    let mut serve = Ours::build()?.serve(Flavour::Tokio);
    serve.arg("--verbose").arg("--tls-cert").arg(&certificates.cert);
    serve.arg("--tls-key").arg(&certificates.key);
    let mut host = Child::start("host", &serve, &dir)?;
    let address = address(&host)?;
    let port = address.rsplit_once(':').ok_or("an address without a port")?.1;
    let url = format!("wss://localhost:{port}/demo");

    println!("\nA Cortex-M0 with 264 KB of RAM, in QEMU, connects to {url}\n");
    let ca = certificates.ca_der.display();
    let board = firmware.run("board", &format!("client {url} at=10.0.2.2 ca={ca}"))?;
    host.terminate();
    host.wait(LIMIT)?;
    for line in &board.lines {
        println!("board | {line}");
    }
    for line in std::fs::read_to_string(dir.join("host.err"))?.lines() {
        println!("host  | {line}");
    }
    let figure = |name: &str| board.figure(name).unwrap_or_default();
    println!("\nflash of the whole image: {} B", flash(&firmware.image)?);
    println!("RAM of all statics: {} B", figure("statics"));
    println!("deepest stack, TLS included: {} B", figure("stack"));
    let steps = board.lines.iter().filter(|line| line.starts_with("ok ")).count();
    Ok(Tally::one(board.success && steps == STEPS))
}

/// Bytes of flash: code, constants, and the initial values of statics.
fn flash(image: &Path) -> Result<u64> {
    let mut size = program("arm-none-eabi-size", &[]);
    size.arg(image);
    let table = output(size)?;
    let mut words = table.lines().nth(1).unwrap_or_default().split_whitespace();
    let mut next = || words.next().unwrap_or_default().parse::<u64>();
    Ok(next()? + next()?)
}
