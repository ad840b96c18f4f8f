//! The verb `qemu`: the firmware of `examples/qemu` on emulated boards, as client and as server.

mod board;
mod client;
mod firmware;
mod server;

use crate::command::target_dir;
use crate::interop::Peers;
use crate::step::Steps;
use crate::{Result, Tally, setup};
use board::{BOARDS, Board};
use firmware::Firmware;

pub(crate) use board::MANIFEST;

/// Runs the verb, on the boards that are named or on all.
pub(crate) fn run(names: &[String]) -> Result<Tally> {
    let boards = if names.is_empty() {
        BOARDS.iter().collect()
    } else {
        names.iter().map(|name| Board::find(name)).collect::<Result<Vec<_>>>()?
    };
    setup::qemu()?;
    let peers = Peers::install()?;
    let logs = target_dir()?.join("qemu");
    let mut steps = Steps::default();
    for board in boards {
        let firmware = match Firmware::build(board, &logs) {
            Ok(firmware) => firmware,
            Err(error) => {
                steps.step(board.name, || Err(error));
                continue;
            }
        };
        let name = board.name;
        steps.step(&format!("{name}: the stack overflows"), || overflow(&firmware));
        steps.step(&format!("{name}: client"), || client::run(&firmware, &peers));
        steps.step(&format!("{name}: server"), || server::run(&firmware, &peers));
        if board.autobahn {
            steps.step(&format!("{name}: autobahn"), || server::autobahn(&firmware));
        }
    }
    Ok(steps.finish())
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
