//! The check `minimal`: the published packages build with the oldest dependencies that their
//! manifests allow, which is what another program's lock file may hold.

use std::fs;
use std::path::Path;

use crate::command::{cargo, check, output, program, run as run_command, target_dir};
use crate::{Result, Tally};

/// The published packages, and where they are.
const PACKAGES: [(&str, &str); 4] = [
    ("socklet-core", "core"),
    ("socklet-embassy", "embassy"),
    ("socklet-std", "std-adapter"),
    ("socklet-wasm", "wasm"),
];

/// Checks each package with all features, in a copy that has a lock file of its own.
pub(crate) fn run() -> Result<Tally> {
    let copy = target_dir()?.join("minimal");
    copy_to(&copy)?;
    // Of what the manifests name themselves: how old a dependency's dependencies may be is that one's
    // to keep true.
    let mut oldest = cargo(&["update", "--quiet", "-Z", "direct-minimal-versions"]);
    oldest.env("RUSTC_BOOTSTRAP", "1").current_dir(&copy);
    run_command(oldest)?;
    let mut tally = Tally::default();
    for (package, _) in PACKAGES {
        let mut build = cargo(&["check", "--quiet", "--locked", "--package", package]);
        build.arg("--all-features").current_dir(&copy);
        build.env("CARGO_TARGET_DIR", target_dir()?.join("minimal-build"));
        tally += check(build)?;
    }
    Ok(tally)
}

/// Copies what git knows of the packages, as it stands in the working tree, and a workspace that has
/// no other members: what tests need must not decide what users get.
fn copy_to(copy: &Path) -> Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    let mut files = program("git", &["ls-files", "-z"]);
    files.args(PACKAGES.map(|(_, dir)| dir));
    for name in output(files)?.split_terminator('\0').filter(|name| Path::new(name).exists()) {
        let to = copy.join(name);
        fs::create_dir_all(to.parent().ok_or("a file is in a directory")?)?;
        fs::copy(name, to)?;
    }
    let workspace = fs::read_to_string("Cargo.toml")?;
    let is_member = |line: &str| line.starts_with("    \"") && line.ends_with("\",");
    let is_copied =
        |line: &str| PACKAGES.iter().any(|(_, dir)| line.trim().trim_matches([',', '"']) == *dir);
    let lines = workspace.lines().filter(|line| !is_member(line) || is_copied(line));
    let workspace = lines.map(|line| format!("{line}\n")).collect::<String>();
    Ok(fs::write(copy.join("Cargo.toml"), workspace)?)
}
