//! The verb `inspector`: the engine of the frame inspector as WebAssembly, the npm package and the
//! page made of it, each tested where people use it: in Node.js, with a bundler, in a browser.

mod engine;

use std::path::Path;

use crate::command::{check_node_tests, output, program, run as run_command};
use crate::ours::Ours;
use crate::step::Steps;
use crate::{Result, Tally, setup};

/// What builds package and page.
const BUILD: &str = "wasm";
/// The page as one file.
const PAGE: &str = "target/inspector/socklet-inspector.html";
/// What tests them.
const TESTS: &str = "tests/inspector";

/// Runs the verb.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    let only = match args {
        [] => None,
        [part] if ["build", "package", "page"].contains(&part.as_str()) => Some(part.as_str()),
        _ => return Err("usage: cargo xtask inspector [build|package|page]".into()),
    };
    setup()?;
    build()?;
    if only == Some("build") {
        println!("the package is in wasm/npm, the page in {PAGE}");
        return Ok(Tally::one(Path::new(PAGE).is_file()));
    }
    let command = Ours::build()?.socklet();
    let mut steps = Steps::default();
    if only.is_none_or(|part| part == "package") {
        steps.step("package", || node_tests("npm", &command));
    }
    if only.is_none_or(|part| part == "page") {
        steps.step("page", || node_tests("page", &command));
    }
    Ok(steps.finish())
}

/// Measures how long the engine takes in Chromium, and returns the table.
pub(crate) fn bench() -> Result<String> {
    setup()?;
    build()?;
    output(program("node", &["tests/inspector/page/bench.mjs"]))
}

/// Builds engine, package and page.
fn build() -> Result<()> {
    let mut package = program("node", &["wasm/npm/build.mjs"]);
    package.arg(engine::build()?);
    run_command(package)?;
    run_command(program("node", &["wasm/www/build.mjs"]))
}

/// Installs Node.js, what builds, what tests, a browser, and another reader of captures.
pub(crate) fn setup() -> Result<()> {
    setup::npm(BUILD)?;
    setup::npm(TESTS)?;
    setup::apt(&["chromium", "tshark"])
}

/// Runs the tests of Node.js in a directory, one process a file.
fn node_tests(dir: &str, command: &Path) -> Result<Tally> {
    let mut tests = program("node", &["--test", "--test-reporter=tap"]);
    tests.current_dir(TESTS).env("SOCKLET", command);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(Path::new(TESTS).join(dir))? {
        let name = entry?.file_name();
        if name.to_string_lossy().ends_with(".test.mjs") {
            files.push(Path::new(dir).join(name));
        }
    }
    files.sort();
    tests.args(files);
    check_node_tests(tests)
}
