//! What shells and readers of manuals are told of the `socklet` command: everything that it takes.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests panic when something is wrong"
)]

#[path = "command/processes.rs"]
mod processes;

use std::collections::BTreeSet;
use std::process::Command;

use processes::{Ended, file, run, socklet};

const VERBS: [&str; 7] = ["serve", "connect", "bench", "explain", "build", "completions", "man"];

fn told(args: &[&str]) -> String {
    let mut command = socklet();
    command.args(args);
    let ended = run(command, b"");
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{args:?}");
    ended.text().to_owned()
}

/// The options of a verb, and whether something has to follow them; as its help says.
fn options(verb: &str) -> BTreeSet<(String, bool)> {
    let help = told(&[verb, "--help"]);
    let (_, list) = help.split_once("\nOptions:\n").unwrap();
    let lines = list.lines().take_while(|line| !line.is_empty());
    let mut options = BTreeSet::new();
    for line in lines.filter(|line| line.starts_with("  -")) {
        let (names, _) = line.trim_start().split_once("   ").unwrap_or((line.trim(), ""));
        let names = names.split_once("  ").map_or(names, |(names, _)| names);
        let takes = names.split(", ").any(|name| name.contains(' ') && !name.contains("[="));
        for name in names.split(", ") {
            let name = name.split([' ', '[', ',']).next().unwrap();
            options.insert((name.to_owned(), takes));
        }
    }
    assert!(options.contains(&("--help".to_owned(), false)), "{verb}: {options:?}");
    options
}

#[test]
fn every_option_is_taken_and_no_other() {
    for verb in VERBS {
        for (option, takes) in options(verb) {
            let mut command = socklet();
            command.args([verb, &option]).args(takes.then_some("1"));
            // Behind it: nothing is done.
            let Ended { stdout, stderr, .. } = run(
                {
                    command.arg("--help");
                    command
                },
                b"",
            );
            let refused = ["invalid option", "unexpected option", "unexpected argument"];
            assert!(!refused.iter().any(|why| stderr.contains(why)), "{verb} {option}: {stderr}");
            assert!(!stdout.is_empty() || !stderr.is_empty(), "{verb} {option}");
        }
        let mut command = socklet();
        command.args([verb, "--no-such-option"]);
        let ended = run(command, b"");
        assert_eq!(ended.code, Some(2), "{verb}");
        assert!(ended.stderr.contains("--no-such-option"), "{verb}: {}", ended.stderr);
    }
}

#[test]
fn every_option_is_in_all_completions_and_in_the_manual() {
    let manual = told(&["man"]).replace("\\-", "-");
    let scripts = ["bash", "zsh", "fish"].map(|shell| (shell, told(&["completions", shell])));
    for verb in VERBS {
        assert!(manual.contains(&format!(".B socklet {verb}\n")), "{verb}");
        let (_, of_verb) =
            manual.split_once(&format!("SOCKLET {}\"", verb.to_uppercase())).unwrap();
        let of_verb = of_verb.split(".SH ").next().unwrap();
        for (option, _) in options(verb) {
            let is_in = |text: &str, option: &str| {
                text.split(|char: char| !char.is_alphanumeric() && char != '-')
                    .any(|word| word == option)
            };
            assert!(is_in(of_verb, &option), "the manual has no {verb} {option}");
            for (shell, script) in &scripts {
                let found = match option.strip_prefix("--") {
                    _ if *shell != "fish" => is_in(script, &option),
                    Some(long) => {
                        script.contains(&format!("{verb}' "))
                            && script.contains(&format!(" -l {long} "))
                    }
                    None => script.contains(&format!(" -s {} ", &option[1..])),
                };
                assert!(found, "{shell} has no {verb} {option}");
            }
        }
    }
}

/// What bash completes, with the cursor at the end of these words.
fn completed(words: &[&str]) -> Vec<String> {
    let script = format!(
        "source <('{}' completions bash)\n\
         COMP_WORDS=(\"$@\")\nCOMP_CWORD=$(($# - 1))\n_socklet\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        processes::path()
    );
    let mut bash = Command::new("bash");
    bash.args(["-uo", "pipefail", "-c", &script, "bash", "socklet"]).args(words);
    let ended = run(bash, b"");
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{words:?}");
    ended.text().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_verbs_options_words_and_files() {
    assert_eq!(completed(&["co"]), ["connect", "completions"]);
    assert_eq!(completed(&["serve", "--b"]), ["--broadcast", "--blocking"]);
    assert_eq!(completed(&["connect", "--co"]), ["--cookie", "--count"]);
    assert_eq!(completed(&["explain", "--sender", ""]), ["client", "server"]);
    assert_eq!(completed(&["explain", "--sender", "=", "s"]), ["server"]);
    assert_eq!(completed(&["completions", ""]), ["bash", "zsh", "fish"]);
    // What is no file of ours is not guessed.
    assert!(completed(&["connect", "--text", ""]).is_empty());
    let path = file("completed-file.pcap", b"");
    let path = path.to_str().unwrap();
    let beginning = path.strip_suffix("file.pcap").unwrap();
    for words in [
        &["explain", beginning][..],
        &["connect", "--ca", beginning],
        &["connect", "--dump", "=", beginning],
    ] {
        assert_eq!(completed(words), [path], "{words:?}");
    }
}

#[test]
fn the_manual_has_only_macros_that_man_knows() {
    for line in told(&["man"]).lines() {
        if let Some(request) = line.strip_prefix('.') {
            let name = request.split(' ').next().unwrap();
            assert!(["TH", "SH", "TP", "PP", "B", "br", "EX", "EE"].contains(&name), "{line}");
        } else {
            assert!(!line.is_empty() && !line.starts_with('\''), "{line:?}");
        }
        // Every backslash begins an escape sequence that roff has.
        for (at, _) in line.match_indices('\\') {
            let rest = &line[at + 1..];
            assert!(
                ["-", "e", "&", "(aq", "(ga", "(ha", "(ti", "(dq"]
                    .iter()
                    .any(|known| rest.starts_with(known)),
                "{line}"
            );
        }
    }
}
