//! Installs what a verb needs and the machine lacks, and nothing else: what is there is left as
//! it is, so that every call after the first takes no time.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use crate::command::{cargo, output, program, run as run_command, succeeds, target_dir};
use crate::cross::{self, Toolchain};
use crate::{Result, size as size_verb};

/// The version of cargo-deny that checks licences, bans and sources.
const CARGO_DENY: &str = "0.20.2";

/// Something that can be installed by itself.
struct Part {
    name: &'static str,
    purpose: &'static str,
    install: fn() -> Result<()>,
}

#[rustfmt::skip] // A table: one part a line.
const PARTS: &[Part] = &[
    Part { name: "rust", purpose: "rustfmt and clippy", install: rust },
    Part { name: "cross", purpose: "compilers for microcontrollers, WebAssembly, 32-bit hosts", install: cross_parts },
    Part { name: "size", purpose: "the emulated board and what reads its programs", install: size },
    Part { name: "fuzz", purpose: "a compiler for libFuzzer, which is C++", install: cpp },
    Part { name: "qemu", purpose: "emulated boards, and compilers for them", install: qemu },
    Part { name: "pico", purpose: "an emulated RP2040, and an emulated network", install: crate::pico::setup },
    Part { name: "deny", purpose: "cargo-deny", install: || deny().map(|_| ()) },
    Part { name: "inspector", purpose: "what builds and tests the frame inspector for JavaScript", install: crate::inspector::setup },
    Part { name: "autobahn", purpose: "the Autobahn suite", install: crate::autobahn::setup },
    Part { name: "interop", purpose: "Node.js, Python and Chromium", install: crate::interop::setup },
    Part { name: "proxies", purpose: "nginx, HAProxy, tinyproxy and microsocks", install: crate::interop::setup_proxies },
    Part { name: "peers", purpose: "tokio-tungstenite, fastwebsockets, websocat and curl", install: crate::interop::setup_tools },
];

/// The verb: installs the parts that are named, or all.
pub(crate) fn run(names: &[String]) -> Result<()> {
    if names.iter().any(|name| name == "list") {
        for part in PARTS {
            println!("{:9} {}", part.name, part.purpose);
        }
        return Ok(());
    }
    for name in names {
        if !PARTS.iter().any(|part| part.name == name) {
            return Err(format!("no part `{name}`: see `cargo xtask setup list`").into());
        }
    }
    for part in PARTS {
        if names.is_empty() || names.iter().any(|name| name == part.name) {
            (part.install)()?;
            println!("setup: {} is there", part.name);
        }
    }
    Ok(())
}

/// Returns a Python that can make virtual environments: 3.11 for choice, which all pinned packages
/// know.
pub(crate) fn python() -> Result<&'static str> {
    let works = |python: &&str| succeeds(program(python, &["-c", "import venv, ensurepip"]));
    if let Some(python) = ["python3.11", "python3"].into_iter().find(works) {
        return Ok(python);
    }
    apt(&["python3.11", "python3.11-venv"])?;
    Ok("python3.11")
}

/// Installs Node.js, and the packages that the lock file of a directory pins.
pub(crate) fn npm(dir: &str) -> Result<()> {
    if !succeeds(program("node", &["--version"])) || !succeeds(program("npm", &["--version"])) {
        apt(&["nodejs", "npm"])?;
    }
    let current = "const { dependencies } = require('./package.json');\
        const installed = (name) => require(`./node_modules/${name}/package.json`).version;\
        const is_current = ([name, version]) => installed(name) === version;\
        process.exit(Object.entries(dependencies).every(is_current) ? 0 : 1)";
    let mut check = program("node", &["-e", current]);
    check.current_dir(dir);
    if succeeds(check) {
        return Ok(());
    }
    let mut install = program("npm", &["ci"]);
    install.current_dir(dir);
    run_command(install)
}

/// Installs the Debian packages of those named that are missing.
///
/// # Errors
///
/// On a machine without apt, and for a user who is not root: names the packages, so that they
/// can be installed by hand.
pub(crate) fn apt(packages: &[&str]) -> Result<()> {
    // One at a time, and one `apt-get update` for the life of this program.
    static UPDATED: Mutex<bool> = Mutex::new(false);
    let mut updated = UPDATED.lock().map_err(|_| "another installation broke off")?;
    let missing: Vec<&str> = packages.iter().copied().filter(|p| !is_installed(p)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !succeeds(program("apt-get", &["--version"])) {
        return Err(
            format!("this machine has no apt-get; install what Debian calls: {list}").into()
        );
    }
    if output(program("id", &["-u"]))?.trim() != "0" {
        return Err(format!("not root; run this first: sudo apt-get install {list}").into());
    }
    if !*updated {
        run_command(apt_get(&["update", "-qq"]))?;
        *updated = true;
    }
    let mut install = apt_get(&["install", "-qq", "-y", "--no-install-recommends"]);
    install.args(&missing);
    run_command(install)
}

fn apt_get(args: &[&str]) -> Command {
    // Waits for another apt-get instead of failing, and never asks.
    let mut command =
        program("apt-get", &["-o", "DPkg::Lock::Timeout=600", "-o", "Dpkg::Use-Pty=0"]);
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// `dpkg -s` succeeds for removed packages with configuration files left, hence the status.
fn is_installed(package: &str) -> bool {
    program("dpkg-query", &["-W", "-f=${db:Status-Status}", package])
        .output()
        .is_ok_and(|query| query.status.success() && query.stdout == b"installed")
}

/// rustfmt and clippy: a minimal rustup has neither.
pub(crate) fn rust() -> Result<()> {
    for component in ["fmt", "clippy"] {
        if !succeeds(cargo(&[component, "--version"])) {
            let name = if component == "fmt" { "rustfmt" } else { component };
            run_command(program("rustup", &["component", "add", name]))?;
        }
    }
    Ok(())
}

/// A C++ compiler: the crate of libFuzzer brings its source.
pub(crate) fn cpp() -> Result<()> {
    if succeeds(program("c++", &["--version"])) { Ok(()) } else { apt(&["g++"]) }
}

fn cross_parts() -> Result<()> {
    for target in cross::FIRMWARE.into_iter().chain([cross::HOST_32_BIT]) {
        Toolchain::find(target)?;
    }
    cross::host_32_bit_runner().map(|_| ())
}

/// The emulator of the board, the readers of sizes and machine code, and the compiler.
pub(crate) fn size() -> Result<()> {
    size_verb::toolchain()?;
    apt(&["qemu-system-arm", "binutils-arm-none-eabi"])
}

/// The emulators of the boards, and the readers of their programs.
pub(crate) fn qemu() -> Result<()> {
    apt(&["qemu-system-arm", "qemu-system-misc", "binutils-arm-none-eabi"])
}

/// Installs cargo-deny below the target directory and returns its path.
pub(crate) fn deny() -> Result<PathBuf> {
    tool("cargo-deny", CARGO_DENY, &["--no-default-features"])
}

/// Installs a program from crates.io below the target directory and returns its path.
pub(crate) fn tool(name: &str, version: &str, options: &[&str]) -> Result<PathBuf> {
    let root = target_dir()?.join("tools");
    let path = root.join("bin").join(name);
    let wanted = format!("{name} {version}");
    if output(program(&path, &["--version"])).is_ok_and(|version| version.trim() == wanted) {
        return Ok(path);
    }
    let mut install = cargo(&["install", "--locked", "--quiet"]);
    install.args(options).args(["--version", version, "--root"]).arg(&root).arg(name);
    // A run takes a tenth of a second as it is: optimising would only double the build.
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1").env("CARGO_PROFILE_RELEASE_LTO", "off");
    install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    run_command(install)?;
    Ok(path)
}
