//! The verb `api`: every public item of the published packages, listed and committed, so that a
//! change of what users build upon is seen in review, and is none that nobody meant.
//!
//! rustdoc writes the JSON that the list is made of only for those who ask it to be unstable.

use std::fs;
use std::path::Path;

use crate::command::{cargo, output, program, run as run_command, target_dir};
use crate::{Result, Tally};

/// Where the lists are committed.
const DIR: &str = "tests/api";

/// The published packages, and the libraries in them.
const PACKAGES: [(&str, &str); 4] = [
    ("socklet-core", "socklet_core"),
    ("socklet-embassy", "socklet_embassy"),
    ("socklet-std", "socklet_std"),
    ("socklet-wasm", "socklet_wasm"),
];

/// The verb: compares each list with the committed one, or writes them with `--update`.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    let update = match args {
        [] => false,
        [arg] if arg == "--update" => true,
        _ => return Err("api takes --update".into()),
    };
    let dir = target_dir()?.join("api");
    fs::create_dir_all(&dir)?;
    let rustdoc = unstable_rustdoc(&dir)?;
    run_command(cargo(&["build", "--quiet", "--package", "socklet-api-listing"]))?;
    let mut tally = Tally::default();
    for (package, library) in PACKAGES {
        let mut json = cargo(&["rustdoc", "--quiet", "--package", package, "--lib"]);
        json.args(["--all-features", "--", "-Z", "unstable-options", "--output-format", "json"]);
        json.env("RUSTDOC", &rustdoc);
        run_command(json)?;
        let json = target_dir()?.join("doc").join(library).with_extension("json");
        let mut list = program(target_dir()?.join("debug/socklet-api-listing"), &[]);
        list.arg(json);
        let list = output(list)?;
        let path = Path::new(DIR).join(package).with_extension("txt");
        if update {
            fs::write(&path, &list)?;
        }
        tally.count(is_committed(&path, &list)?);
    }
    Ok(tally)
}

/// Writes a program that is rustdoc, but for being told that it may do what is unstable. Were the
/// whole of cargo told, it would build anew all that asks for that.
fn unstable_rustdoc(dir: &Path) -> Result<std::path::PathBuf> {
    use std::os::unix::fs::PermissionsExt;

    let path = dir.join("rustdoc");
    fs::write(&path, "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n")?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// Says whether a list is the committed one, and shows the lines that only one of them has.
fn is_committed(path: &Path, list: &str) -> Result<bool> {
    let committed = fs::read_to_string(path).unwrap_or_default();
    if committed == list {
        return Ok(true);
    }
    println!("{}: not what is there (`cargo xtask api --update` writes it)", path.display());
    for (sign, from, other) in [('-', committed.as_str(), list), ('+', list, &committed)] {
        let other: std::collections::HashSet<&str> = other.lines().collect();
        for line in from.lines().filter(|line| !other.contains(line)) {
            println!("{sign} {line}");
        }
    }
    Ok(false)
}
