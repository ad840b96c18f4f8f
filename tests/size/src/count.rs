//! Marks what `cargo xtask size` counts the instructions of, for the plugin in `counter.c`.

use crate::board::print;
use crate::markers::{begin, end};

/// Counts what `operation` executes, under a name of two parts.
#[inline(never)]
pub fn count<T>(what: &str, length: &str, operation: impl FnOnce() -> T) -> T {
    print(b"count ");
    print(what.as_bytes());
    print(length.as_bytes());
    print(b"\n");
    begin();
    let output = operation();
    end();
    output
}
