//! The verb `test`: every check there is, cheap ones first.

use std::fs;
use std::process::Command;

use crate::command::{cargo, check, check_tests, output, program, succeeds, target_dir};
use crate::cross::{self, Toolchain};
use crate::step::Steps;
use crate::{
    Result, Tally, api, autobahn, bench, demo, endurance, fuzz, inspector, interop, minimal,
    panic_free, pico, qemu, setup, size,
};

/// A check by its name, with what it checks.
struct Check {
    name: &'static str,
    purpose: &'static str,
    run: fn() -> Result<Tally>,
}

#[rustfmt::skip] // A table: one check a line.
const CHECKS: &[Check] = &[
    Check { name: "lock", purpose: "the lock files are current", run: lock },
    Check { name: "fmt", purpose: "the formatting", run: fmt },
    Check { name: "clippy", purpose: "the lints, on everything", run: clippy },
    Check { name: "doc", purpose: "the documentation builds without a warning", run: doc },
    Check { name: "api", purpose: "the public interface is what is committed", run: || api::run(&[]) },
    Check { name: "unit", purpose: "cargo test on the workspace", run: unit },
    Check { name: "targets", purpose: "core and embassy build for each target with each feature", run: targets },
    Check { name: "hosts", purpose: "the adapter and the command compile for Windows, the adapter for macOS", run: hosts },
    Check { name: "32-bit", purpose: "tests of core and inspector, run where lengths have 32 bits", run: host_32_bit },
    Check { name: "fuzz", purpose: "inputs of a fuzzer, each target for a short time", run: || fuzz::run(&[]) },
    Check { name: "panic-free", purpose: "no panic is linked into firmware", run: panic_free::run },
    Check { name: "size", purpose: "flash, state and stack within their budgets", run: || size::run(&[]) },
    Check { name: "deny", purpose: "licences, bans and sources of all dependencies", run: deny },
    Check { name: "minimal", purpose: "the packages build with the oldest dependencies they allow", run: minimal::run },
    Check { name: "endurance", purpose: "thousands of connections: memory, descriptors, tasks", run: endurance::check },
    Check { name: "bench", purpose: "instructions for a message, within what is committed", run: bench::memory },
    Check { name: "calls", purpose: "system calls of servers for a message, within their budget", run: bench::calls },
    Check { name: "demo", purpose: "the demonstration runs", run: demo::run },
    Check { name: "qemu", purpose: "firmware on emulated boards, as client and as server", run: || qemu::run(&[]) },
    Check { name: "pico", purpose: "firmware of real boards, built and in rp2040js", run: || pico::run(&[]) },
    Check { name: "inspector", purpose: "the npm package and the page of the frame inspector", run: || inspector::run(&[]) },
    Check { name: "autobahn", purpose: "a selection of the Autobahn suite", run: || autobahn::run(&[]) },
    Check { name: "interop", purpose: "other implementations and a browser", run: || interop::run(&[]) },
    Check { name: "proxies", purpose: "proxies in front of servers and of clients", run: || interop::run(&["proxies".into()]) },
    Check { name: "peers", purpose: "other implementations in Rust, websocat and curl", run: || interop::run(&["peers".into()]) },
];

/// The verb: runs the named checks, or all; `None` when it only lists them.
pub(crate) fn run(names: &[String]) -> Result<Option<Tally>> {
    if names.iter().any(|name| name == "list") {
        for check in CHECKS {
            println!("{:11} {}", check.name, check.purpose);
        }
        return Ok(None);
    }
    for name in names {
        if !CHECKS.iter().any(|check| check.name == name) {
            return Err(format!("no check `{name}`: see `cargo xtask test list`").into());
        }
    }
    let mut steps = Steps::default();
    for check in CHECKS {
        if names.is_empty() || names.iter().any(|name| name == check.name) {
            steps.step(check.name, check.run);
        }
    }
    Ok(Some(steps.finish()))
}

/// Runs commands one after the other, each as one check.
fn check_all(commands: impl IntoIterator<Item = Command>) -> Result<Tally> {
    let mut tally = Tally::default();
    for command in commands {
        tally += check(command)?;
    }
    Ok(tally)
}

/// The packages that stand outside the workspace.
const OUTSIDE: [&str; 7] = [
    size::MANIFEST,
    fuzz::MANIFEST,
    bench::MANIFEST,
    interop::MANIFEST,
    qemu::MANIFEST,
    pico::MANIFESTS[0],
    pico::MANIFESTS[1],
];

/// The packages that have features which the workspace does not turn on.
const WITH_FEATURES: [&str; 3] = ["socklet-core", "socklet-embassy", "socklet-std"];

fn lock() -> Result<Tally> {
    let mut tally = Tally::default();
    for manifest in ["Cargo.toml"].iter().chain(&OUTSIDE) {
        let args = ["metadata", "--locked", "--format-version=1", "--manifest-path", manifest];
        let current = output(cargo(&args));
        if current.is_err() {
            eprintln!("{manifest}: Cargo.lock is not current");
        }
        tally.count(current.is_ok());
    }
    Ok(tally)
}

fn fmt() -> Result<Tally> {
    setup::rust()?;
    let mut commands = vec![cargo(&["fmt", "--all", "--check"])];
    commands
        .extend(OUTSIDE.map(|path| cargo(&["fmt", "--all", "--check", "--manifest-path", path])));
    check_all(commands)
}

fn clippy() -> Result<Tally> {
    setup::rust()?;
    let warnings_fail = ["--", "-D", "warnings"];
    let mut all = cargo(&["clippy", "--workspace", "--all-targets"]);
    all.args(warnings_fail);
    let with_all_features = WITH_FEATURES.map(|package| {
        let mut one = cargo(&["clippy", "-p", package, "--all-targets", "--all-features"]);
        one.args(warnings_fail);
        one
    });
    // Each feature of the host's crate alone: the others are not there to help it.
    let features = features_of("std-adapter/Cargo.toml")?;
    let with_one_feature = features.iter().map(|feature| {
        let package = ["clippy", "-p", "socklet-std", "--lib", "--no-default-features"];
        let mut one = cargo(&package);
        one.args(["--features", feature]).args(warnings_fail);
        one
    });
    check_all(
        [all]
            .into_iter()
            .chain(with_all_features)
            .chain(with_one_feature)
            .chain(qemu::clippy()?)
            .chain(pico::clippy()?),
    )
}

fn doc() -> Result<Tally> {
    let mut all = cargo(&["doc", "--workspace", "--no-deps"]);
    all.env("RUSTDOCFLAGS", "-D warnings");
    let with_all_features = WITH_FEATURES.map(|package| {
        let mut one = cargo(&["doc", "-p", package, "--no-deps", "--all-features"]);
        one.env("RUSTDOCFLAGS", "-D warnings");
        one
    });
    let mut tally = check_all([all].into_iter().chain(with_all_features))?;
    tally += manual()?;
    Ok(tally)
}

/// The man page has nothing that would be shown otherwise than it is meant.
fn manual() -> Result<Tally> {
    if !succeeds(program("sh", &["-c", "command -v mandoc"])) {
        setup::apt(&["mandoc"])?;
    }
    let page = output(cargo(&["run", "--quiet", "-p", "socklet-std", "--bin", "socklet", "man"]))?;
    let path = target_dir()?.join("socklet.1");
    fs::write(&path, page)?;
    let mut lint = program("mandoc", &["-T", "lint", "-W", "warning"]);
    lint.arg(path);
    let found = lint.output()?;
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    // A date would be that of nothing.
    let wrong: Vec<&str> = found.lines().filter(|line| !line.contains("missing date")).collect();
    wrong.iter().for_each(|line| eprintln!("{line}"));
    Ok(Tally::one(wrong.is_empty()))
}

fn unit() -> Result<Tally> {
    let mut tally = check_tests(cargo(&["test", "--workspace", "--no-fail-fast"]))?;
    // What connections tell of themselves: in either way, which the others do without.
    for feature in ["tracing", "log"] {
        let package = ["test", "-p", "socklet-host-tests", "--test", "telling"];
        let mut telling = cargo(&package);
        telling.args(["--features", feature]);
        tally += check_tests(telling)?;
    }
    Ok(tally)
}

/// A package with its default features is built to machine code for each target; with each feature
/// besides and with all, where only names and types can go wrong, it is type-checked.
fn targets() -> Result<Tally> {
    let mut tally = Tally::default();
    for target in cross::FIRMWARE {
        let toolchain = Toolchain::find(target)?;
        let mut packages = vec![("socklet-core", "core/Cargo.toml")];
        // A browser has no network stack of its own.
        if !target.starts_with("wasm32") {
            packages.push(("socklet-embassy", "embassy/Cargo.toml"));
        }
        for (package, manifest) in packages {
            let mut build = toolchain.cargo("build")?;
            build.args(["-p", package]);
            tally += check(build)?;
            for feature in features_of(manifest)? {
                let mut with_one = toolchain.cargo("check")?;
                with_one.args(["-p", package, "--features", &feature]);
                tally += check(with_one)?;
            }
            let mut with_all = toolchain.cargo("check")?;
            with_all.args(["-p", package, "--all-features"]);
            tally += check(with_all)?;
        }
    }
    Ok(tally)
}

/// The names in the `[features]` table of a manifest.
fn features_of(manifest: &str) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(manifest)?;
    let table = text.lines().skip_while(|line| line.trim() != "[features]").skip(1);
    let entries = table.take_while(|line| !line.starts_with('[')).filter_map(|line| {
        let (name, _) = line.split_once('=')?;
        let name = name.trim();
        (!name.starts_with('#') && name != "default").then(|| name.to_owned())
    });
    Ok(entries.collect())
}

/// Compiles for systems that are not at hand to run it. For macOS without TLS, whose C takes Apple's
/// own headers.
fn hosts() -> Result<Tally> {
    setup::apt(&["gcc-mingw-w64-x86-64"])?;
    let mut windows = Toolchain::find_with_source(cross::WINDOWS)?.cargo("check")?;
    let mut macos = Toolchain::find_with_source(cross::MACOS)?.cargo("check")?;
    macos.args(["--no-default-features", "--features", "tokio,axum,tungstenite,tracing,log"]);
    for check in [&mut windows, &mut macos] {
        check.args(["--quiet", "--locked", "--package", "socklet-std"]);
    }
    check_all([windows, macos])
}

fn host_32_bit() -> Result<Tally> {
    let runner = cross::host_32_bit_runner()?;
    let mut tests = Toolchain::find(cross::HOST_32_BIT)?.cargo("test")?;
    // Not the examples in the documentation: they would need a rustdoc of the same toolchain.
    tests.args(["-p", "socklet-core", "-p", "socklet-core-tests", "--lib", "--tests"]);
    tests.args(["-p", "socklet-inspector-tests", "--no-fail-fast"]);
    if let Some(runner) = runner {
        tests.env("CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_RUNNER", runner);
    }
    check_tests(tests)
}

fn deny() -> Result<Tally> {
    let mut deny = Command::new(setup::deny()?);
    deny.args(["--workspace", "check", "licenses", "bans", "sources"]);
    check(deny)
}
