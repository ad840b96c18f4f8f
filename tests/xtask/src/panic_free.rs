//! The verb `panic-free`: nothing that panics is linked into firmware that uses the core.
//!
//! Programs of `tests/size` are built for each target as a user would build them, but with
//! overflow checks, so that unchecked arithmetic shows as well. A call of a panicking function
//! that the optimiser could not prove unreachable stands in the machine code, and that is what
//! is read here. It proves what these programs link, with the core's default features: on a
//! Cortex-M0 those that are measured, and on each target those named `surface-`, which use all of
//! the public surface: both roles and both streams, whole and in halves, compression both ways, and
//! the functions beside the streams.
//!
//! Two panics are let pass. The compiler puts `panic_const_async_fn_resumed` into every `async fn`,
//! for an executor that polls a future again after it has finished. And the library's `RefCell`, in
//! cells for halves on one thread, adds to its counter what it has subtracted when it was borrowed,
//! with an overflow check like all arithmetic here. No peer can cause either.

use std::collections::BTreeSet;

use crate::command::{output, program};
use crate::cross::Toolchain;
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

/// What is let pass whoever calls it.
const RESUMED: &str = "core::panicking::panic_const::panic_const_async_fn_resumed";

/// Who may call what.
const LET_GO: [&str; 2] = ["core::cell::BorrowRefMut", "panic_const_add_overflow"];

/// The verb: one check a program.
pub(crate) fn run() -> Result<Tally> {
    setup::size()?;
    let mut tally = Tally::default();
    for target in &TARGETS {
        tally += check(target)?;
    }
    Ok(tally)
}

/// A machine whose code is read.
struct Target {
    name: &'static str,
    objdump: &'static str,
    /// The package that has it.
    package: &'static str,
    /// Whether what is measured there is read as well.
    is_measured: bool,
}

const TARGETS: [Target; 3] = [
    Target {
        name: "thumbv6m-none-eabi",
        objdump: "arm-none-eabi-objdump",
        package: "binutils-arm-none-eabi",
        is_measured: true,
    },
    Target {
        name: "riscv32imc-unknown-none-elf",
        objdump: "riscv64-unknown-elf-objdump",
        package: "binutils-riscv64-unknown-elf",
        is_measured: false,
    },
    Target {
        name: "x86_64-unknown-none",
        objdump: "objdump",
        package: "binutils",
        is_measured: false,
    },
];

/// The programs that use all of the public surface.
const SURFACE: [&str; 2] = ["surface-streams", "surface-functions"];

fn check(target: &Target) -> Result<Tally> {
    setup::apt(&[target.package])?;
    let mut tally = Tally::default();
    let mut apps = SURFACE.map(str::to_owned).to_vec();
    if target.is_measured {
        apps.extend(size::apps()?.into_iter().filter(|app| !size::is_peer(app)));
    }
    for app in apps {
        let calls = calls(&disassembly(target, &app)?)?;
        let app = format!("{}: {app}", target.name);
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
    let seen = calls(&disassembly(target, "panics")?)?.iter().any(Call::starts_panic);
    let name = target.name;
    println!("{name}: panics: its panic is {}", if seen { "seen" } else { "NOT SEEN" });
    tally.count(seen);
    Ok(tally)
}

/// Builds a program and returns its machine code, with names, as text.
fn disassembly(target: &Target, app: &str) -> Result<String> {
    let toolchain = Toolchain::find_with_source(target.name)?;
    let args = ["--features", "distinct-panics"];
    let path = size::build_for(toolchain, app, "overflow-checks", &args)?;
    let mut objdump = program(target.objdump, &["--disassemble", "--demangle"]);
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
        let is_let_go = self.caller.starts_with("core::ptr::drop_in_place::<")
            && self.caller.contains(LET_GO[0])
            && self.callee.ends_with(LET_GO[1]);
        let is_let_pass = self.callee == RESUMED || is_let_go;
        is_panicking(&self.callee) && !is_panicking(&self.caller) && !is_let_pass
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
