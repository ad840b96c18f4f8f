//! What the two test clients share: a connection of either adapter behind one set of methods, and
//! the arguments that say which.

mod arguments;
mod client;
pub mod fixed;

pub use arguments::{Arguments, Usage};
pub use client::AnyClient;

/// What went wrong, for a person to read.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The code in the guide, which is compiled with the examples of this documentation.
#[cfg(doctest)]
#[doc = include_str!("../../../examples/GUIDE.md")]
mod guide {}
