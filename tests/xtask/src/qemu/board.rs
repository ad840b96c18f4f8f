//! The boards: how the firmware of each is built and started.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::gateway::Wire;
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
    /// How it is connected to a network.
    pub(crate) wire: Wire,
    /// What its client does.
    pub(crate) steps: &'static [&'static str],
    /// Whether it can be a server.
    pub(crate) serves: bool,
    /// Whether it has the memory to serve as the Autobahn suite wants it.
    pub(crate) autobahn: bool,
}

/// What a board can do about TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// It verifies servers.
    Verified,
    /// It has not the memory to verify, so it takes any.
    Unverified,
    /// There is none.
    Absent,
}

/// What is built into a firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// All that the board can do.
    All,
    /// `ws` alone.
    Ws,
    /// All, and the markers of what is counted.
    Counted,
}

impl Content {
    const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Ws => "ws",
            Self::Counted => "counted",
        }
    }
}

/// Everything that a client can do and then go on, and a close; and that over a slow line.
const ALL: &[&str] = &["messages", "fragments", "pings", "alike", "close=1000"];
const SHORT: &[&str] = &["short", "fragments", "pings", "alike", "close=1000"];

/// All boards.
pub(crate) const BOARDS: &[Board] = &[
    Board {
        name: "an385",
        package: "an385",
        target: "thumbv6m-none-eabi",
        tls: Tls::Verified,
        wire: Wire::Ethernet,
        steps: ALL,
        serves: true,
        autobahn: true,
    },
    Board {
        name: "lm3s",
        package: "lm3s",
        target: "thumbv7m-none-eabi",
        tls: Tls::Unverified,
        wire: Wire::Ethernet,
        steps: ALL,
        serves: true,
        autobahn: false,
    },
    Board {
        name: "microbit",
        package: "microbit",
        target: "thumbv6m-none-eabi",
        tls: Tls::Absent,
        wire: Wire::Serial,
        steps: SHORT,
        serves: true,
        autobahn: false,
    },
    Board {
        name: "riscv",
        package: "riscv-virt",
        target: "riscv32imc-unknown-none-elf",
        tls: Tls::Verified,
        wire: Wire::Ethernet,
        steps: ALL,
        serves: true,
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
    pub(crate) fn build(&self, content: Content) -> Result<PathBuf> {
        let toolchain = Toolchain::find(self.target)?;
        let mut cargo = toolchain.cargo("build")?;
        cargo.args(["--release", "--manifest-path", MANIFEST, "-p", self.package]);
        match content {
            Content::Ws if self.tls != Tls::Absent => _ = cargo.arg("--no-default-features"),
            Content::Ws | Content::All => {}
            Content::Counted => _ = cargo.args(["--features", "count"]),
        }
        run(cargo)?;
        // All have one name, and one would take the place of another.
        let built = toolchain.programs_dir("release")?.join(self.name);
        let image = built.with_extension(content.name());
        std::fs::copy(built, &image)?;
        Ok(image)
    }

    /// Returns the command of the lints, where there is one.
    pub(crate) fn clippy(&self) -> Result<Option<Command>> {
        let toolchain = Toolchain::find(self.target)?;
        if !toolchain.has_clippy() {
            return Ok(None);
        }
        let mut clippy = toolchain.cargo("clippy")?;
        clippy.args(["--release", "--manifest-path", MANIFEST, "-p", self.package]);
        clippy.args(["-p", "socklet-qemu-app", "-p", "socklet-qemu-support"]);
        clippy.args(["--", "-D", "warnings"]);
        Ok(Some(clippy))
    }

    /// Returns the command that boots a program with arguments. `network` is what QEMU connects
    /// the board to.
    pub(crate) fn boot(&self, image: &Path, network: &str, arguments: &str) -> Command {
        let mut command = program(RUN, &[self.name]);
        command.arg(image).args(arguments.split(' ')).env(
            match self.wire {
                Wire::Ethernet => "NETWORK",
                Wire::Serial => "SERIAL",
            },
            network,
        );
        command
    }
}
