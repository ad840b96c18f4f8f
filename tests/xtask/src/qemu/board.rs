//! The boards: how the firmware of each is built and started.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::command::{program, run};
use crate::cross::Toolchain;

/// The package of the firmware.
pub(crate) const MANIFEST: &str = "examples/qemu/Cargo.toml";

/// The script that boots a program on a board.
const RUN: &str = "examples/qemu/run";

/// A board.
#[derive(Debug)]
pub(crate) struct Board {
    /// Its name, which is that of the program too.
    pub(crate) name: &'static str,
    /// The package.
    package: &'static str,
    target: &'static str,
    /// Whether there is `wss`.
    pub(crate) tls: Tls,
    /// Whether it has the memory to serve as the Autobahn suite wants it.
    pub(crate) autobahn: bool,
}

/// What a board can do about TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// It verifies servers.
    Verified,
}

/// All boards.
pub(crate) const BOARDS: &[Board] = &[
    Board {
        name: "an385",
        package: "an385",
        target: "thumbv6m-none-eabi",
        tls: Tls::Verified,
        autobahn: true,
    },
    Board {
        name: "riscv",
        package: "riscv-virt",
        target: "riscv32imc-unknown-none-elf",
        tls: Tls::Verified,
        autobahn: true,
    },
];

impl Board {
    /// Returns the board of this name.
    pub(crate) fn find(name: &str) -> Result<&'static Self> {
        BOARDS.iter().find(|board| board.name == name).ok_or_else(|| {
            let names: Vec<_> = BOARDS.iter().map(|board| board.name).collect();
            format!("no board `{name}`: there are {}", names.join(", ")).into()
        })
    }

    /// Builds the firmware and returns where it is.
    pub(crate) fn build(&self) -> Result<PathBuf> {
        let toolchain = Toolchain::find(self.target)?;
        let mut cargo = toolchain.cargo("build")?;
        cargo.args(["--release", "--manifest-path", MANIFEST, "-p", self.package]);
        run(cargo)?;
        Ok(toolchain.programs_dir("release")?.join(self.name))
    }

    /// Returns the command that boots a program with arguments. `network` is what QEMU connects
    /// the board to.
    pub(crate) fn boot(&self, image: &Path, network: &str, arguments: &str) -> Command {
        let mut command = program(RUN, &[self.name]);
        command.arg(image).args(arguments.split(' ')).env("NETWORK", network);
        command
    }
}
