//! The verb `qemu`: the firmware of `examples/qemu` on emulated boards, as client and as server.

mod board;
mod client;
mod figures;
mod firmware;
mod gateway;
mod hostile;
mod server;
mod slip;

use std::process::Command;

use crate::autobahn::Extent;
use crate::command::target_dir;
use crate::interop::Peers;
use crate::step::Steps;
use crate::{Result, Tally, lanes, setup};
use board::{BOARDS, Board};

pub(crate) use board::MANIFEST;
pub(crate) use firmware::Firmware;

/// Runs the verb, on the boards that are named or on all. `--update` commits new budgets; `--full`
/// has the Autobahn suite test the servers with every case, or with those of the kinds of compressed
/// messages that are named, as 12.3, and does nothing else.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    let has = |flag| args.iter().any(|arg| arg == flag);
    let (update, full) = (has("--update"), has("--full"));
    let (mut boards, mut extents) = (Vec::new(), Vec::new());
    for name in args.iter().filter(|arg| !matches!(arg.as_str(), "--update" | "--full")) {
        match Extent::compressed(name) {
            Some(kind) if full => extents.push(kind),
            _ => boards.push(Board::find(name)?),
        }
    }
    if boards.is_empty() {
        boards.extend(BOARDS);
    }
    setup::qemu()?;
    if full {
        let all = if extents.is_empty() { Extent::all() } else { extents };
        return autobahn_on(boards, &all);
    }
    let peers = Peers::install()?;
    let logs = target_dir()?.join("qemu");
    Ok(lanes::sum(boards, |board| test(&Firmware::build(board, &logs)?, &peers, update)))
}

/// Tests the firmware of one board.
fn test(firmware: &Firmware, peers: &Peers, update: bool) -> Result<Tally> {
    let board = firmware.board;
    let name = board.name;
    let mut steps = Steps::default();
    steps.step(&format!("{name}: the stack overflows"), || overflow(firmware));
    steps.step(&format!("{name}: client"), || client::run(firmware, peers));
    steps.step(&format!("{name}: figures"), || figures::run(firmware, peers, update));
    if board.serves {
        steps.step(&format!("{name}: server"), || server::run(firmware, peers));
    }
    steps.step(&format!("{name}: hostile network"), || hostile::run(firmware, peers));
    if board.autobahn {
        steps.step(&format!("{name}: autobahn"), || server::autobahn(firmware, Extent::Everyday));
    }
    Ok(steps.finish())
}

/// Returns the commands of the lints for firmware.
pub(crate) fn clippy() -> Result<Vec<Command>> {
    BOARDS.iter().filter_map(|board| board.clippy().transpose()).collect()
}

/// Has the Autobahn suite test the servers of all boards that can.
pub(crate) fn autobahn(extent: Extent) -> Result<Tally> {
    setup::qemu()?;
    autobahn_on(BOARDS, &[extent])
}

/// Has the suite test the servers of those boards that can, with a board for each extent.
fn autobahn_on(
    boards: impl IntoIterator<Item = &'static Board>,
    extents: &[Extent],
) -> Result<Tally> {
    let logs = target_dir()?.join("qemu");
    let boards = boards.into_iter().filter(|board| board.autobahn);
    let firmware: Vec<_> =
        boards.map(|board| Firmware::build(board, &logs)).collect::<Result<_>>()?;
    let runs = firmware.iter().flat_map(|board| extents.iter().map(move |&extent| (board, extent)));
    Ok(lanes::sum(runs, |(firmware, extent)| server::autobahn(firmware, extent)))
}

/// A stack that overflows ends the program, at once, and touches nothing else.
fn overflow(firmware: &Firmware) -> Result<Tally> {
    let outcome = firmware.run("overflow", "overflow")?;
    let began = outcome.lines.iter().any(|line| line.starts_with("overflowing "));
    let ended = !outcome.success && !outcome.lines.iter().any(|line| line.contains("survived"));
    if !began || !ended {
        println!("FAILED {}: {}", firmware.board.name, outcome.failure());
    }
    Ok(Tally::one(began && ended))
}
