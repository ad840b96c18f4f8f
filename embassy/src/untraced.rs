//! No line for any frame, and no byte of code: what stands in for `trace` without that feature.

/// Looks at nothing.
#[derive(Debug)]
pub(crate) struct Tracer;

impl Tracer {
    pub(crate) const fn inbound() -> Self {
        Self
    }

    pub(crate) const fn outbound() -> Self {
        Self
    }

    #[allow(clippy::unused_self, reason = "as the one that does")]
    pub(crate) const fn pass(&mut self, _: &[u8]) {}
}
