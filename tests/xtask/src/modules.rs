//! Where the bytes of a client's flash go: a part of the verb `size`.
//!
//! Each symbol counts for the module that its name says. What the compiler has put into another
//! function counts for that one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::command::{output, program};
use crate::{Result, size};

const RESULTS: &str = "tests/size/MODULES.md";

const PROGRAMS: [&str; 2] = ["client-blocking", "client-async"];

/// Bytes by module.
type Modules = BTreeMap<String, i64>;

/// Writes the table.
pub(crate) fn write() -> Result<()> {
    let empty = modules(&size::build("empty", "release", &[])?)?;
    let mut columns = Vec::new();
    for name in PROGRAMS {
        let mut column = modules(&size::build(name, "release", &[])?)?;
        for (module, len) in &empty {
            *column.entry(module.clone()).or_default() -= len;
        }
        columns.push(column);
    }
    Ok(std::fs::write(RESULTS, format!("{HEADER}{}", table(&columns)?))?)
}

/// What there is in a program.
fn modules(path: &Path) -> Result<Modules> {
    let mut nm = program("arm-none-eabi-nm", &["--print-size", "--demangle"]);
    nm.arg(path);
    let mut modules = Modules::new();
    let mut named = 0;
    for line in output(nm)?.lines() {
        // Address, size, kind, name; symbols without a size are marks of the linker.
        let mut words = line.splitn(4, ' ');
        let (Some(_), Some(len), Some(kind), Some(name)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        if matches!(kind, "t" | "T" | "w" | "W") {
            let len = i64::from_str_radix(len, 16)?;
            named += len;
            *modules.entry(module(name)).or_default() += len;
        }
    }
    // Constants have no names of their own, nor has what lies between functions.
    let rest = i64::from(size::flash(path)?) - named;
    modules.insert("constants, and what lies between functions".to_owned(), rest);
    Ok(modules)
}

/// The module of a demangled name.
fn module(name: &str) -> String {
    let path = name.trim_start_matches(['<', '&']).trim_start_matches("mut ");
    let path = path.split(['<', '>', ' ', '(']).next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
    parts.pop();
    parts.retain(|part| part.starts_with(|first: char| first.is_ascii_lowercase()));
    match parts.as_slice() {
        [] if name == "app" => "the program, and what the compiler has put into it".to_owned(),
        [] => "run-time library of the compiler".to_owned(),
        ["socklet_core", module] => format!("socklet_core::{module}"),
        ["socklet_core", module, file, ..] => format!("socklet_core::{module}::{file}"),
        ["compiler_builtins", ..] => "run-time library of the compiler".to_owned(),
        ["socklet_size", ..] => "start-up and next layer of the measurement".to_owned(),
        [other, ..] => (*other).to_owned(),
    }
}

/// Modules by programs, the largest of the first program first.
fn table(columns: &[Modules]) -> Result<String> {
    let mut names: Vec<&String> = columns.iter().flat_map(BTreeMap::keys).collect();
    names.sort_by_key(|name| {
        let of = |column: &Modules| -column.get(*name).copied().unwrap_or_default();
        (columns.iter().map(of).collect::<Vec<_>>(), *name)
    });
    names.dedup();
    let mut text =
        format!("| module | {} |\n|---|{}\n", PROGRAMS.join(" | "), "---:|".repeat(PROGRAMS.len()));
    let mut row = |name: &str, figures: Vec<i64>| -> Result<()> {
        if figures.iter().any(|figure| *figure != 0) {
            let cells: String = figures.iter().map(|figure| format!(" {figure} B |")).collect();
            writeln!(text, "| {name} |{cells}")?;
        }
        Ok(())
    };
    for name in names {
        let of = |column: &Modules| column.get(name).copied().unwrap_or_default();
        row(name, columns.iter().map(of).collect())?;
    }
    row("**all**", columns.iter().map(|column| column.values().sum()).collect())?;
    Ok(text)
}

const HEADER: &str = "\
# Where the bytes go

Written by `cargo xtask size --update`: the flash of the clients of [RESULTS.md](RESULTS.md) on
thumbv6m, by the module that the name of each function says, less the same of an empty program. What
the compiler has put into another function counts for that one: most of `app` is the opening
handshake and the methods that it calls, and `io::stream` has much of `connection` in it.

";

#[cfg(test)]
mod tests {
    use super::module;

    #[test]
    fn a_name_says_its_module() {
        for (name, expected) in [
            ("<socklet_core::wire::mask::Mask>::apply", "socklet_core::wire::mask"),
            ("socklet_core::moving::move_down", "socklet_core::moving"),
            (
                "socklet_core::connection::receive::fail::<a::B>",
                "socklet_core::connection::receive",
            ),
            ("core::str::converts::from_utf8", "core"),
            ("compiler_builtins::mem::memcpy", "run-time library of the compiler"),
            ("__aeabi_memcpy", "run-time library of the compiler"),
        ] {
            assert_eq!(module(name), expected);
        }
    }
}
