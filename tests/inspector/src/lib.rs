//! What the tests of the inspector share: conversations that are made up, and captures of them.
//!
//! | module | what |
//! |---|---|
//! | [`talk`] | what two endpoints say, from the opening handshake on |
//! | [`capture`] | packets of it, and files of these in every form |
//! | [`deflating`] | compressed messages over one context |
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub mod capture;
pub mod deflating;
pub mod talk;

use socklet_wasm::{
    Options, inspect,
    report::{Connection, Part, Report},
};

/// Inspects what has to be readable.
#[must_use]
pub fn report(bytes: &[u8]) -> Report {
    inspect(bytes, &Options::default()).expect("readable")
}

/// Inspects what has to be one connection.
#[must_use]
pub fn connection(bytes: &[u8]) -> Connection {
    let mut report = report(bytes);
    assert_eq!(report.connections.len(), 1, "{:?}", report.notes);
    report.connections.remove(0)
}

/// The names of all violations, with who did it and at which offset.
#[must_use]
pub fn violations(connection: &Connection) -> Vec<(&'static str, &'static str, u64)> {
    let violations = connection.violations.iter();
    violations.map(|v| (v.rule.entry().id, v.from.name(), v.offset)).collect()
}

/// All messages that are known whole.
#[must_use]
pub fn messages(connection: &Connection) -> Vec<Vec<u8>> {
    (0..connection.messages.len() as u32)
        .map(|number| match connection.message(number).as_slice() {
            [] => Vec::new(),
            [Part::Known(bytes)] => bytes.clone(),
            parts => panic!("message {number} is not known: {parts:?}"),
        })
        .collect()
}
