//! The man page.

use std::fmt::Write as _;

use super::{ABOUT, VERBS, Verb, help::left};

/// The page, as roff with the macros of `man`.
pub(crate) fn page() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut out = format!(".TH SOCKLET 1 \"\" \"socklet {version}\" \"User Commands\"\n.SH NAME\n");
    line(&mut out, &format!("socklet - {}", ABOUT.summary));
    out.push_str(".SH SYNOPSIS\n");
    for (at, verb) in VERBS.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { ".br\n" });
        synopsis(&mut out, verb);
    }
    out.push_str(".SH DESCRIPTION\n");
    for paragraph in ABOUT.about {
        line(&mut out, paragraph);
    }
    out.push_str(".SH OPTIONS\n");
    options(&mut out, &ABOUT);
    for verb in VERBS {
        // Writing to a string cannot fail.
        let _ = writeln!(out, ".SH \"SOCKLET {}\"", verb.name.to_uppercase());
        synopsis(&mut out, verb);
        for paragraph in verb.about {
            out.push_str(".PP\n");
            line(&mut out, paragraph);
        }
        options(&mut out, verb);
        out.push_str(".PP\n");
        line(&mut out, &format!("Exit status: {}", verb.exit));
        if !verb.examples.is_empty() {
            out.push_str(".PP\n.EX\n");
            verb.examples.iter().for_each(|example| line(&mut out, example));
            out.push_str(".EE\n");
        }
    }
    out
}

fn synopsis(out: &mut String, verb: &Verb) {
    let _ = writeln!(out, ".B socklet {}", escaped(verb.name));
    if !verb.usage.is_empty() {
        line(out, verb.usage);
    }
}

fn options(out: &mut String, verb: &Verb) {
    for option in verb.options() {
        let _ = writeln!(out, ".TP\n.B {}", escaped(left(option).trim_start()));
        line(out, option.help);
    }
}

/// A line of text.
fn line(out: &mut String, text: &str) {
    // What begins like a macro is none.
    if text.starts_with(['.', '\'']) {
        out.push_str("\\&");
    }
    out.push_str(&escaped(text));
    out.push('\n');
}

/// The text with what roff would take for something else: a hyphen is to be one that can be copied.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, char| {
        match char {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            '"' => out.push_str("\\(dq"),
            char => out.push(char),
        }
        out
    })
}
