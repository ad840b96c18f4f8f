//! The programs of this repository that are tested from outside: the `socklet` command as a
//! server, and the two clients of `tests/host`.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::Result;
use crate::child::Child;
use crate::command::{cargo, run, target_dir};

/// Which of the two standard library adapters a program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// Asynchronous, over tokio.
    Tokio,
    /// Blocking, over `std::net`.
    Blocking,
}

impl Flavour {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Tokio, Self::Blocking];

    /// Returns the word for it in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio",
            Self::Blocking => "blocking",
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
        build.args(["-p", "socklet-host-tests", "--bin", "echo-client", "--bin", "interop-client"]);
        run(build)?;
        Ok(Self { dir: target_dir()?.join("release") })
    }

    /// Returns the command of an echo server on a free port.
    pub(crate) fn serve(&self, flavour: Flavour) -> Command {
        let mut command = Command::new(self.dir.join("socklet"));
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
        if flavour == Flavour::Blocking {
            command.arg("--blocking");
        }
        command.args(args);
        command
    }
}

/// Waits until an echo server is ready; returns its address.
pub(crate) fn address(server: &Child) -> Result<String> {
    server.line_after("listening on ", Duration::from_secs(20))
}
