//! An emulated Pico with a W5500, and a server on this machine that it reaches.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::child::Child;
use crate::command::program;
use crate::ours::{Flavour, Ours, address};
use crate::setup;

/// The script that boots an image.
const DIR: &str = "examples/rp2040/emulator";

/// The server's address for the board, whatever its port is here.
pub(super) const SERVER: &str = "192.168.1.100";

/// Installs the emulator, the emulated network, and the reader of images.
pub(crate) fn setup() -> Result<()> {
    setup::npm(DIR)?;
    setup::apt(&["qemu-system-arm", "binutils-arm-none-eabi"])
}

/// An image, and a place for the output of all that runs with it.
pub(super) struct Scene<'a> {
    ours: &'a Ours,
    image: PathBuf,
    logs: PathBuf,
}

impl<'a> Scene<'a> {
    pub(super) fn new(ours: &'a Ours, image: &Path, logs: &Path) -> Self {
        Self { ours, image: image.to_owned(), logs: logs.to_owned() }
    }

    /// Starts a server at a port of this machine, or at any free one; returns its port.
    pub(super) fn serve(
        &self,
        name: &str,
        port: Option<&str>,
        tls: Option<(&Path, &Path)>,
    ) -> Result<(Child, String)> {
        let mut command = self.ours.serve(Flavour::Tokio);
        command.arg("--verbose");
        if let Some(port) = port {
            // The last of two addresses holds.
            command.args(["--addr", &format!("127.0.0.1:{port}")]);
        }
        if let Some((cert, key)) = tls {
            command.arg("--tls-cert").arg(cert).arg("--tls-key").arg(key);
        }
        let server = Child::start(name, &command, &self.logs)?;
        let address = address(&server)?;
        let (_, port) = address.rsplit_once(':').ok_or("an address without a port")?;
        Ok((server, port.to_owned()))
    }

    /// Boots the board, for which the server is at that port of this machine.
    pub(super) fn boot(&self, port: &str) -> Result<Child> {
        let forward = format!("{SERVER}:9001=127.0.0.1:{port}");
        let mut command: Command = program("node", &[]);
        command.arg(Path::new(DIR).join("run.mjs")).args(["--forward", &forward]).arg(&self.image);
        Child::start("board", &command, &self.logs)
    }

    /// Returns what a server has told, when it has ended.
    pub(super) fn told(&self, server: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.logs.join(format!("{server}.err")))?)
    }
}
