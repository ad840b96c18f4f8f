//! SECURITY.md names the tests of each promise: they are there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// What stands between backticks.
fn named() -> Vec<String> {
    let text = fs::read_to_string(top().join("SECURITY.md")).unwrap();
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// All sources below a directory, but for what is built.
fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_files_that_are_named_exist() {
    let mut files = 0;
    for name in named().iter().filter(|name| name.contains('/') && !name.contains(' ')) {
        let short = Path::new("tests/host/tests").join(name);
        let exists = top().join(name).exists() || top().join(short).exists();
        assert!(exists, "{name}");
        files += 1;
    }
    assert!(files > 20, "{files} files");
}

#[test]
fn the_tests_that_are_named_exist() {
    let mut all = Vec::new();
    sources(&top().join("tests"), &mut all);
    let all: String = all.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let is_test = |name: &&String| name.matches('_').count() > 2 && !name.contains(['/', '(']);
    let mut tests = 0;
    for name in named().iter().filter(is_test) {
        assert!(all.contains(&format!("fn {name}(")), "{name}");
        tests += 1;
    }
    assert!(tests > 1, "{tests} tests");
}

#[test]
fn the_verbs_and_targets_that_are_named_exist() {
    let source = |file| fs::read_to_string(top().join("tests/xtask/src").join(file)).unwrap();
    let (help, steps) = (source("main.rs"), source("test.rs"));
    let mut verbs = 0;
    for verb in named().iter().filter_map(|name| name.strip_prefix("cargo xtask ")) {
        let exists = match verb.strip_prefix("test ") {
            Some(step) => steps.contains(&format!("name: \"{step}\"")),
            None => help.contains(&format!("\n  {verb} ")),
        };
        assert!(exists, "{verb}");
        verbs += 1;
    }
    assert!(verbs > 2, "{verbs} verbs");
}
