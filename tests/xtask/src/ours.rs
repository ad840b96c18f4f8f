//! The programs of this repository that are tested from outside: the `socklet` command as a
//! server, and the two clients of `tests/host`.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::Result;
use crate::child::Child;
use crate::command::{cargo, run, target_dir};

/// What a program is built of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// Asynchronous, over tokio.
    Tokio,
    /// Blocking, over `std::net`.
    Blocking,
    /// The core alone in fixed memory, as on a microcontroller.
    Fixed,
}

impl Flavour {
    /// The adapters for hosts.
    pub(crate) const HOST: [Self; 2] = [Self::Tokio, Self::Blocking];
    /// All.
    pub(crate) const ALL: [Self; 3] = [Self::Tokio, Self::Blocking, Self::Fixed];

    /// Returns the word for it in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio",
            Self::Blocking => "blocking",
            Self::Fixed => "fixed",
        }
    }
}

/// The programs, built.
pub(crate) struct Ours {
    dir: PathBuf,
}

impl Ours {
    /// Builds the programs.
    pub(crate) fn build() -> Result<Self> {
        let mut build = cargo(&["build", "--release"]);
        build.args(["-p", "socklet-std", "--bin", "socklet"]);
        build.args([
            "-p",
            "socklet-host-tests",
            "--bin",
            "echo-client",
            "--bin",
            "interop-client",
            "--bin",
            "fixed-server",
        ]);
        run(build)?;
        Ok(Self { dir: target_dir()?.join("release") })
    }

    /// Returns the path of the command.
    pub(crate) fn socklet(&self) -> PathBuf {
        self.dir.join("socklet")
    }

    /// Returns the command of an echo server on a free port.
    pub(crate) fn serve(&self, flavour: Flavour) -> Command {
        if flavour == Flavour::Fixed {
            let mut command = Command::new(self.dir.join("fixed-server"));
            command.args(["--addr", "127.0.0.1:0"]);
            return command;
        }
        let mut command = Command::new(self.socklet());
        command.args(["serve", "--addr", "127.0.0.1:0"]);
        if flavour == Flavour::Blocking {
            command.arg("--blocking");
        }
        command
    }

    /// Returns the command of the client that echoes every message.
    pub(crate) fn echo_client(&self, flavour: Flavour, args: &[&str]) -> Command {
        self.client("echo-client", flavour, args)
    }

    /// Returns the command of the client that is told what to do.
    pub(crate) fn interop_client(&self, flavour: Flavour, args: &[&str]) -> Command {
        self.client("interop-client", flavour, args)
    }

    fn client(&self, name: &str, flavour: Flavour, args: &[&str]) -> Command {
        let mut command = Command::new(self.dir.join(name));
        match flavour {
            Flavour::Tokio => {}
            Flavour::Blocking => _ = command.arg("--blocking"),
            Flavour::Fixed => _ = command.arg("--fixed"),
        }
        command.args(args);
        command
    }
}

/// Waits until an echo server is ready; returns its address.
pub(crate) fn address(server: &Child) -> Result<String> {
    server.line_after("listening on ", Duration::from_secs(20))
}
