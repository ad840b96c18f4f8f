//! JavaScript's view of the frame inspector: `wasm/npm/src/engine.js` calls these functions, and its
//! `index.d.ts` says what each is for.
//!
//! ```text
//! JavaScript                                       here
//! room(border, len): a pointer; bytes go there     what an input or a search is about
//! get(inspection, border, what, ...): a length     the answer is in the border
//! start(border): a pointer; bytes are copied       rows of numbers, JSON, or bytes
//! ```
//! Rows cross as columns of 64-bit floating point, so that a table of 100,000 frames is one call;
//! `NaN` stands for what is not there. All else crosses as JSON of the versioned schema, or bytes.
//!
//! wasm-bindgen would write such a border from types; for so few functions that took 1.7 kB more of
//! the 43 that the module has compressed, and a program of its version to build it.
//!
//! A pointer that JavaScript was given it gives back as it is: that is what makes a reference of it.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod archive;
mod columns;
#[cfg(target_family = "wasm")]
mod runtime;

use alloc::{boxed::Box, string::String, vec, vec::Vec};
use core::mem;

use socklet_wasm::{
    Options,
    build::{self, Fields},
    input::{self, Capture, Format},
    json,
    report::Report,
    stream::Sender,
};

use columns::{Rows, steps};

/// Bytes on their way from or to JavaScript.
#[derive(Debug, Default)]
pub struct Border {
    bytes: Vec<u8>,
}

impl Border {
    /// Leaves an answer, and returns its length.
    fn answer(&mut self, bytes: Vec<u8>) -> usize {
        self.bytes = bytes;
        self.bytes.len()
    }
}

/// What was found in an input.
#[derive(Debug)]
pub struct Inspection {
    report: Report,
    is_readable: bool,
}

/// Makes a border.
#[unsafe(no_mangle)]
pub extern "C" fn border() -> Box<Border> {
    Box::default()
}

/// Makes room in the border for so many bytes, and returns where.
#[unsafe(no_mangle)]
pub extern "C" fn room(border: &mut Border, len: usize) -> *mut u8 {
    border.bytes = vec![0; len];
    border.bytes.as_mut_ptr()
}

/// Where the bytes in the border are.
#[unsafe(no_mangle)]
pub extern "C" fn start(border: &Border) -> *const u8 {
    border.bytes.as_ptr()
}

/// The number of the format that the input in the border has; below 0, if it cannot be told.
#[unsafe(no_mangle)]
pub extern "C" fn recognise(border: &Border) -> i32 {
    input::recognise(&border.bytes).map_or(-1, |format| format as i32)
}

/// Inspects the input in the border; of an HTTP archive its items are there. Numbers choose of what
/// is optional: below 0, nothing was said; of the format, that it cannot be recognised.
///
/// If nothing can be read, the line about the input has the damage, and [`is_readable`] is false.
#[unsafe(no_mangle)]
pub extern "C" fn inspect(
    border: &mut Border,
    format: i32,
    is_guess: bool,
    first_sender: i32,
    compression: i32,
    inflate_limit: usize,
) -> Box<Inspection> {
    let options = Options {
        format: Format::ALL.get(format as usize).copied(),
        first_sender: (first_sender >= 0).then(|| sender(first_sender as u32)),
        compression: (compression >= 0).then_some(compression > 0),
        inflate_limit,
    };
    let input = mem::take(&mut border.bytes);
    let mut capture = Capture::default();
    let read = match options.format {
        Some(Format::Har) => archive::read(&input, &mut capture),
        Some(format) => input::read(&input, format, &mut capture),
        None => input::recognise(&input).map(drop),
    };
    let is_readable = read.is_ok();
    if let Err(damage) = read {
        capture = Capture { damage: Some(damage), ..Capture::default() };
    }
    let format = options.format.unwrap_or(Format::Raw);
    let report = socklet_wasm::judge(capture, format, is_guess, &options);
    Box::new(Inspection { report, is_readable })
}

/// Whether anything of the input can be read.
#[unsafe(no_mangle)]
pub extern "C" fn is_readable(inspection: &Inspection) -> bool {
    inspection.is_readable
}

/// Frees the memory of an inspection.
#[unsafe(no_mangle)]
pub extern "C" fn release(inspection: Box<Inspection>) {
    drop(inspection);
}

/// Leaves in the border what is asked for, and returns its length; nothing, if there is no such
/// thing. `number` is that of a frame, a message or an end.
#[unsafe(no_mangle)]
pub extern "C" fn get(
    inspection: &Inspection,
    border: &mut Border,
    what: u32,
    connection: usize,
    number: u32,
) -> usize {
    let sought = mem::take(&mut border.bytes);
    let answer = self::answer(&inspection.report, &sought, what, connection, number);
    border.answer(answer.unwrap_or_default())
}

/// The numbers are those of `engine.js`.
fn answer(
    report: &Report,
    sought: &[u8],
    what: u32,
    connection: usize,
    number: u32,
) -> Option<Vec<u8>> {
    let mut text = String::new();
    match what {
        0 => json::capture(report, &mut text),
        1 => text = json::report(report),
        _ => {
            let found = report.connections.get(connection)?;
            let frame = || found.frames.get(number as usize);
            let mut rows = Rows::default();
            match what {
                2 => json::about(found, connection as u64, &mut text),
                3 => columns::verdicts(found).iter().for_each(|id| {
                    text.push_str(id);
                    text.push('\n');
                }),
                4 => text.push_str(found.messages.get(number as usize)?.cut?.line()),
                5 => columns::frames(found, &mut rows),
                6 => columns::messages(found, &mut rows),
                7 => steps(found, number, &mut rows),
                8 => rows.bytes.extend_from_slice(found.stream(sender(number)).bytes()),
                9 => {
                    let frame = frame()?;
                    let wire = frame.start..frame.payload().end;
                    rows.bytes.extend_from_slice(found.stream(frame.from).bytes().get(wire)?);
                }
                10 => rows.parts(&found.payload(frame()?)),
                11 => rows.parts(&found.message(number)),
                _ => found.find(sought).into_iter().for_each(|number| rows.push(&[number.into()])),
            }
            if text.is_empty() {
                return Some(rows.bytes);
            }
        }
    }
    Some(text.into_bytes())
}

/// Builds a frame of the payload in the border, and returns its length. `bits` is its first byte;
/// the masking key's first byte is the highest, and one that is no 32-bit number stands for none.
#[unsafe(no_mangle)]
pub extern "C" fn build(border: &mut Border, bits: u8, masking_key: f64, compress: bool) -> usize {
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
    let payload = mem::take(&mut border.bytes);
    border.answer(build::build(&fields, &payload))
}

fn sender(number: u32) -> Sender {
    if number == 0 { Sender::Client } else { Sender::Server }
}
