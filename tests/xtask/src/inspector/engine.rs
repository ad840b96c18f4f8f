//! The engine as WebAssembly.

use std::path::PathBuf;

use crate::Result;
use crate::command::run as run_command;
use crate::cross::Toolchain;

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the engine and returns the module.
pub(crate) fn build() -> Result<PathBuf> {
    // With the core library built for size as well.
    let toolchain = Toolchain::find_with_source(TARGET)?;
    let mut cargo = toolchain.cargo("rustc")?;
    cargo.args(["-p", "socklet-wasm-bindings", "--profile", "wasm"]);
    // What it makes cheaper on a processor makes WebAssembly larger.
    cargo.args(["--", "-Cllvm-args=-disable-lsr"]);
    run_command(cargo)?;
    Ok(toolchain.programs_dir("wasm")?.join("socklet_wasm_bindings.wasm"))
}
