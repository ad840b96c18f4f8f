//! The firmware of the real boards, built as its README says.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, program, run};
use crate::cross::Toolchain;
use crate::{Result, Tally};

/// A directory of `examples`, whose settings of cargo are in use there.
pub(super) struct Workspace {
    name: &'static str,
    target: &'static str,
}

/// All of them.
pub(super) const WORKSPACES: &[Workspace] = &[
    Workspace { name: "rp2040", target: "thumbv6m-none-eabi" },
    Workspace { name: "esp32c3", target: "riscv32imc-unknown-none-elf" },
];

/// What the environment says when firmware is built.
pub(super) struct Settings<'a> {
    pub(super) url: &'a str,
    /// Where that is, if its host is not known by name.
    pub(super) address: Option<&'a str>,
    /// The certificate of the authority, in DER.
    pub(super) authority: Option<&'a Path>,
}

impl Settings<'_> {
    fn apply(&self, command: &mut Command) {
        for unset in ["WIFI_SSID", "WIFI_PASSPHRASE", "SOCKLET_ADDRESS", "SOCKLET_CA"] {
            command.env_remove(unset);
        }
        command.env("SOCKLET_URL", self.url);
        if let Some(address) = self.address {
            command.env("SOCKLET_ADDRESS", address);
        }
        if let Some(authority) = self.authority {
            command.env("SOCKLET_CA", authority);
        }
    }
}

impl Workspace {
    fn find(name: &str) -> Result<&'static Self> {
        let found = WORKSPACES.iter().find(|workspace| workspace.name == name);
        found.ok_or_else(|| format!("no examples/{name}").into())
    }

    fn cargo(&self, toolchain: Toolchain, subcommand: &str) -> Result<Command> {
        let mut cargo = toolchain.cargo(subcommand)?;
        cargo.args(["--release", "--locked"]).current_dir(Path::new("examples").join(self.name));
        Ok(cargo)
    }

    /// Returns the command of the lints, where there is one.
    pub(super) fn clippy(&self) -> Result<Option<Command>> {
        let toolchain = Toolchain::find(self.target)?;
        if !toolchain.has_clippy() {
            return Ok(None);
        }
        let mut clippy = self.cargo(toolchain, "clippy")?;
        clippy.args(["--", "-D", "warnings"]);
        Ok(Some(clippy))
    }
}

/// Builds a program and returns its image, an ELF file.
pub(super) fn build(workspace: &str, program: &str, settings: &Settings<'_>) -> Result<PathBuf> {
    let workspace = Workspace::find(workspace)?;
    let toolchain = Toolchain::find(workspace.target)?;
    let mut cargo = workspace.cargo(toolchain, "build")?;
    cargo.args(["--bin", program]);
    settings.apply(&mut cargo);
    run(cargo)?;
    let image = toolchain.programs_dir("release")?.join(program);
    let (flash, statics) = figures(&image)?;
    println!("{program}: flash {flash} B, statics {statics} B");
    Ok(image)
}

/// Builds a program that no emulator here runs.
pub(super) fn check(workspace: &str, program: &str, settings: &Settings<'_>) -> Result<Tally> {
    build(workspace, program, settings)?;
    Ok(Tally::one(true))
}

/// The bytes of an image that are stored in flash, and those that are in RAM for as long as it
/// runs, which on an ESP32-C3 code is too.
fn figures(image: &Path) -> Result<(u32, u32)> {
    const STORED: [&str; 8] =
        [".boot2", ".vector_table", ".text", ".rodata", ".data", ".trap", ".rwtext", ".flash"];
    const IN_RAM: [&str; 6] = [".data", ".bss", ".uninit", ".noinit", ".trap", ".rwtext"];
    let mut size = program("arm-none-eabi-size", &["-A"]);
    size.arg(image);
    let (mut flash, mut statics) = (0, 0);
    for line in output(size)?.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(len)) = (words.next(), words.next()) else { continue };
        let is_one_of = |names: &[&str]| names.iter().any(|first| name.starts_with(first));
        if is_one_of(&STORED) {
            flash += len.parse::<u32>()?;
        }
        if is_one_of(&IN_RAM) {
            statics += len.parse::<u32>()?;
        }
    }
    Ok((flash, statics))
}
