//! What `--help` prints.

use std::fmt::Write as _;

use super::{ABOUT, Opt, VERBS, Verb};

/// Longest line.
const WIDTH: usize = 100;

/// Where what is said of an option begins.
const COLUMN: usize = 30;

/// The command as a whole.
pub(crate) fn general() -> String {
    let mut out = format!("socklet - {}\n\nUsage:\n", ABOUT.summary);
    for verb in VERBS {
        let usage = format!("  socklet {} {}", verb.name, verb.usage);
        entry(&mut out, usage.trim_end(), 38, verb.summary);
    }
    out.push_str("\nOptions:\n");
    for option in ABOUT.options() {
        entry(&mut out, &left(option), 17, option.help);
    }
    out.push('\n');
    for paragraph in ABOUT.about {
        wrap(&mut out, paragraph, 0);
    }
    out
}

/// A verb of it.
pub(crate) fn of(verb: &Verb) -> String {
    let Verb { name, summary, usage, .. } = verb;
    let mut out = format!("socklet {name} - {summary}\n\nUsage:\n  socklet {name} {usage}\n");
    for paragraph in verb.about {
        out.push('\n');
        wrap(&mut out, paragraph, 0);
    }
    out.push_str("\nOptions:\n");
    for option in verb.options() {
        entry(&mut out, &left(option), COLUMN, option.help);
    }
    out.push('\n');
    wrap(&mut out, &format!("Exit status: {}", verb.exit), 0);
    if !verb.examples.is_empty() {
        out.push_str("\nExamples:\n");
    }
    for example in verb.examples {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {example}");
    }
    out
}

/// The names of an option, and what follows it.
pub(super) fn left(option: &Opt) -> String {
    let short = option.short.map(|short| format!("-{short}, ")).unwrap_or_default();
    let names: Vec<String> = option.names.iter().map(|name| format!("--{name}")).collect();
    format!("  {short}{}{}", names.join(", "), option.value.shown())
}

/// A line with something on the left, and behind it or below it what it is.
fn entry(out: &mut String, left: &str, column: usize, right: &str) {
    let len = left.chars().count();
    if len > WIDTH {
        out.push_str("  ");
        wrap(out, left, 2);
        out.push_str(&" ".repeat(column));
    } else if len + 2 > column {
        out.push_str(left);
        out.push('\n');
        out.push_str(&" ".repeat(column));
    } else {
        out.push_str(left);
        out.push_str(&" ".repeat(column - len));
    }
    wrap(out, right, column);
}

/// Words in lines: the first begins where `out` ends, the others are indented.
fn wrap(out: &mut String, text: &str, indent: usize) {
    let mut len = indent;
    for (at, word) in text.split_whitespace().enumerate() {
        let word_len = word.chars().count();
        if at != 0 && len + 1 + word_len > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            len = indent;
        } else if at != 0 {
            out.push(' ');
            len += 1;
        }
        out.push_str(word);
        len += word_len;
    }
    out.push('\n');
}
