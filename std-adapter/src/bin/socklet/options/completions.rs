//! What makes shells complete the options.

use std::fmt::Write as _;

use super::{ABOUT, Opt, VERBS, Value, Verb};

/// The script for a shell, if it is one of [`SHELLS`](super::SHELLS).
pub(crate) fn script(shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash()),
        "zsh" => Some(zsh()),
        "fish" => Some(fish()),
        _ => None,
    }
}

/// All names of an option, with their hyphens.
fn names(option: &Opt) -> impl Iterator<Item = String> {
    let short = option.short.map(|short| format!("-{short}"));
    short.into_iter().chain(option.names.iter().map(|name| format!("--{name}")))
}

fn all_names(verb: &Verb) -> String {
    verb.options().flat_map(names).collect::<Vec<_>>().join(" ")
}

fn verbs() -> String {
    VERBS.iter().map(|verb| verb.name).collect::<Vec<_>>().join(" ")
}

// In what follows, writing to a string cannot fail.

fn bash() -> String {
    let mut cases = String::new();
    for verb in VERBS {
        let _ = writeln!(cases, "    {})\n        case $before in", verb.name);
        for option in verb.options() {
            let (behind, answer) = match option.value {
                Value::None => continue,
                Value::Some(_) => (["", "="].as_slice(), String::new()),
                Value::Perhaps(_) => (["="].as_slice(), String::new()),
                Value::File(_) => (["", "="].as_slice(), "_socklet_files; ".to_owned()),
                Value::PerhapsFile(_) => (["="].as_slice(), "_socklet_files; ".to_owned()),
                Value::Word(_, words) => {
                    (["", "="].as_slice(), format!("_socklet_words '{}'; ", words.join(" ")))
                }
            };
            let patterns: Vec<String> = names(option)
                .flat_map(|name| behind.iter().map(move |behind| format!("{name}{behind}")))
                .collect();
            let _ = writeln!(cases, "            {}) {answer}return ;;", patterns.join("|"));
        }
        let operand = match verb.operand {
            Value::File(_) | Value::PerhapsFile(_) => "_socklet_files".to_owned(),
            Value::Word(_, words) => format!("_socklet_words '{}'", words.join(" ")),
            Value::None | Value::Some(_) | Value::Perhaps(_) => "return".to_owned(),
        };
        let options = all_names(verb);
        let _ = writeln!(
            cases,
            "        esac\n        if [[ $current == -* ]]; then _socklet_words '{options}'; \
             else {operand}; fi ;;"
        );
    }
    format!(
        "# Completions of socklet for bash.
_socklet_words() {{
    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\")
}}

_socklet_files() {{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")
}}

_socklet() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
    COMPREPLY=()
    # `=` is a word of its own.
    if [[ $current == = ]]; then
        current= before+==
    elif [[ $before == = ]]; then
        before=${{COMP_WORDS[COMP_CWORD-2]}}=
    fi
    if ((COMP_CWORD == 1)); then
        _socklet_words '{} {}'
        return
    fi
    case ${{COMP_WORDS[1]}} in
{cases}    esac
}}

complete -F _socklet socklet
",
        verbs(),
        all_names(&ABOUT),
    )
}

fn zsh() -> String {
    // In double quotes nothing but these means something, in a description colons and brackets.
    let quoted = |text: &str| {
        text.chars().fold(String::new(), |mut out, char| {
            match char {
                '\'' => out.push_str("'\\''"),
                '[' | ']' | ':' | '\\' => out.extend(['\\', char]),
                char => out.push(char),
            }
            out
        })
    };
    let argument = |value: Value| match value {
        Value::None => String::new(),
        Value::Some(name) => format!(":{}: ", quoted(name)),
        Value::Perhaps(name) => format!("::{name}: "),
        Value::File(name) => format!(":{name}:_files"),
        Value::PerhapsFile(name) => format!("::{name}:_files"),
        Value::Word(name, words) => format!(":{name}:({})", words.join(" ")),
    };
    let spec = |option: &Opt| {
        let mut specs = String::new();
        for name in names(option) {
            let behind = match option.value {
                Value::Perhaps(_) | Value::PerhapsFile(_) => "=-",
                Value::None => "",
                _ if name.starts_with("--") => "=",
                _ => "",
            };
            let (help, argument) = (quoted(option.help), argument(option.value));
            let _ = write!(specs, " \\\n                '*{name}{behind}[{help}]{argument}'");
        }
        specs
    };
    let mut out = String::from(
        "#compdef socklet\n# Completions of socklet for zsh.\n_socklet() {\n    local -a commands\n    \
         commands=(\n",
    );
    for verb in VERBS {
        let _ = writeln!(out, "        '{}:{}'", verb.name, quoted(verb.summary));
    }
    out.push_str("    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n");
    out.push_str("        _arguments");
    ABOUT.options().for_each(|option| out.push_str(&spec(option)));
    out.push_str("\n        return\n    fi\n    shift words\n    ((CURRENT -= 1))\n");
    out.push_str("    case $words[1] in\n");
    for verb in VERBS {
        let _ = write!(out, "        {})\n            _arguments", verb.name);
        verb.options().for_each(|option| out.push_str(&spec(option)));
        if verb.operand != Value::None {
            let _ = write!(out, " \\\n                '1{}'", argument(verb.operand));
        }
        out.push_str(" ;;\n");
    }
    out.push_str("    esac\n}\n\nif [[ $funcstack[1] == _socklet ]]; then\n    _socklet \"$@\"\n");
    out.push_str("else\n    compdef _socklet socklet\nfi\n");
    out
}

fn fish() -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let mut out = String::from("# Completions of socklet for fish.\ncomplete -c socklet -f\n");
    let mut option = |condition: &str, option: &Opt| {
        let _ = write!(out, "complete -c socklet -n '{condition}'");
        if let Some(short) = option.short {
            let _ = write!(out, " -s {short}");
        }
        for name in option.names {
            let _ = write!(out, " -l {name}");
        }
        out.push_str(&match option.value {
            Value::None | Value::Perhaps(_) => String::new(),
            Value::PerhapsFile(_) => " -F".to_owned(),
            Value::Some(_) => " -x".to_owned(),
            Value::File(_) => " -rF".to_owned(),
            Value::Word(_, words) => format!(" -x -a {}", quoted(&words.join(" "))),
        });
        let _ = writeln!(out, " -d {}", quoted(option.help));
    };
    ABOUT.options().for_each(|of| option("__fish_use_subcommand", of));
    for verb in VERBS {
        let condition = format!("__fish_seen_subcommand_from {}", verb.name);
        verb.options().for_each(|of| option(&condition, of));
    }
    for verb in VERBS {
        let (name, summary) = (verb.name, quoted(verb.summary));
        let _ =
            writeln!(out, "complete -c socklet -n __fish_use_subcommand -a {name} -d {summary}");
        let operand = match verb.operand {
            Value::File(_) | Value::PerhapsFile(_) => " -F".to_owned(),
            Value::Word(_, words) => format!(" -a {}", quoted(&words.join(" "))),
            Value::None | Value::Some(_) | Value::Perhaps(_) => continue,
        };
        let _ =
            writeln!(out, "complete -c socklet -n '__fish_seen_subcommand_from {name}'{operand}");
    }
    out
}
