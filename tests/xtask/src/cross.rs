//! Builds for targets other than this machine, with whatever toolchain can be had.
//!
//! In this order: the target is installed beside the compiler; rustup can add it; or Debian's
//! `rustc-web` builds the standard library from `rust-web-src`. The last is for machines that
//! reach Debian's packages but not rustup's. `SOCKLET_CROSS=debian` takes it at once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::command::{cargo, output, output_within, program, succeeds, target_dir};
use crate::{Result, setup};

/// The bare-metal targets that the core must build for.
pub(crate) const FIRMWARE: [&str; 4] = [
    "thumbv6m-none-eabi",
    "thumbv7m-none-eabi",
    "riscv32imc-unknown-none-elf",
    "wasm32-unknown-unknown",
];

/// The target whose programs run on a 64-bit Linux host and have 32-bit lengths.
pub(crate) const HOST_32_BIT: &str = "i686-unknown-linux-gnu";

/// rustup answers within seconds where it can; a network that swallows packets must not hang us.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// Where the standard library of a target comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Precompiled, beside the compiler that is in use.
    Rustup,
    /// Built from source by Debian's compiler.
    Debian,
}

/// Finds a toolchain for the target, installing what is missing.
pub(crate) fn find(target: &str) -> Result<Source> {
    let forced = std::env::var_os("SOCKLET_CROSS").is_some_and(|v| v == "debian");
    let source = if !forced && (has_target(target)? || rustup_adds(target)) {
        Source::Rustup
    } else {
        setup::apt(&["rustc-web", "rust-web-src"])?;
        Source::Debian
    };
    if target == HOST_32_BIT {
        setup::apt(&["gcc-multilib"])?;
    }
    Ok(source)
}

/// Returns `cargo SUBCOMMAND --target T` for the toolchain that is found.
///
/// Each source has a target directory of its own below `target/cross`, so that neither throws
/// away what the other has built.
pub(crate) fn cargo_for(subcommand: &str, target: &str) -> Result<Command> {
    let source = find(target)?;
    let mut command = cargo(&[subcommand, "--target", target]);
    let dir = if source == Source::Debian { "cross/debian" } else { "cross/rustup" };
    command.env("CARGO_TARGET_DIR", target_dir()?.join(dir));
    if source == Source::Debian {
        let library = if target == HOST_32_BIT { "std,panic_unwind,test" } else { "core" };
        command.arg(format!("-Zbuild-std={library}"));
        command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
        if target != HOST_32_BIT {
            let variable = target.to_uppercase().replace('-', "_");
            command.env(format!("CARGO_TARGET_{variable}_LINKER"), rust_lld()?);
        }
    }
    Ok(command)
}

/// Returns the directory that [`cargo_for`] puts programs for the target into.
pub(crate) fn programs_dir(target: &str, profile: &str) -> Result<PathBuf> {
    let dir = if find(target)? == Source::Debian { "cross/debian" } else { "cross/rustup" };
    Ok(target_dir()?.join(dir).join(target).join(profile))
}

/// Returns the version of the compiler that [`cargo_for`] uses for the target.
pub(crate) fn compiler(target: &str) -> Result<String> {
    let version = match find(target)? {
        Source::Rustup => output(program("rustc", &["--version"]))?,
        Source::Debian => output(program(DEBIAN_RUSTC, &["--version"]))?,
    };
    Ok(version.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// Returns what must run 32-bit programs here: `None` when the kernel does so by itself.
pub(crate) fn host_32_bit_runner() -> Result<Option<&'static str>> {
    setup::apt(&["libc6-i386"])?;
    // The loader of 32-bit programs is itself one.
    if succeeds(program("/lib/ld-linux.so.2", &["--version"])) {
        return Ok(None);
    }
    setup::apt(&["qemu-user"])?;
    Ok(Some("qemu-i386"))
}

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

fn has_target(target: &str) -> Result<bool> {
    let dir = output(program("rustc", &["--print", "target-libdir", "--target", target]))?;
    Ok(Path::new(dir.trim()).is_dir())
}

/// Tries rustup; after one failure it is not tried again, the next target would fare the same.
fn rustup_adds(target: &str) -> bool {
    static FAILED: OnceLock<()> = OnceLock::new();
    if FAILED.get().is_some() {
        return false;
    }
    println!("$ rustup target add {target}");
    match output_within(RUSTUP_LIMIT, program("rustup", &["target", "add", target])) {
        Ok(_) => has_target(target).unwrap_or(false),
        Err(error) => {
            println!("{error}; taking Debian's toolchain instead");
            FAILED.get_or_init(|| ());
            false
        }
    }
}

/// Debian's toolchain links bare-metal programs with the linker of the one that runs this.
fn rust_lld() -> Result<PathBuf> {
    let sysroot = output(program("rustc", &["--print", "sysroot"]))?;
    let host = output(program("rustc", &["--print", "host-tuple"]))?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib").join(host.trim()).join("bin/rust-lld"))
}
