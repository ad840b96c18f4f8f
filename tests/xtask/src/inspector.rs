//! The verb `inspector`: the engine of the frame inspector as WebAssembly, the npm package and the
//! page made of it, each tested where people use it: in Node.js, with a bundler, in a browser.

mod engine;

pub(crate) use engine::BINDGEN;

use std::path::Path;

use crate::command::{check_node_tests, program, run as run_command};
use crate::ours::Ours;
use crate::step::Steps;
use crate::{Result, Tally, setup};

/// What builds package and page.
const BUILD: &str = "wasm";
/// What tests them.
const TESTS: &str = "tests/inspector";

/// Runs the verb.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    let only = match args {
        [] => None,
        [part] if part == "package" || part == "page" => Some(part.as_str()),
        _ => return Err("usage: cargo xtask inspector [package|page]".into()),
    };
    setup()?;
    let glue = engine::build()?;
    let command = Ours::build()?.socklet();
    let mut package = program("node", &["wasm/npm/build.mjs"]);
    package.arg(&glue);
    run_command(package)?;
    run_command(program("node", &["wasm/www/build.mjs"]))?;
    let mut steps = Steps::default();
    if only.is_none_or(|part| part == "package") {
        steps.step("package", || node_tests("npm", &command));
    }
    if only.is_none_or(|part| part == "page") {
        steps.step("page", || node_tests("page", &command));
    }
    Ok(steps.finish())
}

/// Installs Node.js, what builds, what tests, a browser, and another reader of captures.
pub(crate) fn setup() -> Result<()> {
    setup::npm(BUILD)?;
    setup::npm(TESTS)?;
    setup::apt(&["chromium", "tshark"])?;
    engine::setup()
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
