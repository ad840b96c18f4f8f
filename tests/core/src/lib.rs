//! What the tests of socklet-core share: transports that misbehave, a virtual clock, a small
//! executor, frames built by hand. Everything is deterministic; a failure repeats.
//!
//! | module | what |
//! |---|---|
//! | [`pipe`] | two ends of an in-memory stream, blocking and asynchronous |
//! | [`faulty`] | caps, stalls, ends or breaks any next layer at its n-th operation |
//! | [`schedule`] | a peer whose bytes arrive at set times, and who may never read |
//! | [`socket`] | a stream whose ends come in halves and wake one task only, as sockets do |
//! | [`timed`] | servers on the virtual clock, blocking and asynchronous |
//! | [`wire`] | a peer whose bytes arrive in given pieces, all at once |
//! | [`clock`], [`executor`] | virtual time, and one thread that polls and lets it pass |
//! | [`dropping`] | drops a future at its n-th await |
//! | [`frames`] | frames of any bytes, and a decoder that shares no line with the core's |
//! | [`buffers`] | buffers that count how they grow |
//! | [`cells`] | what two halves on two threads share |
//! | [`receiving`] | runs one endpoint against given bytes in every way there is |
//! | [`in_every_way`] | one test for both roles, blocking and asynchronous |
//! | [`deflating`] | endpoints that compress |
//! | [`conversation`] | two endpoints that follow a script, and what each has seen |
//! | [`rng`] | a generator of predictable "random" bytes |
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub mod buffers;
pub mod cells;
pub mod clock;
pub mod conversation;
pub mod deflating;
pub mod dropping;
pub mod executor;
pub mod faulty;
pub mod frames;
pub mod pipe;
pub mod receiving;
pub mod rng;
pub mod schedule;
pub mod socket;
pub mod timed;
pub mod ways;
pub mod wire;

/// Which role an endpoint under test has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// It masks, its peer does not.
    Client,
    /// Its peer masks, it does not.
    Server,
}

impl Who {
    /// Both roles, for tests that hold in each.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];
}

/// What goes wrong in a next layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The failure that a plan has asked for.
    Injected,
    /// Nothing happened within the next layer's own time-out.
    TimedOut,
    /// A signal came; the operation did nothing.
    Interrupted,
    /// The other end is gone.
    Broken,
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl core::error::Error for Fault {}

impl embedded_io::Error for Fault {
    fn kind(&self) -> embedded_io::ErrorKind {
        match self {
            Self::Injected => embedded_io::ErrorKind::Other,
            Self::TimedOut => embedded_io::ErrorKind::TimedOut,
            Self::Interrupted => embedded_io::ErrorKind::Interrupted,
            Self::Broken => embedded_io::ErrorKind::BrokenPipe,
        }
    }
}
