//! Builds for targets other than this machine, with whatever toolchain can be had.
//!
//! In this order: the standard library of the target is installed beside the compiler; rustup
//! can add it; or Debian's `rustc-web` builds it from `rust-web-src`. The last is for machines
//! that reach Debian's packages but not rustup's. `SOCKLET_CROSS=debian` takes it at once.

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

/// Systems that programs for hosts are for, and that are not at hand to run them.
pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";
pub(crate) const MACOS: &str = "aarch64-apple-darwin";

/// rustup answers within seconds where it can; a network that swallows packets must not hang us.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// Debian's compiler, whatever else is on the path.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Where the standard library of a target comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Library {
    /// Precompiled, beside the compiler that is in use.
    Installed,
    /// Built by the compiler that is in use, from rustup's sources.
    Source,
    /// Built by Debian's compiler from Debian's sources.
    Debian,
}

/// A compiler for one target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Toolchain {
    target: &'static str,
    library: Library,
}

impl Toolchain {
    /// Finds a toolchain for the target, installing what is missing.
    pub(crate) fn find(target: &'static str) -> Result<Self> {
        if target == HOST_32_BIT {
            setup::apt(&["gcc-multilib"])?;
        }
        let installed = || Ok::<_, crate::Error>(library_dir(target)?.is_dir());
        if !debian_is_forced() && (installed()? || rustup(&["target", "add", target])) {
            return Ok(Self { target, library: Library::Installed });
        }
        Self::debian(target)
    }

    /// Finds one that builds the standard library with the flags of the program, so that a
    /// measured size does not depend on how the library was compiled.
    pub(crate) fn find_with_source(target: &'static str) -> Result<Self> {
        let source = sysroot()?.join("lib/rustlib/src/rust/library/Cargo.lock");
        let add = ["component", "add", "rust-src"];
        if !debian_is_forced() && (source.is_file() || rustup(&add)) {
            return Ok(Self { target, library: Library::Source });
        }
        Self::debian(target)
    }

    fn debian(target: &'static str) -> Result<Self> {
        setup::apt(&["rustc-web", "rust-web-src"])?;
        Ok(Self { target, library: Library::Debian })
    }

    /// Returns `cargo SUBCOMMAND` for the target.
    pub(crate) fn cargo(self, subcommand: &str) -> Result<Command> {
        let mut command = cargo(&[subcommand, "--target", self.target]);
        command.env("CARGO_TARGET_DIR", self.target_dir()?);
        if self.library != Library::Installed {
            let hosted = [HOST_32_BIT, WINDOWS, MACOS].contains(&self.target);
            let library = if hosted { "std,panic_unwind,test" } else { "core,alloc" };
            command.arg(format!("-Zbuild-std={library}")).env("RUSTC_BOOTSTRAP", "1");
        }
        if self.library == Library::Debian {
            command.env("RUSTC", DEBIAN_RUSTC);
            if self.target != HOST_32_BIT {
                let variable = self.target.to_uppercase().replace('-', "_");
                command.env(format!("CARGO_TARGET_{variable}_LINKER"), rust_lld()?);
            }
        }
        Ok(command)
    }

    /// Says whether there is a clippy for it: not in Debian's toolchain.
    pub(crate) fn has_clippy(self) -> bool {
        self.library == Library::Installed
    }

    /// Returns the directory that programs for the target are built into.
    pub(crate) fn programs_dir(self, profile: &str) -> Result<PathBuf> {
        Ok(self.target_dir()?.join(self.target).join(profile))
    }

    /// Returns the name and version of the compiler.
    pub(crate) fn version(self) -> Result<String> {
        let rustc = if self.library == Library::Debian { DEBIAN_RUSTC } else { "rustc" };
        let version = output(program(rustc, &["--version"]))?;
        Ok(version.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
    }

    /// One for each kind, so that none throws away what another has built.
    fn target_dir(self) -> Result<PathBuf> {
        let name = match self.library {
            Library::Installed => "installed",
            Library::Source => "source",
            Library::Debian => "debian",
        };
        Ok(target_dir()?.join("cross").join(name))
    }
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

fn debian_is_forced() -> bool {
    std::env::var_os("SOCKLET_CROSS").is_some_and(|value| value == "debian")
}

/// Has rustup add something; after one failure it is not asked again, the next would fare alike.
fn rustup(args: &[&str]) -> bool {
    static FAILED: OnceLock<()> = OnceLock::new();
    if FAILED.get().is_some() {
        return false;
    }
    println!("$ rustup {}", args.join(" "));
    let added = output_within(RUSTUP_LIMIT, program("rustup", args));
    if let Err(error) = &added {
        println!("{error}; taking Debian's toolchain instead");
        FAILED.get_or_init(|| ());
    }
    added.is_ok()
}

fn sysroot() -> Result<PathBuf> {
    Ok(output(program("rustc", &["--print", "sysroot"]))?.trim().into())
}

fn library_dir(target: &str) -> Result<PathBuf> {
    let args = ["--print", "target-libdir", "--target", target];
    Ok(output(program("rustc", &args))?.trim().into())
}

/// Returns the target that programs for this machine are built for.
pub(crate) fn host() -> Result<String> {
    let version = output(program("rustc", &["-vV"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc names no host")?.to_owned())
}

/// Debian's toolchain links bare-metal programs with the linker of the one that runs this.
fn rust_lld() -> Result<PathBuf> {
    let tools = Path::new("lib/rustlib").join(host()?).join("bin");
    Ok(sysroot()?.join(tools).join("rust-lld"))
}
