//! The verb `panic-free`: nothing that panics is linked into firmware that uses the core.
//!
//! The programs of `tests/size` are built for thumbv6m as a user would build them, but with
//! overflow checks, so that unchecked arithmetic shows as well. What the linker could not prove
//! unreachable stands in the symbol table, and that is what is read here. It proves what these
//! programs link: both roles and both streams, with the core's default features.

use crate::command::{output, program};
use crate::{Result, Tally, setup, size};

/// Parts of the names of functions that a panic goes through. The handler itself
/// (`rust_begin_unwind`) is not among them: nothing calls it if none of these is linked, and
/// the measuring programs must define one.
const MACHINERY: [&str; 9] = [
    "core::panicking",
    "core::option::unwrap_failed",
    "core::option::expect_failed",
    "core::result::unwrap_failed",
    "core::slice::index::slice_",
    "core::slice::copy_from_slice_impl",
    "core::str::slice_error_fail",
    "core::cell::panic_already",
    "panic_fmt",
];

/// The verb: one check a program.
pub(crate) fn run() -> Result<Tally> {
    setup::size()?;
    let mut tally = Tally::default();
    for app in size::apps()? {
        let symbols = symbols(&size::build(&app, "overflow-checks")?)?;
        if !symbols.iter().any(|name| name == "reset") {
            return Err(format!("{app}: no symbol table, so nothing is proved").into());
        }
        let panics: Vec<_> = symbols.iter().filter(|name| is_panic(name)).collect();
        tally.count(panics.is_empty());
        if panics.is_empty() {
            println!("{app}: no panic among {} symbols", symbols.len());
        }
        for name in panics {
            println!("{app}: links {name}");
        }
    }
    // The check itself must be able to fail.
    let seen = symbols(&size::build("panics", "overflow-checks")?)?.iter().any(|s| is_panic(s));
    println!("panics: its panic is {}", if seen { "seen" } else { "NOT SEEN" });
    tally.count(seen);
    Ok(tally)
}

fn is_panic(symbol: &str) -> bool {
    MACHINERY.iter().any(|part| symbol.contains(part))
}

/// The demangled names of all symbols of a program.
fn symbols(path: &std::path::Path) -> Result<Vec<String>> {
    let path = path.to_str().ok_or("the path of the program is not UTF-8")?;
    let table = output(program("arm-none-eabi-nm", &["--demangle", path]))?;
    // Address, kind, name; an undefined symbol has no address and cannot be in a linked program.
    Ok(table.lines().filter_map(|line| line.splitn(3, ' ').nth(2)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::is_panic;

    #[test]
    fn panic_machinery_is_told_from_names_that_only_sound_like_it() {
        assert!(is_panic("core::panicking::panic_bounds_check"));
        assert!(is_panic("core::slice::index::slice_end_index_len_fail::h0123"));
        assert!(!is_panic("__rustc::rust_begin_unwind"));
        assert!(!is_panic("socklet_core::wire::header::decode"));
    }
}
