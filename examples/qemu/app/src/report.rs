//! What went well and what did not, a line each.

use core::fmt;

use socklet_qemu_support::say;

/// The count of steps.
#[derive(Debug)]
pub(crate) struct Report {
    passed: u32,
    failed: u32,
}

impl Report {
    pub(crate) const fn new() -> Self {
        Self { passed: 0, failed: 0 }
    }

    /// Tells of a step that went as it should.
    pub(crate) fn passed(&mut self, step: &str) {
        say!("ok {step}");
        self.passed = self.passed.saturating_add(1);
    }

    /// Tells of a step that did not.
    pub(crate) fn failed(&mut self, step: &str, why: &dyn fmt::Display) {
        say!("FAILED {step}: {why}");
        self.failed = self.failed.saturating_add(1);
    }

    /// Says whether something was done, and all of it went well.
    pub(crate) const fn is_success(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}
