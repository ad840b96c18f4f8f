//! The engine as WebAssembly, with its JavaScript glue.

use std::path::PathBuf;

use crate::Result;
use crate::command::{cargo, run as run_command, target_dir};
use crate::cross::Toolchain;

const TARGET: &str = "wasm32-unknown-unknown";
/// The package of the wasm-bindgen command; it stands outside the workspace.
pub(crate) const BINDGEN: &str = "tests/inspector/bindgen/Cargo.toml";

/// Builds engine and glue and returns the directory where they are.
pub(crate) fn build() -> Result<PathBuf> {
    // With the core library built for size as well.
    let toolchain = Toolchain::find_with_source(TARGET)?;
    let mut cargo = toolchain.cargo("build")?;
    cargo.args(["-p", "socklet-wasm-bindings", "--profile", "wasm"]);
    run_command(cargo)?;
    let module = toolchain.programs_dir("wasm")?.join("socklet_wasm_bindings.wasm");
    let glue = target_dir()?.join("inspector/glue");
    let mut bindgen = self::bindgen("run");
    bindgen.arg("--").arg(module).arg(&glue);
    run_command(bindgen)?;
    Ok(glue)
}

/// Builds the wasm-bindgen command.
pub(crate) fn setup() -> Result<()> {
    run_command(bindgen("build"))
}

fn bindgen(verb: &str) -> std::process::Command {
    cargo(&[verb, "--locked", "--quiet", "--manifest-path", BINDGEN])
}
