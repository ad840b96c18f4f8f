//! The verb `size`: what a client costs on a Cortex-M0 (thumbv6m-none-eabi).
//!
//! Each program in `tests/size/src/bin` is linked with the same start-up and the same stub
//! transport. Flash is its size less that of `empty`, the core and every crate below it
//! included; state is the size of the connection without its buffers; the stack is painted
//! before and read after a run on an emulated board.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::budgets::{Budgets, Figures};
use crate::command::{output, output_within, program, run as run_command};
use crate::cross::Toolchain;
use crate::{Result, Tally, instructions, modules, setup};

/// The package of the measuring programs.
pub(crate) const MANIFEST: &str = "tests/size/Cargo.toml";

const TARGET: &str = "thumbv6m-none-eabi";
const BUDGETS: &str = "tests/size/budgets.txt";
const RESULTS: &str = "tests/size/RESULTS.md";

const HEADER: &str = "\
# Budgets of `cargo xtask size`, in bytes: flash, state, peak stack.
# A `limit-` holds for its program and is changed by hand; the rest is what was measured last and
# is rewritten by `cargo xtask size --update`. The limits of programs without compression are what
# they took before there was any: who does not choose it must not pay for it.
";

/// A run takes about 0.2 s.
const RUN_LIMIT: Duration = Duration::from_secs(30);

/// The programs that are not measured: the base line, those of `panic-free`, and those that
/// [`instructions`] runs.
fn is_app(name: &str) -> bool {
    let is_other = ["count-", "surface-"].iter().any(|other| name.starts_with(other));
    !matches!(name, "empty" | "panics") && !is_other
}

/// The verb: measures, prints the table, and checks it against the budgets.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    let update = match args {
        [] => false,
        [flag] if flag == "--update" => true,
        _ => return Err("size takes --update and nothing else".into()),
    };
    setup::size()?;
    let empty = flash(&build("empty", "release", &[])?)?;
    let mut rows = Vec::new();
    let mut tally = Tally::default();
    for app in apps()? {
        let path = build(&app, "release", &[])?;
        let report = execute(&path)?;
        let flash = flash(&path)?.checked_sub(empty).ok_or("smaller than an empty program")?;
        let figures = Figures { flash, state: report.state, stack: report.stack };
        if !is_peer(&app) {
            tally.count(links_one_role(&app, &path)?);
            let has_codec = app.ends_with("-deflate") || app.starts_with("codec");
            tally.count(links_a_codec(&path)? == has_codec);
        }
        rows.push((app, figures));
    }
    let mut budgets = Budgets::read(Path::new(BUDGETS))?;
    if update {
        budgets.set(&rows);
        budgets.write(Path::new(BUDGETS), HEADER)?;
        std::fs::write(RESULTS, results(&rows)?)?;
        modules::write()?;
    }
    println!("{}", table(&rows));
    tally += budgets.check(&rows);
    tally += instructions::run(update)?;
    Ok(tally)
}

/// The names of the programs that are measured, in order.
pub(crate) fn apps() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir("tests/size/src/bin")? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if is_app(name) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Whether a program uses another crate than ours.
pub(crate) fn is_peer(app: &str) -> bool {
    app.starts_with("peer-")
}

/// Finds the compiler that everything here is measured with.
pub(crate) fn toolchain() -> Result<Toolchain> {
    Toolchain::find_with_source(TARGET)
}

/// Builds one program and returns its path.
pub(crate) fn build(name: &str, profile: &str, args: &[&str]) -> Result<PathBuf> {
    build_for(toolchain()?, name, profile, args)
}

/// Builds one program for a target and returns its path.
pub(crate) fn build_for(
    toolchain: Toolchain,
    name: &str,
    profile: &str,
    args: &[&str],
) -> Result<PathBuf> {
    let mut cargo = toolchain.cargo("build")?;
    cargo.args(["--manifest-path", MANIFEST, "--profile", profile, "--bin", name]).args(args);
    run_command(cargo)?;
    Ok(toolchain.programs_dir(profile)?.join(name))
}

/// The bytes of flash of a program: code, constants, and the initial values of statics.
pub(crate) fn flash(path: &Path) -> Result<u32> {
    let path = path.to_str().ok_or("the path of the program is not UTF-8")?;
    let sections = output(program("arm-none-eabi-size", &["-A", path]))?;
    let mut sum = 0;
    for line in sections.lines() {
        let mut words = line.split_whitespace();
        if let (Some(".vector_table" | ".text" | ".rodata" | ".data"), Some(len)) =
            (words.next(), words.next())
        {
            sum += len.parse::<u32>()?;
        }
    }
    Ok(sum)
}

/// Says whether a client has no function of the server's handshake in it, and the reverse.
fn links_one_role(app: &str, path: &Path) -> Result<bool> {
    let other = if app.starts_with("client") { "handshake::server" } else { "handshake::client" };
    let mut nm = program("arm-none-eabi-nm", &["--demangle"]);
    nm.arg(path);
    let symbols = output(nm)?;
    let mut found = symbols.lines().filter(|symbol| symbol.contains(other)).peekable();
    let held = found.peek().is_none();
    for symbol in found {
        println!("{app}: links {symbol}");
    }
    Ok(held)
}

/// Says whether a program has a function of the codec in it, or of the extension: none may be in
/// one that has not chosen compression.
fn links_a_codec(path: &Path) -> Result<bool> {
    const PARTS: [&str; 2] = ["socklet_core::deflate::", "socklet_core::permessage_deflate::"];
    let mut nm = program("arm-none-eabi-nm", &["--demangle"]);
    nm.arg(path);
    // The choice of no compression stands in the names of what is generic over it.
    let symbols = output(nm)?.replace("socklet_core::permessage_deflate::NoCompression", "");
    Ok(symbols.lines().any(|symbol| PARTS.iter().any(|part| symbol.contains(part))))
}

/// What a program says of itself, in bytes.
struct Report {
    stack: u32,
    state: u32,
}

/// Runs a program on the emulated board. It exits with success only if the dialogue went as it
/// should, so that nothing is measured that does not work.
fn execute(path: &Path) -> Result<Report> {
    let mut qemu = program("qemu-system-arm", &["-machine", "lm3s6965evb", "-display", "none"]);
    qemu.args(["-serial", "none", "-monitor", "none", "-chardev", "stdio,id=host"]);
    qemu.args(["-semihosting-config", "enable=on,target=native,chardev=host"]);
    qemu.arg("-kernel").arg(path);
    // QEMU remarks that the board's timer has no period: true, and of no concern.
    qemu.stderr(std::process::Stdio::null());
    let text = output_within(RUN_LIMIT, qemu)?;
    let value = |name: &str| -> Result<u32> {
        let hex = text.lines().find_map(|line| line.strip_prefix(name));
        Ok(u32::from_str_radix(hex.ok_or("the program reports nothing")?.trim(), 16)?)
    };
    Ok(Report { stack: value("stack")?, state: value("state")? })
}

fn table(rows: &[(String, Figures)]) -> String {
    let mut text = String::from("| program | flash | state | peak stack |\n|---|---|---|---|\n");
    for (name, Figures { flash, state, stack }) in rows {
        text.push_str(&format!("| {name} | {flash} B | {state} B | {stack} B |\n"));
    }
    text
}

/// The file that a reader of the repository finds.
fn results(rows: &[(String, Figures)]) -> Result<String> {
    Ok(format!(
        "# What a connection costs on a Cortex-M0\n\n\
         Written by `cargo xtask size --update` with {}, thumbv6m-none-eabi, opt-level z, fat \
         LTO, the core library built from source with the same flags. A client does the opening handshake with a verified accept, sends a text, receives \
         one, and closes; a server does the same from its side. One that ends in -deflate compresses over one context each way, with `Tiny` as its compressor, or with `Least`; a codec stands alone. Flash is the difference to a \
         program with the same start-up and transport that does nothing, all crates included. \
         State is the connection without its buffers and codecs, or all memory of a codec but the window of the decoder, which is the receive buffer. \
         A peer is another crate in the same dialogue.\n\n{}",
        toolchain()?.version()?,
        table(rows)
    ))
}
