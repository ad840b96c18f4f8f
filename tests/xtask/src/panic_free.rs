//! The verb `panic-free`: nothing that panics is linked into firmware that uses the core.
//!
//! The programs of `tests/size` are built for thumbv6m as a user would build them, but with
//! overflow checks, so that unchecked arithmetic shows as well. A call of a panicking function
//! that the optimiser could not prove unreachable stands in the machine code, and that is what
//! is read here. It proves what these programs link: both roles and both streams, with the
//! core's default features.
//!
//! One panic is let pass: the compiler puts `panic_const_async_fn_resumed` into every `async fn`,
//! for an executor that polls a future again after it has finished. No peer can cause it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::command::{output, program};
use crate::{Result, Tally, setup, size};

/// Parts of the names of functions that start or carry a panic.
const MACHINERY: [&str; 7] = [
    "core::panicking::",
    "core::option::unwrap_failed",
    "core::option::expect_failed",
    "core::result::unwrap_failed",
    "core::slice::index::slice_",
    "core::str::slice_error_fail",
    "core::cell::panic_already",
];

/// The one that is let pass.
const RESUMED: &str = "core::panicking::panic_const::panic_const_async_fn_resumed";

/// The verb: one check a program.
pub(crate) fn run() -> Result<Tally> {
    setup::size()?;
    let mut tally = Tally::default();
    for app in size::apps()?.into_iter().filter(|app| !size::is_peer(app)) {
        let calls = calls(&disassembly(&app)?)?;
        let panicking: Vec<_> = calls.iter().filter(|call| call.starts_panic()).collect();
        for Call { caller, callee } in &panicking {
            println!("{app}: {caller} calls {callee}");
            // What panics may be a function of the core library: then this is where to look.
            for user in calls.iter().filter(|call| call.callee == *caller) {
                println!("{app}:     and is called by {}", user.caller);
            }
        }
        println!("{app}: {} calls that panic", panicking.len());
        tally.count(panicking.is_empty());
    }
    // The check itself must be able to fail.
    let seen = calls(&disassembly("panics")?)?.iter().any(Call::starts_panic);
    println!("panics: its panic is {}", if seen { "seen" } else { "NOT SEEN" });
    tally.count(seen);
    Ok(tally)
}

/// Builds a program and returns its machine code, with names, as text.
fn disassembly(app: &str) -> Result<String> {
    let program_path = size::build(app, "overflow-checks", &["--features", "distinct-panics"])?;
    disassemble(&program_path)
}

fn disassemble(path: &Path) -> Result<String> {
    let mut objdump = program("arm-none-eabi-objdump", &["--disassemble", "--demangle"]);
    objdump.args(["--no-show-raw-insn"]).arg(path);
    output(objdump)
}

/// A function that calls another.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    caller: String,
    callee: String,
}

impl Call {
    /// Says whether this is where code that does not panic calls code that does.
    fn starts_panic(&self) -> bool {
        is_panicking(&self.callee) && !is_panicking(&self.caller) && self.callee != RESUMED
    }
}

/// Finds the calls in a disassembly.
fn calls(disassembly: &str) -> Result<BTreeSet<Call>> {
    let mut calls = BTreeSet::new();
    let mut caller = None;
    for line in disassembly.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            caller = Some(name);
        } else if let (Some(caller), Some(callee)) = (caller, callee(line)) {
            calls.insert(Call { caller: caller.to_owned(), callee: callee.to_owned() });
        }
    }
    if caller.is_none() {
        return Err("a program without symbols: nothing is proved".into());
    }
    Ok(calls)
}

/// The function that an instruction refers to: `  e26:\tbl\t2238 <name>`.
fn callee(line: &str) -> Option<&str> {
    let (_, name) = line.strip_suffix('>')?.split_once('<')?;
    Some(name)
}

fn is_panicking(function: &str) -> bool {
    MACHINERY.iter().any(|part| function.contains(part))
}

#[cfg(test)]
mod tests {
    use super::{Call, RESUMED, calls};

    fn is_found(caller: &str, callee: &str) -> bool {
        let text =
            format!("0000a0 <{caller}>:\n  a0:\tpush\t{{r7, lr}}\n  a2:\tbl\tb0 <{callee}>\n");
        calls(&text).unwrap().iter().any(Call::starts_panic)
    }

    #[test]
    fn a_call_is_read_with_both_names() {
        let text = "00a0 <<a::B<C>>::d>:\n  a2:\tbl\tb0 <core::panicking::panic_bounds_check>\n";
        let found: Vec<_> = calls(text).unwrap().into_iter().collect();
        let callee = "core::panicking::panic_bounds_check".to_owned();
        assert_eq!(found, [Call { caller: "<a::B<C>>::d".to_owned(), callee }]);
    }

    #[test]
    fn panics_are_told_from_what_they_call_and_from_other_calls() {
        assert!(is_found("app", "core::slice::index::slice_end_index_len_fail"));
        assert!(is_found("app", "core::panicking::panic_fmt"));
        assert!(!is_found("app", "socklet_core::connection::fail"));
        assert!(!is_found("core::panicking::panic_fmt", "core::panicking::panic_nounwind"));
    }

    #[test]
    fn a_future_polled_after_its_end_is_let_pass() {
        assert!(!is_found("app", RESUMED));
        assert!(is_found("app", "core::panicking::panic_const::panic_const_add_overflow"));
    }

    #[test]
    fn a_program_without_symbols_proves_nothing() {
        assert!(calls("file format elf32-littlearm\n").is_err());
    }
}
