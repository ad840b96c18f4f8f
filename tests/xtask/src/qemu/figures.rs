//! What firmware takes of a board: flash, statics and stack, within committed budgets.

use std::path::Path;
use std::sync::Mutex;

use super::board::Tls;
use super::client::start;
use super::firmware::{Firmware, Outcome};
use crate::budgets::{Budgets, Figures};
use crate::interop::{Peers, Server};
use crate::ours::Flavour;
use crate::size::flash;
use crate::{Result, Tally};

const BUDGETS: &str = "examples/qemu/budgets.txt";
const RESULTS: &str = "examples/qemu/RESULTS.md";

const HEADER: &str = "\
# Budgets of `cargo xtask qemu`, in bytes: flash, statics, peak stack, of the whole firmware.
# A `limit-` is changed by hand; the rest is what was measured last and is rewritten by
# `cargo xtask qemu --update`.
";

/// Interrupts come when they come, on top of whatever stack there is: it is rounded up to this.
const STACK_STEP: u32 = 512;

/// Measures the firmware with `ws` alone and with all, checks it, and on demand commits it.
pub(super) fn run(firmware: &Firmware, peers: &Peers, update: bool) -> Result<Tally> {
    let board = firmware.board.name;
    let mut rows = vec![(format!("{board}-ws"), measure(&firmware.plain()?, peers, false)?)];
    if firmware.board.tls != Tls::Absent {
        rows.push((format!("{board}-wss"), measure(firmware, peers, true)?));
    }
    // Boards are measured side by side, and have one file.
    static FILE: Mutex<()> = Mutex::new(());
    let _file = FILE.lock().map_err(|_| "the figures of another board broke off")?;
    let mut budgets = Budgets::read(Path::new(BUDGETS))?;
    if update {
        budgets.update(&rows);
        budgets.write(Path::new(BUDGETS), HEADER)?;
        std::fs::write(RESULTS, results(&budgets))?;
    }
    for (name, Figures { flash, state, stack }) in &rows {
        println!("{name}: flash {flash} B, statics {state} B, stack {stack} B");
    }
    Ok(budgets.check(&rows))
}

/// Runs a conversation, and takes the figures of it.
fn measure(firmware: &Firmware, peers: &Peers, secure: bool) -> Result<Figures> {
    let server = peers.server(Server::Ours(Flavour::Tokio), secure, &[]);
    let (_server, port) = start(firmware, "figures", &server)?;
    let steps = firmware.board.steps.join(" ");
    let arguments = match (secure, firmware.board.tls) {
        (false, _) => format!("client ws://10.0.2.2:{port}/ {steps}"),
        (true, Tls::Unverified | Tls::Absent) => {
            format!("client wss://localhost:{port}/ at=10.0.2.2 insecure {steps}")
        }
        (true, Tls::Verified) => {
            let ca = peers.certificates().ca_der.display();
            format!("client wss://localhost:{port}/ at=10.0.2.2 ca={ca} {steps}")
        }
    };
    let outcome = firmware.run("figures", &arguments)?;
    if !outcome.success {
        return Err(outcome.failure().into());
    }
    Ok(Figures {
        flash: flash(&firmware.image)?,
        state: figure(&outcome, "statics")?,
        stack: figure(&outcome, "stack")?.next_multiple_of(STACK_STEP),
    })
}

fn figure(outcome: &Outcome, name: &str) -> Result<u32> {
    Ok(outcome.figure(name).ok_or("the firmware tells no figures")?.try_into()?)
}

/// The file that a reader of the repository finds.
fn results(budgets: &Budgets) -> String {
    let mut text = String::from(
        "# What the firmware takes\n\n\
         Written by `cargo xtask qemu --update`: the whole firmware with network stack, executor, \
         codecs and all buffers, as client and as server. The stack is the deepest of a client that \
         talks to `socklet serve` in every way that it knows, painted before and read after, and \
         rounded up to 512 B. With `wss`, an385 and riscv verify the server; lm3s does not. Of the \
         statics most are buffers: TCP's, the connection's and TLS's, and the memory of the codecs, \
         for one client and, on an385 and riscv, three connections of a server. What a handshake and \
         a message take in instructions, on the processors of these boards (thumbv6m: an385 and \
         microbit; thumbv7m: lm3s; riscv32imc: riscv), is in \
         [tests/size/INSTRUCTIONS.md](../../tests/size/INSTRUCTIONS.md).\n\n\
         | firmware | flash | statics | stack |\n|---|---|---|---|\n",
    );
    for (name, Figures { flash, state, stack }) in budgets.rows() {
        text.push_str(&format!("| {name} | {flash} B | {state} B | {stack} B |\n"));
    }
    text
}
