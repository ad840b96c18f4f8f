//! JavaScript's view of the frame inspector. The package in `wasm/npm` wraps it: its `index.d.ts`
//! says what each is for.
//!
//! Rows cross the border as columns of numbers, so that a table of 100,000 frames is one call;
//! `NaN` stands for what is not there. All else crosses as JSON of the versioned schema, or bytes.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod columns;
#[cfg(target_family = "wasm")]
mod runtime;

use alloc::{string::String, vec::Vec};

use socklet_wasm::{
    Options,
    build::{self, Fields},
    input::Format,
    inspect, json,
    report::{Connection, Part, Report},
    stream::Sender,
};
use wasm_bindgen::prelude::wasm_bindgen;

/// What was found in an input.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Inspection {
    report: Report,
    is_readable: bool,
    /// Lengths of the parts that were handed out last; of unknown ones, negative.
    layout: Vec<f64>,
}

#[wasm_bindgen]
impl Inspection {
    /// Inspects an input. Numbers choose of what is optional: below 0, nothing was said.
    ///
    /// If nothing can be read, the line about the input has the damage, and
    /// [`is_readable`](Self::is_readable) is false.
    #[wasm_bindgen(constructor)]
    pub fn new(
        bytes: &[u8],
        format: i32,
        first_sender: i32,
        compression: i32,
        inflate_limit: usize,
    ) -> Self {
        let options = Options {
            format: Format::ALL.get(format as usize).copied(),
            first_sender: (first_sender >= 0).then(|| sender(first_sender as usize)),
            compression: (compression >= 0).then_some(compression > 0),
            inflate_limit,
        };
        let inspected = inspect(bytes, &options);
        let is_readable = inspected.is_ok();
        let report = inspected.unwrap_or_else(|damage| Report {
            format: Format::Raw,
            is_guess: true,
            damage: Some(damage),
            notes: Vec::new(),
            connections: Vec::new(),
        });
        Self { report, is_readable, layout: Vec::new() }
    }

    /// Whether anything of the input can be read.
    pub fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// The line about the input.
    pub fn capture(&self) -> String {
        let mut line = String::new();
        json::capture(&self.report, &mut line);
        line
    }

    /// The lines about a connection: about it as a whole, violations, ending.
    pub fn connection(&self, connection: usize) -> String {
        let mut lines = String::new();
        if let Some(found) = self.of(connection) {
            let number = connection as u64;
            json::connection(found, number, &mut lines);
            for violation in &found.violations {
                json::violation(violation, number, &mut lines);
            }
            json::ending(found, number, &mut lines);
        }
        lines
    }

    /// All lines.
    pub fn json(&self) -> String {
        json::report(&self.report)
    }

    /// Rows of frames.
    pub fn frames(&self, connection: usize) -> Vec<f64> {
        self.of(connection).map(columns::frames).unwrap_or_default()
    }

    /// What their verdicts stand for, one a line.
    pub fn verdicts(&self, connection: usize) -> String {
        let mut lines = String::new();
        for id in self.of(connection).map(columns::verdicts).unwrap_or_default() {
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(id);
        }
        lines
    }

    /// Rows of messages.
    pub fn messages(&self, connection: usize) -> Vec<f64> {
        self.of(connection).map(columns::messages).unwrap_or_default()
    }

    /// Why there is no more of a message.
    pub fn cut(&self, connection: usize, message: usize) -> Option<String> {
        let message = self.of(connection)?.messages.get(message)?;
        Some(message.cut?.line().into())
    }

    /// What an end sent: 0 is the client.
    pub fn stream(&self, connection: usize, from: usize) -> Vec<u8> {
        let stream = self.of(connection).map(|found| found.stream(sender(from)));
        stream.map(|stream| stream.bytes().to_vec()).unwrap_or_default()
    }

    /// A frame as it was on the wire.
    pub fn wire(&self, connection: usize, frame: usize) -> Vec<u8> {
        let wire = || {
            let found = self.of(connection)?;
            let frame = found.frames.get(frame)?;
            found.stream(frame.from).bytes().get(frame.start..frame.payload().end)
        };
        wire().unwrap_or_default().to_vec()
    }

    /// The known bytes of a payload, unmasked; [`layout`](Self::layout) tells where they belong.
    pub fn payload(&mut self, connection: usize, frame: usize) -> Vec<u8> {
        let parts = self.of(connection).and_then(|found| {
            let frame = found.frames.get(frame)?;
            Some(found.payload(frame))
        });
        self.lay_out(parts.unwrap_or_default())
    }

    /// The known bytes of a message, as those of a payload.
    pub fn message(&mut self, connection: usize, message: u32) -> Vec<u8> {
        let parts = self.of(connection).map(|found| found.message(message));
        self.lay_out(parts.unwrap_or_default())
    }

    /// How the bytes that were handed out last lie.
    pub fn layout(&self) -> Vec<f64> {
        self.layout.clone()
    }

    /// The numbers of messages with this in them.
    pub fn find(&self, connection: usize, bytes: &[u8]) -> Vec<u32> {
        self.of(connection).map(|found| found.find(bytes)).unwrap_or_default()
    }

    /// Rows of what compressed data are made of.
    pub fn xray(&self, connection: usize, message: u32) -> Vec<f64> {
        self.of(connection).map(|found| columns::steps(found, message)).unwrap_or_default()
    }

    fn of(&self, connection: usize) -> Option<&Connection> {
        self.report.connections.get(connection)
    }

    fn lay_out(&mut self, parts: Vec<Part>) -> Vec<u8> {
        self.layout.clear();
        let mut known = Vec::new();
        for part in &parts {
            self.layout.push(match part {
                Part::Known(bytes) => {
                    known.extend_from_slice(bytes);
                    bytes.len() as f64
                }
                Part::Unknown(len) => -(*len as f64),
            });
        }
        known
    }
}

/// Builds a frame. `bits` is its first byte; the masking key's first byte is the highest, and one
/// that is no 32-bit number stands for none.
#[wasm_bindgen]
pub fn build(bits: u8, masking_key: f64, compress: bool, payload: &[u8]) -> Vec<u8> {
    let key = masking_key as u32;
    let fields = Fields {
        fin: bits & 0x80 != 0,
        rsv1: bits & 0x40 != 0,
        rsv2: bits & 0x20 != 0,
        rsv3: bits & 0x10 != 0,
        masking_key: (f64::from(key) == masking_key).then(|| key.to_be_bytes()),
        compress,
        ..Fields::new(bits)
    };
    build::build(&fields, payload)
}

fn sender(number: usize) -> Sender {
    if number == 0 { Sender::Client } else { Sender::Server }
}
